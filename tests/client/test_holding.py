"""What is held elsewhere, on a clock turned by hand."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.directory import DirectoryKeeper, Placement
from gma_twisted.client.holding import MAX_HELD, HeldState, Holding
from gma_twisted.client.subscription import Subscription
from gma_twisted.client.watch import Watch
from gma_twisted.errors import (
    Busy,
    ConfigError,
    GMAError,
    ParameterError,
    PeerUnreachable,
    Throttled,
    TooLarge,
    UnknownId,
)
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.soap.porttypes.gma import DIRECTORY, PRODUCER
from gma_twisted.timing import NodeClock, toDeferred
from tests.client.gmapeer import BAD, Peer
from tests.client.peer import PeerCaller


@attrs.define(eq=False)
class Thing:
    """
    Something with a lease elsewhere.

    @ivar granted: seconds
    @ivar error: raised instead
    @ivar waiting: what C{take} waits for
    @ivar events: what was done, and when
    """

    clock: Clock
    granted: float = 60.0
    error: GMAError | None = None
    waiting: "Deferred[None] | None" = None
    events: list[tuple[float, str]] = attrs.field(factory=list)

    def __str__(self) -> str:
        return "the thing"

    @property
    def names(self) -> list[str]:
        """What was done."""
        return [name for _, name in self.events]

    async def take(self) -> float:
        """See L{Held}."""
        return await self._do("take")

    async def renew(self) -> float:
        """See L{Held}."""
        return await self._do("renew")

    async def leave(self) -> None:
        """See L{Held}."""
        await self._do("leave")

    async def _do(self, name: str) -> float:
        self.events.append((self.clock.seconds(), name))
        if name == "take" and self.waiting is not None:
            await self.waiting
        if self.error is not None:
            raise self.error
        return self.granted


class HoldingCase(SynchronousTestCase):
    """With a clock."""

    def setUp(self) -> None:
        """A holding."""
        self.clock = Clock()
        self.node = NodeClock(self.clock)
        self.holding = Holding(self.node, lambda: 0.5)

    def elapse(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.pump([0.25] * int(seconds * 4))


class HoldingTests(HoldingCase):
    """Holding."""

    def setUp(self) -> None:
        """Something to hold."""
        super().setUp()
        self.thing = Thing(self.clock)

    def test_held(self) -> None:
        """It is taken at once, renewed between a third and a half of its time, and given back."""
        self.holding.hold(self.thing)
        self.assertEqual(self.holding.state(self.thing), (HeldState.HELD, ""))
        self.elapse(60)
        self.assertEqual(self.thing.names, ["take", "renew", "renew"])
        self.assertTrue(20.0 <= self.thing.events[1][0] <= 30.25)
        self.successResultOf(toDeferred(self.holding.release(self.thing)))
        self.assertEqual(self.thing.names[-1], "leave")
        self.elapse(100)
        self.assertEqual(len(self.thing.events), 4)
        self.assertEqual(self.holding.state(self.thing)[0], HeldState.STOPPED)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_tried(self) -> None:
        """What cannot be taken is tried again after growing pauses; the last error is told."""
        self.thing.error = PeerUnreachable("nobody there")
        self.holding.hold(self.thing)
        self.assertEqual(self.holding.state(self.thing), (HeldState.TRYING, "nobody there"))
        self.elapse(40)
        # Half of 1, 2, 4, 8, 16, 32 seconds.
        times = [round(moment) for moment, _ in self.thing.events]
        self.assertEqual(times[:6], [0, 0, 2, 4, 8, 16])
        self.thing.error = None
        self.elapse(32)
        self.assertEqual(self.holding.state(self.thing), (HeldState.HELD, ""))

    def test_told(self) -> None:
        """Who says when to come again is left alone until then."""
        self.thing.error = Throttled("too much", 20)
        self.holding.hold(self.thing)
        self.elapse(19)
        self.assertEqual(self.thing.names, ["take"])
        self.elapse(12)
        self.assertEqual(self.thing.names, ["take", "take"])

    def test_lost(self) -> None:
        """What is not known there any more, by either name of that error, is taken again at once."""
        for error in (ParameterError("Bad id 7"), UnknownId("no such entry")):
            thing = Thing(self.clock)
            self.holding.hold(thing)
            thing.error = error
            self.elapse(30)
            self.assertEqual(thing.names[:3], ["take", "renew", "take"])
            self.assertEqual(thing.events[1][0], thing.events[2][0])
            thing.error = None
            self.elapse(30)
            self.assertEqual(self.holding.state(thing), (HeldState.HELD, ""))

    def test_doubted(self) -> None:
        """What may be lost is asked for at once; what is not held is not."""
        self.holding.doubt(self.thing)
        self.thing.granted = 600.0
        self.holding.hold(self.thing)
        self.elapse(5)
        self.thing.error = UnknownId("no")
        self.holding.doubt(self.thing)
        self.elapse(0.5)
        self.thing.error = None
        self.elapse(5)
        self.assertEqual(self.thing.names[:2], ["take", "renew"])
        self.assertEqual(self.thing.names[-1], "take")
        self.assertEqual(self.holding.state(self.thing), (HeldState.HELD, ""))

    def test_away(self) -> None:
        """Other errors leave it renewed while its time lasts; after that it is taken again."""
        self.holding.hold(self.thing)
        self.thing.error = PeerUnreachable("nobody there")
        self.elapse(59)
        self.assertEqual(set(self.thing.names[1:]), {"renew"})
        self.assertGreater(len(self.thing.names), 3)
        self.elapse(70)
        self.assertIn("take", self.thing.names[1:])

    def test_tooLate(self) -> None:
        """A grant that comes when its time is over is none."""
        self.thing.waiting = Deferred()
        self.thing.granted = 5.0
        self.holding.hold(self.thing)
        self.elapse(10)
        self.thing.waiting.callback(None)
        self.assertEqual(self.holding.state(self.thing)[0], HeldState.TRYING)

    def test_hangs(self) -> None:
        """A try that has no end is ended, and another follows."""
        hanging: Deferred[None] = Deferred()
        self.thing.waiting = hanging
        self.holding.hold(self.thing)
        self.elapse(29)
        self.assertEqual(self.thing.names, ["take"])
        self.thing.waiting = None
        self.elapse(3)
        self.assertTrue(hanging.called)
        self.assertEqual(self.thing.names, ["take", "take"])

    def test_stop(self) -> None:
        """All are given back; what is still being taken is waited for, for a bounded time."""
        held, asked = self.thing, Thing(self.clock, waiting=Deferred())
        self.holding.hold(held)
        self.holding.hold(asked)
        stopping = toDeferred(self.holding.stop(6.0))
        self.assertEqual(held.names, ["take", "leave"])
        self.assertNoResult(stopping)
        assert asked.waiting is not None
        asked.waiting.callback(None)
        self.successResultOf(stopping)
        self.assertEqual(asked.names, ["take", "leave"])
        self.assertRaises(Busy, self.holding.hold, Thing(self.clock))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_releasedWhileTaken(self) -> None:
        """What is granted while it is released is given back, and not renewed."""
        self.thing.waiting = Deferred()
        self.holding.hold(self.thing)
        releasing = toDeferred(self.holding.release(self.thing))
        self.thing.waiting.callback(None)
        self.successResultOf(releasing)
        self.elapse(60)
        self.assertEqual(self.thing.names, ["take", "leave"])

    def test_toldWhenLost(self) -> None:
        """Who had no time for a renewal until it was too late is left alone before it is asked again."""
        self.holding.hold(self.thing)
        self.thing.error = Throttled("too much", 20)
        self.elapse(120)
        lost = next(moment for moment, name in self.thing.events[1:] if name == "take")
        last = max(moment for moment, name in self.thing.events if name == "renew")
        self.assertGreaterEqual(lost - last, 20.0)

    def test_stopHangs(self) -> None:
        """What never answers keeps nobody from ending."""
        self.thing.waiting = Deferred()
        self.holding.hold(self.thing)
        stopping = toDeferred(self.holding.stop(6.0))
        self.elapse(2.75)
        self.assertNoResult(stopping)
        self.elapse(0.5)
        self.successResultOf(stopping)

    def test_leaveFails(self) -> None:
        """What cannot be given back ends with its lease."""
        self.holding.hold(self.thing)
        self.thing.error = PeerUnreachable("nobody there")
        self.successResultOf(toDeferred(self.holding.release(self.thing)))
        self.successResultOf(toDeferred(self.holding.release(self.thing)))
        self.assertEqual(self.thing.names, ["take", "leave"])

    def test_bounds(self) -> None:
        """Nothing is held twice, nor more than the bound."""
        self.holding.hold(self.thing)
        self.assertRaises(ConfigError, self.holding.hold, self.thing)
        for _ in range(MAX_HELD - 1):
            self.holding.hold(Thing(self.clock))
        self.assertRaises(TooLarge, self.holding.hold, Thing(self.clock))


class SubscriptionTests(HoldingCase):
    """Subscription."""

    def setUp(self) -> None:
        """A producer."""
        super().setUp()
        self.ids = iter(range(1, 100))
        self.peer = Peer(
            features=("subscribe", "unsubscribe", "renew"),
            results={"subscribe": lambda **_: (next(self.ids), 60.0, 1), "renew": 60.0},
        )
        self.subscription = Subscription(
            "http://p:8490",
            PeerCaller([PRODUCER], self.peer),
            "host.*",
            "http://c/",
            filter="load > 1",
            lease=60.0,
            lookBack=5.0,
        )

    def test_way(self) -> None:
        """Where its events go may depend on what the producer can do; what is known already is not asked for."""
        chosen: list[tuple[str | None, bool]] = [
            ("x-netlog://c:1", False),
            (None, False),
            ("x-netlog://c:1", True),
        ]
        asked: list[tuple[int, Sequence[str]]] = []

        class Choosing:
            async def choose(
                self, callerId: int, schemes: Sequence[str]
            ) -> tuple[str | None, bool]:
                asked.append((callerId, schemes))
                return chosen.pop(0)

        self.subscription.way = Choosing()
        numbers = []
        for _ in range(3):
            self.successResultOf(toDeferred(self.subscription.take()))
            numbers.append(self.subscription.callerId)
        self.assertEqual([one for one, _ in asked], numbers)
        self.assertEqual(
            [(one["dataUrl"], one.get("lookBack")) for one in self.said("subscribe")],
            [("x-netlog://c:1", 5.0), ("http://c/", None), ("x-netlog://c:1", None)],
        )

    def test_waySilent(self) -> None:
        """Where nothing came of it since it was first granted, all of that time is asked for."""
        chosen: list[tuple[str | None, bool]] = [
            ("x-netlog://c:1", False),
            ("x-netlog://c:1", False),
            ("x-netlog://c:1", True),
            ("x-netlog://c:1", False),
            (None, False),
            ("x-netlog://c:1", False),
        ]

        class Choosing:
            async def choose(
                self, callerId: int, schemes: Sequence[str]
            ) -> tuple[str | None, bool]:
                return chosen.pop(0)

        self.subscription.way, self.subscription.clock = Choosing(), NodeClock(self.clock)
        while chosen:
            self.successResultOf(toDeferred(self.subscription.take()))
            self.clock.advance(100.0)
            self.successResultOf(toDeferred(self.subscription.renew()))
        self.assertEqual(
            [one.get("lookBack") for one in self.said("subscribe")],
            [5.0, 115.0, None, 10.0, 10.0, 10.0],
        )

    def said(self, name: str) -> list[Any]:
        """What the producer was told by one operation."""
        return [arguments for one, arguments in self.peer.calls if one == name]

    def test_kept(self) -> None:
        """It is made, renewed under the producer's id, and ended."""
        self.holding.hold(self.subscription)
        (asked,) = self.said("subscribe")
        self.assertEqual(
            (asked["template"].name, asked["dataUrl"], asked["filter"].expression),
            ("host.*", "http://c/", "load > 1"),
        )
        self.assertEqual((asked["lease"], asked["lookBack"]), (60.0, 5.0))
        assert self.subscription.grant is not None
        self.assertEqual(self.subscription.grant.producerId, 1)
        self.elapse(60)
        self.assertEqual(self.said("renew"), [{"producerId": 1, "lease": 60.0}] * 2)
        self.successResultOf(toDeferred(self.holding.stop()))
        self.assertEqual(self.said("unsubscribe"), [{"producerId": 1}])
        self.assertIsNone(self.subscription.grant)

    def test_restarted(self) -> None:
        """A producer that knows it no more gets it again, under another number of ours, of which the consumer hears."""
        told: list[tuple[int, int]] = []
        self.subscription.renumbered = lambda old, new: told.append((old, new))
        self.holding.hold(self.subscription)
        self.peer.instance = "two"
        self.peer.results["renew"] = BAD
        self.elapse(30)
        first, second = self.said("subscribe")
        self.assertEqual(told, [(first["callerId"], second["callerId"])])
        self.assertNotEqual(first["callerId"], second["callerId"])
        self.assertEqual(second["callerId"], self.subscription.callerId)
        self.assertNotIn("lookBack", second)
        assert self.subscription.grant is not None
        self.assertEqual(self.subscription.grant.producerId, 2)

    def test_past(self) -> None:
        """What a producer had while it could not be reached is asked for, and some of what was before."""
        self.subscription.clock = self.node
        self.holding.hold(self.subscription)
        self.peer.results["renew"] = self.peer.results["subscribe"] = PeerUnreachable("cut")
        self.elapse(100)
        self.peer.results["subscribe"] = (2, 60.0, 1)
        self.elapse(60)
        first, *_, last = self.said("subscribe")
        self.assertEqual(first["lookBack"], 5.0)
        self.assertGreater(last["lookBack"], 110.0)
        self.assertEqual(last["callerId"], self.subscription.callerId)

    def test_answerLost(self) -> None:
        """One that may have been made under a number is asked for under another; one that was refused is not."""
        told: list[tuple[int, int]] = []
        self.subscription.renumbered = lambda old, new: told.append((old, new))
        usual = self.peer.results["subscribe"]
        self.peer.results["subscribe"] = ParameterError("not now")
        self.holding.hold(self.subscription)
        self.peer.results["subscribe"] = PeerUnreachable("no answer")
        self.elapse(1)
        self.peer.results["subscribe"] = usual
        self.elapse(4)
        refused, lost, last = self.said("subscribe")
        self.assertEqual(refused["callerId"], lost["callerId"])
        self.assertEqual(told, [(lost["callerId"], last["callerId"])])
        self.assertEqual((lost["lookBack"], last["lookBack"]), (5.0, 5.0))

    def test_refused(self) -> None:
        """One that was never granted is not ended."""
        self.peer.features = ("query",)
        self.holding.hold(self.subscription)
        self.assertIn("does not implement subscribe", self.holding.state(self.subscription)[1])
        self.successResultOf(toDeferred(self.holding.stop()))
        self.assertEqual(self.said("unsubscribe"), [])
        self.assertEqual(str(self.subscription), "the subscription to host.* at http://p:8490")


