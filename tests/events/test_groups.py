"""EventEngine with planes of lines: who asks for the same is judged, written and fed once."""

from itertools import count
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.events.topics import Wanted
from gma_twisted.interfaces.events import IEventFeed
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import Terms
from gma_twisted.netlogger.lines import LineWriter
from gma_twisted.netlogger.numbers import numbersOf
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import whenDone
from tests.events.stand import EngineStand, comparison, terms
from tests.streams.sendstand import Network, admitted, numbersIn, read

_LIMITS = EngineLimits(feeds=2000, queued=50)


def url(host: str, said: str = "") -> str:
    """A data URL."""
    return f"x-netlog://{host}:14830" + (f"?{said}" if said else "")


class GroupStand(EngineStand):
    """
    An engine with a plane of lines beside the usual one.

    @ivar network: listeners
    @ivar lines: the plane
    """

    limits = _LIMITS

    def setUp(self) -> None:
        """Make an engine."""
        super().setUp()
        self.network = Network(self.time)
        self.lines = self.makeLines()
        self.engine = EventEngine(
            self.clock, [self.plane, self.lines], lambda: 0.5, self.limits, "site"
        )
        self.result(self.engine.start())

    def makeLines(self) -> TCPLinePlane:
        """The plane of lines."""
        return TCPLinePlane(self.network.dial, admitted, self.clock, lambda: 0.5)

    def _end(self) -> None:
        done: list[object] = []
        whenDone(self.engine.stop(), done.append, done.append)
        self.turns()
        self.assertEqual(done, [None])
        self.assertEqual(self.time.getDelayedCalls(), [])
        counts = self.engine.counts()
        self.assertEqual((counts["waiting"], counts["members"], counts["groups"]), (0, 0, 0))
        self.assertEqual((self.lines.counts.held, self.lines.counts.members), (0, 0))

    def turns(self, seconds: float = 0.2) -> None:
        """Give the reactor turns."""
        for _ in range(20):
            self.time.advance(seconds / 20)

    def send(self, *numbers: float, name: str = "load") -> None:
        """Publish events, and let their lines go."""
        self.publish(*numbers, name=name)
        self.turns()

    def feed(self, host: str, said: str = "", **wanted: Any) -> Any:
        """Subscribe."""
        feed = self.subscribe(terms(**{"name": "load", **wanted, "url": url(host, said)}))
        self.turns()
        return feed

    def got(self, host: str) -> list[object]:
        """The numbers of the events that came to a host; what was left out as a negative number."""
        return numbersIn(self.network.at(host, 14830).got)

    def slow(self, seconds: float) -> None:
        """Every look at the clock takes so long, so that a turn has few, until C{self.time.seconds} is deleted."""
        ticks = count(self.time.seconds(), seconds)
        self.time.seconds = lambda: next(ticks)  # type: ignore[method-assign]

    def groups(self) -> int:
        """How many groups there are."""
        return self.engine.counts()["groups"]


class OwnersTests(GroupStand, SynchronousTestCase):
    """Who pays when lines of all wait for too much."""

    def makeLines(self) -> TCPLinePlane:
        """See L{GroupStand}: it holds little."""
        few = StreamLimits(allBytes=6_000, handedBytes=100)
        return TCPLinePlane(self.network.dial, admitted, self.clock, lambda: 0.5, few)

    def test_ofOneOwner(self) -> None:
        """An owner with many small subscriptions loses something, and none with a larger one."""
        for owner, hosts in (("we", ["ours"]), ("stranger", [f"theirs{n}" for n in range(10)])):
            for host in hosts:
                wanted = terms(
                    "disk" if owner == "we" else "load", url=url(host, f"const.at={host}")
                )
                self.engine.subscribe(wanted, 7, self.over.append, owner).begin()
                self.turns()
                self.network.at(host, 14830).last.isStalled = True
        self.send(*range(20), name="disk")
        for number in range(60):
            self.send(number)
        for one in self.network.listeners.values():
            one.last.isStalled = False
            one.last.drain()
        self.turns()
        self.assertEqual(self.got("ours"), [*range(20)])
        self.assertGreater(self.lines.counts.missed, 0)


