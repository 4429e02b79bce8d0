"""C{gma policy}: who may do what, as a configuration says it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.configuring import kindOption, refusing
from gma_twisted.command.failures import Exit
from gma_twisted.command.output import Format, Table, formatOption, safe, say, show
from gma_twisted.command.verbs import Verbs

if TYPE_CHECKING:
    from gma_twisted.nodes.permissions import Decision

__all__ = ["VERBS", "check", "explain", "policy"]

VERBS: Mapping[str, str] = {
    "check": "gma_twisted.command.policing:check",
    "explain": "gma_twisted.command.policing:explain",
}
"""By name: where each is."""

_fileOption = click.option(
    "-c", "file", metavar="FILE", required=True, help="The configuration of the node."
)


@click.group(cls=Verbs, verbs=VERBS)
def policy() -> None:
    """Tell who may do what.

    It is read in a configuration; no node is asked, and none is changed.

    Example: gma policy check -c vo.toml
    """


@click.command()
@_fileOption
@kindOption
@formatOption()
def check(file: str, kind: str, format: Format) -> None:
    """Tell what each identity may do.

    A line for each identity, a column for each class of operations: own, what it may do to what it
    owns; any, also to what others own; held, to what it owns or has the handle of, as it is without
    [access]; yes, where nothing has an owner; - for not at all. Where only some services or
    operations are meant, these words are in brackets; -o json tells which.

    Exit status 1 when the configuration has mistakes.

    Example: gma policy check -c vo.toml
    """
    # Here, because they bring every engine of a node.
    from gma_twisted.command.planning import planOf  # noqa: PLC0415
    from gma_twisted.nodes.permissions import permissionsOf  # noqa: PLC0415

    with refusing():
        plan = planOf(file, kind)
    if not plan.policy.isGuard:
        say(f"{file} has no [access]: everybody who reaches the node may do everything")
    rows = [
        {
            "identity": one.identity,
            "groups": list(one.groups),
            "may": [attrs.asdict(each) for each in one.may],
        }
        for one in permissionsOf(plan)
    ]
    show(format, lambda: _table(rows), lambda: rows, lambda: asXML("policy", {"caller": rows}))


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    classes = [str(each["access"]) for each in rows[0]["may"]]
    return Table(
        ["IDENTITY", *(one.upper() for one in classes)],
        [[row["identity"], *_cells(row["may"])] for row in rows],
    )


def _cells(may: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in may:
        word = one["whose"] or "-"
        yield f"({word})" if one["at"] and not one["isEverywhere"] else word


def _sentence(one: "Decision") -> str:
    asked = f"{one.operation} of {one.service} ({one.access})"
    if one.missing:
        return f"{one.who} may not call {asked}: {one.rule} allows it, but no rule allows {one.missing}, needed too"
    if not one.isAllowed:
        return f"{one.who} may not call {asked}: no rule allows it"
    whose = f"; may renew and end there: {one.owners}" if one.owners else ""
    return f"{one.who} may call {asked}: {one.rule}{whose}"


@click.command()
@_fileOption
@kindOption
@click.argument("who")
@click.argument("operation")
@click.argument("service")
@formatOption()
def explain(file: str, kind: str, who: str, operation: str, service: str, format: Format) -> None:
    """Tell whether WHO may call OPERATION of SERVICE, and by which rule.

    WHO is an identity or anonymous; OPERATION its name, destroy for example, or GET and POST for
    pages and descriptions; SERVICE a path or a URL. Whose things it may renew and end is told by
    the words of gma policy check: own, any or held. Exit status 0 when it is allowed, 1 when it is
    not.

    Example: gma policy explain -c vo.toml alice registerService /services/index
    """
    # Here, because they bring every engine of a node.
    from gma_twisted.command.planning import planOf  # noqa: PLC0415
    from gma_twisted.nodes.permissions import decide  # noqa: PLC0415

    with refusing():
        plan = planOf(file, kind)
    path = urlsplit(service).path if "://" in service else service
    try:
        decision = decide(plan, who, operation, path)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    if format is Format.TABLE:
        click.echo(safe(_sentence(decision)))
    else:
        said = attrs.asdict(decision)
        show(format, list, lambda: said, lambda: asXML("decision", said))
    if not decision.isAllowed:
        raise click.exceptions.Exit(Exit.NO)
