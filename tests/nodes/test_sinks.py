"""What a consumer without a class does with its events: forwarded ones come once, and are kept while they cannot."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    Busy,
    NotImplementedException,
    NotRepresentable,
    ParameterError,
    PeerFault,
    PeerUnreachable,
    Refused,
    TooLarge,
)
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.nodes.sinks import MISSED, EventSink, ForwardSink, SinkingConsumer, refuseNews
from gma_twisted.timing import NodeClock, Ready, toDeferred


class Far:
    """
    Another consumer, as its proxy shows it.

    @ivar told: of each notification names of events, number of the subscription and of the first event
    @ivar fails: what it answers, instead of taking something
    @ivar lost: what becomes of answers after it took something
    """

    def __init__(self) -> None:
        self.told: list[tuple[list[str], int | None, int | None]] = []
        self.fails: list[Exception] = []
        self.lost: list[Exception] = []

    def notify(
        self, events: Sequence[Event], callerId: int | None = None, sequence: int | None = None
    ) -> Awaitable[int]:
        """See L{ConsumerProxy.notify <gma_twisted.client.gma.ConsumerProxy.notify>}."""
        if self.fails:
            raise self.fails.pop(0)
        self.told.append(([one.name for one in events], callerId, sequence))
        if self.lost:
            raise self.lost.pop(0)
        return Ready(len(events))


class ForwardTests(SynchronousTestCase):
    """Events that go on to another consumer."""

    def setUp(self) -> None:
        """Have one."""
        self.far = Far()
        self.sink = ForwardSink("http://far/", lambda _: Ready(self.far))  # type: ignore[arg-type]

    def bring(self, *names: str, callerId: int | None = 5) -> None:
        """Events of a subscription; what tells of missed ones is made anew each time."""
        events = [Event(name, 1 if name == MISSED else 0) for name in names]
        self.successResultOf(toDeferred(self.sink.take(events, callerId, OURSELVES)))

    def refused(self, error: type[Exception], *names: str) -> Exception:
        """They are not taken."""
        events = [Event(name, 0) for name in names]
        failure = self.failureResultOf(toDeferred(self.sink.take(events, 5, OURSELVES)), error)
        assert isinstance(failure.value, Exception)
        return failure.value

    def test_numbered(self) -> None:
        """Each subscription has a number of its own there, and its events are counted on."""
        self.bring("a", "b")
        self.bring("x", callerId=6)
        self.bring("c")
        (first, other, second) = self.far.told
        self.assertEqual((first[2], other[2], second[2]), (1, 1, 3))
        self.assertEqual(first[1], second[1])
        self.assertEqual(len({first[1], other[1], 5, 6}), 4)

    def test_ofNone(self) -> None:
        """Events of no subscription go on as such."""
        self.bring("a", callerId=None)
        self.assertEqual(self.far.told, [(["a"], None, None)])

    def test_repeated(self) -> None:
        """What comes again because an answer was lost has the numbers it had, whatever is told of missed ones."""
        self.far.lost = [PeerUnreachable("lost")]
        self.refused(Busy, MISSED, "a")
        self.bring(MISSED, "a")
        self.bring("b")
        first, again, second = self.far.told
        self.assertEqual(first, again)
        self.assertEqual(second, (["b"], first[1], 3))

    def test_others(self) -> None:
        """Other events in the place of those that were perhaps taken are not taken for them."""
        self.far.lost = [PeerUnreachable("lost")]
        self.refused(Busy, "a")
        self.bring("b")
        self.bring("c")
        lost, first, second = self.far.told
        self.assertNotEqual(lost[1], first[1])
        self.assertEqual((first[2], second), (1, (["c"], first[1], 2)))

    def test_kept(self) -> None:
        """Whatever the other answers, who sends the events keeps them; it is told once in the log."""
        errors = [
            PeerUnreachable("away"),
            PeerFault("a defect", "Failed"),
            ParameterError("Bad id 7"),
            Refused("not you"),
            NotImplementedException("notify is not implemented"),
            Busy("not now"),
        ]
        self.far.fails = list(errors)
        with capturedLogs() as logged:
            for error in errors:
                self.assertIn(str(error), str(self.refused(Busy, "a")))
        self.assertEqual(len(logged), 1)
        self.bring("a")
        self.assertEqual([names for names, _, _ in self.far.told], [["a"]])

    def test_never(self) -> None:
        """What it will never take is told as that, so that it can be left out."""
        self.far.fails = [TooLarge("too much"), NotRepresentable("no"), PeerFault("large", "413")]
        self.refused(TooLarge, "a", "b")
        self.refused(NotRepresentable, "a")
        self.refused(TooLarge, "a")
        self.bring("c")
        self.assertEqual(self.far.told[0][2], 1)


class Positioned:
    """A sink that keeps positions, or fails."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def start(self) -> Ready[None]:
        """See L{EventSink}."""
        return Ready(None)

    def stop(self) -> Ready[None]:
        """See L{EventSink}."""
        return Ready(None)

    def take(self, events: Sequence[Event], callerId: int | None, caller: Caller) -> Ready[None]:
        """See L{EventSink}."""
        self.told.append(([one.name for one in events],))
        return Ready(None)

    def positions(self) -> Mapping[str, str]:
        """See L{PositionSink}."""
        return {"p": "x 1"}

    def keep(
        self,
        events: Sequence[Event],
        callerId: int | None,
        caller: Caller,
        positions: Mapping[str, str],
    ) -> Ready[None]:
        """See L{PositionSink}."""
        self.told.append(([one.name for one in events], dict(positions)))
        return Ready(None)


class StreamTests(SynchronousTestCase):
    """How far streams are goes with their events, where a sink keeps both."""

    def notify(self, sink: EventSink, *names: str, **kw: Any) -> None:
        """Events of a subscription."""
        consumer = SinkingConsumer(sink, (), NodeClock(Clock()))
        events = [Event(one) for one in names]
        self.successResultOf(toDeferred(consumer.doNotify(events, callerId=7, **kw)))

    def test_kept(self) -> None:
        """Also without an event; what was missed is told before."""
        sink = Positioned()
        self.notify(sink, "a", positions={"p": "x 2"}, missed=3)
        self.notify(sink, positions={"p": "x 3"})
        self.notify(sink, "b")
        self.assertEqual(
            sink.told,
            [([MISSED, "a"], {"p": "x 2"}), ([], {"p": "x 3"}), (["b"],)],
        )

    def test_others(self) -> None:
        """A sink that keeps none gets the events alone, and is not called for none."""
        taken: list[list[str]] = []

        class Plain:
            def start(self) -> Ready[None]:
                return Ready(None)

            def stop(self) -> Ready[None]:
                return Ready(None)

            def take(
                self, events: Sequence[Event], callerId: int | None, caller: Caller
            ) -> Ready[None]:
                taken.append([one.name for one in events])
                return Ready(None)

        self.notify(Plain(), "a", positions={"p": "x 2"})
        self.notify(Plain(), positions={"p": "x 3"})
        self.assertEqual(taken, [["a"]])


class NewsTests(SynchronousTestCase):
    """What a directory tells under a number of another life."""

    def test_refused(self) -> None:
        """It is no event: the directory hears that nobody knows the number."""
        for name in ("gma.entry.added", "gma.watch.complete"):
            error = self.assertRaises(ParameterError, refuseNews, 7, [Event("a"), Event(name)])
            self.assertEqual((str(error), error.details), ("Bad id 7", {"id": "7"}))
        refuseNews(7, [Event("gma.consumer.missed"), Event("gma.entry")])
