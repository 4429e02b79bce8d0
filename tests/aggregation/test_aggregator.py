"""Subscriptions of a service to its sources: asked for, renewed, shared, ended."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from gma_twisted.aggregation import AggregateSource, Aggregator, AggregatorLimits
from gma_twisted.errors import Busy, ConfigError, ParameterError, Refused, TooLarge, UnknownId
from gma_twisted.interfaces import IAggregator
from gma_twisted.model import (
    Caller,
    Handle,
    QName,
    UpstreamMode,
    UpstreamState,
    UpstreamStatus,
    Whose,
)
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HERE, HOST, SOURCE, WALL, SourceCase, value

ANN, BOB = Caller("ann", "10.0.0.1"), Caller("bob", "10.0.0.2")
QUEUE = QName("urn:t", "Queue")


class AggregatorCase(SourceCase):
    """An aggregator that has started; chance is always a half."""

    limits = AggregatorLimits(
        subscriptions=4, perOwner=2, names=3, leastLease=5.0, mostLease=1000.0, leastInterval=2.0
    )

    def setUp(self) -> None:
        """Nothing is copied."""
        super().setUp()
        self.source.values[""] = value("1")
        self.aggregator = self.make()
        self.successResultOf(toDeferred(self.aggregator.start()))

    def make(self) -> Aggregator:
        """One that has not started."""
        made = Aggregator(
            self.intake,
            self.connect,
            self.check,
            self.clock,
            HERE,
            self.randomBytes,
            lambda: 0.5,
            self.limits,
        )
        self.sinks = made.sinks
        return made

    def check(self, url: str) -> None:
        """Refuse one host."""
        if "metadata" in url:
            raise Refused(f"{url} is refused")

    def add(
        self,
        caller: Caller = ANN,
        *names: QName,
        source: Handle = SOURCE,
        lifetime: float | None = 100.0,
        mode: str | None = None,
        interval: float | None = None,
    ) -> "Deferred[tuple[str, float]]":
        """Ask for HOST, or for these names."""
        return toDeferred(
            self.aggregator.addSubscription(
                source, names or (HOST,), lifetime, mode, interval, caller
            )
        )

    def added(self, *args: Any, **kwargs: Any) -> str:
        """Ask and have it granted; the id."""
        return self.successResultOf(self.add(*args, **kwargs))[0]

    def remove(self, id: str, caller: Caller) -> None:
        """End one."""
        self.successResultOf(toDeferred(self.aggregator.removeSubscription(id, caller)))

    def rows(self) -> Sequence[UpstreamStatus]:
        """What is copied."""
        return self.successResultOf(toDeferred(self.aggregator.listSubscriptions()))

    def tearDown(self) -> None:
        """It stops, and nothing is left."""
        stopped = toDeferred(self.aggregator.stop())
        self.advance(2.5)
        self.successResultOf(stopped)
        self.successResultOf(toDeferred(self.store.stop()))
        self.assertEqual(len(self.sinks), 0)
        self.assertEqual(self.time.getDelayedCalls(), [])
        super().tearDown()


class AskedTests(AggregatorCase):
    """By request."""

    def test_interface(self) -> None:
        """It is an aggregator."""
        verifyObject(IAggregator, self.aggregator)

    def test_add(self) -> None:
        """What is asked for is copied, and listed with where it stands."""
        id, seconds = self.successResultOf(self.add())
        self.assertEqual((len(id), seconds), (32, 100.0))
        self.assertEqual(
            self.rows(), [UpstreamStatus(id, SOURCE, (HOST,), UpstreamState.CONNECTING)]
        )
        self.advance(0.1)
        self.sendAll()
        when = WALL + self.time.seconds()
        self.advance(0.5)
        (row,) = self.rows()
        self.assertEqual((row.state, row.values, row.reason), (UpstreamState.LIVE, 1, ""))
        self.assertAlmostEqual(row.lastNotice or 0.0, when, 3)
        self.assertEqual(self.contents(), {"": "1"})
        self.assertEqual(self.aggregator.states(), {UpstreamState.LIVE: 1})

    def test_lease(self) -> None:
        """It ends with its lease: the source is told, values stay."""
        self.added()
        self.advance(0.1)
        self.sendAll()
        self.advance(99.0)
        self.assertEqual(len(self.rows()), 1)
        self.advance(1.5)
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.source.subscriptions, {})
        self.assertEqual(self.contents(), {"": "1"})

    def test_renewal(self) -> None:
        """Asked for again by the same owner it is the same one with a new lease, in whatever order the names come."""
        id = self.added(ANN, HOST, QUEUE)
        self.advance(60.0)
        again = self.successResultOf(self.add(ANN, QUEUE, HOST, QUEUE, lifetime=70.0))
        self.assertEqual(again, (id, 70.0))
        self.advance(69.0)
        self.assertEqual(len(self.rows()), 1)
        self.advance(2.0)
        self.assertEqual(self.rows(), [])

    def test_limits(self) -> None:
        """Leases and intervals are clamped."""
        for asked, granted in ((1.0, 5.0), (None, 600.0), (1e9, 1000.0)):
            self.assertEqual(self.successResultOf(self.add(lifetime=asked))[1], granted)
        self.advance(0.1)
        self.assertEqual(self.source.last.asked.maxInterval, 10.0)
        self.added(ANN, QUEUE, interval=0.001)
        self.advance(0.1)
        self.assertEqual(self.source.last.asked.maxInterval, 2.0)

    def test_shared(self) -> None:
        """Two owners of the same share one session; it ends with the second of them."""
        one, other = self.added(ANN), self.added(BOB)
        self.advance(0.1)
        self.assertNotEqual(one, other)
        self.assertEqual(self.source.made, 1)
        self.remove(one, ANN)
        self.advance(0.1)
        self.assertEqual(self.source.count("destroy"), 0)
        self.remove(other, BOB)
        self.advance(0.1)
        self.assertEqual(self.source.count("destroy"), 1)

    def test_remove(self) -> None:
        """Nobody removes what is not theirs, or what is not there."""
        id = self.added()
        self.assertRaises(UnknownId, self.aggregator.removeSubscription, id, BOB)
        self.assertRaises(UnknownId, self.aggregator.removeSubscription, "x" * 500, ANN)
        self.remove(id, ANN)
        self.assertRaises(UnknownId, self.aggregator.removeSubscription, id, ANN)
        self.assertEqual(self.rows(), [])

    def test_whose(self) -> None:
        """Who may end what is others' removes it; of the same source it has a subscription of its own all the same."""
        boss = Caller("boss", "10.0.0.9", None, Whose.ANY)
        id = self.added()
        self.assertNotEqual(self.added(boss), id)
        self.remove(id, boss)
        self.assertRaises(UnknownId, self.aggregator.removeSubscription, id, ANN)

    def test_again(self) -> None:
        """What was removed may be asked for again, and is a new subscription."""
        id = self.added()
        self.advance(0.1)
        self.remove(id, ANN)
        self.assertNotEqual(self.added(), id)
        self.advance(0.2)
        self.assertEqual((self.source.made, len(self.source.subscriptions)), (2, 1))

    def test_refused(self) -> None:
        """A source that may not be called, and the service itself, are refused; nothing is called."""
        self.failureResultOf(self.add(source=Handle("http://metadata/x")), Refused)
        self.failureResultOf(self.add(source=HERE), Refused)
        self.advance(0.1)
        self.assertEqual((self.connected, self.rows()), ([], []))

    def test_malformed(self) -> None:
        """Without names, with too many, or in another mode nothing is begun."""
        empty = self.aggregator.addSubscription(SOURCE, (), None, None, None, ANN)
        self.failureResultOf(toDeferred(empty), ParameterError)
        names = [QName("urn:t", f"q{number}") for number in range(4)]
        self.failureResultOf(self.add(ANN, *names), TooLarge)
        self.failureResultOf(self.add(mode="push"), ParameterError)
        self.assertEqual(self.rows(), [])

    def test_mode(self) -> None:
        """Polling is done when it is asked for."""
        self.added(mode=" poll ")
        self.advance(0.1)
        self.assertEqual((self.source.count("find"), self.source.made), (1, 0))

    def test_bounds(self) -> None:
        """An owner has a bounded number, and all together; a renewal needs no room."""
        self.added(ANN)
        self.added(ANN, QUEUE)
        self.assertIn(
            "ann", self.failureResultOf(self.add(ANN, HOST, QUEUE), TooLarge).value.message
        )
        self.added(ANN, lifetime=1000.0)
        self.added(BOB)
        id = self.added(BOB, QUEUE)
        self.failureResultOf(self.add(Caller("cy", "10.0.0.3")), TooLarge)
        self.remove(id, BOB)
        self.added(Caller("cy", "10.0.0.3"))

    def test_ourselves(self) -> None:
        """The node itself is no owner with a quota."""
        for name in ("a", "b", "c"):
            asked = self.aggregator.addSubscription(
                SOURCE, [QName("urn:t", name)], None, None, None
            )
            self.successResultOf(toDeferred(asked))

    def test_endingIsBounded(self) -> None:
        """Who asks and removes again and again waits while as many sessions are ending as may be."""
        for number in range(8):
            id = self.added(ANN, QName("urn:t", f"q{number}"))
            self.advance(0.05)
            self.net.way = "swallows"
            self.remove(id, ANN)
            self.net.way = "open"
        self.failureResultOf(self.add(), Busy)
        self.assertEqual(self.rows(), [])
        self.advance(2.0)
        self.added()

    def test_untrusted(self) -> None:
        """What was asked for by request is called as a peer's URL, behind the guard."""
        self.added()
        self.advance(0.1)
        self.assertEqual([isTrusted for _, isTrusted in self.connected], [False, False])

    def test_stop(self) -> None:
        """A stop ends the subscriptions at the sources; afterwards nothing is begun."""
        self.added()
        self.advance(0.1)
        self.successResultOf(toDeferred(self.aggregator.stop()))
        self.assertEqual(self.source.subscriptions, {})
        self.failureResultOf(self.add(BOB), Busy)

    def test_stopBounded(self) -> None:
        """A source that does not answer delays the stop by two seconds."""
        self.added()
        self.advance(0.1)
        self.net.way = "swallows"
        stopped = toDeferred(self.aggregator.stop())
        self.advance(1.9)
        self.assertNoResult(stopped)
        self.advance(0.2)
        self.successResultOf(stopped)


