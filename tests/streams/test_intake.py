"""Plain and numbered connections at one who takes events."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError, PeerBusy, PeerFault, PeerUnreachable, Refused
from gma_twisted.model.event import Event
from gma_twisted.netlogger import numbers
from gma_twisted.netlogger.numbers import BEGIN, MISSED
from gma_twisted.streams.intake import StreamIntake
from gma_twisted.streams.listenlimits import OrderLimits
from gma_twisted.streams.order import Position
from gma_twisted.streams.sink import Filled
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import toDeferred
from tests.streams.intakestand import LIFE, STREAM, Delivered, Sink, begin, missed, numbered
from tests.streams.listenstand import Peer, half

_LIMITS = OrderLimits(streams=2, fillSeconds=30.0)


class _Case(ClockStand, SynchronousTestCase):
    """An intake."""

    def setUp(self) -> None:
        """Nothing came."""
        super().setUp()
        self.sink = Sink()
        self.intake = StreamIntake(self.sink, self.clock, _LIMITS, half)
        self.peer = Peer()

    def start(self, events: Sequence[Event], peer: Peer | None = None) -> "Deferred[None]":
        """Events come."""
        return toDeferred(self.intake.take(list(events), peer or self.peer))

    def take(self, *events: Event, peer: Peer | None = None) -> None:
        """Events come, and are taken at once."""
        self.successResultOf(self.start(events, peer))


class PlainTests(_Case):
    """Connections without numbers."""

    def test_plain(self) -> None:
        """Their events are of no subscription, what is told of missed ones too, and numbers of theirs stay."""
        self.take(numbered(3, 4), missed(2))
        self.assertEqual(self.sink.plains, [(["e4", "gma.stream.missed"], "10.0.0.1")])
        self.assertEqual((self.sink.delivered, self.intake.counts.plain), ([], 2))
        self.assertFalse(self.peer.isWhole)

    def test_busy(self) -> None:
        """Who has no room is asked again by who listens: nothing was taken."""
        self.sink.plainAnswers = [Busy("no")]
        events = [Event("a", 0), begin(0), numbered(0, 1)]
        self.failureResultOf(self.start(events), Busy)
        self.assertEqual((self.sink.plains, self.sink.delivered), ([], []))
        self.take(*events)
        self.assertEqual((len(self.sink.plains), self.sink.names), (1, ["e1"]))

    def test_refused(self) -> None:
        """What is refused is left out; the stream that begins after it is taken."""
        self.sink.plainAnswers = [Refused("never")]
        self.take(Event("a", 0), begin(0), numbered(0, 1))
        self.assertEqual((self.sink.names, self.intake.counts.leftOut), (["e1"], 1))

    def test_datagrams(self) -> None:
        """Of datagrams all is plain; no stream begins there."""
        events = [begin(0), numbered(0, 1)]
        self.successResultOf(toDeferred(self.intake.takeDatagram(events, self.peer)))
        self.assertEqual(self.sink.plains, [(["e1"], "10.0.0.1")])
        self.assertEqual((self.intake.streams, self.intake.counts.bad), ((), 1))


class BeginTests(_Case):
    """How numbered connections begin."""

    def test_new(self) -> None:
        """A stream that is new is kept from where it begins, and its events have no numbers of ours."""
        self.take(begin(4), numbered(4, 6), numbered(6, 7))
        self.assertEqual(self.sink.delivered, [Delivered((), 4), Delivered(("e6", "e7"), 7)])
        self.assertEqual(self.intake.streams, (STREAM,))
        self.assertTrue(self.peer.isWhole)

    def test_unknown(self) -> None:
        """A stream nobody asked for is closed; nothing of it is taken, as no plain events either."""
        self.take(begin(0, stream=99), numbered(0, 1))
        self.assertIn("nobody here asked", self.peer.closed[0])
        self.assertEqual((self.sink.delivered, self.sink.plains), ([], []))
        self.assertEqual((self.intake.streams, self.intake.counts.unknown), ((), 1))

    def test_unusable(self) -> None:
        """A connection whose beginning says nothing is closed: its lines are no events of no subscription."""
        self.take(Event(BEGIN, 0), numbered(0, 1))
        self.assertIn("nothing usable", self.peer.closed[0])
        self.assertEqual((self.sink.plains, self.intake.counts.unknown), ([], 1))
        # So is one on which a stream is running; what came before is taken.
        other = Peer()
        self.take(begin(0), numbered(0, 1), Event(BEGIN, 0), numbered(1, 2), peer=other)
        self.assertIn("nothing usable", other.closed[0])
        self.assertEqual((self.sink.names, self.sink.plains), (["e1"], []))
        self.assertEqual((self.intake.streams, self.intake.counts.bad), ((), 0))

    def test_unusablePlain(self) -> None:
        """Among plain lines it is a bad line."""
        self.take(Event("a", 0), Event(BEGIN, 0), Event("b", 0))
        self.take(Event(BEGIN, 0), Event("c", 0))
        self.assertEqual([names for names, _ in self.sink.plains], [["a", "b"], ["c"]])
        self.assertEqual((self.intake.counts.bad, self.peer.closed), (2, []))

    def test_strays(self) -> None:
        """Who sends a hundred of them is closed; what came before is taken, and what comes with the last is, too."""
        self.take(Event("a", 0), *[Event(BEGIN, 0)] * 60)
        self.take(*[begin(0, stream=99)] * 39)
        self.assertEqual(self.peer.closed, [])
        self.take(Event(BEGIN, 0), Event("b", 0))
        self.assertEqual(self.peer.closed, ["it sent 100 lines that begin no stream"])
        self.assertEqual([names for names, _ in self.sink.plains], [["a"], ["b"]])
        self.assertEqual(self.intake.counts.bad, 100)

    def test_stray(self) -> None:
        """Among plain lines one of no stream that is known here is a bad line; the connection stays as it is."""
        self.take(Event("a", 0), begin(0, stream=99), Event("b", 0))
        self.take(begin(0, stream=99), Event("c", 0))
        self.assertEqual([names for names, _ in self.sink.plains], [["a", "b"], ["c"]])
        self.assertEqual((self.intake.counts.bad, self.intake.counts.unknown), (2, 0))
        self.assertEqual(self.peer.closed, [])
        # Of a connection that ended nothing is remembered.
        self.intake.ended(self.peer)
        self.take(begin(0, stream=99))
        self.assertIn("nobody here asked", self.peer.closed[0])

    def test_strayBusy(self) -> None:
        """Where nothing was taken nothing is counted yet."""
        self.sink.plainAnswers = [Busy("no")]
        events = [begin(0, stream=99), Event("a", 0)][::-1]
        self.failureResultOf(self.start(events), Busy)
        self.assertEqual(self.intake.counts.bad, 0)
        self.take(*events)
        self.assertEqual(self.intake.counts.bad, 1)

    def test_tooMany(self) -> None:
        """There are so many streams; one that ends makes room."""
        self.sink.known = {1, 2, 3}
        peers = [Peer() for _ in range(4)]
        for at in range(3):
            self.take(begin(0, stream=at + 1), peer=peers[at])
        self.assertEqual([bool(one.closed) for one in peers], [False, False, True, False])
        self.intake.ended(peers[0])
        self.take(begin(0, stream=3), peer=peers[3])
        self.assertEqual(set(self.intake.streams), {2, 3})

    def test_restart(self) -> None:
        """A stream goes on where its sink has it; what came meanwhile is asked for first."""
        self.sink.positions[STREAM] = Position(LIFE, 4)
        self.sink.history = [5, 8]
        self.take(begin(8), numbered(8, 9))
        self.assertEqual(self.sink.delivered, [Delivered(("e5", "e8"), 8), Delivered(("e9",), 9)])
        self.assertEqual(self.sink.asked, [(4, 8)])

    def test_anotherLife(self) -> None:
        """In another life numbers begin anew: that something is missing is told, and what there is is asked for."""
        self.sink.positions[STREAM] = Position("l0", 400)
        self.sink.history = [2, 4]
        self.take(begin(4), numbered(4, 5))
        self.assertEqual(
            self.sink.delivered,
            [Delivered((), 0, missed=None), Delivered(("e2", "e4"), 4), Delivered(("e5",), 5)],
        )
        self.assertEqual((self.sink.asked, self.intake.counts.lost), ([(0, 4)], 1))

    def test_firstLost(self) -> None:
        """What was written to a first connection of which nothing came is asked for when the second begins."""
        self.sink.history = [5, 7]
        self.take(begin(4, told=7), numbered(7, 8))
        self.assertEqual((self.sink.names, self.sink.asked), (["e5", "e7", "e8"], [(4, 7)]))

    def test_beginNotKept(self) -> None:
        """A beginning that the sink could not keep before its connection was lost is not lost with it."""
        self.sink.answers = [Busy("full")] * 3
        self.sink.history = [1, 2]
        old = self.start([begin(0), numbered(0, 1), numbered(1, 2)])
        new = self.start([begin(0, told=2), numbered(2, 3)], Peer())
        for _ in range(20):
            self.time.advance(1.0)
        self.assertEqual((old.called, new.called), (True, True))
        self.assertEqual(self.sink.names, ["e1", "e2", "e3"])

    def test_names(self) -> None:
        """What was published may be called as what is said of a stream: it has numbers."""
        lines = [
            numbers.numbered(Event(name, 0), number, number - 1)
            for number, name in enumerate((BEGIN, MISSED, BEGIN), 1)
        ]
        self.take(begin(0), *lines, missed(1), numbered(3, 4))
        self.assertEqual(self.sink.names, [BEGIN, MISSED, BEGIN, "e4"])
        self.assertEqual((self.sink.asked, self.peer.closed), ([], []))
        # Also of one that holds what a beginning does.
        self.take(numbers.numbered(begin(9), 5, 4))
        self.assertEqual((self.sink.names[-1], self.sink.asked), (BEGIN, []))

    def test_superseded(self) -> None:
        """A stream has one connection: the new one; what the old one still brings is not taken."""
        self.take(begin(0), numbered(0, 1))
        other = Peer()
        self.take(begin(1), peer=other)
        self.assertEqual((len(self.peer.closed), other.closed), (1, []))
        self.intake.ended(self.peer)
        self.take(numbered(1, 2), peer=other)
        self.assertEqual(self.sink.names, ["e1", "e2"])
        self.assertEqual(self.intake.streams, (STREAM,))

    def test_lost(self) -> None:
        """Of a stream whose connection ended is told, but where another one brings it, or its subscription ended."""
        lost: list[int] = []
        self.intake.lost = lost.append
        self.take(begin(0))
        self.assertTrue(self.intake.isConnected(STREAM))
        other = Peer()
        self.take(begin(0), peer=other)
        self.intake.ended(self.peer)
        self.assertEqual(lost, [])
        self.intake.ended(other)
        self.assertEqual((lost, self.intake.isConnected(STREAM)), ([STREAM], False))
        third = Peer()
        self.take(begin(0), peer=third)
        self.intake.forget(STREAM)
        self.intake.ended(third)
        self.assertEqual(lost, [STREAM])

    def test_twoStreams(self) -> None:
        """A connection may go on with another stream."""
        self.sink.known = {1, 2}
        self.take(begin(0, stream=1), numbered(0, 1), begin(5, stream=2), numbered(5, 6))
        self.assertEqual([one.stream for one in self.sink.delivered if one.names], [1, 2])
        self.assertEqual(self.intake.streams, (2,))

    def test_forgotten(self) -> None:
        """A subscription that ended has no connection."""
        self.take(begin(0))
        self.intake.forget(STREAM)
        self.assertIn("ended", self.peer.closed[0])
        self.assertEqual(self.intake.streams, ())
        self.intake.forget(STREAM)
        self.intake.ended(self.peer)


class GapTests(_Case):
    """What is missing."""

    def setUp(self) -> None:
        """A stream has come to 2."""
        super().setUp()
        self.sink.history = [1, 2, 4, 5, 6, 9]
        self.take(begin(0), numbered(0, 1), numbered(1, 2))
        self.sink.delivered.clear()

    def test_filled(self) -> None:
        """It is asked for and delivered before what comes after it; what is announced of it is no event."""
        self.take(missed(3), numbered(6, 9))
        self.assertEqual(
            self.sink.delivered, [Delivered(("e4", "e5", "e6"), 6), Delivered(("e9",), 9)]
        )
        counts = self.intake.counts
        self.assertEqual((counts.gaps, counts.filled, counts.delivered), (1, 3, 6))
        self.assertEqual(counts.unnumbered, 0)

    def test_pages(self) -> None:
        """It may be answered in pages, each of which is kept."""
        self.sink.page = 1
        self.take(numbered(6, 9))
        self.assertEqual([one.last for one in self.sink.delivered], [4, 5, 6, 9])
        self.assertEqual(self.sink.asked, [(2, 6), (4, 6), (5, 6)])

    def test_gone(self) -> None:
        """What nobody has any more is told as missed."""
        self.sink.fills = [Filled([Event("e6", 0)], 6, 2)]
        self.take(numbered(6, 9))
        self.assertEqual(self.sink.delivered[0], Delivered(("e6",), 6, 2))
        self.assertEqual(self.intake.counts.missed, 2)

    def test_again(self) -> None:
        """Who does not answer is asked again, after the time it said."""
        self.sink.fills = [PeerUnreachable("no"), PeerBusy("later", 2.0)]
        taken = self.start([numbered(6, 9)])
        self.time.advance(0.1)
        self.assertEqual(len(self.sink.asked), 2)
        self.time.advance(1.9)
        self.assertNoResult(taken)
        self.time.advance(1.0)
        self.successResultOf(taken)
        self.assertEqual(self.sink.names, ["e4", "e5", "e6", "e9"])

    def test_givenUp(self) -> None:
        """Who fails for so long is asked no more: that something may be missing is told, and the stream goes on."""
        self.sink.fills = [PeerUnreachable("no")] * 1000
        taken = self.start([numbered(6, 9)])
        self.time.pump([0.5] * 58)
        self.assertNoResult(taken)
        self.time.pump([0.5] * 10)
        self.successResultOf(taken)
        self.assertEqual(
            self.sink.delivered, [Delivered((), 6, missed=None), Delivered(("e9",), 9)]
        )

    def test_givenUpInTime(self) -> None:
        """The same when no answer comes in time."""
        self.sink.fills = [Deferred()]
        taken = self.start([numbered(6, 9)])
        self.time.advance(29)
        self.assertNoResult(taken)
        self.time.advance(1)
        self.successResultOf(taken)
        self.assertEqual(self.sink.delivered[0], Delivered((), 6, missed=None))

    def test_long(self) -> None:
        """Of each page the time counts anew, and that in which the sink is busy does not."""
        pages: list[Deferred[Filled]] = [Deferred(), Deferred(), Deferred()]
        self.sink.fills = list(pages)
        self.sink.answers = [None, *[Busy("full")] * 20]
        taken = self.start([numbered(6, 9)])
        for at, page in zip((4, 5, 6), pages, strict=True):
            self.time.advance(25.0)
            page.callback(Filled([Event(f"e{at}", 0)], at))
            while self.sink.answers and at > 4:
                self.time.advance(1.0)
        self.time.advance(5.0)
        self.successResultOf(taken)
        self.assertEqual((self.sink.names, self.intake.counts.lost), (["e4", "e5", "e6", "e9"], 0))

    def test_refused(self) -> None:
        """Who will never answer is not asked again; nor is who answers nothing."""
        for answer in (PeerFault("no"), ParameterError("no"), Filled((), 2)):
            self.sink.asked.clear()
            self.sink.positions[STREAM] = Position(LIFE, 2)
            self.sink.fills = [answer]
            peer = Peer()
            self.take(begin(2), numbered(6, 9), peer=peer)
            self.intake.ended(peer)
            self.assertEqual(len(self.sink.asked), 1)
            self.assertEqual(self.sink.delivered[-1], Delivered(("e9",), 9))

    def test_unnumbered(self) -> None:
        """A line without numbers is none of a numbered connection."""
        self.take(Event("x", 0), numbered(2, 4))
        self.assertEqual((self.sink.names, self.intake.counts.unnumbered), (["e4"], 1))

    def test_repeated(self) -> None:
        """What came already is left out."""
        self.take(numbered(0, 1), numbered(1, 2), numbered(2, 4))
        self.assertEqual((self.sink.names, self.intake.counts.repeated), (["e4"], 2))


class DeliveryTests(_Case):
    """A sink that has no room, or refuses."""

    def setUp(self) -> None:
        """A stream has come to 0."""
        super().setUp()
        self.take(begin(0))
        self.sink.delivered.clear()

    def test_busy(self) -> None:
        """It is offered the same until it takes it, and the position moves only then."""
        self.sink.answers = [Busy("no")] * 3
        taken = self.start([numbered(0, 1)])
        self.assertEqual(self.sink.positions[STREAM].last, 0)
        self.time.pump([0.5] * 20)
        self.successResultOf(taken)
        self.assertEqual(self.sink.delivered, [Delivered(("e1",), 1)])

    def test_refused(self) -> None:
        """What it refuses is told as missed, and is not asked for again."""
        self.sink.answers = [ParameterError("never")]
        self.take(numbered(0, 1), numbered(1, 2))
        self.take(numbered(2, 3))
        self.assertEqual(self.sink.delivered, [Delivered((), 2, missed=2), Delivered(("e3",), 3)])
        self.assertEqual((self.sink.asked, self.intake.counts.leftOut), ([], 2))

    def test_refusedWhole(self) -> None:
        """A sink that does not even hear of missed ones stops nothing."""
        self.sink.answers = [ParameterError("never"), ParameterError("never")]
        self.take(numbered(0, 1))
        self.take(numbered(1, 2))
        self.assertEqual(self.sink.delivered, [Delivered(("e2",), 2)])

    def test_supersededMeanwhile(self) -> None:
        """What the old connection is delivering is delivered once; the new one goes on after it."""
        waiting: Deferred[None] = Deferred()
        self.sink.answers = [waiting]
        old = self.start([numbered(0, 1), numbered(1, 2)])
        other = Peer()
        new = self.start([begin(0), numbered(0, 1), numbered(1, 2), numbered(2, 3)], other)
        self.assertNoResult(new)
        waiting.callback(None)
        self.successResultOf(old)
        self.successResultOf(new)
        self.assertEqual(self.sink.names, ["e1", "e2", "e3"])

    def test_supersededBeforeItBeganAgain(self) -> None:
        """A connection that was left does not take its stream back by what it brought before."""
        waiting: Deferred[None] = Deferred()
        self.sink.answers = [waiting]
        old = self.start([numbered(0, 1), begin(1), numbered(1, 2)])
        other = Peer()
        new = self.start([begin(0)], other)
        waiting.callback(None)
        self.successResultOf(old)
        self.successResultOf(new)
        self.assertEqual((other.closed, self.sink.names), ([], ["e1"]))

    def test_supersededWhileBusy(self) -> None:
        """Nor does the old one try again: the new one brings the same."""
        self.sink.answers = [Busy("no")]
        old = self.start([numbered(0, 1)])
        other = Peer()
        new = self.start([begin(0), numbered(0, 1)], other)
        self.sink.answers = [Busy("no")]
        self.time.pump([0.5] * 20)
        self.successResultOf(old)
        self.successResultOf(new)
        self.assertEqual(self.sink.names, ["e1"])

    def test_forgottenWhileBusy(self) -> None:
        """When the subscription ends, nothing is offered any more."""
        self.sink.answers = [Busy("no")] * 1000
        taken = self.start([numbered(0, 1)])
        self.intake.forget(STREAM)
        self.time.advance(1)
        self.successResultOf(taken)
        self.assertEqual(self.time.getDelayedCalls(), [])
