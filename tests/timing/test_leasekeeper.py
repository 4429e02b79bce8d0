"""Leases held at other nodes."""

import math
from collections.abc import Awaitable

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    Busy,
    GMAError,
    ParameterError,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    ServiceError,
    TimedOut,
    UnknownId,
)
from gma_twisted.timing import Backoff, LeaseKeeper, Ready, toDeferred


class LeaseKeeperTests(SynchronousTestCase):
    """Renewed in time, or told lost."""

    def setUp(self) -> None:
        """A keeper of chance 0: it renews after a third of each lifetime; the peer grants what C{peer} gives."""
        self.clock = Clock()
        self.chance = 0.0
        self.asked: list[tuple[float, str]] = []
        self.told: list[tuple[float, str, type[GMAError]]] = []
        self.peer: list[Awaitable[float]] = []
        self.keeper: LeaseKeeper[str] = LeaseKeeper(
            self.clock,
            self.renew,
            self.lost,
            random=lambda: self.chance,
            inFlight=2,
            limit=4,
            backoff=Backoff(4.0, 8.0),
        )

    def renew(self, key: str) -> Awaitable[float]:
        """Keep what was asked and when; the last answer is given again and again."""
        self.asked.append((self.clock.seconds(), key))
        return self.peer.pop(0) if len(self.peer) > 1 else self.peer[0]

    def lost(self, key: str, reason: GMAError) -> None:
        """Keep what was lost, when and why."""
        self.told.append((self.clock.seconds(), key, type(reason)))

    def advance(self, seconds: int) -> None:
        """Let time pass in eighths of a second."""
        self.clock.pump([0.125] * (seconds * 8))

    def test_renewedAtAThird(self) -> None:
        """The earliest renewal is after a third of the lifetime granted, each time anew."""
        self.peer = [Ready(60.0), Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(60)
        self.assertEqual(
            self.asked, [(10.0, "a"), (30.0, "a"), (40.0, "a"), (50.0, "a"), (60.0, "a")]
        )
        self.assertEqual(self.told, [])

    def test_renewedAtAHalf(self) -> None:
        """The latest renewal is before half of the lifetime granted has passed."""
        self.chance = 0.999999
        self.peer = [Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(14)
        self.assertEqual(self.asked, [])
        self.advance(1)
        self.assertEqual(self.asked, [(15.0, "a")])

    def test_hastened(self) -> None:
        """Who may have lost it is asked now, once, and then as usual."""
        self.peer = [Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(2)
        self.keeper.hasten("a")
        self.keeper.hasten("a")
        self.keeper.hasten("none")
        self.advance(11)
        self.assertEqual(self.asked, [(2.125, "a"), (12.125, "a")])

    def test_hastenedLost(self) -> None:
        """What is lost there is told then."""
        self.peer = [fail(UnknownId("no"))]
        self.keeper.keep("a", 300.0)
        self.keeper.hasten("a")
        self.advance(1)
        self.assertEqual(self.told, [(0.125, "a", UnknownId)])

    def test_hastenedInVain(self) -> None:
        """After a failure the back-off says when the next try is; nor is there a second one beside another."""
        waiting: Deferred[float] = Deferred()
        self.chance = 0.9
        self.peer = [fail(PeerUnreachable("no")), waiting]
        self.keeper.keep("a", 300.0)
        self.keeper.hasten("a")
        self.advance(1)
        self.keeper.hasten("a")
        self.advance(1)
        self.assertEqual(len(self.asked), 1)
        self.advance(20)
        self.keeper.hasten("a")
        self.advance(1)
        self.assertEqual(len(self.asked), 2)
        waiting.callback(300.0)

    def test_hastenedInLine(self) -> None:
        """What waits for its turn is asked for once."""
        waiting: list[Deferred[float]] = [Deferred() for _ in range(4)]
        self.peer = [*waiting]
        for key in ("a", "b", "c"):
            self.keeper.keep(key, 30.0)
        self.advance(11)
        asked = [key for _, key in self.asked]
        (last,) = {"a", "b", "c"}.difference(asked)
        self.keeper.hasten(last)
        waiting[0].callback(300.0)
        self.advance(1)
        waiting[1].callback(300.0)
        self.advance(1)
        self.assertEqual([key for _, key in self.asked], [*asked, last])

    def test_never(self) -> None:
        """A lease without end is kept and not renewed."""
        self.keeper.keep("a", math.inf)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIn("a", self.keeper)

    def test_retried(self) -> None:
        """Failures are followed by back-off, and the first success ends it."""
        self.chance = 0.5
        bad: Deferred[float] = fail(PeerUnreachable("no route"))
        again: Deferred[float] = fail(PeerUnreachable("no route"))
        later: Deferred[float] = fail(PeerUnreachable("no route"))
        self.peer = [bad, again, Ready(24.0), later, Ready(24.0)]
        self.keeper.keep("a", 24.0)
        self.advance(28)
        # 24 * 5/12 = 10; then half of 4, half of 8; then 10 again, and half of 4 again.
        self.assertEqual([when for when, _ in self.asked], [10.0, 12.0, 16.0, 26.0, 28.0])
        self.assertEqual(self.told, [])

    def test_lostAtItsDeadline(self) -> None:
        """A lease that cannot be renewed is lost when it ends, not before, with the last reason."""
        self.chance = 0.5

        async def unreachable(key: str) -> float:
            raise PeerUnreachable("no route")

        self.keeper.renew = unreachable
        self.keeper.keep("a", 24.0)
        self.advance(23)
        self.assertIn("a", self.keeper)
        self.advance(2)
        self.assertEqual(self.told, [(24.0, "a", PeerUnreachable)])
        self.assertNotIn("a", self.keeper)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_told(self) -> None:
        """A peer that says for how long it has no time is left alone for that, and by chance half as long more."""
        for chance, tried in ((0.0, [10.0, 16.0]), (0.5, [12.5, 20.0])):
            self.asked.clear()
            self.chance = chance
            self.peer = [fail(PeerBusy("no time", 6.0)), Ready(3600.0)]
            started = self.clock.seconds()
            self.keeper.keep("a", 30.0)
            self.advance(30)
            self.assertEqual([when - started for when, _ in self.asked], tried)

    def test_toldBounded(self) -> None:
        """It is not left alone for longer than a peer that does not answer."""
        self.peer = [fail(PeerBusy("no time", 9999.0)), Ready(3600.0)]
        self.keeper.keep("a", 300.0)
        self.advance(120)
        self.assertEqual([when for when, _ in self.asked], [100.0, 108.0])

    def test_toldTooMuch(self) -> None:
        """Whatever it wants, it is asked once more before the lease ends, by whatever chance."""
        for self.chance in (0.0, 0.5, 0.999999):
            self.peer = [fail(PeerBusy("no time", 9999.0)), Ready(3600.0)]
            self.keeper.keep("a", 12.0)
            self.advance(12)
            self.assertEqual(self.peer, self.peer[-1:])
            self.assertEqual(self.told, [])

    def test_lastTry(self) -> None:
        """However long the back-off would be, the end of the lease is not slept through."""
        self.chance = 0.999999
        self.keeper.backoff = Backoff(64.0, 64.0)
        for error in (PeerUnreachable("no route"), PeerBusy("no time", 1.0)):
            self.peer = [fail(error), Ready(3600.0)]
            self.keeper.keep("a", 20.0)
            self.advance(20)
            self.assertEqual(len(self.peer), 1)
            self.assertEqual(self.told, [])

    def test_unknownIsLostAtOnce(self) -> None:
        """A peer that does not know the lease ends it at once, whether as our error or as its fault."""
        for error in (UnknownId("no such entry"), PeerFault("no such entry", fault="UnknownId")):
            self.told.clear()
            self.peer = [fail(error)]
            started = self.clock.seconds()
            self.keeper.keep("a", 30.0)
            self.advance(10)
            self.assertEqual(self.told, [(started + 10.0, "a", type(error))])
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_otherFaultIsRetried(self) -> None:
        """Another fault of the peer is no reason to give up before the deadline."""
        self.peer = [fail(PeerFault("not now", fault="Busy")), Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(12)
        self.assertEqual(len(self.asked), 2)
        self.assertEqual(self.told, [])

    def test_grantedNothing(self) -> None:
        """A grant that is no time at all is a failure of the peer."""
        self.peer = [Ready(math.nan)]
        self.chance = 0.5
        self.keeper.keep("a", 12.0)
        self.advance(13)
        self.assertEqual(self.told, [(12.0, "a", PeerError)])

    def test_hanging(self) -> None:
        """A try that hangs is cancelled after half of the time left, and the next one may succeed."""
        hangs: Deferred[float] = Deferred()
        self.peer = [hangs, Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(19)
        self.assertFalse(hangs.called)
        self.advance(2)
        self.assertTrue(hangs.called)
        self.assertEqual([when for when, _ in self.asked], [10.0, 20.125])
        self.assertEqual(self.told, [])

    def test_hangingToTheEnd(self) -> None:
        """When every try hangs, the lease is lost at its deadline."""
        self.keeper.renew = lambda _: Deferred()
        self.keeper.keep("a", 30.0)
        self.advance(29)
        self.assertEqual(self.told, [])
        self.advance(2)
        self.assertEqual([(key, why) for _, key, why in self.told], [("a", TimedOut)])

    def test_countedFromTheRequest(self) -> None:
        """The lifetime counts from before the request was sent, however late the answer is."""
        slow: Deferred[float] = Deferred()
        self.peer = [slow, Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(14)
        slow.callback(30.0)
        self.advance(6)
        self.assertEqual([when for when, _ in self.asked], [10.0, 20.0])

    def test_lostCountedFromTheRequest(self) -> None:
        """A lease whose answer was late is lost when its lifetime since the request is over."""
        slow: Deferred[float] = Deferred()
        self.peer = [slow, Deferred()]
        self.keeper.keep("a", 30.0)
        self.advance(15)
        slow.callback(12.0)

        async def unreachable(key: str) -> float:
            raise PeerUnreachable("no route")

        self.keeper.renew = unreachable
        self.advance(8)
        self.assertEqual(self.told, [(22.0, "a", PeerUnreachable)])

    def test_pace(self) -> None:
        """However short the lifetimes a peer grants, it is not asked more than ten times a second."""
        self.peer = [Ready(0.15)]
        self.keeper.keep("a", 0.15)
        self.clock.pump([0.01] * 100)
        self.assertTrue(8 <= len(self.asked) <= 10, self.asked)

    def test_inFlight(self) -> None:
        """No more renewals at once than allowed; the others follow in turn."""
        waiting = [Deferred[float]() for _ in range(3)]
        self.peer = list(waiting)
        for number, key in enumerate("abc"):
            self.keeper.keep(key, 30.0 + number / 8)
        self.advance(11)
        self.assertEqual([key for _, key in self.asked], ["a", "b"])
        waiting[0].callback(30.0)
        self.assertEqual([key for _, key in self.asked], ["a", "b", "c"])

    def test_manyReady(self) -> None:
        """Any number of answers that are ready at once are taken without recursion."""
        keeper: LeaseKeeper[int] = LeaseKeeper(
            self.clock, lambda _: Ready(90.0), print, lambda: 0.0
        )
        for number in range(2000):
            keeper.keep(number, 30.0)
        self.advance(11)
        self.assertEqual(len(keeper), 2000)
        deadlines = {keeper._sweeper.table.deadline(number) or 0.0 for number in range(2000)}
        self.assertTrue(40.0 <= min(deadlines) <= max(deadlines) < 41.0)

    def test_foreignError(self) -> None:
        """An error nobody foresaw is logged and the lease is tried again."""
        self.peer = [fail(ZeroDivisionError()), Ready(30.0)]
        self.keeper.keep("a", 30.0)
        self.advance(12)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(len(self.asked), 2)

    def test_foreignErrorToTheEnd(self) -> None:
        """A lease lost to such an error says that it was ours."""
        self.chance = 0.5

        async def broken(key: str) -> float:
            raise ZeroDivisionError

        self.keeper.renew = broken
        self.keeper.keep("a", 12.0)
        self.advance(13)
        self.assertEqual(self.told, [(12.0, "a", ServiceError)])
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))

    def test_lostFails(self) -> None:
        """A callback that fails is logged, and the other leases go on."""

        def broken(key: str, reason: GMAError) -> None:
            self.lost(key, reason)
            raise ValueError(key)

        self.keeper.lost = broken
        self.peer = [fail(UnknownId("gone")), fail(UnknownId("gone")), Ready(30.0)]
        for number, key in enumerate("abc"):
            self.keeper.keep(key, 30.0 + number / 8)
        self.advance(11)
        self.assertEqual([key for _, key, _ in self.told], ["a", "b"])
        self.assertEqual([key for _, key in self.asked], ["a", "b", "c"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_keptAgainWhenLost(self) -> None:
        """Whoever hears that a lease is lost may keep a new one under its key."""
        self.keeper.lost = lambda key, _: self.keeper.keep(key, 60.0)
        self.peer = [fail(UnknownId("gone")), Ready(60.0)]
        self.keeper.keep("a", 30.0)
        self.advance(30)
        self.assertEqual([when for when, _ in self.asked], [10.0, 30.0])

    def test_replaced(self) -> None:
        """Keeping a key again replaces its lease; the old renewal's answer counts no more."""
        answer: Deferred[float] = Deferred()

        async def stubborn() -> float:
            try:
                return await Deferred()
            except CancelledError:
                return await answer

        self.peer = [stubborn(), Ready(60.0)]
        self.keeper.keep("a", 30.0)
        self.advance(11)
        self.keeper.keep("a", 60.0)
        answer.callback(3.0)
        self.advance(20)
        self.assertEqual([when for when, _ in self.asked], [10.0, 31.0])

    def test_forgotten(self) -> None:
        """A forgotten lease is renewed no more, and a renewal under way is cancelled; nothing is told lost."""
        hangs: Deferred[float] = Deferred()
        self.peer = [hangs]
        self.keeper.keep("a", 30.0)
        self.keeper.keep("b", 60.0)
        self.advance(10)
        self.keeper.forget("a")
        self.keeper.forget("b")
        self.keeper.forget("unknown")
        self.assertTrue(hangs.called)
        self.advance(10)
        self.assertEqual((self.told, len(self.asked)), ([], 1))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_forgottenInTheQueue(self) -> None:
        """A lease forgotten while it waits its turn is not renewed."""
        waiting = [Deferred[float]() for _ in range(3)]
        self.peer = list(waiting)
        for number, key in enumerate("abc"):
            self.keeper.keep(key, 30.0 + number / 8)
        self.advance(11)
        self.keeper.forget("c")
        waiting[0].callback(30.0)
        self.assertEqual([key for _, key in self.asked], ["a", "b"])

    def test_stop(self) -> None:
        """Stopping waits for the renewals under way to end, leaves no timer and tells nothing lost."""
        cleaned: Deferred[None] = Deferred()

        async def slow(key: str) -> float:
            try:
                return await Deferred()
            finally:
                await cleaned

        self.keeper.renew = slow
        self.keeper.keep("a", 30.0)
        self.keeper.keep("b", 60.0)
        self.advance(10)
        over = toDeferred(self.keeper.stop())
        self.assertNoResult(over)
        cleaned.callback(None)
        self.assertIs(self.successResultOf(over), None)
        self.assertEqual((len(self.keeper), self.told), (0, []))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertRaises(Busy, self.keeper.keep, "c", 30.0)

    def test_full(self) -> None:
        """One lease more than the limit is refused in words; a known key is not one more."""
        for key in "abcd":
            self.keeper.keep(key, 30.0)
        self.keeper.keep("a", 40.0)
        with self.assertRaises(Busy) as refused:
            self.keeper.keep("e", 30.0)
        self.assertEqual(
            str(refused.exception), "the lease keeper has 4 leases, so it cannot keep e"
        )

    def test_refused(self) -> None:
        """What was not granted cannot be kept."""
        for granted in (0.0, -1.0, math.nan):
            self.assertRaises(ParameterError, self.keeper.keep, "a", granted)

    def test_noRoom(self) -> None:
        """A keeper that may do nothing is refused, not left hanging."""
        self.assertRaises(
            ParameterError, LeaseKeeper, self.clock, self.renew, self.lost, inFlight=0
        )