class WatchTests(HoldingCase):
    """Watch."""

    def test_kept(self) -> None:
        """It is asked for again before its time ends, under the same number, and ended by the directory's."""
        peer = Peer(GMARole.REGISTRY, ("watch", "unwatch"), results={"watch": (9, 60.0)})
        caller = PeerCaller([DIRECTORY], peer)
        watch = Watch(
            "http://d:8481", caller, "http://c/", "producer", "a.*", {"vo": "x"}, lease=60.0
        )
        self.holding.hold(watch)
        self.elapse(60)
        self.successResultOf(toDeferred(self.holding.stop()))
        self.assertEqual(peer.names, ["getFeatures", "watch", "watch", "watch", "unwatch"])
        _, (_, first), *more, (_, last) = peer.calls
        self.assertEqual(first["template"].name, "a.*")
        self.assertEqual(
            {key: one for key, one in first.items() if key != "template"},
            {
                "consumer": "http://c/",
                "role": "producer",
                "attribute": [("vo", "x")],
                "callerId": watch.callerId,
                "lease": 60.0,
            },
        )
        self.assertEqual([one for _, one in more], [first, first])
        self.assertEqual(last, {"watchId": 9})
        self.assertIsNone(watch.watching)
        self.assertEqual(str(watch), "the watch of http://d:8481 for http://c/")

    def test_restarted(self) -> None:
        """A directory that has forgotten it makes another when it is asked again: that is ended, and one begun anew."""
        ids = iter((9, 12, 13, 13))
        peer = Peer(
            GMARole.REGISTRY,
            ("watch", "unwatch"),
            results={"watch": lambda **_: (next(ids), 60.0)},
        )
        told: list[tuple[int, int]] = []
        watch = Watch(
            "http://d:8481",
            PeerCaller([DIRECTORY], peer),
            "http://c/",
            renumbered=lambda old, new: told.append((old, new)),
        )
        self.holding.hold(watch)
        self.elapse(45)
        first, second, third, *_ = [one["callerId"] for name, one in peer.calls if name == "watch"]
        self.assertEqual(first, second)
        self.assertEqual(told, [(first, third)])
        self.assertEqual(watch.callerId, third)
        self.assertEqual([one for name, one in peer.calls if name == "unwatch"], [{"watchId": 12}])
        assert watch.watching is not None
        self.assertEqual(watch.watching.watchId, 13)


