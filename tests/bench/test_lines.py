"""The benchmark of lines: what can be asked for, and what it measures with."""

import io
from contextlib import redirect_stderr

from twisted.trial.unittest import SynchronousTestCase

from bench.figures import Ratio
from bench.lines import Figure, Options, boundsOf, events, readOptions
from gma_twisted.netlogger import bp


class LinesTests(SynchronousTestCase):
    """L{bench.lines}."""

    def test_options(self) -> None:
        """What is not said is enough for figures; nothing ends it."""
        self.assertEqual(readOptions([]), Options(15, 10_000, False))
        given = readOptions(["--rounds", "2", "--events", "3", "--judge"])
        self.assertEqual(given, Options(2, 3, True))
        for words in ("--rounds 0", "--events 0", "--lines 5"):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                readOptions(words.split())

    def test_events(self) -> None:
        """They are the same each time, differ from each other, and are written and read as they are."""
        made = events(200)
        lines = [bp.write(event) for event in made]
        self.assertEqual(len(set(lines)), 200)
        self.assertEqual([bp.read(line) for line in lines], events(200))

    def test_goals(self) -> None:
        """What is compared has a goal, which is met by the median."""
        met, missed = boundsOf(
            [
                Figure("read", 1e6, Ratio(10.2, 7.0, 11.0)),
                Figure("write", 1e5, Ratio(2.0, 1.0, 11.0)),
                Figure("theirs: read", 1e5),
            ]
        )
        self.assertTrue(met.isMet)
        self.assertEqual(
            missed.sentence, "MISSED: write: times NetLogger's 2.00 (goal at least 10)"
        )
