"""Background work that somebody owns."""

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.timing import Ready, Tasks, spawn, toDeferred


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
