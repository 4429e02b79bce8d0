"""C{gma status}: what a node says of itself."""

from collections.abc import Mapping, Sequence

import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place, Status

__all__ = ["status"]

# Per table: where it is in the status, and of each column the heading and the member; what a node has no rows for is
# left out. The first table is of the node itself.
_NODE = (
    ("NODE", "name"),
    ("KIND", "kind"),
    ("ROLE", "role"),
    ("VERSION", "version"),
    ("UP FOR", "uptime"),
    ("VALUES", "elements"),
    ("SUBSCRIPTIONS", "subscriptions"),
)
_TABLES = (
    ("services", (("SERVICE", "url"),)),
    (
        "providers",
        (
            ("PROVIDER", "name"),
            ("STATE", "state"),
            ("RUNS", "runs"),
            ("FAILURES", "failures"),
            ("NEXT RUN", "nextRun"),
            ("LAST ERROR", "lastError"),
        ),
    ),
    (
        "sources",
        (
            ("SOURCE", "source"),
            ("STATE", "state"),
            ("VALUES", "values"),
            ("LAST NOTICE", "lastNotice"),
            ("REASON", "reason"),
        ),
    ),
    (
        "memberships",
        (
            ("REGISTERED AT", "registry"),
            ("SERVICE", "service"),
            ("STATE", "state"),
            ("UNTIL", "until"),
            ("LAST ERROR", "lastError"),
        ),
    ),
)


@click.command()
@click.argument("node", type=NODE)
@formatOption()
@timeoutOption
@passCaller
def status(caller: BlockingCaller, node: Place, format: Format, timeout: float) -> None:
    """How NODE does, and everything it runs.

    Example: gma status 127.0.0.1:8480
    """
    said = node.status(caller, timeout)
    show(format, lambda: _tables(said), lambda: said, lambda: asXML("status", said))


def _tables(said: Status) -> Sequence[Table]:
    shown = dict(said)
    if isinstance(shown.get("uptime"), int | float):
        shown["uptime"] = f"{shown['uptime']:.0f} s"
    found = [_table(_NODE, [shown])]
    for key, columns in _TABLES:
        rows = said.get(key)
        if isinstance(rows, list) and rows:
            # A node of another version may say it otherwise.
            found.append(_table(columns, [row for row in rows if isinstance(row, dict)]))
    return found


def _table(columns: Sequence[tuple[str, str]], rows: Sequence[Mapping[str, object]]) -> Table:
    headings = [heading for heading, _ in columns]
    return Table(headings, [[_cell(row.get(member)) for _, member in columns] for row in rows])


def _cell(value: object) -> str:
    return "-" if value in (None, "") else str(value)
