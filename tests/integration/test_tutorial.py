"""What a reader of the tutorial types: word by word but for ports and directories."""

import re

from tests.integration.terminals import (
    ACTIVATE,
    Terminal,
    TerminalCase,
    documentIn,
    patient,
)
from tests.readme import readBlocks

_PAGE = "docs/tutorial.md"


def _words(line: str) -> list[str]:
    """Of a line that may begin with a directory."""
    return re.sub(r"^/\S*/(?=\S+: )", "", line).split()


def _first(shown: str) -> list[str]:
    """The words of what a page shows: of a table its heading, for its rows differ from time to time."""
    return _words(shown.splitlines()[0])


class TutorialTests(TerminalCase):
    """docs/tutorial.md."""

    isForked = True

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
                (value,), (shown,) = documentIn(told), documentIn(block.text)
                self.assertEqual((value.tag, value.keys()), (shown.tag, shown.keys()))
            else:
                self.assertEqual(block.language, "")
                if terminals[-1].isBusy:
                    self.assertTrue(block.text.startswith(ACTIVATE), block.text)
                    terminals.append(Terminal(self))
                told = terminals[-1].type(patient(block.text))
        self.assertEqual(len(terminals), 3)


del TerminalCase
