"""C{gma doctor}: why something does not work."""

from collections.abc import Iterator

import attrs
import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.checkinghere import here
from gma_twisted.command.checkingnode import certificateOf, clockOf, wsdlOf
from gma_twisted.command.checkingplan import portOf, stateOf
from gma_twisted.command.configuring import kindOption
from gma_twisted.command.failures import Exit
from gma_twisted.command.finding import Finding
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.command.planning import planOf
from gma_twisted.errors import ConfigError

__all__ = ["doctor"]


@click.command()
@click.argument("node", type=NODE, required=False)
@click.option("-c", "file", metavar="FILE", help="Look at what a node of this FILE needs.")
@kindOption
@click.option("--wsdl", metavar="URL", help="Look where this WSDL sends clients.")
@formatOption()
@timeoutOption
@passCaller
def doctor(
    caller: BlockingCaller,
    node: Place | None,
    file: str | None,
    kind: str,
    wsdl: str | None,
    format: Format,
    timeout: float,
) -> None:
    """Find out why something does not work.

    Looks at the installation; with -c at the configuration, ports and state directory of a node
    that is to start; with NODE whether it answers, its certificate and its clock. Nothing is changed. Exit status
    1 when something is wrong.

    Example: gma doctor 127.0.0.1:8480
    """
    found = list(here())
    if file is not None:
        found += _configured(file, kind)
    if node is not None:
        found += certificateOf(node, caller, timeout)
        found.append(clockOf(node, caller, timeout))
    if wsdl is not None:
        found += wsdlOf(wsdl, caller, timeout)
    told = [{**attrs.asdict(one), "isGood": one.isGood} for one in found]
    show(format, lambda: _table(found), lambda: told, lambda: asXML("doctor", {"findings": told}))
    if not all(one.isGood for one in found):
        raise click.exceptions.Exit(Exit.NO)


def _table(found: list[Finding]) -> Table:
    rows = [["ok" if one.isGood else "WRONG", one.about, one.said, one.cure] for one in found]
    return Table(["", "WHAT", "HOW IT IS", "TRY"], rows)


def _configured(file: str, kind: str) -> Iterator[Finding]:
    try:
        plan = planOf(file, kind)
    except ConfigError as error:
        for line in error.message.splitlines():
            yield Finding(f"configuration {file}", line, f"gma config check {file}")
        return
    yield Finding(f"configuration {file}", "all right")
    yield from map(portOf, plan.listens)
    yield from stateOf(plan.stateDir)
