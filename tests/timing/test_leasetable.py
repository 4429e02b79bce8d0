"""Deadlines by key."""

import math
from sys import getsizeof

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.timing import LeaseTable

CROWD = 2000


class LeaseTableTests(SynchronousTestCase):
    """Keys end at their deadlines."""

    def setUp(self) -> None:
        """An empty table, and what its watch told."""
        self.table: LeaseTable[str] = LeaseTable()
        self.told: list[float] = []

    def test_empty(self) -> None:
        """Nothing is ever due in an empty table."""
        self.assertIs(self.table.nextDue(), None)
        self.assertEqual(self.table.expire(1e9, 10), [])
        self.assertEqual(len(self.table), 0)

    def test_exact(self) -> None:
        """A key is given at its deadline, not an instant before, and only once."""
        self.table.set("a", 10.1)
        self.assertEqual(self.table.nextDue(), 10.1)
        self.assertEqual(self.table.expire(math.nextafter(10.1, 0.0), 10), [])
        self.assertEqual(self.table.expire(10.1, 10), ["a"])
        self.assertNotIn("a", self.table)
        self.assertEqual(self.table.expire(20.0, 10), [])

    def test_onAnEdge(self) -> None:
        """A deadline on the edge of two buckets is as exact as any other."""
        self.table.set("a", 10.25)
        self.assertEqual(self.table.expire(math.nextafter(10.25, 0.0), 10), [])
        self.assertEqual(self.table.expire(10.25, 10), ["a"])

    def test_order(self) -> None:
        """Keys come in the order of their deadlines, within a bucket and across."""
        for key, deadline in (("d", 30.0), ("b", 10.2), ("a", 10.1), ("c", 11.0), ("e", -5.0)):
            self.table.set(key, deadline)
        self.assertEqual(self.table.expire(20.0, 10), ["e", "a", "b", "c"])
        self.assertEqual(self.table.nextDue(), 30.0)

    def test_limit(self) -> None:
        """No more keys than asked for, the soonest first; the rest stay due."""
        for number in range(5):
            self.table.set(str(number), number / 10)
        self.assertEqual(self.table.expire(9.0, 2), ["0", "1"])
        self.assertEqual(self.table.nextDue(), 0.2)
        self.assertEqual(self.table.expire(9.0, 9), ["2", "3", "4"])

    def test_renewedLater(self) -> None:
        """After a renewal only the later deadline counts."""
        self.table.set("a", 10.0)
        self.table.set("a", 20.0)
        self.assertEqual(self.table.expire(19.0, 10), [])
        self.assertEqual(self.table.expire(20.0, 10), ["a"])

    def test_renewedWithinItsBucket(self) -> None:
        """A renewal by less than a bucket counts too."""
        self.table.set("a", 10.0)
        self.table.set("a", 10.1)
        self.assertEqual(self.table.expire(10.05, 10), [])
        self.assertEqual(self.table.deadline("a"), 10.1)

    def test_shortened(self) -> None:
        """A deadline may come nearer, and the key is given once."""
        self.table.set("a", 20.0)
        self.table.set("a", 10.0)
        self.assertEqual(self.table.expire(10.0, 10), ["a"])
        self.assertEqual(self.table.expire(30.0, 10), [])

    def test_discarded(self) -> None:
        """A key that was forgotten is never given, and may be forgotten again."""
        self.table.set("a", 10.0)
        self.table.discard("a")
        self.table.discard("a")
        self.assertIs(self.table.deadline("a"), None)
        self.assertIs(self.table.nextDue(), None)
        self.assertEqual(self.table.expire(30.0, 10), [])

    def test_never(self) -> None:
        """An infinite deadline is kept and never due; it may become finite and infinite again."""
        self.table.set("a", math.inf)
        self.assertEqual(self.table.deadline("a"), math.inf)
        self.assertIs(self.table.nextDue(), None)
        self.table.set("a", 10.0)
        self.assertEqual(self.table.nextDue(), 10.0)
        self.table.set("a", math.inf)
        self.assertEqual(self.table.expire(1e9, 10), [])
        self.table.discard("a")
        self.assertEqual(len(self.table), 0)

    def test_refused(self) -> None:
        """What is not an instant is refused, and the old deadline stays."""
        self.table.set("a", 10.0)
        for deadline in (math.nan, -math.inf):
            self.assertRaises(ParameterError, self.table.set, "a", deadline)
        self.assertEqual(self.table.expire(10.0, 10), ["a"])

    def test_manyRenewals(self) -> None:
        """A hundred thousand renewals of one key leave nothing behind."""
        for number in range(100_000):
            self.table.set("a", 100.0 + number * 0.3)
        self.assertTrue(len(self.table._edges) < 200)
        self.assertEqual(len(self.table._buckets), 1)
        self.assertEqual(self.table.nextDue(), 100.0 + 99_999 * 0.3)

    def test_crowd(self) -> None:
        """A crowd in one bucket waits for its far edge, and then comes whole in slices."""
        for number in range(CROWD):
            self.table.set(str(number), 10.0 + number / (CROWD * 5))
        self.assertEqual(self.table.nextDue(), 10.25)
        self.assertEqual(self.table.expire(10.2, 600), [])
        slices = [self.table.expire(10.25, 600) for _ in range(5)]
        self.assertEqual([len(one) for one in slices], [600, 600, 600, 200, 0])
        self.assertEqual({key for one in slices for key in one}, {str(n) for n in range(CROWD)})

    def test_crowdThatThinnedOut(self) -> None:
        """A bucket whose crowd was renewed away is exact again, and no longer as roomy as the crowd was."""
        for number in range(10 * CROWD):
            self.table.set(str(number), 10.1)
        for number in range(3, 10 * CROWD):
            self.table.set(str(number), 50.0)
        self.assertEqual(self.table.nextDue(), 10.1)
        self.assertTrue(getsizeof(self.table._buckets[40.0]) < 100_000)
        self.assertEqual(sorted(self.table.expire(10.1, 10)), ["0", "1", "2"])

    def test_crowdThatExpired(self) -> None:
        """What is left of a crowd that was taken in slices is no longer as roomy as the crowd was."""
        for number in range(10 * CROWD):
            self.table.set(str(number), 10.1)
        self.assertEqual(len(self.table.expire(11.0, 10 * CROWD - 3)), 10 * CROWD - 3)
        self.assertTrue(getsizeof(self.table._buckets[40.0]) < 100_000)
        self.assertEqual(len(self.table.expire(11.0, 10)), 3)
        self.assertEqual((len(self.table), self.table.nextDue()), (0, None))

    def test_watch(self) -> None:
        """Deadlines before the watched instant are told, others are not."""
        self.table.watch(10.0, self.told.append)
        self.table.set("a", 10.0)
        self.table.set("a", 9.0)
        self.table.set("b", 12.0)
        self.table.watch(-math.inf, self.told.append)
        self.table.set("b", 1.0)
        self.assertEqual(self.told, [9.0])


