"""A session with its source, on a clock turned by hand; every call goes through its messages."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import attrs

from gma_twisted.aggregation import AggregateSource, Intake
from gma_twisted.aggregation.session import Session
from gma_twisted.aggregation.surroundings import Surroundings
from gma_twisted.aggregation.upstream import Lease
from gma_twisted.errors import (
    ParameterError,
    Refused,
    ServiceHasTerminated,
    TargetInvalid,
    Throttled,
    TooLarge,
    UnknownId,
)
from gma_twisted.model import Handle, UpstreamMode, UpstreamState
from gma_twisted.soap.notices import MOST_VALUES
from gma_twisted.timing import LeaseKeeper, Task, spawn, toDeferred
from tests.aggregation.source import HOST, SOURCE, SlowStore, SourceCase, value

CONNECTING, LIVE, STALE, FAILED = UpstreamState


class Unrenewable:
    """A subscription whose proxy has a defect."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def requestTerminationAfter(self, terminationTime: float) -> None:
        """Fail in a way nobody foresees."""
        raise ZeroDivisionError("a defect")


class SessionCase(SourceCase):
    """A session with an interval of 10 s and a lease of 600 s; chance is always a half."""

    mode = UpstreamMode.SUBSCRIBE

    def setUp(self) -> None:
        """It has not begun."""
        super().setUp()
        self.checked: list[str] = []
        self.leases: LeaseKeeper[Lease] = LeaseKeeper(
            self.clock, Lease.renew, Lease.wasLost, lambda: 0.5
        )
        self.shared = Surroundings(
            self.intake,
            self.sinks,
            self.leases,
            self.connect,
            self.check,
            self.clock,
            lambda: 0.5,
        )
        self.session = Session(AggregateSource(SOURCE, (HOST,), mode=self.mode), self.shared, True)
        self.source.values[""] = value("1")
        self.task: Task | None = None

    def check(self, url: str) -> None:
        """Refuse one host."""
        self.checked.append(url)
        if "metadata" in url:
            raise Refused(f"{url} is refused")

    def begin(self) -> None:
        """Let it run."""
        self.task = spawn(self.session.run(0.0), "the session")
        self.advance(0.05)

    def live(self) -> None:
        """It runs, and the first snapshot has come."""
        self.begin()
        self.sendAll()
        self.assertStands(LIVE)

    def beat(self, seconds: float) -> None:
        """Time passes, and the source says every ten seconds that it lives."""
        while seconds > 0:
            self.advance(min(10.0, seconds))
            self.successResultOf(self.send())
            seconds -= 10.0

    def assertStands(self, state: UpstreamState, reason: str = "") -> None:
        """Where it stands, and a part of why."""
        self.assertIs(self.session.standing.state, state, self.session.standing.reason)
        self.assertIn(reason, self.session.standing.reason)
        self.assertEqual(bool(reason), bool(self.session.standing.reason))

    def tearDown(self) -> None:
        """It ends, and with it every call, timer and sink."""
        self.net.way = "open"
        if self.task is not None and not self.task.ended:
            self.task.cancel()
        self.advance(2.0)
        spawn(self.leases.stop(), "stopping")
        self.successResultOf(toDeferred(self.store.stop()))
        if self.task is not None:
            self.assertTrue(self.task.ended)
        self.assertEqual(len(self.sinks), 0)
        self.assertEqual(self.time.getDelayedCalls(), [])
        super().tearDown()