class DirectoryTests(HoldingCase):
    """DirectoryKeeper."""

    def setUp(self) -> None:
        """A directory."""
        super().setUp()
        self.ids = iter(range(1, 100))
        self.other = GMAEntry(GMARole.CONSUMER, "http://c/")
        self.peer = Peer(
            GMARole.REGISTRY,
            ("add", "update", "remove", "renew"),
            results={
                "add": lambda **_: (f"e{next(self.ids)}", 60.0, [self.other]),
                "renew": 60.0,
                "update": (60.0, []),
            },
        )
        self.matches: list[tuple[str, list[str]]] = []
        self.keeper = DirectoryKeeper(
            self.node,
            PeerCaller([DIRECTORY], self.peer),
            lambda directory, entry, matches: self.matches.append(
                (entry.endpoint, [one.endpoint for one in matches])
            ),
        )
        self.entry = GMAEntry(GMARole.PRODUCER, "http://p/", [Event("a")])
        self.placement = Placement("http://d:8481", self.entry, 60.0)

    def said(self, name: str) -> list[Any]:
        """What the directory was told by one operation."""
        return [arguments for one, arguments in self.peer.calls if one == name]

    def start(self) -> None:
        """Add the entry."""
        self.keeper.add(self.placement)
        self.successResultOf(toDeferred(self.keeper.start()))

    def test_kept(self) -> None:
        """It is added when the keeper starts, renewed, and taken out when it stops; matches are told."""
        self.keeper.add(self.placement)
        self.assertEqual(self.keeper.status()[0]["state"], "stopped")
        self.assertEqual(self.peer.calls, [])
        self.successResultOf(toDeferred(self.keeper.start()))
        self.assertEqual(self.matches, [("http://p/", ["http://c/"])])
        self.assertEqual(
            self.keeper.status(),
            [
                {
                    "directory": "http://d:8481",
                    "role": "producer",
                    "endpoint": "http://p/",
                    "state": "held",
                    "entry": "e1",
                    "lastError": "",
                }
            ],
        )
        self.elapse(60)
        self.assertEqual(self.said("renew"), [{"entryId": "e1", "lease": 60.0}] * 2)
        self.successResultOf(toDeferred(self.keeper.stop()))
        self.assertEqual(self.said("remove"), [{"entryId": "e1"}])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """A directory that knows it no more gets it again, and its matches are told again."""
        self.start()
        self.peer.results["renew"] = BAD
        self.elapse(30)
        self.assertEqual(self.keeper.status()[0]["entry"], "e2")
        self.assertEqual(len(self.matches), 2)

    def test_change(self) -> None:
        """Another entry takes its place; when the directory cannot be told now, with the next renewal."""
        self.start()
        one = Placement("http://d:8481", attrs.evolve(self.entry, attributes=[("vo", "x")]), 60.0)
        self.successResultOf(toDeferred(self.keeper.change(one)))
        self.assertEqual(list(self.said("update")[0]["entry"].attributes), [("vo", "x")])
        two = Placement("http://d:8481", attrs.evolve(self.entry, attributes=[("vo", "y")]), 60.0)
        self.peer.results["update"] = Busy("full")
        self.failureResultOf(toDeferred(self.keeper.change(two)), Busy)
        self.peer.results["update"] = (60.0, [self.other])
        self.elapse(30)
        self.assertEqual(list(self.said("update")[-1]["entry"].attributes), [("vo", "y")])
        self.assertEqual(len(self.said("update")), 3)
        self.elapse(30)
        self.assertEqual(len(self.said("update")), 3)
        self.assertEqual(len(self.said("renew")), 1)

    def test_mistakes(self) -> None:
        """One of the same key is refused; what is not kept cannot be changed, and need not be removed."""
        self.start()
        self.assertRaises(ConfigError, self.keeper.add, self.placement)
        unknown = Placement("http://other", self.entry)
        self.failureResultOf(toDeferred(self.keeper.change(unknown)), ConfigError)
        self.successResultOf(toDeferred(self.keeper.remove(unknown)))
        self.successResultOf(toDeferred(self.keeper.remove(self.placement)))
        self.assertEqual(self.said("remove"), [{"entryId": "e1"}])
        self.assertEqual(self.keeper.status(), [])

    def test_later(self) -> None:
        """What is added while it runs is added at once."""
        self.successResultOf(toDeferred(self.keeper.start()))
        self.keeper.add(self.placement)
        self.assertEqual(len(self.said("add")), 1)
