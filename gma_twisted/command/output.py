"""What verbs print: data on the standard output, as tables for eyes or as JSON or XML for programs."""

import enum
import json
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

if TYPE_CHECKING:
    from rich.table import Table as Drawn

__all__ = ["Format", "Table", "drawn", "formatOption", "safe", "say", "show"]

F = TypeVar("F", bound=Callable[..., Any])

_GAP = "  "
# What moves a terminal's cursor or turns its text around, and halves of characters, which cannot be written. None of
# them can be in an XML name, so that a reference may stand for each.
_STEERS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Format(enum.Enum):
    """C{-o}."""

    TABLE = "table"
    JSON = "json"
    XML = "xml"


@attrs.frozen(slots=True)
class Table:
    """
    Rows under headings.

    @ivar columns: the headings
    @ivar rows: a text for each column
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def formatOption(
    default: Format = Format.TABLE, formats: Sequence[Format] = tuple(Format)
) -> Callable[[F], F]:
    """
    Give a verb C{-o}, as its parameter C{format}.

    @param default: when it is not said
    @param formats: those the verb has
    """

    def read(context: click.Context, parameter: click.Parameter, value: str) -> Format:
        return Format(value)

    return click.option(
        "-o",
        "--output",
        "format",
        type=click.Choice([one.value for one in formats]),
        default=default.value,
        show_default=True,
        callback=read,
        help="What to print.",
    )


def show(
    format: Format,
    table: Callable[[], Table | Sequence[Table]],
    json: Callable[[], object],
    xml: Callable[[], bytes],
) -> None:
    """
    Print an answer; only what is printed is made. Nothing in it steers a terminal.

    @param table: one, or several with a blank line between them
    @param xml: one document
    """
    if format is Format.TABLE:
        made = table()
        _tell([made] if isinstance(made, Table) else made)
    elif format is Format.JSON:
        _write(_STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", _asJSON(json())))
    else:
        _write(_STEERS.sub(lambda found: f"&#{ord(found[0])};", xml().decode()))


def say(text: str) -> None:
    """A line for whoever sits there, on the standard error: programs read only data. It is made L{safe}."""
    click.echo(safe(text), err=True)


def safe(text: str) -> str:
    """On one line, and without control characters: what another node says does not steer this terminal."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else " " if one.isspace() else "\N{REPLACEMENT CHARACTER}"
        for one in text
    )


def _write(document: str) -> None:
    # As bytes: JSON and XML are UTF-8 whatever the locale is.
    click.echo(document.rstrip("\n").encode())


def _asJSON(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _tell(tables: Sequence[Table]) -> None:
    draw = _draw if sys.stdout.isatty() else _align
    for number, table in enumerate(tables):
        if number:
            click.echo()
        rows = [[safe(cell) for cell in row] for row in table.rows]
        draw(Table(table.columns, rows))


def _align(table: Table) -> None:
    widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    for row in (table.columns, *table.rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo(_GAP.join(cells).rstrip())


def _draw(table: Table) -> None:
    from rich.console import Console  # noqa: PLC0415

    Console().print(drawn(table))


def drawn(table: Table) -> "Drawn":
    """A table for a terminal. Nothing in it is markup, or steers the terminal."""
    # Here, because it takes as long to import as a node takes to answer.
    from rich import box  # noqa: PLC0415
    from rich.table import Table as Drawn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Drawn(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in table.columns:
        made.add_column(column, overflow="fold")
    for row in table.rows:
        # Not as markup: what another node says does not colour this terminal.
        made.add_row(*(Text(safe(cell)) for cell in row))
    return made
