"""Background work that somebody owns."""

from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, TimedOut
from gma_twisted.timing import Ready, Tasks, runWithin, spawn, toDeferred

T = TypeVar("T")


class SpawnTests(SynchronousTestCase):
    """Work that nobody waits for."""

    def test_runsAtOnce(self) -> None:
        """The work has begun when spawn returns, and a ready one is over."""
        task = spawn(Ready(1), "a ready answer")
        self.assertTrue(task.ended)
        self.assertIs(self.successResultOf(toDeferred(task.wait())), None)

    def test_failureIsLogged(self) -> None:
        """A failure is logged once, with the name of the work, and goes no further."""
        gate: Deferred[None] = Deferred()
        task = spawn(gate, "the registration")
        with capturedLogs() as events:
            gate.errback(ValueError("broken"))
        self.assertTrue(task.ended)
        (event,) = events
        self.assertEqual(formatEvent(event), "the registration failed")
        (logged,) = self.flushLoggedErrors(ValueError)
        self.assertEqual(str(logged.value), "broken")

    def test_exit(self) -> None:
        """What would end a process is logged like any other failure."""
        for kind in (SystemExit, KeyboardInterrupt):
            gate: Deferred[None] = Deferred()
            task = spawn(gate, "the registration")
            gate.errback(kind(3))
            self.assertTrue(task.ended)
            self.assertEqual(len(self.flushLoggedErrors(kind)), 1)

    def test_wait(self) -> None:
        """Every waiter hears of the end, also of a bad one."""
        gate: Deferred[None] = Deferred()
        task = spawn(gate, "the registration")
        waits = [toDeferred(task.wait()), toDeferred(task.wait())]
        self.assertNoResult(waits[0])
        gate.errback(ValueError("broken"))
        self.assertEqual([self.successResultOf(one) for one in waits], [None, None])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_waitCancelled(self) -> None:
        """Whoever stops waiting does not stop the work."""
        gate: Deferred[None] = Deferred()
        task = spawn(gate, "the registration")
        wait = toDeferred(task.wait())
        wait.cancel()
        self.failureResultOf(wait, CancelledError)
        self.assertFalse(task.ended)
        gate.callback(None)
        self.assertTrue(task.ended)

    def test_cancel(self) -> None:
        """Cancelled work ends and is no failure."""
        task = spawn(Deferred(), "the registration")
        task.cancel()
        self.assertTrue(task.ended)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_cancelTwice(self) -> None:
        """A second cancellation does not interrupt the cleaning up after the first."""
        cleaned: Deferred[None] = Deferred()

        async def work() -> None:
            try:
                await Deferred()
            finally:
                await cleaned

        task = spawn(work(), "the registration")
        task.cancel()
        task.cancel()
        self.assertFalse(task.ended)
        cleaned.callback(None)
        self.assertTrue(task.ended)

    def test_foreignCancellationIsAFailure(self) -> None:
        """A CancelledError that nobody asked this task for is logged."""
        gate: Deferred[None] = Deferred()
        task = spawn(gate, "the registration")
        gate.cancel()
        self.assertTrue(task.ended)
        self.assertEqual(len(self.flushLoggedErrors(CancelledError)), 1)

    def test_failureOfCancelledWork(self) -> None:
        """An error while work cleans up after its cancellation is logged."""

        async def work() -> None:
            try:
                await Deferred()
            finally:
                raise ValueError("cannot clean up")

        spawn(work(), "the registration").cancel()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_cancelAfterTheEnd(self) -> None:
        """Cancelling what is over has no effect."""
        task = spawn(succeed(1), "the registration")
        task.cancel()
        self.assertTrue(task.ended)