class FollowedTests(AggregatorCase):
    """For as long as somebody else says."""

    def follow(self, id: str = "entries/1", owner: str = "ann", *names: QName) -> None:
        """Follow the source for HOST, or for these names."""
        self.aggregator.follow(id, owner, SOURCE, names or (HOST,))

    def test_follow(self) -> None:
        """It has no lease and no end by request: it ends when that is said, and the source is told."""
        self.follow()
        self.advance(0.1)
        self.sendAll()
        for _ in range(200):
            self.advance(10.0)
            self.successResultOf(self.send())
        self.assertEqual([row.subscriptionId for row in self.rows()], ["entries/1"])
        self.assertEqual([isTrusted for _, isTrusted in self.connected], [False, False])
        self.assertRaises(UnknownId, self.aggregator.removeSubscription, "entries/1", ANN)
        self.aggregator.unfollow("entries/1")
        self.advance(0.1)
        self.assertEqual((self.rows(), self.source.subscriptions), ([], {}))
        self.assertEqual(self.contents(), {"": "1"})

    def test_shared(self) -> None:
        """What the same owner asks for by request is a subscription of its own, in the same session."""
        self.follow()
        id = self.added(ANN)
        self.advance(0.1)
        self.assertEqual([row.subscriptionId for row in self.rows()], ["entries/1", id])
        self.aggregator.unfollow(id)
        self.aggregator.unfollow("entries/2")
        self.remove(id, ANN)
        self.advance(0.1)
        self.assertEqual((self.source.made, self.source.count("destroy")), (1, 0))
        self.added(ANN)
        self.aggregator.unfollow("entries/1")
        self.advance(101.0)
        self.assertEqual((self.source.made, self.source.count("destroy")), (1, 1))

    def test_bounds(self) -> None:
        """It counts for its owner, and is judged as what is asked for is."""
        self.follow()
        self.follow("entries/2", "ann", QUEUE)
        self.assertRaises(TooLarge, self.follow, "entries/3", "ann", HOST, QUEUE)
        self.failureResultOf(self.add(ANN, HOST, QUEUE), TooLarge)
        follow = self.aggregator.follow
        self.assertRaises(Refused, follow, "entries/3", "bob", Handle("http://metadata/x"), (HOST,))
        self.assertRaises(Refused, follow, "entries/3", "bob", HERE, (HOST,))
        self.assertEqual(len(self.rows()), 2)

    def test_before(self) -> None:
        """Before the start it is only kept; then it begins with the others."""
        self.aggregator = self.make()
        self.follow()
        self.advance(1.0)
        self.assertEqual(self.connected, [])
        self.successResultOf(toDeferred(self.aggregator.start()))
        self.advance(0.1)
        self.assertEqual(self.source.made, 1)


