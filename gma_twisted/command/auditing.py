"""C{gma audit}: what a node wrote down of its writes, and whether all of it is still there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.failures import Exit
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import Parameter
from gma_twisted.command.verbs import Verbs

__all__ = ["VERBS", "audit", "showLines", "verify"]

VERBS: Mapping[str, str] = {
    "show": "gma_twisted.command.auditing:showLines",
    "verify": "gma_twisted.command.auditing:verify",
}
"""By name: where each is."""

_FORMATS = (Format.TABLE, Format.JSON)
_MOST = 10_000
_COLUMNS = ("sequence", "time", "who", "from", "operation", "path", "target", "result")
_CURES = {
    "changed": "somebody wrote into the file; compare it with a copy",
    "removed": "somebody took them away; compare it with a copy",
    "reordered": "somebody wrote into the file; compare it with a copy",
    "truncated": (
        "somebody cut the file, or the disk lost its end; compare it with a copy; of a node that runs with a full disk "
        "(gma_audit_failing is 1) verify it again when there is room"
    ),
}


def _readTime(text: str) -> str:
    # Here, because they bring what reads XML.
    from gma_twisted.markup.xsd import readDateTime, writeDateTime  # noqa: PLC0415

    return writeDateTime(readDateTime(text)) if text else ""


_TIME = Parameter("time", _readTime)

_fileArgument = click.argument("file", metavar="FILE|DIR", type=click.Path(path_type=Path))


@click.group(cls=Verbs, verbs=VERBS)
def audit() -> None:
    """Look at what a node wrote down of its writes.

    FILE|DIR is the audit file, or the state directory it is in. Nothing is changed, and the node
    may run.

    Example: gma audit verify /var/lib/gma
    """


@click.command()
@_fileArgument
@formatOption(formats=_FORMATS)
def verify(file: Path, format: Format) -> None:
    """See whether the audit is as it was written.

    Every line has the hash of the one before it. The first line that was changed, removed, moved or
    cut off is told by file and number; exit status 1 then.

    Example: gma audit verify /var/lib/gma
    """
    # Here, because it brings more than the other verbs need.
    from gma_twisted.security.audit.verify import verifyChain  # noqa: PLC0415

    verdict = verifyChain(_audit(file))
    broken = verdict.broken
    found = {
        "isGood": broken is None,
        "files": verdict.files,
        "lines": verdict.lines,
        "first": verdict.first,
        "last": verdict.last,
        "hash": verdict.hash,
        "notes": [{"file": name, "line": line, "said": said} for name, line, said in verdict.notes],
        "broken": None
        if broken is None
        else {
            "kind": broken.kind.value,
            "file": broken.file,
            "line": broken.line,
            "said": broken.said,
        },
    }
    show(format, lambda: _verdictTables(found), lambda: found, lambda: asXML("audit", found))
    if broken is not None:
        raise click.exceptions.Exit(Exit.NO)


def _verdictTables(found: Mapping[str, Any]) -> Sequence[Table]:
    numbers = [str(found[name]) for name in ("files", "lines", "first", "last", "hash")]
    row = ["ok" if found["isGood"] else "WRONG", *numbers]
    tables = [Table(["", "FILES", "LINES", "FIRST", "LAST", "HASH OF THE LAST"], [row])]
    if found["notes"]:
        notes = [[one["file"], str(one["line"]), one["said"]] for one in found["notes"]]
        tables.append(Table(["FILE", "LINE", "THE AUDIT SAYS OF ITSELF"], notes))
    if broken := found["broken"]:
        told = [broken["file"], str(broken["line"] or "-"), broken["kind"], broken["said"]]
        row = [*told, _CURES[broken["kind"]]]
        tables.append(Table(["FILE", "LINE", "", "WHAT IS WRONG", "TRY"], [row]))
    return tables


@click.command("show")
@_fileArgument
@click.option("--who", default="", metavar="NAME", help="Calls of this identity.")
@click.option("--from", "peer", default="", metavar="ADDRESS", help="Calls from this address.")
@click.option("--operation", default="", metavar="NAME", help="Calls of this operation.")
@click.option("--result", default="", metavar="CODE", help="ok, a fault's code, or fault for all.")
@click.option("--since", default="", type=_TIME, help="From then on, 2026-01-31T12:00:00Z.")
@click.option("--until", default="", type=_TIME, help="Before then.")
@click.option(
    "-n",
    "--last",
    default=100,
    show_default=True,
    type=click.IntRange(1, _MOST),
    help="So many lines, the last ones.",
)
@formatOption(formats=_FORMATS)
def showLines(
    file: Path,
    who: str,
    peer: str,
    operation: str,
    result: str,
    since: str,
    until: str,
    last: int,
    format: Format,
) -> None:
    """Print the last lines of the audit, of all its files.

    With options only those that meet all of them; exit status 1 when there is none. It does not
    look whether lines are missing: verify does.

    Example: gma audit show /var/lib/gma --result fault --since 2026-01-31T00:00:00Z
    """
    # Here, because it brings more than the other verbs need.
    from gma_twisted.security.audit.finding import Sought, lastLines  # noqa: PLC0415

    sought = Sought(who, peer, operation, result, since, until)
    found = [dict(one) for one in lastLines(_audit(file), sought, last)]
    rows = [[_shown(one, name) for name in _COLUMNS] for one in found]
    show(
        format,
        lambda: Table([name.upper() for name in _COLUMNS], rows),
        lambda: found,
        lambda: asXML("audit", {"line": found}),
    )
    if not found:
        raise click.exceptions.Exit(Exit.NO)


def _shown(fields: Mapping[str, object], name: str) -> str:
    text = str(fields.get(name, ""))
    if name == "operation":
        text = text.rpartition("}")[2]
    return text or "-"


def _audit(file: Path) -> str:
    """The file that is written."""
    from gma_twisted.security.audit.reading import NAME  # noqa: PLC0415

    place = file.absolute()
    return str(place / NAME if place.is_dir() else place)
