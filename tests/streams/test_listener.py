"""Listening for lines over TCP, without a network."""

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, PeerBusy
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.framing import PREAMBLE
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.streams.sink import LinePeer
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import toDeferred
from tests.streams.listenstand import Connected, Taker, half, line

_LIMITS = ListenLimits(
    connections=3, perAddress=2, lineBytes=100, heldBytes=250, idleSeconds=60.0, batchLines=2,
    badLines=3, lastSeconds=5.0,
)  # fmt: skip


class _Case(ClockStand, SynchronousTestCase):
    """A listener."""

    def setUp(self) -> None:
        """Nobody is connected."""
        super().setUp()
        self.taker = Taker()
        self.ended: list[LinePeer] = []
        self.listener = self.listening(_LIMITS)

    def listening(self, limits: ListenLimits, isStrict: bool = False) -> LineListener:
        """Another one."""
        return LineListener(
            self.taker.take,
            self.clock,
            limits,
            mayConnect=lambda address: not address.startswith("192."),
            ended=self.ended.append,
            reader=LineReader(isStrict),
            random=half,
        )

    def connect(self, host: str = "10.0.0.1") -> Connected:
        """Somebody connects."""
        return Connected(self.listener, self.time, host)


class LineTests(_Case):
    """Lines become events."""

    def test_lines(self) -> None:
        """Events are handed on in the order of their lines, so many at once, with the address they came from."""
        one = self.connect()
        one.send(PREAMBLE + line("a") + b"\n\r\n" + line("b") + line("c") + line("d")[:9])
        self.assertEqual(self.taker.batches, [["a", "b"], ["c"]])
        one.send(line("d")[9:])
        self.assertEqual(self.taker.names, ["a", "b", "c", "d"])
        self.assertEqual(set(self.taker.addresses), {"10.0.0.1"})
        self.assertEqual(self.listener.counts.events, 4)
        self.assertTrue(one.transport.isRead)

    def test_lastLine(self) -> None:
        """The last line needs no end, unless the connection broke: then it may be half of one."""
        whole, broken = self.connect(), self.connect()
        whole.send(line("a").rstrip())
        broken.send(line("b").rstrip())
        whole.end()
        broken.end(ConnectionLost())
        self.assertEqual(self.taker.names, ["a"])
        self.assertEqual(len(self.listener), 0)

    def test_lastLineOfNumbered(self) -> None:
        """Nor is it taken where it was said that lines are whole."""
        one = self.connect()
        one.send(line("a").rstrip())
        assert one.protocol is not None
        one.protocol.expectWhole()
        one.end()
        self.assertEqual(self.taker.names, [])

    def test_badLines(self) -> None:
        """What is no event is counted and left out; good ones between bad ones keep a connection open."""
        one = self.connect()
        for _ in range(5):
            one.send(b"junk\n" + b"\0\xff\n" + line("a"))
        self.assertEqual(self.taker.names, ["a"] * 5)
        self.assertEqual(self.listener.counts.bad, 10)
        self.assertFalse(one.transport.isAborted)

    def test_tooManyBadLines(self) -> None:
        """So many in a row end it; what was good before them was handed on, and nothing after them is."""
        one = self.connect()
        one.send(line("a") + b"junk\n" * 3 + line("b"))
        one.send(line("c"))
        self.assertEqual(self.taker.names, ["a"])
        self.assertTrue(one.transport.isAborted)
        self.time.advance(0)
        self.assertEqual(len(self.listener), 0)
        self.assertEqual(self.listener.counts.closed, 1)

    def test_tooLong(self) -> None:
        """A line that is too long is a bad one; the next is read."""
        one = self.connect()
        one.send(b"x" * 500)
        one.send(b"\n" + line("a"))
        self.assertEqual(self.taker.names, ["a"])
        self.assertEqual((self.listener.counts.bad, self.listener.counts.tooLong), (1, 1))

    def test_strict(self) -> None:
        """Lines are read leniently unless that is said."""
        text = line("a").rstrip() + b" b\n"
        self.connect().send(text)
        self.assertEqual(len(self.taker.names), 1)
        self.listener = self.listening(_LIMITS, isStrict=True)
        self.connect().send(text)
        self.assertEqual(len(self.taker.names), 1)
        self.assertEqual(self.listener.counts.bad, 1)

    def test_logIsBounded(self) -> None:
        """Who sends nonsense does not fill the log."""
        self.listener = self.listening(attrs.evolve(_LIMITS, badLines=10_000))
        with capturedLogs() as said:
            self.connect().send(b"junk\n" * 5_000)
            self.time.advance(1)
            self.connect().send(b"junk\n")
        self.assertEqual(self.listener.counts.bad, 5_001)
        self.assertEqual(len(said), 21)
        self.assertIn("4980 more not logged", formatEvent(said[-1]))