class ConfiguredTests(AggregatorCase):
    """By configuration."""

    def setUp(self) -> None:
        """One source is configured; it has not started."""
        super().setUp()
        self.aggregator = self.make()
        self.aggregator.add(AggregateSource(SOURCE, (HOST,), "site", lifetime=50.0, interval=4.0))

    def start(self) -> None:
        """Start it."""
        self.successResultOf(toDeferred(self.aggregator.start()))
        self.advance(0.1)

    def test_forEver(self) -> None:
        """It is listed by its name from the beginning, and never ends."""
        self.assertEqual([row.subscriptionId for row in self.rows()], ["site"])
        self.start()
        self.sendAll()
        for _ in range(500):
            self.advance(4.0)
            self.successResultOf(self.send())
        (row,) = self.rows()
        self.assertEqual((row.state, self.source.made), (UpstreamState.LIVE, 1))
        self.assertEqual(self.source.last.asked.maxInterval, 4.0)

    def test_trusted(self) -> None:
        """The operator's word is enough: no guard looks at it."""
        self.start()
        self.assertEqual([isTrusted for _, isTrusted in self.connected], [True, True])

    def test_notRemoved(self) -> None:
        """Nobody ends it, the node itself neither; who asks for the same has a lease on the same session."""
        self.start()
        for caller in (ANN, Caller("node"), Caller("boss", "10.0.0.9", None, Whose.ANY)):
            self.assertRaises(UnknownId, self.aggregator.removeSubscription, "site", caller)
        id = self.added()
        self.assertEqual([row.subscriptionId for row in self.rows()], ["site", id])
        self.advance(101.0)
        self.assertEqual([row.subscriptionId for row in self.rows()], ["site"])
        self.assertEqual(self.source.made, 1)

    def test_twice(self) -> None:
        """The same name, or the same data, twice is a mistake of the configuration."""
        for again in (
            AggregateSource(SOURCE, (HOST,), "other"),
            AggregateSource(SOURCE, (QUEUE,), "site"),
        ):
            self.assertRaises(ConfigError, self.aggregator.add, again)

    def test_tooMany(self) -> None:
        """There is a bound for all."""
        for number in range(3):
            self.aggregator.add(
                AggregateSource(SOURCE, (QName("urn:n", f"q{number}"),), str(number))
            )
        self.assertRaises(TooLarge, self.aggregator.add, AggregateSource(SOURCE, (QUEUE,), "x"))

    def test_spread(self) -> None:
        """Sources are not all called in the turn of the start."""
        for number in range(3):
            self.aggregator.add(
                AggregateSource(
                    SOURCE, (QName("urn:n", f"q{number}"),), str(number), UpstreamMode.POLL
                )
            )
        self.successResultOf(toDeferred(self.aggregator.start()))
        self.time.advance(0.03)
        self.assertEqual(self.connected, [])
        self.advance(0.1)
        self.assertGreaterEqual(len(self.connected), 4)


