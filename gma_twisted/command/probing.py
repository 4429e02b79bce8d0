"""C{gma check}: what a producer, consumer or directory answers to each operation of its role."""

import attrs
import click

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.probe import WORKS, WRONG, probe
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.failures import Exit
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import PeerError
from gma_twisted.model import Handle

__all__ = ["check"]

_PLACES = ("/services/producer", "/services/consumer", "/services/directory")


@click.command()
@click.argument("node", type=NODE)
@formatOption()
@timeoutOption
@passCaller
def check(caller: BlockingCaller, node: Place, format: Format, timeout: float) -> None:
    """Call every operation of a producer, consumer or directory.

    NODE is one, or a node that has one. What is made there is ended again: a subscription nothing
    is sent to, an entry and a watch nobody is told of; a consumer is told one event, gma.check.
    Exit status 1 when something is wrong; what is not implemented is not wrong.

    Example: gma check http://127.0.0.1:8490
    """
    handle = _serverOf(caller, node, timeout)
    features, told = finished(probe(handle, caller, timeout))
    said = {
        "url": handle.url,
        "software": features.software,
        "roles": list(features.roles),
        "operations": [attrs.asdict(one) for one in told],
    }
    show(
        format,
        lambda: Table(
            ["OPERATION", "", "WHY"],
            [[one.operation, _shown(one.verdict), one.why or "-"] for one in told],
        ),
        lambda: said,
        lambda: asXML("checked", said),
    )
    if any(one.verdict == WRONG for one in told):
        raise click.exceptions.Exit(Exit.NO)


def _shown(verdict: str) -> str:
    return "ok" if verdict == WORKS else verdict.upper() if verdict == WRONG else verdict


def _serverOf(caller: BlockingCaller, node: Place, timeout: float) -> Handle:
    if node.path:
        return Handle(node.base + node.path)
    services = node.status(caller, timeout).get("services")
    paths = [one.get("path") for one in services or () if isinstance(one, dict)]
    for path in _PLACES:
        if path in paths:
            return Handle(node.base + path)
    raise PeerError(f"{node.base} has no producer, consumer or directory")
