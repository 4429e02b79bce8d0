"""The node's clock beside the wall's; what needs a real reactor is in tests.integration.test_clock."""

import math
import time

from twisted.internet.interfaces import IReactorTime
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ConfigError
from gma_twisted.timing import NodeClock, bootTime, installBootClock


class BootTimeTests(SynchronousTestCase):
    """Seconds since the machine started."""

    def test_countsSleep(self) -> None:
        """It is the clock that goes on during a suspend, where the system has it."""
        clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        before = time.clock_gettime(clock)
        now = bootTime()
        self.assertTrue(before <= now <= time.clock_gettime(clock))


class InstallBootClockTests(SynchronousTestCase):
    """A reactor's clock is replaced before anything is scheduled, or not at all."""

    def reactor(self) -> SelectReactor:
        """A reactor that is never run."""
        reactor = SelectReactor()
        self.addCleanup(reactor.removeAll)
        self.addCleanup(reactor.waker.connectionLost, None)
        return reactor

    def test_installed(self) -> None:
        """Deadlines are reckoned on the new clock, and nothing is scheduled yet."""
        reactor = self.reactor()
        installBootClock(reactor, lambda: 1000.0)
        self.assertEqual(reactor.getDelayedCalls(), [])
        self.assertEqual(reactor.callLater(5.0, lambda: None).getTime(), 1005.0)

    def test_tooLate(self) -> None:
        """With a call already scheduled on the old clock it is refused, and the clock stays."""
        reactor = self.reactor()
        seconds = reactor.seconds
        reactor.callLater(5.0, lambda: None)
        with self.assertRaises(ConfigError) as refused:
            installBootClock(reactor)
        self.assertEqual(
            str(refused.exception),
            "cannot set the reactor's clock: 1 delayed calls are already scheduled on the old one",
        )
        self.assertIs(reactor.seconds, seconds)

    def test_notAReactor(self) -> None:
        """What is not a reactor of Twisted keeps its own time."""
        self.assertRaises(ConfigError, installBootClock, Clock())


class NodeClockTests(SynchronousTestCase):
    """One node's time."""

    def setUp(self) -> None:
        """A node that runs for 100 s, at 5,000 s since 1970."""
        self.reactor = Clock()
        self.reactor.advance(100.0)
        self.wall = 5000.0
        self.clock = NodeClock(self.reactor, lambda: self.wall)

    def test_interface(self) -> None:
        """It goes wherever an IReactorTime is asked for."""
        verifyObject(IReactorTime, self.clock)

    def test_now(self) -> None:
        """Both clocks are read as they are."""
        self.assertEqual((self.clock.seconds(), self.clock.wallTime()), (100.0, 5000.0))

    def test_convert(self) -> None:
        """Instants are converted by their distance from now."""
        self.assertEqual(self.clock.toWall(130.0), 5030.0)
        self.assertEqual(self.clock.toWall(90.0), 4990.0)
        self.assertEqual(self.clock.fromWall(5030.0), 130.0)

    def test_wallIsSet(self) -> None:
        """When somebody sets the wall clock, a deadline is shown on the new one and stays where it is."""
        deadline = self.clock.fromWall(5030.0)
        self.wall += 3600.0
        self.assertEqual(self.clock.toWall(deadline), 8630.0)
        self.assertEqual(deadline - self.clock.seconds(), 30.0)

    def test_never(self) -> None:
        """Never is never on both clocks."""
        self.assertEqual(self.clock.toWall(math.inf), math.inf)
        self.assertEqual(self.clock.fromWall(math.inf), math.inf)

    def test_callLater(self) -> None:
        """Timers are the reactor's, with their arguments."""
        called: list[tuple[int, str]] = []

        def note(number: int, *, word: str) -> None:
            called.append((number, word))

        call = self.clock.callLater(2.0, note, 1, word="a")
        self.assertEqual(self.clock.getDelayedCalls(), [call])
        self.reactor.advance(2.0)
        self.assertEqual(called, [(1, "a")])
