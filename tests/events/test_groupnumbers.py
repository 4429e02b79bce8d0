"""Numbered lines of an engine: who reads them has by the numbers, and by asking, every event once and in order."""

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ParameterError
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.events.topics import Wanted
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import gapCursor
from gma_twisted.netlogger.numbers import MISSED, beginning, numbersOf
from gma_twisted.streams.order import Gap, Line, Position, begun, inOrder
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import toDeferred
from tests.events.keepingstand import HeldArchive
from tests.events.stand import comparison, made
from tests.events.test_groups import GroupStand, url
from tests.streams.sendstand import Network, admitted, read


class Reader:
    """
    Reads numbered lines of loads, and asks for what is missing.

    @ivar got: numbers in the events that came
    @ivar gaps: what was asked for
    @ivar position: where it is
    """

    def __init__(self, stand: Any, name: str = "load") -> None:
        self.stand = stand
        self.name = name
        self.got: list[object] = []
        self.gaps: list[tuple[int, int]] = []
        self.position: Position | None = None

    def read(self, data: bytes) -> list[object]:
        """What came by a connection. @return: all that came so far"""
        for event in read(data):
            said = beginning(event)
            if said is not None:
                now = begun(self.position, said)
                self.position = now.position
                self._ask(now.gap)
            elif event.name != MISSED:
                self._take(event)
        return self.got

    def _take(self, event: Event) -> None:
        taken = numbersOf(event)
        assert taken.number is not None and taken.previous is not None
        assert self.position is not None
        for run in inOrder(self.position.last, [Line(taken.event, taken.number, taken.previous)]):
            self._ask(run.gap)
            self.got += [one.get("number") for one in run.events]
            self.position = Position(self.position.life, max(run.last, self.position.last))

    def _ask(self, gap: Gap | None) -> None:
        assert self.position is not None
        if gap is None:
            return
        self.gaps.append((gap.after, gap.upTo))
        cursor: str | None = gapCursor(self.position.life, gap.after, gap.upTo)
        while cursor is not None:
            answer = self.stand.result(
                self.stand.engine.query(Event(self.name), None, "history", None, None, cursor)
            )
            self.got += [one.get("number") for one in answer.events]
            cursor = answer.cursor
        self.position = Position(self.position.life, gap.upTo)


class _Case(GroupStand, SynchronousTestCase):
    def numbered(self, host: str, **wanted: Any) -> Any:
        """Subscribe to numbered lines."""
        return self.feed(host, "numbers=yes", **wanted)

    def data(self, host: str, connection: int = -1) -> bytes:
        """What a connection of a host got."""
        data: bytes = self.network.at(host, 14830).connections[connection].value()
        return data


class LeftOutTests(_Case):
    """What a producer leaves out of numbered lines, and still has."""

    limits = EngineLimits(queued=5, judgedBytes=2000, historySeconds=1e6)

    def test_overload(self) -> None:
        """What came too fast to be judged is seen to be missing."""
        self.numbered("one")
        self.send(1)
        self.slow(1.0)
        self.publish(*range(2, 30))
        del self.time.seconds
        self.turns(10_000.0)
        self.send(30)
        self.assertGreater(self.engine.counts()["unjudged"], 10)
        reader = Reader(self)
        self.assertEqual(reader.read(self.data("one")), [*range(1, 31)])
        self.assertEqual(len(reader.gaps), 1)

    def test_unjudged(self) -> None:
        """So is what the filter cannot be evaluated on, wherever it stands."""
        self.numbered("one", filter=comparison("number > 0"))
        take = Wanted.take

        def fail(wanted: Wanted, event: Event) -> Event | None:
            if wanted.passes is not None and event.get("number") in (2, 5):
                raise ParameterError("it cannot be evaluated")
            return take(wanted, event)

        self.patch(Wanted, "take", fail)
        self.send(1, 2, 3, 4)
        self.feed("two", "numbers=yes", lookBack=60.0, filter=comparison("number > 0"))
        self.send(5, 6)
        for host, gaps in (("one", [(1, 2), (4, 5)]), ("two", [(0, 2), (4, 5)])):
            reader = Reader(self)
            self.assertEqual(reader.read(self.data(host)), [*range(1, 7)])
            self.assertEqual(reader.gaps, gaps)
        # What will be asked for need not be written beside.
        lines = [numbersOf(one).number for one in read(self.data("two")) if one.name == "load"]
        self.assertEqual(lines, [3, 4, 6])

    def test_rate(self) -> None:
        """What is more a second than was asked for is not."""
        self.numbered("one", rateLimit=2.0)
        self.send(1, 2, 3, 4)
        self.turns(1.0)
        self.send(5)
        reader = Reader(self)
        self.assertEqual(reader.read(self.data("one")), [1, 2, 5])
        self.assertEqual(reader.gaps, [])

    def test_lookBack(self) -> None:
        """Of a look-back longer than what is kept for one, the rest can be asked for; plain lines tell it."""
        self.publish(*range(1, 21))
        self.numbered("one", lookBack=60.0)
        self.feed("two", lookBack=60.0)
        self.send(21)
        reader = Reader(self)
        self.assertEqual(reader.read(self.data("one")), [*range(1, 22)])
        self.assertEqual(reader.gaps, [(0, 15)])
        self.assertEqual(self.got("two"), [-15, *range(16, 22)])

    def test_unwritable(self) -> None:
        """What no line can hold is seen to be missing in a look-back too."""
        for number in (1, 2, 3):
            event = made("load", number)
            if number == 2:
                event.add(EventField("no name", 1))
            self.engine.publish(event)
        self.numbered("one", lookBack=60.0)
        reader = Reader(self)
        self.assertEqual(reader.read(self.data("one")), [1, 2, 3])
        self.assertEqual(reader.gaps, [(1, 2)])

    def test_changed(self) -> None:
        """What was left out right before another rate was asked for is seen, without a new connection."""
        feed = self.numbered("one", filter=comparison("number > 0"))
        take = Wanted.take

        def fail(wanted: Wanted, event: Event) -> Event | None:
            if wanted.passes is not None and event.get("number") == 2:
                raise ParameterError("it cannot be evaluated")
            return take(wanted, event)

        self.patch(Wanted, "take", fail)
        self.send(1, 2)
        feed.modify(None, 1000.0)
        self.send(3)
        self.assertEqual(Reader(self).read(self.data("one")), [1, 2, 3])
        self.assertEqual(len(self.network.at("one", 14830).connections), 1)

    def test_otherFormat(self) -> None:
        """Lines that wait go when they are to be written otherwise; they are seen to be missing."""
        feed = self.numbered("one")
        self.send(1)
        feed.pause()
        self.send(2, 3)
        feed.move(url("one", "numbers=yes&format=ulm"), None, 7)
        feed.resume()
        self.send(4)
        reader = Reader(self)
        reader.read(self.data("one", 0))
        self.assertEqual(reader.read(self.data("one", 1)), [1, 2, 3, 4])


