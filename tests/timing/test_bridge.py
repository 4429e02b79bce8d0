"""Coroutines, Deferreds and ready answers meet."""

import math
from collections.abc import Awaitable, Generator
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ProviderFailed, TimedOut
from gma_twisted.timing import Ready, gather, sleep, toDeferred, withTimeout


class Wrapped:
    """An awaitable that is neither coroutine nor Deferred."""

    def __init__(self, inner: Deferred[int]) -> None:
        self.inner = inner

    def __await__(self) -> Generator[Any, Any, int]:
        """Wait for the inner Deferred."""
        return self.inner.__await__()


class ToDeferredTests(SynchronousTestCase):
    """Whatever can be awaited becomes a Deferred."""

    def test_coroutine(self) -> None:
        """A coroutine is started at once and its result fires the Deferred."""
        gate: Deferred[int] = Deferred()
        started: list[str] = []

        async def work() -> int:
            started.append("yes")
            return 1 + await gate

        result = toDeferred(work())
        self.assertEqual(started, ["yes"])
        self.assertNoResult(result)
        gate.callback(41)
        self.assertEqual(self.successResultOf(result), 42)

    def test_coroutineFails(self) -> None:
        """What a coroutine raises fails the Deferred."""

        async def work() -> None:
            raise Busy("not now")

        self.failureResultOf(toDeferred(work()), Busy)

    def test_ready(self) -> None:
        """A ready answer fires at once."""
        self.assertEqual(self.successResultOf(toDeferred(Ready(3))), 3)

    def test_deferred(self) -> None:
        """A Deferred is given back, not wrapped."""
        waiting: Deferred[int] = Deferred()
        self.assertIs(toDeferred(waiting), waiting)

    def test_otherAwaitable(self) -> None:
        """Anything else with __await__ is awaited."""
        inner: Deferred[int] = Deferred()
        result = toDeferred(Wrapped(inner))
        inner.callback(5)
        self.assertEqual(self.successResultOf(result), 5)

    def test_cancelled(self) -> None:
        """Cancelling reaches what the coroutine waits for."""
        reached: list[str] = []
        inner: Deferred[int] = Deferred(lambda _: reached.append("cancelled"))

        async def work() -> int:
            return await inner

        result = toDeferred(work())
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertEqual(reached, ["cancelled"])


class GatherTests(SynchronousTestCase):
    """Several awaitables run side by side."""

    def test_results(self) -> None:
        """Results come in the order given, not in the order of their ends."""
        first: Deferred[int] = Deferred()
        parts: list[Awaitable[int]] = [first, Ready(2), succeed(3)]
        result = toDeferred(gather(parts))
        self.assertNoResult(result)
        first.callback(1)
        self.assertEqual(self.successResultOf(result), [1, 2, 3])

    def test_none(self) -> None:
        """Nothing to wait for is an empty list."""
        nothing: list[Ready[int]] = []
        self.assertEqual(self.successResultOf(toDeferred(gather(nothing))), [])

    def test_failureWaitsForTheOthers(self) -> None:
        """A failure is told when all have ended, and it is the first in order."""
        slow: Deferred[int] = Deferred()
        others: list[Deferred[int]] = [fail(ProviderFailed("b")), fail(Busy("c"))]
        result = toDeferred(gather([slow, *others]))
        self.assertNoResult(result)
        slow.callback(1)
        self.assertEqual(str(self.failureResultOf(result, ProviderFailed).value), "b")

    def test_cancelled(self) -> None:
        """Cancelling cancels every one."""
        parts: list[Deferred[int]] = [Deferred(), Deferred()]
        result = toDeferred(gather(parts))
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertTrue(all(part.called for part in parts))


class SleepTests(SynchronousTestCase):
    """Waiting on an injected clock."""

    def test_wakes(self) -> None:
        """It ends after its seconds, not before."""
        clock = Clock()
        result = toDeferred(sleep(clock, 2.0))
        clock.advance(1.75)
        self.assertNoResult(result)
        clock.advance(0.25)
        self.assertIs(self.successResultOf(result), None)

    def test_cancelled(self) -> None:
        """A cancelled sleep leaves no timer."""
        clock = Clock()
        result = toDeferred(sleep(clock, 2.0))
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertEqual(clock.getDelayedCalls(), [])


class WithTimeoutTests(SynchronousTestCase):
    """A wait has an end."""

    def setUp(self) -> None:
        """A clock."""
        self.clock = Clock()

    def test_inTime(self) -> None:
        """A result in time is passed on and leaves no timer."""
        inner: Deferred[int] = Deferred()
        result = toDeferred(withTimeout(inner, 5.0, self.clock, "the lookup"))
        self.clock.advance(4.5)
        inner.callback(1)
        self.assertEqual(self.successResultOf(result), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failsInTime(self) -> None:
        """An error in time is passed on and leaves no timer."""
        result = toDeferred(withTimeout(fail(Busy("full")), 5.0, self.clock, "the lookup"))
        self.failureResultOf(result, Busy)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_tooLate(self) -> None:
        """At the end of its time the awaitable is cancelled, and the error names it and the time."""
        inner: Deferred[int] = Deferred()
        result = toDeferred(withTimeout(inner, 5.0, self.clock, "the lookup"))
        self.clock.advance(4.5)
        self.assertNoResult(result)
        self.clock.advance(0.5)
        error = self.failureResultOf(result, TimedOut).value
        self.assertEqual(str(error), "the lookup did not end within 5 s")
        self.assertTrue(inner.called)

    def test_waitsForCleaningUp(self) -> None:
        """TimedOut is raised only when what was cancelled has ended."""
        cleaned: Deferred[None] = Deferred()

        async def work() -> None:
            try:
                await Deferred()
            finally:
                await cleaned

        result = toDeferred(withTimeout(work(), 5.0, self.clock, "the lookup"))
        self.clock.advance(6.0)
        self.assertNoResult(result)
        cleaned.callback(None)
        self.failureResultOf(result, TimedOut)

    def test_ownErrorIsKept(self) -> None:
        """An error made of the cancellation says more than TimedOut and is passed on."""

        async def work() -> None:
            try:
                await Deferred()
            except CancelledError:
                raise ProviderFailed("killed after 5 s") from None

        result = toDeferred(withTimeout(work(), 5.0, self.clock, "the script"))
        self.clock.advance(5.0)
        self.failureResultOf(result, ProviderFailed)

    def test_cancelledFromOutside(self) -> None:
        """A cancellation by the caller stays one, and leaves no timer."""
        inner: Deferred[int] = Deferred()
        result = toDeferred(withTimeout(inner, 5.0, self.clock, "the lookup"))
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noEnd(self) -> None:
        """Infinite time takes no timer."""
        inner: Deferred[int] = Deferred()
        result = toDeferred(withTimeout(inner, math.inf, self.clock, "the lookup"))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        inner.callback(2)
        self.assertEqual(self.successResultOf(result), 2)

    def test_ready(self) -> None:
        """A ready answer is in time, even with none left."""
        result = toDeferred(withTimeout(Ready(4), 0.0, self.clock, "the lookup"))
        self.assertEqual(self.successResultOf(result), 4)
