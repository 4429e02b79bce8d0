"""What every C{gma demo} does: it starts nodes in a directory of its own, looks after them, and ends them."""

import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.asxml import asXML
from gma_twisted.command.demonode import DemoNode
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, Table, say, show
from gma_twisted.command.place import Place
from gma_twisted.command.reading import Asked, Value
from gma_twisted.errors import GMAError
from gma_twisted.model import QName

__all__ = ["LOOK", "directory", "interruptible", "look", "showNodes", "startNode", "valuesAt"]

LOOK = 0.25
"""Seconds between two looks at the nodes."""

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_CALL = 5.0
_LOG_LINES = 5
_CONFIGURATION = """\
[node]
name = "demo-{name}"
role = "{name}"
{more}"""


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a terminal that is closed are as Ctrl-C."""
    before = [(one, signal.signal(one, signal.default_int_handler)) for one in _SIGNALS]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


@contextmanager
def directory() -> Iterator[Path]:
    """A directory for what the nodes keep. @raise Failure: none can be made"""
    try:
        made = tempfile.TemporaryDirectory(prefix="gma-demo-", ignore_cleanup_errors=True)
    except OSError as error:
        raise Failure(f"no temporary directory can be made: {error.strerror}", Exit.NO) from None
    with made:
        yield Path(made.name)


def startNode(
    name: str, more: str, home: Path, ending: ExitStack, kind: str = "gma-index"
) -> DemoNode:
    """
    Start a node, and wait until it serves.

    @param more: of its configuration, after C{[node]}
    @param home: for its configuration, and what it keeps
    @param ending: ends it
    @param kind: sub-command of twistd
    @raise Failure: it does not start
    """
    file = home / f"{name}.toml"
    file.write_text(_CONFIGURATION.format(name=name, more=more))
    node = ending.enter_context(DemoNode(name, file, home / name, kind))
    if not node.waitForURL():
        raise _died(node)
    return node


def showNodes(format: Format, nodes: Sequence[DemoNode]) -> None:
    """Print which nodes there are."""
    told = [{"name": one.name, "url": one.url, "process": one.process} for one in nodes]
    show(
        format,
        lambda: Table(["NODE", "URL"], [[one.name, one.url] for one in nodes]),
        lambda: told,
        lambda: asXML("demo", {"nodes": told}),
    )


def valuesAt(caller: BlockingCaller, node: DemoNode, path: str, name: QName) -> Sequence[Value]:
    """What a service has of a name; nothing when the node does not know it, or is too busy to answer."""
    try:
        return Asked.at(Place(node.url, path), caller, _CALL).values(name)
    except GMAError:
        return ()


def look(nodes: Sequence[DemoNode], seconds: float = LOOK) -> None:
    """After a while: that all live. @raise Failure: one does not"""
    time.sleep(seconds)
    for node in nodes:
        if not node.isAlive():
            raise _died(node)


def _died(node: DemoNode) -> Failure:
    for line in node.lastLines()[-_LOG_LINES:]:
        say(f"{node.name}: {line}")
    return Failure(f"the node {node.name} (process {node.process}) {node.end()}", Exit.NO)
