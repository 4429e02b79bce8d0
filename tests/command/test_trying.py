"""C{gma provider run}: the run itself, on a clock; processes are in tests/integration."""

import contextlib

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.command.trying import Outcome, runOnce
from gma_twisted.errors import TimedOut
from gma_twisted.execution import ProviderSetup
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.timing import NodeClock, toDeferred
from tests.command.test_configuring import ConfigCase
from tests.execution.stand import Scripted, Watcher
from tests.nodes.plans import runtimeOf


@implementer(ISimpleDataProvider)
class Deaf:
    """Goes on whoever cancels it."""

    name = "deaf"
    description = "nothing"

    async def provide(self) -> bytes:
        """Wait for ever."""
        while True:
            with contextlib.suppress(CancelledError):
                await Deferred()


class RunTests(SynchronousTestCase):
    """runOnce."""

    def setUp(self) -> None:
        """Begin the time."""
        self.reactor = Clock()
        self.clock = NodeClock(self.reactor, lambda: 0.0)

    def begin(self, provider: ISimpleDataProvider, **more: object) -> Deferred[Outcome]:
        """Run it."""
        setup = ProviderSetup(name="load", factory=type(provider), provider=provider)
        setup = attrs.evolve(setup, **more)  # type: ignore[arg-type]
        return toDeferred(runOnce(setup, self.clock, runtimeOf(self.clock)))

    def test_value(self) -> None:
        """Its value, and the time it took, whatever its schedule."""
        given: Deferred[bytes] = Deferred()
        running = self.begin(Scripted(given), interval=60.0)
        self.reactor.advance(1.5)
        given.callback(b'<Load xmlns="urn:t">1</Load>')
        outcome = self.successResultOf(running)
        self.assertEqual([one.content for one in outcome.values], [b'<Load xmlns="urn:t">1</Load>'])
        self.assertEqual((outcome.seconds, outcome.error), (1.5, ""))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """What it raises is its error, and there is no value."""
        outcome = self.successResultOf(self.begin(Scripted(ValueError("no disk"))))
        self.assertEqual((outcome.values, outcome.error), ((), "ValueError: no disk"))

    def test_timeout(self) -> None:
        """Its time limit holds."""
        running = self.begin(Scripted(Deferred()), timeout=3.0)
        self.reactor.advance(3.0)
        outcome = self.successResultOf(running)
        self.assertIn("3 s", outcome.error)

    def test_hangs(self) -> None:
        """One that goes on although it was cancelled is not waited for without an end."""
        running = self.begin(Deaf(), timeout=3.0)
        self.reactor.pump([1.0] * 30)
        self.failureResultOf(running, TimedOut)

    def test_watcher(self) -> None:
        """One that delivers by itself is asked for its latest document."""
        outcome = self.successResultOf(self.begin(Watcher(), isAsync=True))
        self.assertEqual(len(outcome.values), 1)


class RefusedTests(ConfigCase):
    """What ends before anything runs."""

    def test_unknown(self) -> None:
        """A provider that is not there: which is like it."""
        name = self.write("[providers.disk]\ncommand = ['/bin/x']\n")
        said = self.fails(1, "provider", "run", "disc", "--once", "-c", name)
        self.assertEqual(said, 'gma: there is no provider "disc"; did you mean "disk"?')
        self.assertIn("known are fork, system", self.fails(1, "provider", "run", "x", "--once"))

    def test_mistakes(self) -> None:
        """Mistakes of the file, and of the class of this provider alone."""
        name = self.write("[nod]")
        self.assertIn(f"{name}:1:2: ", self.fails(1, "provider", "run", "a", "--once", "-c", name))
        name = self.write("[providers.a]\nclass = 'no.x:Y'\n[providers.b]\nclass = 'no.z:Y'")
        said = self.fails(1, "provider", "run", "a", "--once", "-c", name)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn(f'{name}:2:9: providers.a.class "no.x:Y": no module "no"', said)

    def test_repeated(self) -> None:
        """It is one run: --once says so, and is not left out."""
        self.assertIn("--once", self.fails(2, "provider", "run", "system"))
