"""Providers of a producer on demand: who runs for whom, how fast, and what is expected of them."""

import math
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError
from gma_twisted.execution import Demand, ProviderSetup
from gma_twisted.execution.sensing import SLOWEST, Sensing, periodOf
from gma_twisted.interfaces.eventdemand import IEventDemand
from gma_twisted.model import Extended, NameSelector, QName
from gma_twisted.timing import Ready
from gma_twisted.timing.bridge import toDeferred
from tests.execution.stand import LOAD, Scripted, Stand

ANY = math.inf
NAME = "Load"


class PeriodTests(SynchronousTestCase):
    """How often a provider runs for who asks."""

    def test_examples(self) -> None:
        """For nobody not at all; without a rate every interval; with one as fast as is needed, and may be."""
        cases: Iterable[tuple[float | None, tuple[float, ...], float | None]] = (
            (1.0, (), None),
            (1.0, (ANY,), 10.0),
            (1.0, (0.5,), 2.0),
            (1.0, (1.0,), 1.0),
            (1.0, (1000.0,), 1.0),
            (1.0, (ANY, 0.5), 2.0),
            (1.0, (ANY, 0.01), 10.0),
            (1.0, (0.01,), 100.0),
            (1.0, (0.01, 0.05), 20.0),
            (None, (1000.0,), 10.0),
            (None, (0.01,), 100.0),
            (1.0, (5e-324,), SLOWEST),
        )
        for fastest, rates, expected in cases:
            self.assertEqual(periodOf(10.0, fastest, rates), expected, (fastest, rates))
        self.assertEqual(periodOf(2 * SLOWEST, None, [1e-9]), 2 * SLOWEST)

    @given(st.floats(0.1, 1000.0), st.lists(st.floats(1e-3, 1e4) | st.just(ANY), min_size=1))
    def test_enough(self, interval: float, rates: list[float]) -> None:
        """It is never faster than allowed, and never slower than anybody needs."""
        fastest = interval / 5.0
        period = periodOf(interval, fastest, rates)
        assert period is not None
        self.assertGreaterEqual(period, fastest)
        for rate in rates:
            need = interval if rate == ANY else max(fastest, 1.0 / rate)
            self.assertLessEqual(period, need * (1.0 + 1e-9))