class SubscribeTests(SessionCase):
    """The source is one of our nodes."""

    def test_subscription(self) -> None:
        """It asks who the source is, then for everything and all changes, at a sink of its own."""
        self.begin()
        events = [what for _, what in self.source.events]
        self.assertEqual(events, ["identify", "subscribe", "granted"])
        asked = self.source.last.asked
        self.assertTrue(asked.wantsSnapshot and asked.topic.wantsChanges)
        self.assertEqual(asked.maxInterval, 10.0)
        self.assertEqual([one.name for one in asked.topic.selectors], [HOST])
        self.assertEqual(self.source.last.sink.url, f"{self.sinks.handle}/{1:032x}")
        self.assertAlmostEqual(self.source.asked, self.clock.wallTime() + 600.0, 1)
        self.assertStands(CONNECTING)
        self.assertIsNone(self.session.standing.lastNotice)

    def test_live(self) -> None:
        """It is live at the end of the snapshot, not before."""
        self.begin()
        self.successResultOf(self.send(value("1"), isSnapshot=True))
        self.assertStands(CONNECTING)
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.assertStands(LIVE)
        self.assertEqual((self.contents(), self.session.values), ({"": "1"}, 1))
        self.assertEqual(self.session.standing.lastNotice, self.time.seconds())

    def test_renewal(self) -> None:
        """The lease is renewed before half of it has passed, though notices come; by the source's clock."""
        self.source.ahead = -3600.0
        self.live()
        self.beat(240.0)
        self.assertEqual(self.source.count("renew"), 0)
        self.beat(60.0)
        self.assertEqual(self.source.count("renew"), 1)
        self.assertLess(abs(self.source.wall() + 600.0 - self.source.asked), 61.0)
        self.beat(1200.0)
        self.assertEqual(self.source.count("subscribe"), 1)
        self.assertStands(LIVE)

    def test_quiet(self) -> None:
        """After one and a half intervals without a notice the source is asked at once; it answers and stays live."""
        self.live()
        self.advance(14.8)
        self.assertEqual(self.source.count("renew"), 0)
        self.advance(0.4)
        self.assertEqual(self.source.count("renew"), 1)
        self.assertStands(LIVE)

    def test_silent(self) -> None:
        """A source that answers but sends nothing for three intervals is not live, until a notice comes."""
        self.live()
        self.advance(46.0)
        self.assertStands(STALE, "it answers, but no notice came")
        self.assertEqual(self.contents(), {"": "1"})
        self.successResultOf(self.send())
        self.assertStands(LIVE)
        self.assertEqual(self.source.count("subscribe"), 1)

    def test_onlyRepeats(self) -> None:
        """When only what came before comes for three intervals, nothing else will: everything is asked for anew."""
        self.live()
        before = self.source.last
        for _ in range(7):
            self.advance(5.0)
            self.successResultOf(self.send(sequence=1))
        self.assertEqual(self.source.made, 1)
        self.assertTrue(self.isOpen(before.sink))
        self.advance(5.0)
        self.successResultOf(self.send(sequence=1))
        self.assertFalse(self.isOpen(before.sink))
        self.advance(1.0)
        self.assertEqual((self.source.made, self.source.count("destroy")), (2, 1))
        self.assertStands(STALE, "it answers, but only repeated notices came for 40 s")
        self.assertEqual(self.contents(), {"": "1"})
        self.sendAll()
        self.assertStands(LIVE)
        self.beat(100.0)
        self.assertEqual(self.source.made, 2)

    def test_onlyOldEpochs(self) -> None:
        """So it is when only notices of an epoch come that is over, as of a source that was restored."""
        self.live()
        self.source.last.epoch = 9
        self.successResultOf(self.send(value("9"), isSnapshot=True, isEnd=True, sequence=1))
        self.source.last.epoch = 1
        for _ in range(8):
            self.advance(5.0)
            self.failureResultOf(self.send(), Refused)
        self.advance(1.0)
        self.assertEqual(self.source.made, 2)
        self.sendAll()
        self.assertStands(LIVE)
        self.assertEqual(self.contents(), {"": "1"})

    def test_repeatedAfterSilence(self) -> None:
        """A source that finds its way back sends its last notice again first: nothing is asked for anew."""
        self.source.leastRepeat = 20.0
        self.live()
        for _ in range(3):
            self.advance(200.0)
            self.assertStands(STALE, "it answers, but no notice came")
            for _ in range(2):
                self.successResultOf(self.send(sequence=self.source.last.sequence))
                self.advance(19.0)
            self.assertStands(STALE, "it answers, but only repeated notices came")
            self.successResultOf(self.send())
            self.assertStands(LIVE)
        self.assertEqual(self.source.made, 1)

    def test_repeatsInLongInterval(self) -> None:
        """What a source that grants only a longer interval repeats meanwhile says nothing of it."""
        self.source.leastRepeat = 60.0
        self.live()
        for _ in range(5):
            for _ in range(17):
                self.advance(10.0)
                self.successResultOf(self.send(sequence=self.source.last.sequence))
            self.assertStands(LIVE)
            self.successResultOf(self.send())
        self.assertEqual(self.source.made, 1)

    def test_slowHeartbeat(self) -> None:
        """A source that grants only a longer interval is live for as long as it keeps to that."""
        self.source.leastRepeat = 60.0
        self.live()
        states = set()
        for _ in range(10):
            for _ in range(59):
                self.advance(1.0)
                states.add(self.session.standing.state)
            self.successResultOf(self.send())
        self.assertEqual(states, {LIVE})
        self.advance(179.0)
        self.assertStands(LIVE)
        self.advance(10.0)
        self.assertStands(STALE, "it answers, but no notice came for 1")

    def test_intervalUnsaid(self) -> None:
        """A source that does not say what it granted is taken to keep to what was asked for."""
        self.source.errors["granted"] = TargetInvalid("subscriptionExpression is not known")
        self.live()
        self.advance(46.0)
        self.assertStands(STALE, "it answers, but no notice came")
        self.successResultOf(self.send())
        self.assertStands(LIVE)

    def test_away(self) -> None:
        """A source out of reach is stale, its values stay, and when it is back the subscription goes on."""
        self.live()
        self.net.way = "cut"
        self.advance(16.0)
        self.assertStands(STALE, "no connection")
        self.assertEqual(self.contents(), {"": "1"})
        calls = self.net.calls
        self.advance(200.0)
        self.assertLess(self.net.calls - calls, 60)
        self.net.way = "open"
        self.advance(10.0)
        self.successResultOf(self.send(value("2")))
        self.assertStands(LIVE)
        self.assertEqual((self.contents(), self.source.made), ({"": "2"}, 1))

    def test_backoff(self) -> None:
        """What does not answer is asked ever less often, but once in an interval."""
        self.net.way = "cut"
        tried: list[float] = []

        def counting(handle: Handle, portTypes: Sequence[Any], isTrusted: bool) -> Any:
            tried.append(self.time.seconds())
            return self.connect(handle, portTypes, isTrusted)

        shared = attrs.evolve(self.shared, connect=counting)
        self.session = Session(self.session.source, shared, True)
        self.begin()
        self.advance(30.0)
        waits = [round(after - before, 1) for before, after in pairwise(tried)]
        self.assertEqual(waits[:6], [0.5, 1.0, 2.0, 4.0, 5.0, 5.0])
        self.assertStands(CONNECTING, "no connection")

    def asks(self, told: int, chance: float, seconds: float) -> list[float]:
        """How long a source that is busy is left alone between two questions."""
        self.source.errors["identify"] = Throttled("too much", told)
        shared = attrs.evolve(self.shared, random=lambda: chance)
        self.session = Session(self.session.source, shared, True)
        self.begin()
        self.advance(seconds)
        tried = [when for when, what in self.source.events if what == "identify"]
        self.assertStands(CONNECTING, "too much")
        return [round(after - before, 1) for before, after in pairwise(tried)]

    def test_told(self) -> None:
        """A source that says for how long it has no time is left alone for that, whatever the interval is."""
        self.assertEqual(self.asks(20, 0.0, 70.0), [20.0] * 3)
        del self.source.errors["identify"]
        self.advance(20.0)
        self.sendAll()
        self.assertStands(LIVE)

    def test_toldSpread(self) -> None:
        """Not everybody who was told the same comes at once: by chance, half as long more."""
        self.assertEqual(self.asks(20, 0.5, 55.0), [25.0] * 2)

    def test_toldBounded(self) -> None:
        """However long it says, it is asked once a minute."""
        self.assertEqual(self.asks(9999, 0.0, 125.0), [60.0] * 2)

    def test_restart(self) -> None:
        """A source that has forgotten the subscription is asked anew at once; what it has no more is removed."""
        self.source.values["a"] = value("A", "a")
        self.live()
        self.beat(20.0)
        self.source.subscriptions.clear()
        del self.source.values["a"]
        self.advance(15.2)
        self.assertEqual(self.source.made, 2)
        self.assertStands(LIVE)
        self.sendAll()
        self.assertEqual((self.contents(), self.session.begunAnew), ({"": "1"}, 1))

    def test_anotherInstance(self) -> None:
        """When the source is another instance, nothing is known of it; the other's values stay as long as they hold."""
        self.source.values["a"] = value("A", "a", until=1150.0)
        self.live()
        self.beat(20.0)
        self.source.subscriptions.clear()
        del self.source.values["a"]
        self.source.instance = "another"
        self.advance(15.2)
        self.assertStands(CONNECTING)
        self.net.way = "cut"
        self.advance(15.2)
        self.assertStands(CONNECTING, "no connection")
        self.net.way = "open"
        self.sendAll()
        self.assertStands(LIVE)
        self.assertEqual(self.contents(), {"": "1", "a": "A"})
        self.beat(160.0)
        self.assertEqual(self.contents(), {"": "1"})

    def test_newEpoch(self) -> None:
        """A source that kept the subscription over its restart begins a new epoch with everything there is."""
        self.live()
        self.source.last.epoch, self.source.last.sequence = 2, 0
        self.successResultOf(self.send(value("2"), isSnapshot=True))
        self.assertStands(CONNECTING)
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.assertStands(LIVE)
        self.assertEqual(self.source.made, 1)

    def test_gap(self) -> None:
        """When a notice is missing the subscription is ended and another one brings everything, at another sink."""
        self.live()
        self.beat(20.0)
        before = self.source.last
        self.failureResultOf(self.send(value("2"), sequence=99), ServiceHasTerminated)
        self.advance(0.2)
        self.assertEqual(self.source.count("destroy"), 1)
        self.assertNotEqual(self.source.last.sink, before.sink)
        again = self.send(value("2"), subscription=before) if self.isOpen(before.sink) else None
        self.assertIsNone(again)
        self.source.values[""] = value("2")
        self.sendAll()
        self.assertStands(LIVE)
        self.assertEqual(self.contents(), {"": "2"})

    def isOpen(self, sink: Handle) -> bool:
        """Whether somebody answers there."""
        try:
            self.sinks.role(sink.url.rpartition("/")[2])
        except ServiceHasTerminated:
            return False
        return True

    def test_gapsAgainAndAgain(self) -> None:
        """A source whose notices are never complete is asked anew ever less often."""
        self.begin()
        for _ in range(600):
            one = self.source.last if self.source.subscriptions else None
            if one is not None and one.sequence == 0 and self.isOpen(one.sink):
                one.sequence = 5
                self.failureResultOf(self.send(), ServiceHasTerminated)
            self.advance(0.1)
        self.assertLess(self.source.made, 20)

    def test_answersLate(self) -> None:
        """Notices that come before the answer to subscribe are taken."""
        subscribe = self.source.subscribe

        def eager(*args: Any, **kwargs: Any) -> Any:
            answer = subscribe(*args, **kwargs)
            self.sendAll()
            return answer

        self.source.subscribe = eager  # type: ignore[method-assign]
        self.begin()
        self.assertStands(LIVE)
        self.assertEqual(self.contents(), {"": "1"})

    def test_lateCommit(self) -> None:
        """What one life was still applying is waited for, and says nothing of the next."""
        slow = SlowStore(self.store)
        intake = Intake(slow, self.clock, "me", "http://me:8480/")  # type: ignore[arg-type]
        self.session = Session(self.session.source, attrs.evolve(self.shared, intake=intake), True)
        self.begin()
        sent = self.send(value("1"), isSnapshot=True, isEnd=True)
        self.source.subscriptions.clear()
        self.advance(20.0)
        self.assertEqual((self.source.count("renew"), self.source.made), (1, 1))
        slow.commits[0].callback(None)
        self.successResultOf(sent)
        self.advance(0.2)
        self.assertEqual(self.source.made, 2)
        self.assertStands(CONNECTING)
        slow.isSlow = False

    def test_unknownName(self) -> None:
        """A refusal that will not go away by itself is shown, and asked again: a name may become known."""
        self.source.errors["subscribe"] = TargetInvalid("urn:t Host is not known")
        self.begin()
        self.assertStands(FAILED, "is not known")
        self.advance(3.0)
        self.assertGreater(self.source.count("subscribe"), 1)
        del self.source.errors["subscribe"]
        self.advance(10.0)
        self.sendAll()
        self.assertStands(LIVE)

    def test_refusals(self) -> None:
        """Refused, malformed and not understood are failures too."""
        for error in (Refused("not you"), ParameterError("odd"), TooLarge("too many")):
            self.source.errors["subscribe"] = error
            if self.task is None:
                self.begin()
            self.advance(31.0)
            self.assertStands(FAILED, error.message)

    def test_refusedForLong(self) -> None:
        """A source that refuses writes that down each time: it is asked ever less often, up to once in a minute."""
        self.source.errors["subscribe"] = Refused("not you")
        self.begin()
        self.advance(300.0)
        self.source.events.clear()
        self.advance(600.0)
        self.assertEqual(self.source.count("subscribe"), 20)

    def test_noService(self) -> None:
        """Of a path that the node does not have it is said where those are that it has."""
        self.source.errors["identify"] = UnknownId("there is no service at /services/idx")
        self.begin()
        where = "; http://source:8480/ lists what there is"
        self.assertStands(FAILED, f"there is no service at /services/idx{where}")

    def test_unanswered(self) -> None:
        """Of a source that takes questions and does not answer it is said since when."""
        self.net.way = "swallows"
        self.begin()
        self.advance(5.0)
        self.assertStands(CONNECTING, "no answer yet since 2023-11-14T22:30:00Z")

    def test_defect(self) -> None:
        """An error nobody foresaw is logged and shown, and the source is asked again with back-off."""
        connects: list[float] = []

        def broken(handle: Handle, portTypes: Sequence[Any], isTrusted: bool) -> Any:
            connects.append(self.time.seconds())
            if len(connects) < 4:
                raise ZeroDivisionError("a defect")
            return self.connect(handle, portTypes, isTrusted)

        shared = attrs.evolve(self.shared, connect=broken)
        self.session = Session(self.session.source, shared, True)
        self.begin()
        self.assertStands(FAILED, "an error of this node's own")
        self.advance(5.0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 3)
        waits = [round(after - before, 1) for before, after in pairwise(connects)]
        self.assertEqual(waits[:3], [0.5, 1.0, 2.0])
        self.sendAll()
        self.assertStands(LIVE)

    def test_defectLater(self) -> None:
        """One that is met when it is live ends the subscription, and everything is asked for anew."""

        def broken(handle: Handle, portTypes: Sequence[Any], isTrusted: bool) -> Any:
            service = self.connect(handle, portTypes, isTrusted)
            return service if handle == SOURCE else Unrenewable(service)

        shared = attrs.evolve(self.shared, connect=broken)
        self.session = Session(self.session.source, shared, True)
        self.live()
        before = self.source.last
        self.advance(15.2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertNotIn(before.handle.url, self.source.subscriptions)
        self.assertFalse(self.isOpen(before.sink))
        self.assertStands(FAILED, "an error of this node's own")

    def test_poison(self) -> None:
        """A notice that can never be applied is shown; when another one can be in its place, that is over."""
        self.live()
        sequence = self.source.last.sequence + 1
        many = [value("v", str(each)) for each in range(MOST_VALUES + 1)]
        self.failureResultOf(self.send(*many, sequence=sequence), TooLarge)
        self.assertStands(FAILED, f"may speak of {MOST_VALUES} values")
        self.successResultOf(self.send(sequence=sequence))
        self.assertStands(LIVE)
        self.assertEqual((self.contents(), self.source.made), ({"": "1"}, 1))

    def test_leftOut(self) -> None:
        """What there is no room for is asked for again, ever less often, until there is room; the rest is here."""
        intake = Intake(self.store, self.clock, "me", "http://me:8480/", mostValues=1)
        self.session = Session(self.session.source, attrs.evolve(self.shared, intake=intake), True)
        self.source.values["a"] = value("A", "a")
        self.begin()
        self.sendAll()
        for made, seconds in enumerate((300.0, 600.0, 1200.0, 2400.0, 3600.0, 3600.0), 1):
            self.assertStands(FAILED, "more than 1 values, the bound aggregated_values")
            self.assertEqual(self.contents(), {"": "1"})
            self.beat(seconds - 10.0)
            self.assertEqual(self.source.made, made)
            self.advance(10.5)
            self.assertEqual(self.source.made, made + 1)
            self.sendAll()
        del self.source.values["a"]
        self.beat(3590.0)
        self.advance(11.0)
        self.sendAll()
        self.assertStands(LIVE)
        self.source.values["a"] = value("A", "a")
        self.successResultOf(self.send(value("A", "a")))
        self.assertStands(FAILED, "more than 1 values")
        made = self.source.made
        self.beat(290.0)
        self.assertEqual(self.source.made, made)
        self.advance(11.0)
        self.assertEqual(self.source.made, made + 1)

    def test_leaseLost(self) -> None:
        """When the source is away for all of the lease, everything is asked for anew when it is back."""
        self.source.granted = 60.0
        self.live()
        self.net.way = "cut"
        self.advance(59.0)
        self.assertEqual(self.session.begunAnew, 0)
        self.advance(6.0)
        self.assertStands(STALE, "no connection")
        self.assertEqual(self.session.begunAnew, 1)
        self.source.subscriptions.clear()
        self.net.way = "open"
        self.advance(10.5)
        self.sendAll()
        self.assertStands(LIVE)
        self.assertEqual(self.source.made, 2)

    def test_end(self) -> None:
        """When it ends, the subscription is ended at the source and the sink is closed; values stay."""
        self.live()
        assert self.task is not None
        self.task.cancel()
        self.assertTrue(self.task.ended)
        self.assertEqual((self.source.subscriptions, len(self.sinks)), ({}, 0))
        self.assertEqual(self.contents(), {"": "1"})

    def test_endBounded(self) -> None:
        """A source that does not answer delays the end by no more than two seconds."""
        self.live()
        self.net.way = "swallows"
        assert self.task is not None
        self.task.cancel()
        self.advance(1.9)
        self.assertFalse(self.task.ended)
        self.advance(0.2)
        self.assertTrue(self.task.ended)

    def test_trust(self) -> None:
        """On the source's own port its subscription is trusted as far as itself; elsewhere the guard is asked."""
        self.begin()
        self.assertEqual(self.connected[-1], (self.source.last.handle.url, True))
        self.assertEqual(self.checked, [])
        self.source.home = Handle("http://elsewhere:1/s")
        self.failureResultOf(self.send(sequence=9, isSnapshot=True), ServiceHasTerminated)
        self.advance(1.0)
        self.assertEqual(self.connected[-1], (self.source.last.handle.url, False))
        self.assertEqual(self.checked, [self.source.last.handle.url])

    def test_refusedSubscription(self) -> None:
        """A source cannot send us anywhere: a subscription that may not be called is none."""
        self.source.home = Handle("http://metadata/s")
        self.begin()
        self.assertStands(FAILED, "is refused")
        self.assertNotIn(True, ["metadata" in url for url, _ in self.connected])


class ForeignTests(SessionCase):
    """The source is of other software."""

    def setUp(self) -> None:
        """It knows nothing of ours."""
        super().setUp()
        self.source.instance = ""

    def test_subscribeThenFind(self) -> None:
        """It is subscribed to without an attribute of ours, then asked; what comes meanwhile is applied after."""
        find = self.source.page

        def slow(limit: int | None, cursor: str | None) -> bytes:
            answer = find(limit, cursor)
            self.successResultOf(self.sendWhole(value("2")))
            self.assertEqual(self.contents(), {})
            return answer

        self.source.page = slow  # type: ignore[method-assign]
        self.begin()
        self.assertStands(LIVE)
        self.assertEqual(self.contents(), {"": "2"})
        asked = self.source.last.asked
        self.assertFalse(asked.wantsSnapshot or asked.topic.wantsChanges)
        self.assertEqual(
            [what for _, what in self.source.events],
            ["identify", "identify", "subscribe", "find"],
        )

    def test_notices(self) -> None:
        """Whole values are applied as they come; what is not in them is gone."""
        self.source.values = {"a": value("A", "a"), "b": value("B", "b")}
        self.begin()
        self.assertEqual(self.contents(), {"a": "A", "b": "B"})
        self.successResultOf(self.sendWhole(value("C", "b")))
        self.assertEqual(self.contents(), {"b": "C"})

    def test_quiet(self) -> None:
        """While it is quiet it is asked for everything, so that nothing ages here that holds there."""
        self.begin()
        self.source.values[""] = value("2")
        self.advance(15.5)
        self.assertEqual((self.contents(), self.source.count("find")), ({"": "2"}, 2))
        self.assertStands(LIVE)

    def test_noticeDuringQuery(self) -> None:
        """What comes while it is asked again is applied after the answer."""
        self.begin()
        find = self.source.page

        def slow(limit: int | None, cursor: str | None) -> bytes:
            answer = find(limit, cursor)
            self.successResultOf(self.sendWhole(value("2")))
            return answer

        self.source.page = slow  # type: ignore[method-assign]
        self.advance(15.5)
        self.assertEqual((self.contents(), self.source.count("find")), ({"": "2"}, 2))

    def test_away(self) -> None:
        """Out of reach it is stale; back again it is asked for everything."""
        self.begin()
        self.net.way = "cut"
        self.advance(16.0)
        self.assertStands(STALE, "no connection")
        self.net.way = "open"
        self.source.values[""] = value("2")
        self.advance(10.0)
        self.assertStands(LIVE)
        self.assertEqual((self.contents(), self.source.made), ({"": "2"}, 1))

    def test_tooMany(self) -> None:
        """A source that sends more at once than can be read fails, for as long as it does."""
        self.begin()
        self.assertStands(LIVE)
        many = [value("v", str(each)) for each in range(MOST_VALUES + 1)]
        self.failureResultOf(self.sendWhole(*many), TooLarge)
        self.assertStands(FAILED, f"may speak of {MOST_VALUES} values")
        self.assertEqual(self.contents(), {"": "1"})
        self.successResultOf(self.sendWhole(value("2")))
        self.assertStands(LIVE)

    def test_noNotificationSource(self) -> None:
        """A source that tells nobody of changes is asked once in an interval."""
        self.source.isNotificationSource = False
        self.begin()
        self.assertStands(LIVE)
        self.advance(20.5)
        self.assertEqual((self.source.count("find"), self.source.made), (3, 0))


class PollTests(SessionCase):
    """Polling was asked for."""

    mode = UpstreamMode.POLL

    def test_interval(self) -> None:
        """It is asked once in an interval, and never subscribed to."""
        self.begin()
        self.assertStands(LIVE)
        self.source.values[""] = value("2")
        self.advance(10.1)
        self.assertEqual(self.contents(), {"": "2"})
        self.assertEqual((self.source.count("find"), self.source.made), (2, 0))
        self.assertLess(self.time.seconds() - (self.session.standing.lastNotice or 0.0), 0.2)

    def test_away(self) -> None:
        """Out of reach it is stale and asked with back-off, and found again within an interval."""
        self.begin()
        self.net.way = "cut"
        self.advance(100.0)
        self.assertStands(STALE, "no connection")
        self.assertEqual(self.contents(), {"": "1"})
        self.net.way = "open"
        self.advance(10.0)
        self.assertStands(LIVE)
