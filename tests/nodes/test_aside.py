"""What is done beside the reactor, by a thread that may hang."""

from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, ConfigError, TimedOut
from gma_twisted.nodes.aside import LONGEST, Aside
from gma_twisted.timing import toDeferred


class AsideTests(SynchronousTestCase):
    """Threads that do their work when the test lets them."""

    def setUp(self) -> None:
        """No thread yet."""
        self.clock = Clock()
        self.threads: list[Callable[[], None]] = []
        self.aside: Aside[int] = Aside(self.told, self.clock, self.threads.append)

    def told(self, function: Callable[..., object], *arguments: object) -> None:
        """What a thread has the reactor call is called when time passes."""
        self.clock.callLater(0, function, *arguments)

    def ends(self) -> None:
        """The oldest thread comes to its end."""
        self.threads.pop(0)()
        self.clock.advance(0)

    def test_done(self) -> None:
        """What the work gives or raises is what comes; then there may be another."""
        for _ in range(2):
            waiting = toDeferred(self.aside(lambda: 3))
            self.assertNoResult(waiting)
            self.ends()
            self.assertEqual(self.successResultOf(waiting), 3)

            def refuse() -> int:
                raise ConfigError("no such file")

            waiting = toDeferred(self.aside(refuse))
            self.ends()
            self.assertEqual(self.failureResultOf(waiting, ConfigError).value.what, "no such file")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_hanging(self) -> None:
        """It is given up after a while; there is no second thread until the first has ended, late as it is."""
        waiting = toDeferred(self.aside(lambda: 3))
        self.clock.advance(LONGEST - 0.1)
        self.assertNoResult(waiting)
        self.clock.advance(0.1)
        why = self.failureResultOf(waiting, TimedOut).value.message
        self.assertEqual(why, "reading the files of the configuration did not end within 20 s")
        for _ in range(3):
            self.failureResultOf(toDeferred(self.aside(lambda: 4)), Busy)
        self.assertEqual(len(self.threads), 1)
        self.ends()
        waiting = toDeferred(self.aside(lambda: 5))
        self.ends()
        self.assertEqual(self.successResultOf(waiting), 5)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_cancelled(self) -> None:
        """Who does not wait any longer hears nothing, also when the work fails."""
        for work in (lambda: 3, lambda: 1 // 0):
            waiting = toDeferred(self.aside(work))
            waiting.cancel()
            self.failureResultOf(waiting)
            self.ends()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