class TasksTests(SynchronousTestCase):
    """The work of one service."""

    def test_counted(self) -> None:
        """A task is counted while it runs and forgotten when it is over."""
        tasks = Tasks("the publisher")
        gate: Deferred[None] = Deferred()
        tasks.spawn(gate, "a notice")
        tasks.spawn(Ready(None), "another")
        self.assertEqual(len(tasks), 1)
        gate.callback(None)
        self.assertEqual(len(tasks), 0)

    def test_full(self) -> None:
        """At the limit a task is refused in words, and its coroutine is closed, not left unawaited."""
        tasks = Tasks("the publisher", limit=1)
        tasks.spawn(Deferred(), "a notice")
        begun: list[str] = []

        async def work() -> None:
            begun.append("yes")

        late = work()
        with self.assertRaises(Busy) as refused:
            tasks.spawn(late, "one too many")
        self.assertEqual(
            str(refused.exception),
            "the publisher has 1 tasks running, so it cannot begin: one too many",
        )
        self.assertRaises(RuntimeError, late.send, None)
        self.assertEqual(begun, [])

    def test_cancelAll(self) -> None:
        """Every task is cancelled, and the wait ends with the slowest."""
        tasks = Tasks("the publisher")
        cleaned: Deferred[None] = Deferred()

        async def slow() -> None:
            try:
                await Deferred()
            finally:
                await cleaned

        first = tasks.spawn(slow(), "slow")
        second = tasks.spawn(Deferred(), "quick")
        over = toDeferred(tasks.cancelAll())
        self.assertEqual((first.ended, second.ended), (False, True))
        self.assertNoResult(over)
        self.assertRaises(Busy, tasks.spawn, Ready(None), "while stopping")
        cleaned.callback(None)
        self.assertIs(self.successResultOf(over), None)
        self.assertEqual(len(tasks), 0)

    def test_againAfterCancelAll(self) -> None:
        """A service that starts again may spawn again."""
        tasks = Tasks("the publisher")
        self.successResultOf(toDeferred(tasks.cancelAll()))
        tasks.spawn(Deferred(), "a notice")
        self.assertEqual(len(tasks), 1)


class RunWithinTests(SynchronousTestCase):
    """Waiting for somebody else's code."""

    def setUp(self) -> None:
        """Ten seconds."""
        self.clock = Clock()
        self.cancelled = 0

    def run_(self, awaitable: Awaitable[T]) -> Deferred[T]:
        """It begins."""
        return toDeferred(runWithin(awaitable, 10.0, self.clock, "its start", "the class"))

    async def stubborn(self) -> None:
        """It takes its cancellation for an error like any other."""
        while True:
            try:
                await Deferred()
            except Exception:  # noqa: BLE001 (as it is often written)
                self.cancelled += 1

    def test_result(self) -> None:
        """A result is passed on, now or later, and no timer is left."""
        self.assertEqual(self.successResultOf(self.run_(Ready(1))), 1)
        gate: Deferred[int] = Deferred()
        waiting = self.run_(gate)
        self.assertNoResult(waiting)
        gate.callback(2)
        self.assertEqual(self.successResultOf(waiting), 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_error(self) -> None:
        """An error is the caller's, whatever it is, and nobody else's."""
        for kind in (ValueError, SystemExit, KeyboardInterrupt):
            gate: Deferred[None] = Deferred()
            waiting = self.run_(gate)
            gate.errback(kind("no"))
            self.assertEqual(str(self.failureResultOf(waiting, kind).value), "no")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_late(self) -> None:
        """What ends when it is cancelled is over at once."""
        gate: Deferred[None] = Deferred()
        waiting = self.run_(gate)
        self.clock.advance(10.0)
        error = self.failureResultOf(waiting, TimedOut).value
        self.assertEqual(str(error), "its start did not end within 10 s")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_leftBehind(self) -> None:
        """What goes on after its cancellation is waited for five seconds more; the log names it."""
        waiting = self.run_(self.stubborn())
        with capturedLogs() as events:
            self.clock.advance(10.0)
            self.clock.advance(4.9)
            self.assertNoResult(waiting)
            self.clock.advance(0.2)
        self.failureResultOf(waiting, TimedOut)
        self.assertEqual(self.cancelled, 1)
        (event,) = events
        self.assertEqual(
            formatEvent(event),
            "the class: its start goes on 5 s after it was cancelled; it is left behind",
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """Who is cancelled while waiting cancels it, and waits no longer for its end either."""
        waiting = self.run_(self.stubborn())
        waiting.cancel()
        self.assertEqual(self.cancelled, 1)
        self.assertNoResult(waiting)
        self.clock.advance(5.0)
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
