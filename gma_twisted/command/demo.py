"""C{gma demo}: a small grid on this machine, from a host's data to an index of indexes."""

import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import BlockingCaller, passCaller
from gma_twisted.command.demonode import DemoNode
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.command.place import Place
from gma_twisted.command.reading import Asked, Value
from gma_twisted.errors import GMAError
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import QName

__all__ = ["demo"]

_HOST = QName(GLUE, "Host")
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_LOOK = 0.25
_CALL = 5.0
_LOG_LINES = 5
# An index without any provider runs the one that tells of its host; one that is installed only is not run.
_SILENT = '[providers.system]\nclass = "SimpleSystemInformationProvider"\n'
_LIVE = _SILENT + 'interval = "2s"\n'
_NODES = (("vo", _SILENT), ("site", _SILENT), ("leaf", _LIVE))
_CONFIGURATION = """\
[node]
name = "demo-{name}"
role = "{name}"
{providers}"""
_REGISTER = """
[register.{above}]
at = "{url}/services/index"
names = ["glue:*"]
"""


@click.command()
@formatOption()
@passCaller
def demo(caller: BlockingCaller, format: Format) -> None:
    """Run a small grid on this machine until Ctrl-C.

    Three nodes: leaf has the data of this host and registers at site, site registers at vo, and
    each index copies what registers there. They are processes on free ports of 127.0.0.1; nothing
    of them is left at the end.

    Example: gma demo -o table
    """
    with _interruptible(), ExitStack() as ending:
        try:
            directory = ending.enter_context(_directory())
            say("three nodes start; Ctrl-C ends them")
            nodes = _start(directory, ending)
            told = [{"name": one.name, "url": one.url, "process": one.process} for one in nodes]
            show(
                format,
                lambda: Table(["NODE", "URL"], [[one.name, one.url] for one in nodes]),
                lambda: told,
                lambda: asXML("demo", {"nodes": told}),
            )
            _stay(caller, nodes)
        except KeyboardInterrupt:
            say("the nodes end")


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a terminal that is closed are as Ctrl-C."""
    before = [(one, signal.signal(one, signal.default_int_handler)) for one in _SIGNALS]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory for what the nodes keep."""
    try:
        made = tempfile.TemporaryDirectory(prefix="gma-demo-", ignore_cleanup_errors=True)
    except OSError as error:
        raise Failure(f"no temporary directory can be made: {error.strerror}", Exit.NO) from None
    with made:
        yield Path(made.name)


def _start(directory: Path, ending: ExitStack) -> Sequence[DemoNode]:
    """The nodes, those above first: who registers must know where."""
    nodes: list[DemoNode] = []
    for name, providers in _NODES:
        text = _CONFIGURATION.format(name=name, providers=providers)
        if nodes:
            text += _REGISTER.format(above=nodes[-1].name, url=nodes[-1].url)
        file = directory / f"{name}.toml"
        file.write_text(text)
        node = ending.enter_context(DemoNode(name, file, directory / name))
        if not node.waitForURL():
            raise _died(node)
        nodes.append(node)
    return nodes


def _stay(caller: BlockingCaller, nodes: Sequence[DemoNode]) -> None:
    """Tell when data has come to the top; then stay until a node dies. @raise Failure: it died"""
    started = time.monotonic()
    vo = nodes[0]
    while not (value := _arrived(caller, vo)):
        _look(nodes)
    seconds = time.monotonic() - started
    path = " -> ".join((value.received.originator or "", *value.received.path))
    say(f"data of this host has come to {vo.name} after {seconds:.1f} s: {path}")
    leaf = nodes[-1]
    for words in (
        f"gma get {vo.url} glue:Host -o table",
        f"gma status {vo.url}",
        f"kill -9 {leaf.process}; gma ls {vo.url} glue:Host",
    ):
        say(f"try  {words}")
    say(f"or   open {vo.url}/ in a browser")
    while True:
        _look(nodes)


def _arrived(caller: BlockingCaller, node: DemoNode) -> Value | None:
    """A value of a host at a node; none as long as there is none, or the node is too busy to answer."""
    try:
        values = Asked.at(Place(node.url, "/services/index"), caller, _CALL).values(_HOST)
    except GMAError:
        return None
    return values[0] if values else None


def _look(nodes: Sequence[DemoNode]) -> None:
    """After a while: that all live."""
    time.sleep(_LOOK)
    for node in nodes:
        if not node.isAlive():
            raise _died(node)


def _died(node: DemoNode) -> Failure:
    for line in node.lastLines()[-_LOG_LINES:]:
        say(f"{node.name}: {line}")
    return Failure(f"the node {node.name} (process {node.process}) {node.end()}", Exit.NO)
