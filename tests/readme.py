"""The code blocks of README.md and of the pages, which the tests run and parse as a reader would."""

import re
from collections.abc import Sequence
from pathlib import Path

import attrs

__all__ = ["ROOT", "Block", "readBlocks"]

ROOT = Path(__file__).parent.parent

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@attrs.frozen
class Block:
    """
    One fenced block.

    @ivar language: behind the fence; empty for a shell's
    @ivar before: the text between the block before and this one
    """

    language: str
    before: str
    text: str


def readBlocks(page: str, language: str | None = None) -> Sequence[Block]:
    """
    The blocks of a page, in order.

    @param page: its path below the checkout
    @param language: only these; C{None} for all
    """
    text = (ROOT / page).read_text()
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        found.append(Block(match[1], text[end : match.start()], match[2]))
        end = match.end()
    return [block for block in found if language is None or block.language == language]
