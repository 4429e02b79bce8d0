"""What a newcomer types who reads README.md, or the tutorial: word by word but for ports and directories."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from tests.integration.terminals import Terminal, TerminalCase
from tests.readme import Block, readBlocks

_README, _PAGE = "README.md", "docs/tutorial.md"
_SECTION = "## Your own provider in a second node"
_ACTIVATE = ". .venv/bin/activate\n"
_ASKS = re.compile(r"gma (get|ls) 127\.0\.0\.1:\d+ ")
_VALUE = "{urn:example:disk_space}DiskSpace"
_LONGEST = 600.0


def _patient(text: str) -> str:
    """The block of a reader who asks again when there is nothing yet."""
    lines = []
    for line in text.splitlines():
        again = f"for i in $(seq 40); do {line} > /dev/null 2>&1 && break; sleep 0.1; done\n"
        lines.append(f"{again if _ASKS.match(line) else ''}{line}\n")
    return "".join(lines)


def _section(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks under the head."""
    isInside = False
    for block in blocks:
        if "\n## " in block.before:
            isInside = _SECTION in block.before
        if isInside:
            yield block


def _document(told: str) -> Any:
    """The XML in what a command printed; words for people may stand around it."""
    return etree.fromstring(told[told.index("<") : told.rindex(">") + 1])


def _words(line: str) -> list[str]:
    """Of a line that may begin with a directory."""
    return re.sub(r"^/\S*/(?=\S+: )", "", line).split()


def _first(shown: str) -> list[str]:
    """The words of what a page shows: of a table its heading, for its rows differ from time to time."""
    return _words(shown.splitlines()[0])


class READMETests(TerminalCase):
    """README.md: from nothing to an own provider's value in a second node."""

    def test_steps(self) -> None:
        """The first command, then the section; the last command prints the value, within ten minutes."""
        began = time.monotonic()
        blocks = readBlocks(_README)
        terminal = Terminal(self)
        terminal.type(blocks[0].text.splitlines()[0].partition("#")[0].strip())
        terminal.interrupt()
        steps = list(_section(blocks))
        self.assertEqual(len(steps), 3)
        told = ""
        for step, inside in zip(steps, (terminal, Terminal(self), Terminal(self)), strict=True):
            self.assertTrue(step.text.startswith(_ACTIVATE), step.text)
            told = inside.type(_patient(step.text))
        (value,) = _document(told)
        self.assertEqual(value.tag, _VALUE)
        self.assertLess(int(value.get("free", "-1")), int(value.get("total", "-1")))
        self.assertLess(time.monotonic() - began, _LONGEST)


class TutorialTests(TerminalCase):
    """docs/tutorial.md."""

    def test_steps(self) -> None:
        """Every command does what the page says, and prints what looks as it does there."""
        terminals = [Terminal(self)]
        told = ""
        for block in readBlocks(_PAGE):
            if "press Ctrl-C" in block.before:
                terminals[0].interrupt()
            if block.language == "text":
                self.assertIn(_first(block.text), [_words(line) for line in told.splitlines()])
            elif block.language == "xml":
                (value,), (shown,) = _document(told), _document(block.text)
                self.assertEqual((value.tag, value.keys()), (shown.tag, shown.keys()))
            else:
                self.assertEqual(block.language, "")
                if terminals[-1].isBusy:
                    self.assertTrue(block.text.startswith(_ACTIVATE), block.text)
                    terminals.append(Terminal(self))
                told = terminals[-1].type(_patient(block.text))
        self.assertEqual(len(terminals), 3)


del TerminalCase
