"""Jobs before and after the reactor runs."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes.earlyworker import EarlyWorker
from gma_twisted.timing import Ready, toDeferred

T = TypeVar("T")


class Later:
    """Does nothing yet."""

    def __init__(self) -> None:
        self.waiting = 0

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """Keep it."""
        self.waiting += 1
        never: Deferred[T] = Deferred()
        return never

    def stop(self) -> Awaitable[None]:
        """Forget all."""
        self.waiting = 0
        return Ready(None)


class EarlyWorkerTests(SynchronousTestCase):
    """One, before a worker that does nothing."""

    def test_both(self) -> None:
        """Before the reactor runs a job is done at once; from then on the other worker has it."""
        running: list[bool] = []
        later = Later()
        worker = EarlyWorker(lambda: bool(running), later)
        self.assertEqual(self.successResultOf(toDeferred(worker.run(lambda: 7))), 7)
        self.assertEqual(later.waiting, 0)
        running.append(True)
        self.assertNoResult(toDeferred(worker.run(lambda: 7)))
        self.assertEqual(later.waiting, 1)
        self.successResultOf(toDeferred(worker.stop()))
        self.assertEqual(later.waiting, 0)