class MergingTests(GroupStand, SynchronousTestCase):
    """Equal subscriptions."""

    def test_interface(self) -> None:
        """Feeds have what their interface promises; the first number is that of the next event."""
        self.send(1, 2)
        feed = self.feed("one")
        verifyObject(IEventFeed, feed)
        self.assertEqual(feed.first, 3)

    def test_once(self) -> None:
        """An event is judged and written once for a thousand who ask for the same, and all get it."""
        judged, written = [], []
        take, write = Wanted.take, LineWriter.write

        def taken(wanted: Wanted, event: Event) -> Event | None:
            judged.append(event)
            return take(wanted, event)

        def wrote(style: LineWriter, event: Event, *numbers: int) -> bytes:
            written.append(event)
            return write(style, event, *numbers)

        self.patch(Wanted, "take", taken)
        self.patch(LineWriter, "write", wrote)
        hosts = [f"host{number}" for number in range(1000)]
        for host in hosts:
            feed = self.engine.subscribe(terms("load", url=url(host)), 7, self.over.append)
            feed.begin()
        self.send(1)
        self.send(2, 3)
        self.assertEqual((len(judged), len(written)), (3, 3))
        self.assertEqual({tuple(self.got(host)) for host in hosts}, {(1, 2, 3)})
        self.assertEqual((self.groups(), self.engine.counts()["members"]), (1, 1000))

    def test_kinds(self) -> None:
        """Another filter, format, rate or template is another group."""
        self.feed("a")
        self.feed("b")
        self.assertEqual(self.groups(), 1)
        self.feed("c", filter=comparison("number > 1"))
        self.feed("d", "format=ulm")
        self.feed("e", rateLimit=1.0)
        self.feed("f", name="*")
        self.assertEqual(self.groups(), 5)
        self.send(1, 2)
        self.assertEqual([self.got(host) for host in "abdf"], [[1, 2]] * 4)
        self.assertEqual((self.got("c"), self.got("e")), ([2], [1]))

    def test_besideOthers(self) -> None:
        """Who is notified and who gets lines may ask for the same; each gets all."""
        self.subscribe(terms("load"))
        self.feed("one")
        self.assertEqual(self.engine.counts()["topics"], 1)
        self.send(1)
        self.assertEqual((self.plane.told, self.got("one")), ([([1], 1, 0)], [1]))

    def test_level(self) -> None:
        """What is not important enough is neither written nor told, and takes nothing of the rate."""
        self.feed("one", "level=Error", rateLimit=1.0)
        for number, level in ((1, "Info"), (2, "Error"), (3, "Info")):
            event = Event("load")
            event.add(EventField("number", number))
            event.add(EventField("level", level))
            self.engine.publish(event)
        self.turns()
        self.assertEqual(self.got("one"), [2])

    def test_rate(self) -> None:
        """What is too much is left out, and told before the next."""
        self.feed("one", rateLimit=2.0)
        self.send(1, 2, 3, 4)
        self.turns(1.0)
        self.send(5)
        self.assertEqual(self.got("one"), [1, 2, -2, 5])

    def test_unjudged(self) -> None:
        """An event that the filter cannot be evaluated on is left out, and told."""
        self.feed("one", filter=comparison("number > 0"))
        take = Wanted.take

        def fail(wanted: Wanted, event: Event) -> Event | None:
            if event.get("number") in (2, 3):
                raise ParameterError("it cannot be evaluated")
            return take(wanted, event)

        self.patch(Wanted, "take", fail)
        self.send(1, 2, 3, 4)
        self.assertEqual(self.got("one"), [1, -2, 4])
        self.assertEqual(self.engine.counts()["unjudged"], 2)

    def test_numbers(self) -> None:
        """Numbers are those of all that the producer published; the life is that of its cursors."""
        self.send(1)
        self.feed("one", "numbers=yes")
        self.send(2, name="disk")
        self.send(3)
        said, line = read(self.network.at("one", 14830).got)
        self.assertEqual(str(said.get("after")), "1")
        found = numbersOf(line)
        self.assertEqual((found.number, found.previous), (3, 1))


