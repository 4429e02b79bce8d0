"""C{gma store}: looks after what a node keeps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.ending import toldToEnd
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.command.verbs import Verbs
from gma_twisted.errors import Busy, ServiceError

__all__ = ["VERBS", "store", "verify"]

VERBS: Mapping[str, str] = {"verify": "gma_twisted.command.storing:verify"}
"""By name: where each is."""

_CURES = {
    "serve": "",
    "quarantine": "look to the disk; restore a backup, or go on without what is damaged",
    "refuse": "look to the disk; restore a backup",
}


@click.group(cls=Verbs, verbs=VERBS)
def store() -> None:
    """Look after what a node keeps.

    Example: gma store verify /var/lib/gma
    """


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@formatOption()
def verify(directory: Path, format: Format) -> None:
    """Read every journal in the state directory DIR as a restart would.

    Nothing is changed, and a node may run there. What is damaged is told by name, with what a
    restart would do and what to try; exit status 1 then. A file NAME.db that is no journal is only
    named.

    Example: gma store verify /var/lib/gma
    """
    # Here, because they bring the engine that reads journals.
    from gma_twisted.stores.journal.verify import (  # noqa: PLC0415
        journalNames,
        strangeFiles,
        verifyJournal,
    )

    place = str(directory.absolute())
    names = journalNames(place)
    if not names:
        raise Failure(f"{place} has no journals; is it the state directory of a node?", Exit.NO)
    try:
        with toldToEnd():
            verdicts = [verifyJournal(place, name) for name in names]
    except (Busy, ServiceError) as error:
        raise Failure(error.message, Exit.NO) from None
    found = [_said(one) for one in verdicts]
    for file in strangeFiles(place):
        say(f"{file} is no journal; it is left alone")
    show(
        format,
        lambda: _tables(found),
        lambda: found,
        lambda: asXML("store", {"journal": found}),
    )
    if not all(one.isGood for one in verdicts):
        raise click.exceptions.Exit(Exit.NO)


def _said(verdict: Any) -> dict[str, Any]:
    damaged = [
        {
            "record": str(one),
            "batch": one.place,
            "number": one.number,
            "isLost": one.lost,
        }
        for one in verdict.damaged
    ]
    return {
        "name": verdict.name,
        "rows": verdict.rows,
        "batches": verdict.batches,
        "bytes": verdict.bytes,
        "isGood": verdict.isGood,
        "restart": verdict.restart.value,
        "refusal": verdict.refusal,
        "troubles": list(verdict.troubles),
        "damages": verdict.damages,
        "damaged": damaged,
        "cure": _CURES[verdict.restart.value],
    }


def _tables(found: Sequence[dict[str, Any]]) -> Sequence[Table]:
    rows = [
        [
            "ok" if one["isGood"] else "WRONG",
            one["name"],
            *(str(one[name]) for name in ("rows", "batches", "bytes", "damages")),
            "starts" if one["restart"] == "serve" else one["restart"],
        ]
        for one in found
    ]
    tables = [Table(["", "JOURNAL", "ROWS", "BATCHES", "BYTES", "DAMAGED", "A RESTART"], rows)]
    wrongs = [line for one in found for line in _wrongs(one)]
    if wrongs:
        tables.append(Table(["JOURNAL", "WHAT IS WRONG", "A RESTART", "TRY"], wrongs))
    return tables


def _wrongs(one: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    name, cure = one["name"], one["cure"]
    lines = [[name, text, "goes on", "look to the disk"] for text in one["troubles"]]
    if one["refusal"]:
        lines.append([name, one["refusal"], "refuses to start", cure])
    for damaged in one["damaged"]:
        does = "serves all but this row" if damaged["isLost"] else "loses nothing by it"
        lines.append([name, damaged["record"], does, cure])
    if left := one["damages"] - len(one["damaged"]):
        lines.append([name, f"{left} more", "the same", cure])
    return lines