class FirstConnectionTests(_Case):
    """A first connection of which nothing is ever read."""

    def test_lost(self) -> None:
        """What was written to it can be asked for when there is another, and what was looked back at."""
        self.publish(1, 2)
        self.numbered("one", lookBack=60.0)
        self.send(3)
        self.network.at("one", 14830).last.lose()
        self.turns(5.0)
        self.send(4)
        self.assertEqual(len(self.network.at("one", 14830).connections), 2)
        reader = Reader(self)
        self.assertEqual(reader.read(self.data("one")), [1, 2, 3, 4])
        self.assertEqual(reader.gaps, [(0, 3)])


class _Refusing(HeldArchive):
    """
    Refuses what is to be kept, at times; not what it is asked.

    @ivar isFull: whether it does
    """

    isFull = False

    async def append(
        self, events: Sequence[StoredEvent], positions: Mapping[str, str] | None = None
    ) -> None:
        """See L{IEventArchive}."""
        if self.isFull:
            raise Busy("the disk is full")
        await super().append(events, positions)


class ArchivedTests(_Case):
    """Events that are told once they are on the disk."""

    def setUp(self) -> None:
        """Make an engine with an archive."""
        super().setUp()
        self.result(self.engine.stop())
        self.archive = _Refusing()
        self.begin()

    def begin(self) -> None:
        """One more life of the process."""
        self.network = Network(self.time)
        self.lines = TCPLinePlane(self.network.dial, admitted, self.clock, lambda: 0.5)
        self.engine = EventEngine(
            self.clock, [self.lines], lambda: 0.5, self.limits, "site", archive=self.archive
        )
        self.result(self.engine.start())

    def keep(self, *numbers: int) -> Any:
        """Keep events."""
        return toDeferred(self.engine.keep([(made("load", one), "site") for one in numbers]))

    def test_refused(self) -> None:
        """A stream never begins after numbers that the disk refused: they are given again after a restart."""
        self.successResultOf(self.keep(1, 2))
        self.archive.isFull = True
        for _ in range(5):
            self.failureResultOf(self.keep(3, 4), Busy)
        feed = self.numbered("one")
        self.assertEqual(feed.first, 3)
        reader = Reader(self)
        reader.read(self.data("one"))
        self.archive.isFull = False
        self._end()
        self.begin()
        self.numbered("one")
        self.successResultOf(self.keep(3, 4, 5, 6))
        self.turns()
        self.assertEqual(reader.read(self.data("one")), [3, 4, 5, 6])
        self.assertEqual(reader.gaps, [])

    def test_underWay(self) -> None:
        """What is on its way to the disk when somebody subscribes comes to him, once, when it is there."""
        for lookBack in (0.0, 60.0):
            host = f"host{lookBack}"
            self.archive.held = []
            self.publish(1, 2)
            feeds = [
                self.numbered(host, lookBack=lookBack),
                self.feed(f"plain{lookBack}", lookBack=lookBack),
            ]
            self.publish(3)
            self.archive.releaseAll()
            self.turns()
            self.assertEqual(Reader(self).read(self.data(host))[-3:], [1, 2, 3])
            # Plain lines say nothing by which one that came twice would be noticed.
            before = [1, 2, 3] if lookBack else []
            self.assertEqual(self.got(f"plain{lookBack}"), [*before, 1, 2, 3])
            for one in feeds:
                one.end()
            self.turns()