class LeaseTableMachine(RuleBasedStateMachine):
    """The table against a dictionary: nothing early, nothing late, nothing twice, nothing lost."""

    keys = st.integers(0, 30)
    spans = st.one_of(
        st.floats(-2.0, 50.0), st.integers(-4, 40).map(lambda n: n / 4), st.just(math.inf)
    )

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.table: LeaseTable[int] = LeaseTable()
        self.model: dict[int, float] = {}
        self.told: list[float] = []
        self.below = -math.inf

    @rule(key=keys, span=spans)
    def set(self, key: int, span: float) -> None:
        """Give a key a deadline; a watch hears of it exactly when it is below."""
        told = len(self.told)
        self.table.set(key, self.now + span)
        self.model[key] = self.now + span
        assert self.told[told:] == ([self.now + span] if self.now + span < self.below else [])

    @rule(key=keys)
    def discard(self, key: int) -> None:
        """Forget a key."""
        self.table.discard(key)
        self.model.pop(key, None)

    @rule(span=st.floats(0.0, 20.0), limit=st.integers(1, 40))
    def expire(self, span: float, limit: int) -> None:
        """Time passes; the keys due come, soonest first, no more than asked for."""
        self.now += span
        due = sorted(d for d in self.model.values() if d <= self.now)
        given = self.table.expire(self.now, limit)
        assert [self.model.pop(key) for key in given] == due[:limit]

    @rule(key=keys)
    def expireAtADeadline(self, key: int) -> None:
        """Time passes to exactly one key's deadline."""
        deadline = self.model.get(key, math.inf)
        if self.now <= deadline < math.inf:
            self.now = deadline
            given = self.table.expire(self.now, 1000)
            assert key in given
            for one in given:
                assert self.model.pop(one) <= self.now
            assert all(d > self.now for d in self.model.values())

    @rule()
    def watch(self) -> None:
        """Watch for anything sooner than what is due next."""
        due = self.table.nextDue()
        self.below = math.inf if due is None else due
        self.table.watch(self.below, self.told.append)

    @invariant()
    def sameKeys(self) -> None:
        """Table and dictionary hold the same, and agree on what is next."""
        assert len(self.table) == len(self.model)
        assert all(self.table.deadline(key) == deadline for key, deadline in self.model.items())
        finite = [deadline for deadline in self.model.values() if deadline < math.inf]
        assert self.table.nextDue() == (min(finite) if finite else None)


class LeaseTableModelTests(SynchronousTestCase):
    """Runs the machine under trial."""

    def test_model(self) -> None:
        """Random histories give what a dictionary searched from end to end would give."""
        run_state_machine_as_test(
            LeaseTableMachine,
            settings=settings(max_examples=60, stateful_step_count=40),
        )
