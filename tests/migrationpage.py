"""docs/gt3-migration.md as the tests read it: its files, its rows, and the phrases of GT3 that they stand for."""

import re
from collections.abc import Mapping, Sequence

import attrs

from tests.readme import ROOT, Block, readBlocks

__all__ = ["HOME", "PAGE", "Row", "readFiles", "readRows", "readTables", "shellOf"]

PAGE = "docs/gt3-migration.md"
"""The page, below the checkout."""

HOME = "/tmp/grid"
"""Where the page has its files."""

_SAID = "| GT3 said | here | see it | prints |"
_NAMED = "| GT3 | here | see it | prints |"
# What ends a paragraph before a block that is a file: `NAME`: or `NAME`, and why.
_FILE = re.compile(r"`([\w-]+\.(?:py|toml|xml|providers))`[^`]*$")
_PHRASE = re.compile(r'"([^"]+)"')
_CODE = re.compile(r"(`+)(.+?)\1")


@attrs.frozen
class Row:
    """
    One row of a table whose commands are run.

    @ivar phrases: what GT3 said, in its own few words; nothing in a table of names
    @ivar here: what it is here
    @ivar command: for a shell that has read L{shellOf}
    @ivar prints: words that the command prints
    @ivar line: of the page, from 1
    """

    phrases: Sequence[str]
    here: str
    command: str
    prints: Sequence[str]
    line: int


def readRows() -> Sequence[Row]:
    """The rows whose commands are run, in the order of the page."""
    rows = []
    isTable = False
    for number, line in enumerate((ROOT / PAGE).read_text().splitlines(), 1):
        if line in (_SAID, _NAMED):
            isTable = True
        elif not line.startswith("|"):
            isTable = False
        elif isTable and not line.startswith("|--"):
            said, here, command, prints = _cells(line)
            rows.append(
                Row(
                    tuple(_PHRASE.findall(said)),
                    here,
                    " ".join(_codes(command)),
                    tuple(_codes(prints)),
                    number,
                )
            )
    return rows


def readTables(head: str) -> Sequence[Sequence[str]]:
    """The cells of each row of every table with this first line."""
    text = (ROOT / PAGE).read_text()
    tables = [part.split("\n\n", 1)[0] for part in text.split(f"{head}\n")[1:]]
    return [_cells(line) for table in tables for line in table.splitlines()[1:]]


def _cells(line: str) -> Sequence[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _codes(cell: str) -> Sequence[str]:
    return [found[1].strip() for found in _CODE.findall(cell)]


def readFiles() -> Mapping[str, str]:
    """The files that the page shows, by name."""
    named = ((_FILE.search(_paragraph(block)), block.text) for block in readBlocks(PAGE))
    return {found[1]: text for found, text in named if found is not None}


def _paragraph(block: Block) -> str:
    return block.before.strip().rpartition("\n\n")[2]


def shellOf() -> str:
    """What a shell reads before it runs a row."""
    (block,) = readBlocks(PAGE, "sh")
    return block.text