class TakingTests(_Case):
    """While events are taken."""

    def test_unreadMeanwhile(self) -> None:
        """The connection is not read until they were taken."""
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        one = self.connect()
        one.send(line("a"))
        self.assertFalse(one.transport.isRead)
        # What the transport had already.
        one.send(line("b"))
        self.assertEqual(self.taker.attempts, 1)
        waiting.callback(None)
        self.assertEqual(self.taker.names, ["a", "b"])
        self.assertTrue(one.transport.isRead)

    def test_othersAreRead(self) -> None:
        """Other connections are."""
        self.taker.answers = [Deferred()]
        self.connect().send(line("a"))
        self.connect().send(line("b"))
        self.assertEqual(self.taker.names, ["b"])

    def test_busy(self) -> None:
        """Who has no room is offered the same again, and the connection stays unread."""
        self.taker.answers = [Busy("no"), PeerBusy("not yet", 3.0), Busy("no")]
        one = self.connect()
        one.send(line("a"))
        self.time.pump([0.5, 0.5, 0.5])
        self.assertEqual((self.taker.attempts, self.taker.names), (2, []))
        self.assertFalse(one.transport.isRead)
        self.time.pump([0.5] * 20)
        self.assertEqual((self.taker.attempts, self.taker.names), (4, ["a"]))
        self.assertTrue(one.transport.isRead)
        self.assertEqual(self.listener.counts.retried, 3)

    def test_refused(self) -> None:
        """What is refused is left out and counted; what comes after it is offered."""
        self.taker.answers = [ParameterError("never")]
        one = self.connect()
        one.send(line("a") + line("b") + line("c"))
        self.assertEqual((self.taker.names, self.taker.attempts), (["c"], 2))
        self.assertEqual((self.listener.counts.leftOut, self.listener.counts.events), (2, 1))

    def test_fault(self) -> None:
        """A fault of who takes them is logged, and ends the connection: who has sent may have them sent again."""
        self.taker.answers = [ValueError("a bug")]
        one = self.connect()
        one.send(line("a"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertTrue(one.transport.isAborted)
        self.time.advance(0)
        self.assertEqual(len(self.listener), 0)

    def test_endedMeanwhile(self) -> None:
        """What a connection brought is handed on when it has ended; until then it counts."""
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        one = self.connect()
        one.send(line("a"))
        one.send(line("b") + line("c").rstrip())
        one.end()
        self.assertEqual((len(self.listener), self.ended), (1, []))
        waiting.callback(None)
        self.assertEqual(self.taker.names, ["a", "b", "c"])
        self.assertEqual((len(self.listener), self.ended), (0, [one.protocol]))

    def test_endedAndBusy(self) -> None:
        """But not for ever."""
        self.taker.answers = [Busy("no")] * 1000
        one = self.connect()
        one.send(line("a"))
        one.end()
        self.time.pump([0.5] * 30)
        self.assertEqual((len(self.listener), self.taker.names), (0, []))
        self.assertEqual(self.listener.counts.leftOut, 1)
        self.assertEqual(self.time.getDelayedCalls(), [])


class BoundTests(_Case):
    """Who may connect, and for how long."""

    def test_notAllowed(self) -> None:
        """Who may not send lines is closed at once."""
        self.assertIsNone(self.connect("192.168.0.1").protocol)
        self.assertEqual(self.listener.counts.refused, 1)

    def test_perAddress(self) -> None:
        """One address has so many; when one of them ends there is room for another."""
        one, two = self.connect(), self.connect()
        self.assertIsNotNone(two.protocol)
        self.assertIsNone(self.connect().protocol)
        self.assertIsNotNone(self.connect("10.0.0.2").protocol)
        one.end()
        three = self.connect()
        self.assertIsNotNone(three.protocol)
        two.end()
        three.end()
        # Who was here once is not kept in mind for ever.
        self.assertEqual(list(self.listener._perNetwork), ["10.0.0.2"])

    def test_inAll(self) -> None:
        """All together have so many."""
        for at in range(3):
            self.assertIsNotNone(self.connect(f"10.0.0.{at}").protocol)
        self.assertIsNone(self.connect("10.0.0.9").protocol)

    def test_heldInAll(self) -> None:
        """Unfinished lines of all are bounded together: who would pass that loses its own."""
        ones = [self.connect(f"10.0.0.{at}") for at in range(3)]
        for one in ones:
            one.send(b"x" * 90)
        self.assertEqual(self.listener.held, 180)
        self.assertEqual(self.listener.counts.tooLong, 1)
        ones[2].send(b"\n" + line("a"))
        self.assertEqual(self.taker.names, ["a"])
        for one in ones:
            one.end()
        self.assertEqual(self.listener.held, 0)

    def test_idle(self) -> None:
        """Who brings no whole line for so long is closed, though bytes come."""
        one = self.connect()
        one.send(line("a"))
        for _ in range(11):
            self.time.advance(5)
            one.send(b"x")
        self.assertFalse(one.transport.isAborted)
        self.time.advance(5)
        self.assertTrue(one.transport.isAborted)
        self.time.advance(0)
        self.assertEqual((len(self.listener), self.time.getDelayedCalls()), (0, []))

    def test_notIdle(self) -> None:
        """Who brings lines stays, and so does who waits for us."""
        one, two = self.connect(), self.connect()
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        two.send(line("slow"))
        for _ in range(20):
            self.time.advance(20)
            one.send(line("a"))
        self.assertFalse(one.transport.isAborted or two.transport.isAborted)
        waiting.callback(None)
        self.time.pump([20, 20, 20, 20])
        self.assertTrue(two.transport.isAborted)

    def test_neverIdle(self) -> None:
        """Where it is said that nobody is idle, no timer is kept."""
        self.listener = self.listening(attrs.evolve(_LIMITS, idleSeconds=float("inf")))
        self.connect()
        self.assertEqual(self.time.getDelayedCalls(), [])


class StopTests(_Case):
    """The end of it."""

    def test_stop(self) -> None:
        """All connections end, what was read is handed on first, and nobody comes after that."""
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        one, two = self.connect(), self.connect()
        one.send(line("a"))
        stopped = toDeferred(self.listener.stop())
        self.time.advance(0)
        self.assertTrue(one.isLost and two.isLost)
        self.assertIsNone(self.connect("10.0.0.3").protocol)
        self.assertNoResult(stopped)
        waiting.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(self.taker.names, ["a"])
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_stopIsBounded(self) -> None:
        """Who never takes them does not keep the node."""
        self.taker.answers = [Deferred()]
        self.connect().send(line("a"))
        stopped = toDeferred(self.listener.stop())
        self.time.pump([1.0] * 6)
        self.successResultOf(stopped)
        self.assertEqual((len(self.listener), self.time.getDelayedCalls()), (0, []))

    def test_stopNobody(self) -> None:
        """Without connections there is nothing to wait for."""
        self.successResultOf(toDeferred(self.listener.stop()))
