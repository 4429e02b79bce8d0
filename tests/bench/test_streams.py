"""The benchmark of streams: what can be asked for, what its figures say, and what its subscribers notice."""

import io
import socket
from contextlib import redirect_stderr

import attrs
from twisted.trial.unittest import SynchronousTestCase

from bench.streamlisteners import _Connection
from bench.streams import Options, Phase, Streamed, goalsOf, linesOf, readOptions

_PHASE = Phase(False, 10.0, 20_000, 0, 0, 0.5, 100 * 1024**2, [0.01, 0.01], [0.02, 0.04])


class OptionsTests(SynchronousTestCase):
    """L{readOptions}."""

    def test_default(self) -> None:
        """A thousand subscribers and a hundred events a second."""
        self.assertEqual(readOptions([]), Options(1000, 100.0, 15.0, 3, 1, False))

    def test_wrong(self) -> None:
        """What is nothing or too much ends it."""
        for words in ("--subscribers 1", "--stalled 0", "--rate 0", "--rounds 0", "--seconds 0.1"):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                readOptions(words.split())


class FigureTests(SynchronousTestCase):
    """L{goalsOf}."""

    def _streamed(self, stalled: list[float]) -> Streamed:
        some = attrs.evolve(_PHASE, isStalled=True, p99=stalled)
        return Streamed(90 * 1024**2, 100 * 1024**2, [_PHASE, some, _PHASE])

    def test_met(self) -> None:
        """Everything came, memory stays, and nobody waited longer."""
        goals = goalsOf(Options(subscribers=20), self._streamed([0.02, 0.04]))
        self.assertEqual([one.isMet for one in goals], [True] * 3)

    def test_missed(self) -> None:
        """One waited longer: that is what counts, whatever the others did."""
        goals = goalsOf(Options(subscribers=20), self._streamed([0.02, 0.06]))
        self.assertEqual([one.isMet for one in goals], [True, True, False])
        self.assertAlmostEqual(goals[-1].found, 1.5)
        few = goalsOf(Options(subscribers=40), self._streamed([0.02, 0.04]))
        self.assertFalse(few[0].isMet)

    def test_lines(self) -> None:
        """The control is told beside it: the third phase, where nothing was changed."""
        told = "\n".join(linesOf(self._streamed([0.02, 0.06])))
        self.assertIn("some stalled, to when all read: median 1.25, most 1.50", told)
        self.assertIn("all read again, to when all read: median 1.00, most 1.00", told)


class ListenerTests(SynchronousTestCase):
    """What a subscriber of the benchmark counts."""

    def setUp(self) -> None:
        """A connection."""
        here, there = socket.socketpair()
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        there.setblocking(False)
        self.here, self.connection = here, _Connection(there)

    def _sent(self, *numbers: int) -> _Connection:
        for number in numbers:
            self.here.sendall(b"ts=1 event=e n=%d at=1000000000 host=a\n" % number)
        self.connection.read()
        return self.connection

    def test_all(self) -> None:
        """Lines in order, in pieces, are all there."""
        self._sent(5, 6)
        self.here.sendall(b"ts=1 event=e n=7 at=1000000000 ho")
        self.connection.read()
        self.here.sendall(b"st=a\n")
        self.connection.read()
        found = self.connection
        self.assertEqual((found.lines, found.lacking, found.repeated, found.last), (3, 0, 0, 7))

    def test_lacking(self) -> None:
        """What was left out is counted, between pieces and within one."""
        self._sent(1)
        self.assertEqual(self._sent(4).lacking, 2)
        self.assertEqual(self._sent(5, 8).lacking, 4)

    def test_repeated(self) -> None:
        """What comes twice is counted."""
        self._sent(1, 2, 3)
        self.assertEqual(self._sent(3).repeated, 1)

    def test_end(self) -> None:
        """The end is noticed; until then more may come."""
        self.assertTrue(self.connection.read())
        self.here.close()
        self.assertFalse(self.connection.read())