class LookBackTests(GroupStand, SynchronousTestCase):
    """What there was before."""

    def test_lookBack(self) -> None:
        """It comes first, to who asked only; in nothing is an event twice."""
        self.send(1, 2)
        self.feed("one", lookBack=60.0)
        self.feed("two")
        self.send(3)
        self.assertEqual((self.got("one"), self.got("two")), ([1, 2, 3], [3]))
        self.assertEqual(self.groups(), 1)

    def test_numbered(self) -> None:
        """A numbered look-back has the numbers its events were published under."""
        self.send(1, 2, 3)
        self.feed("one", "numbers=yes", lookBack=60.0)
        self.send(4)
        said, *lines = read(self.network.at("one", 14830).got)
        self.assertEqual(str(said.get("after")), "0")
        self.assertEqual([numbersOf(one).number for one in lines], [1, 2, 3, 4])


class ChangingTests(GroupStand, SynchronousTestCase):
    """Subscriptions that are paused, changed, moved and ended."""

    def test_notBegun(self) -> None:
        """Nothing goes, and nothing is connected to, before a feed begins."""
        feed = self.engine.subscribe(terms(url=url("one")), 7, self.over.append)
        self.send(1)
        self.assertEqual(self.network.listeners, {})
        feed.begin()
        self.turns()
        self.assertEqual(self.got("one"), [1])

    def test_pause(self) -> None:
        """Paused, nothing goes; resumed, all that came meanwhile."""
        feed = self.feed("one")
        self.feed("two")
        feed.pause()
        self.send(1)
        self.assertEqual((self.got("one"), self.got("two")), ([], [1]))
        feed.resume()
        self.turns()
        self.assertEqual(self.got("one"), [1])

    def test_filter(self) -> None:
        """Another filter counts for what comes from now on, on the same connection; others keep theirs."""
        feed = self.feed("one")
        self.feed("two")
        self.send(1)
        feed.pause()
        self.send(2)
        feed.modify(comparison("number > 10"), None)
        feed.resume()
        self.send(3, 30)
        self.assertEqual(self.got("one"), [1, 2, 30])
        self.assertEqual(self.got("two"), [1, 2, 3, 30])
        self.assertEqual(len(self.network.at("one", 14830).connections), 1)
        self.assertEqual(self.groups(), 2)

    def test_badFilter(self) -> None:
        """One that cannot be used changes nothing."""
        feed = self.feed("one")
        self.assertRaises(ParameterError, feed.modify, comparison("number >"), 1.0)
        self.assertRaises(ParameterError, feed.modify, comparison("number > 1"), 0.0)
        self.send(1)
        self.assertEqual((self.got("one"), self.groups()), ([1], 1))
        feed.modify(comparison("number > 1"), None)
        self.send(2, 3)
        self.assertEqual(self.got("one"), [1, 2, 3])

    def test_rateLimit(self) -> None:
        """Another rate is another group; the same rate changes nothing."""
        feed = self.feed("one")
        self.feed("two")
        feed.modify(None, float("inf"))
        self.assertEqual(self.groups(), 1)
        feed.modify(None, 1.0)
        self.assertEqual(self.groups(), 2)
        self.send(1, 2)
        self.assertEqual((self.got("one"), self.got("two")), ([1], [1, 2]))
        feed.modify(comparison("number > 10"), float("inf"))
        self.send(30, 31)
        self.assertEqual(self.got("one"), [1, -1, 30, 31])

    def test_unjudgedMoves(self) -> None:
        """What was published before a filter was changed, and is judged later, is judged by the new one, once."""
        feed = self.feed("one")
        self.slow(0.004)
        self.publish(*range(1, 10), at=0)
        feed.modify(comparison("number > 5"), None)
        del self.time.seconds
        self.turns(5.0)
        got = self.got("one")
        self.assertEqual(got[-4:], [6, 7, 8, 9])
        self.assertEqual(len(set(got)), len(got))

    def test_unjudgedJoins(self) -> None:
        """Who takes a filter that others have already gets each event once, whoever was judged for first."""
        for number, tick in enumerate((0.0007, 0.0011, 0.0017, 0.0026, 0.004)):
            feed = self.feed(f"one{number}")
            other = self.feed(f"two{number}", filter=comparison("number > 0"))
            self.slow(tick)
            self.publish(*range(1, 10), at=0)
            feed.modify(comparison("number > 0"), None)
            del self.time.seconds
            self.turns(5.0)
            got = [one for one in self.got(f"one{number}") if int(str(one)) > 0]
            self.assertEqual(len(set(got)), len(got))
            self.assertEqual(self.got(f"two{number}"), [*range(1, 10)])
            feed.end()
            other.end()

    def test_groupsAgain(self) -> None:
        """A group that all have left is no more; who asks for the same later begins another."""
        self.feed("one")
        for _ in range(2):
            other = self.feed("two", "format=ulm")
            self.assertEqual(self.groups(), 2)
            other.end()
            self.assertEqual(self.groups(), 1)

    def test_move(self) -> None:
        """To another place what waits comes there, under the new number."""
        feed = self.feed("one", "numbers=yes")
        self.send(1)
        feed.pause()
        self.send(2)
        feed.move(url("two", "numbers=yes"), None, 8)
        feed.resume()
        self.send(3)
        said, *lines = read(self.network.at("two", 14830).got)
        self.assertEqual((str(said.get("stream")), str(said.get("after"))), ("8", "1"))
        self.assertEqual([one.get("number") for one in lines], [2, 3])
        self.assertTrue(self.network.at("one", 14830).last.isOver)
        self.assertEqual(self.groups(), 1)

    def test_moveElsewhere(self) -> None:
        """It cannot go on where no lines are taken; nothing is changed then."""
        feed = self.feed("one")
        for place in ("http://consumer:8491/", "gopher://one", url("two", "format=json")):
            self.assertRaises(ParameterError, feed.move, place, None, 8)
        self.send(1)
        self.assertEqual(self.got("one"), [1])
        notified = self.subscribe(terms("load"))
        self.assertRaises(ParameterError, notified.move, url("two"), None, 8)

    def test_end(self) -> None:
        """Ended, nothing goes, its connection is closed, and nothing is left of it; others go on."""
        feed = self.feed("one")
        other = self.feed("two")
        self.send(1)
        feed.end()
        feed.end()
        self.send(2)
        self.assertEqual((self.got("one"), self.got("two")), ([1], [1, 2]))
        self.assertTrue(self.network.at("one", 14830).last.isOver)
        self.assertEqual((self.groups(), self.engine.counts()["feeds"]), (1, 1))
        other.end()
        self.assertEqual((self.groups(), self.engine.counts()["topics"]), (0, 0))
        for change in (feed.pause, feed.resume, feed.begin):
            change()
        feed.modify(comparison("number > 1"), 5.0)
        feed.move(url("three"), None, 9)
        self.send(3)
        self.assertEqual(list(self.network.listeners), [("one", 14830), ("two", 14830)])

    def test_held(self) -> None:
        """What lines keep for who has not got them is counted, also while they are connected to again."""
        self.feed("one")
        self.send(1)
        self.assertEqual(self.engine.counts()["held"], 0)
        there = self.network.at("one", 14830)
        there.last.lose()
        self.publish(2)
        self.assertGreater(self.engine.counts()["held"], 0)
        self.turns(2.0)
        self.assertEqual(self.engine.counts()["held"], 0)
        self.assertIn(2, self.got("one"))
        there.last.isStalled = True
        for number in (3, 4):
            self.send(number)
        self.assertGreater(self.engine.counts()["held"], 0)
        there.last.isStalled = False
        there.last.drain()
        self.turns()
        self.send(5)
        self.assertEqual(self.engine.counts()["held"], 0)
        self.assertEqual(self.got("one")[-3:], [3, 4, 5])

    def test_endUnjudged(self) -> None:
        """When the last of a topic goes while events wait to be judged, they wait no more."""
        feed = self.feed("one")
        self.slow(0.004)
        self.publish(*range(1, 10), at=0)
        feed.end()
        del self.time.seconds
        self.assertEqual(self.engine.counts()["unjudgedBytes"], 0)

    def test_many(self) -> None:
        """Subscriptions to lines count among all."""
        engine = EventEngine(self.clock, [self.lines], lambda: 0.5, EngineLimits(feeds=2), "small")
        asked = Terms(Event("load"), url("one"))
        self.result(engine.check(asked, OURSELVES))
        feeds = [engine.subscribe(asked, number, self.over.append) for number in (1, 2)]
        self.assertRaises(TooLarge, engine.subscribe, asked, 3, self.over.append)
        for one in feeds:
            one.end()
