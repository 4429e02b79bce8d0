"""C{gma backup} and C{gma restore}: what a node keeps, into one file and back."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.ending import toldToEnd
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.errors import Busy, ServiceError
from gma_twisted.markup.xsd import writeDateTime

if TYPE_CHECKING:
    from gma_twisted.nodes.archive import Contents

__all__ = ["backup", "restore"]


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--replace",
    "isReplacing",
    is_flag=True,
    help="When TARGET is there, put the new one in its place once it is whole.",
)
@click.option(
    "--archive",
    "hasEvents",
    is_flag=True,
    help="Copy DIR/events.db too, the archive of a gma-archiver.",
)
@formatOption()
def backup(
    directory: Path, target: Path, isReplacing: bool, hasEvents: bool, format: Format
) -> None:
    """Copy the state directory DIR into one file, TARGET.

    The node may run. TARGET ends in .tar, .tar.gz or .tgz, and must not be there, but for
    --replace. It is read back and verified before it gets its name, and only its owner may read
    it. Exit status 5 when a journal is damaged in parts: what can be read is in the backup. A file
    NAME.db that is no journal is named and left out.

    Example: gma backup /var/lib/gma /var/backups/gma.tar.gz
    """
    # Here, because they bring every engine of a node.
    from gma_twisted.nodes.archive import EVENTS  # noqa: PLC0415
    from gma_twisted.nodes.backup import makeBackup  # noqa: PLC0415
    from gma_twisted.stores.journal.verify import strangeFiles  # noqa: PLC0415

    directory, target = directory.absolute(), target.absolute()
    try:
        with toldToEnd():
            contents, verdicts = makeBackup(directory, target, time.time(), isReplacing, hasEvents)
    except (Busy, ServiceError) as error:
        raise Failure(error.message, Exit.NO) from None
    _tell(contents, format)
    for verdict in verdicts:
        for trouble in verdict.troubles:
            say(trouble)
        for one in verdict.damaged:
            say(f"{verdict.name}: {one}")
    for file in strangeFiles(str(directory)):
        if file != f"{EVENTS}.db":
            say(f"{file} is no journal; it is not in the backup")
        elif not hasEvents:
            say(f"{file} is an archive of events; it is not in the backup without --archive")
    say(f"{target} is written")
    if damages := sum(one.damages for one in verdicts):
        raise Failure(
            f"{damages} parts are damaged; see gma store verify {directory}", Exit.PARTIAL
        )


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@formatOption()
def restore(source: Path, directory: Path, format: Format) -> None:
    """Make a state directory DIR of a BACKUP.

    Stop the node that used DIR first. DIR must be empty, or not there. All of BACKUP is verified
    first; a restore that does not come to its end leaves nothing that a node would start with.

    Example: gma restore /var/backups/gma.tar.gz /var/lib/gma
    """
    # Here, because they bring every engine of a node.
    from gma_twisted.nodes.backup import restoreBackup  # noqa: PLC0415

    directory = directory.absolute()
    with toldToEnd():
        contents = restoreBackup(source.absolute(), directory, time.time(), say)
    _tell(contents, format)
    say(f"{directory} is restored; start the node with --state-dir {directory}")


def _tell(contents: "Contents", format: Format) -> None:
    node = {
        "nodeId": contents.nodeId,
        "directory": contents.directory,
        "made": writeDateTime(contents.made),
        "version": contents.version,
    }
    journals = [
        {"name": one.name, "rows": one.rows, "bytes": one.bytes} for one in contents.journals
    ]
    tables = [
        Table(["NODE", "DIRECTORY", "MADE", "VERSION"], [list(node.values())]),
        Table(["JOURNAL", "ROWS", "BYTES"], [[str(x) for x in one.values()] for one in journals]),
    ]
    more: dict[str, Any] = {}
    if (kept := contents.events) is not None:
        more = {"archive": {"events": kept.events, "bytes": kept.bytes}}
        tables.append(
            Table(
                ["ARCHIVE", "EVENTS", "BYTES"], [[kept.name, *map(str, more["archive"].values())]]
            )
        )
    show(
        format,
        lambda: tables,
        lambda: {**node, "journals": journals, **more},
        lambda: asXML("backup", {**node, "journal": journals, **more}),
    )