class SensingTests(SynchronousTestCase):
    """One provider on demand every ten seconds, each second for who asks, and one that runs always."""

    def setUp(self) -> None:
        """They have started; some time has passed."""
        self.stand = Stand(lambda: 0.999)
        self.hidden: set[QName] = set()
        self.published: Deferred[None] | None = None
        demand = self.stand.manager.demand = Demand(self.stand.node)
        self.sensing = Sensing(demand, lambda name: name not in self.hidden, self.wait)
        self.demand = demand
        self.provider = Scripted()
        self.always = Scripted(b'<Other xmlns="urn:t"/>')
        self.stand.install(self.provider, isOnDemand=True, fastest=1.0)
        self.stand.install(self.always, "always")
        self.stand.start()
        self.stand.wait(20.5)

    def wait(self) -> Ready[None] | Deferred[None]:
        """Until events are published."""
        return Ready(None) if self.published is None else self.published

    def runs(self, seconds: float) -> int:
        """How often the provider on demand is asked meanwhile."""
        before = self.provider.asked
        self.stand.wait(seconds)
        return self.provider.asked - before

    def awake(self) -> None:
        """It has given what it gives, and rests."""
        self.sensing.begun(NAME, ANY)
        self.sensing.ended(NAME, ANY)
        self.stand.wait(15.0)
        self.assertEqual(self.stand.row()["state"], "resting")

    def test_interface(self) -> None:
        """It is what a producer tells."""
        verifyObject(IEventDemand, self.sensing)

    def test_restsFirst(self) -> None:
        """Nobody asks: it never runs, says so, and nobody waits for its first run; others go on."""
        self.assertEqual(self.provider.asked, 0)
        self.assertEqual(self.stand.told()["state"], "resting")
        self.assertEqual(self.always.asked, 3)
        self.successResultOf(toDeferred(self.stand.manager.ran()))

    def test_anySubscription(self) -> None:
        """One that never gave anything is woken by whatever is asked for, and then sleeps if it was not that."""
        self.sensing.begun("Something.else", ANY)
        self.assertEqual(self.provider.asked, 1)
        self.assertEqual(self.runs(50.0), 0)
        self.sensing.begun("L*d", ANY)
        self.assertEqual(self.provider.asked, 2)
        self.assertEqual(self.runs(50.0), 5)

    def test_atOnce(self) -> None:
        """The first subscription makes it run at once; with the end of the last it rests."""
        self.awake()
        self.sensing.begun(NAME, ANY)
        self.assertEqual(self.runs(0.0), 0)
        self.assertEqual(self.runs(50.0), 5)
        self.sensing.begun("*", ANY)
        self.sensing.ended(NAME, ANY)
        self.assertEqual(self.runs(50.0), 5)
        self.sensing.ended("*", ANY)
        self.assertEqual(self.runs(50.0), 0)

    def test_rate(self) -> None:
        """A rate makes it faster at once, as fast as it may be; when that one ends it falls back, without drift."""
        self.awake()
        self.sensing.begun(NAME, ANY)
        self.stand.wait(4.0)
        self.sensing.begun(NAME, 0.5)
        # Four seconds after a run a place of the faster grid is due.
        self.assertEqual(self.runs(0.5), 1)
        self.assertEqual(self.runs(20.0), 10)
        self.sensing.begun(NAME, 100.0)
        self.assertEqual(self.runs(10.0), 10)
        self.sensing.ended(NAME, 100.0)
        self.assertEqual(self.runs(10.0), 5)
        began = self.stand.clock.seconds()
        self.sensing.ended(NAME, 0.5)
        self.assertEqual(self.runs(50.0), 5)
        self.assertLess(self.stand.clock.seconds() - began, 60.0)

    def test_fallsBack(self) -> None:
        """After the fast one has ended, the next run is an interval after the last one."""
        self.awake()
        self.sensing.begun(NAME, ANY)
        self.sensing.begun(NAME, 1.0)
        self.stand.wait(3.0)
        self.sensing.ended(NAME, 1.0)
        self.assertEqual(self.runs(9.5), 0)
        self.assertEqual(self.runs(1.0), 1)

    def test_slow(self) -> None:
        """Who asks for few events makes it run less often, and its values hold as long."""
        self.awake()
        self.sensing.begun(NAME, 0.02)
        self.assertEqual(self.runs(100.0), 2)
        self.assertEqual(self.stand.manager.periodOf("load"), 50.0)
        value = self.stand.value()
        assert value is not None
        # The last run was just now, and gave what the one before gave.
        self.assertEqual(value.lifetime.goodUntil, self.stand.clock.seconds() + 50.0)
        changes = [type(one) for one in self.stand.changes if one.key.name == LOAD]
        self.assertEqual(set(changes[1:]), {Extended})
        self.sensing.begun(NAME, ANY)
        self.assertEqual(self.runs(40.0), 4)

    def test_told(self) -> None:
        """A client reads of a faster provider when it runs next."""
        self.awake()
        self.sensing.begun(NAME, ANY)
        self.stand.wait(0.5)
        before = self.stand.told()["nextRun"]
        self.sensing.begun(NAME, 1.0)
        self.stand.clock.advance(0.0)
        self.assertLess(self.stand.told()["nextRun"], before)

    def test_sameAgain(self) -> None:
        """Many who ask for the same count as one, until the last has ended."""
        self.awake()
        for _ in range(3):
            self.sensing.begun(NAME, 1.0)
        self.assertEqual(self.runs(10.0), 10)
        for _ in range(2):
            self.sensing.ended(NAME, 1.0)
        self.assertEqual(self.runs(10.0), 10)
        self.sensing.ended(NAME, 1.0)
        self.assertEqual(self.runs(10.0), 0)

    def test_unpublished(self) -> None:
        """Who asks for everything does not ask for what is never published."""
        self.awake()
        self.hidden.add(LOAD)
        self.sensing.begun("*", ANY)
        self.assertEqual(self.runs(50.0), 0)

    def test_backoff(self) -> None:
        """A subscription does not end the pause after a failure."""
        self.awake()
        self.sensing.begun(NAME, ANY)
        self.provider.next = ValueError("no")
        self.stand.wait(50.0)
        self.assertEqual(self.stand.row()["state"], "backoff")
        self.assertEqual(self.runs(0.0), 0)
        due = self.stand.row()["nextRun"]
        self.sensing.begun(NAME, 1.0)
        self.assertEqual(self.stand.row()["state"], "backoff")
        self.assertGreaterEqual(self.stand.row()["nextRun"], due)

    def test_backoffOfFast(self) -> None:
        """The pause after a failure is that of one that runs as often."""
        self.awake()
        self.sensing.begun(NAME, 1.0)
        self.provider.next = ValueError("no")
        self.assertEqual(self.runs(5.0), 3)

    def test_query(self) -> None:
        """A question wakes it, and waits for its run and until that is published; for a minute it stays awake."""
        self.published = Deferred()
        waited = self.sensing.asked("Lo*")
        assert waited is not None
        done = toDeferred(waited)
        self.assertEqual(self.provider.asked, 1)
        self.assertNoResult(done)
        self.published.callback(None)
        self.successResultOf(done)
        self.assertIsNone(self.sensing.asked(NAME))
        self.assertEqual(self.runs(100.0), 5)
        self.assertIsNone(self.sensing.asked("Other"))
        self.assertEqual(self.runs(100.0), 0)

    def test_queryOfSlow(self) -> None:
        """Who asks makes one that is slow for others run as often as it should."""
        self.awake()
        self.sensing.begun(NAME, 0.01)
        self.stand.wait(5.0)
        self.assertIsNone(self.sensing.asked(NAME))
        self.assertEqual(self.runs(30.0), 3)

    def test_both(self) -> None:
        """A question about service data keeps it awake too."""
        self.awake()
        waited = self.demand.asked((NameSelector(LOAD),))
        assert waited is not None
        self.successResultOf(toDeferred(waited))
        self.assertEqual(self.runs(30.0), 3)

    def test_expected(self) -> None:
        """It tells how often each would run for one more, and of which nobody knows what it gives."""
        self.assertEqual(self.sensing.expected(NAME, ANY), {"load": None})
        self.awake()
        asked = self.provider.asked
        self.assertEqual(self.sensing.expected("Lo*", ANY), {"load": 10.0})
        self.assertEqual(self.sensing.expected(NAME, 0.5), {"load": 2.0})
        self.assertEqual(self.sensing.expected("Other", 0.5), {})
        self.sensing.begun(NAME, 100.0)
        self.assertEqual(self.sensing.expected(NAME, 0.5), {"load": 1.0})
        self.sensing.ended(NAME, 100.0)
        self.stand.wait(50.0)
        self.assertEqual(self.provider.asked, asked + 1)

    def test_exchanged(self) -> None:
        """One that is added while somebody is subscribed runs at once; one that is taken out counts no more."""
        self.sensing.begun("*", 0.5)
        manager = self.stand.manager
        self.successResultOf(toDeferred(manager.remove("load")))
        other = Scripted()
        setup = ProviderSetup(
            name="load", factory=lambda: other, interval=10.0, isOnDemand=True, fastest=2.0
        )
        self.successResultOf(toDeferred(manager.add(setup)))
        self.stand.wait(10.0)
        self.assertEqual(other.asked, 6)
        self.assertEqual(self.runs(20.0), 0)
        self.assertEqual(list(self.sensing.expected("*", ANY)), ["load"])

    def test_setup(self) -> None:
        """The fastest is neither nothing nor slower than the interval."""
        for fastest in (0.0, 11.0, math.nan):
            self.assertRaises(
                ParameterError,
                ProviderSetup,
                name="a",
                factory=Scripted,
                interval=10.0,
                fastest=fastest,
            )