class ChangingTests(AggregatorCase):
    """Configured sources that come and go while the aggregator runs."""

    site = AggregateSource(SOURCE, (HOST,), "site", lifetime=50.0, interval=4.0)

    def test_add(self) -> None:
        """It is copied at once, by the way for sources the operator named."""
        self.aggregator.add(self.site)
        self.advance(0.1)
        self.sendAll()
        (row,) = self.rows()
        self.assertEqual((row.subscriptionId, row.state), ("site", UpstreamState.LIVE))
        self.assertTrue(all(isTrusted for _, isTrusted in self.connected))
        self.assertRaises(ConfigError, self.aggregator.add, self.site)

    def test_remove(self) -> None:
        """The source is told so, values stay, and the name is free again."""
        self.aggregator.add(self.site)
        self.advance(0.1)
        self.sendAll()
        self.aggregator.remove("site")
        self.advance(0.1)
        self.assertEqual((self.rows(), self.source.subscriptions), ([], {}))
        self.assertEqual(self.contents(), {"": "1"})
        self.aggregator.add(self.site)
        self.advance(0.1)
        self.assertEqual(len(self.source.subscriptions), 1)

    def test_unknown(self) -> None:
        """Only what is configured is removed by its name."""
        id = self.added()
        for name in ("site", id):
            self.assertRaises(UnknownId, self.aggregator.remove, name)

    def test_takenOver(self) -> None:
        """What somebody asked for before is copied as the operator says from then on, in one session."""
        self.added(ANN, mode="poll")
        self.advance(0.1)
        self.assertEqual((self.source.made, self.connected[-1][1]), (0, False))
        self.aggregator.add(self.site)
        self.advance(0.1)
        self.assertEqual(self.source.made, 1)
        self.assertEqual(self.source.last.asked.maxInterval, 4.0)
        self.assertTrue(self.connected[-1][1])
        self.assertEqual(len(self.aggregator.states()), 1)

    def test_left(self) -> None:
        """Who asked for the same has it on when it is configured no more, by the way for sources of peers."""
        self.aggregator.add(self.site)
        self.advance(0.1)
        id = self.added(ANN)
        self.aggregator.remove("site")
        self.advance(0.1)
        self.sendAll()
        (row,) = self.rows()
        self.assertEqual((row.subscriptionId, row.state), (id, UpstreamState.LIVE))
        self.assertFalse(self.connected[-1][1])
        self.assertEqual(len(self.source.subscriptions), 1)
        self.remove(id, ANN)
        self.advance(0.1)
        self.assertEqual(self.source.subscriptions, {})

    def test_bound(self) -> None:
        """Those that are still ended count: too many at once are refused, and nothing is changed by that."""
        for number in range(20):
            one = attrs.evolve(self.site, names=(QName("urn:t", f"q{number}"),), name=f"n{number}")
            try:
                self.aggregator.add(one)
            except Busy:
                break
            self.advance(0.05)
            self.net.way = "swallows"
            self.aggregator.remove(one.name)
            self.net.way = "open"
        else:
            self.fail("there is no bound")
        self.assertEqual(self.rows(), [])
