"""A worker's copies: what a question sees of them, whatever was told before."""

import math

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Lifetime,
    NameSelector,
    QName,
    ServiceDataElement,
)
from tests.evaluation.values import HOST, LIFETIMES, NAMES, SELECTORS, elements, made, question

_KEYS = elements().map(lambda one: one.key)


def seen(copies: list[Copy] | tuple[Copy, ...]) -> list[ServiceDataElement]:
    """Their values."""
    return [copy.element for copy in copies]


class Histories(RuleBasedStateMachine):
    """A replica beside a dict that is searched from end to end."""

    def __init__(self) -> None:
        """Both empty."""
        super().__init__()
        self.replica = Replica()
        self.values: dict[ElementKey, ServiceDataElement] = {}
        self.now = 0.0
        self.replica.advance(self.now)
        self.isFollowed = False
        self.touched: set[ElementKey] = set()
        self.extended: set[ElementKey] = set()

    @rule(told=st.lists(elements(), max_size=4))
    def put(self, told: list[ServiceDataElement]) -> None:
        """Values come."""
        self.replica.put(told)
        self.values.update((one.key, one) for one in told)
        self.touched.update(one.key for one in told)

    @rule(told=st.lists(st.tuples(_KEYS, LIFETIMES), max_size=3))
    def extend(self, told: list[tuple[ElementKey, Lifetime]]) -> None:
        """Values hold for another time; some are not there."""
        self.replica.extend(told)
        for key, lifetime in told:
            if key in self.values:
                before = self.values[key].lifetime
                self.values[key] = self.values[key].withLifetime(lifetime)
                isTurned = _phase(before, self.now) != _phase(lifetime, self.now)
                (self.touched if isTurned else self.extended).add(key)

    @rule(keys=st.lists(_KEYS, max_size=3))
    def remove(self, keys: list[ElementKey]) -> None:
        """Values go; some are not there."""
        self.replica.remove(keys)
        for key in keys:
            if self.values.pop(key, None):
                self.touched.add(key)

    @rule(name=st.sampled_from(NAMES))
    def forget(self, name: QName) -> None:
        """Nobody asks for a name."""
        self.replica.forget([name])
        for key in [key for key in self.values if key.name == name]:
            del self.values[key]
            self.touched.add(key)

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 3.0]))
    def advance(self, seconds: float) -> None:
        """Time goes on."""
        before, self.now = self.now, self.now + seconds
        turned = self.replica.advance(self.now)
        expected = {
            key
            for key, one in self.values.items()
            if _phase(one.lifetime, before) != _phase(one.lifetime, self.now)
        }
        assert {copy.element.key for copy in turned} == expected
        self.touched |= expected

    @rule()
    def takeTouched(self) -> None:
        """Somebody looks what has changed."""
        touched, extended = (
            {copy.element.key for copy in copies} for copies in self.replica.takeTouched()
        )
        if self.isFollowed:
            assert touched == self.touched
            assert extended - touched == self.extended - self.touched
        else:
            assert not touched | extended
        self.touched.clear()
        self.extended.clear()
        self.isFollowed = True
        self.replica.follow()

    @rule(names=SELECTORS, freshness=st.sampled_from(Freshness))
    def select(self, names: tuple[NameSelector, ...], freshness: Freshness) -> None:
        """Somebody asks."""
        expected = [
            one
            for key, one in sorted(self.values.items())
            if not one.lifetime.isGone(self.now)
            and (not names or any(_covers(selector, key) for selector in names))
            and (
                freshness is Freshness.ANY
                or one.lifetime.isStale(self.now) is (freshness is Freshness.STALE)
            )
        ]
        asked = question(".", *names, freshness=freshness)
        assert seen(list(self.replica.select(asked))) == expected

    @invariant()
    def count(self) -> None:
        """It knows how many there are."""
        assert self.replica.count == len(self.values) == len(list(self.replica))


def _phase(lifetime: Lifetime, now: float) -> tuple[bool, bool]:
    return lifetime.isStale(now), lifetime.isGone(now)


def _covers(selector: NameSelector, key: ElementKey) -> bool:
    name = selector.name
    return (
        name.namespace in ("*", key.name.namespace)
        and name.localName in ("*", key.name.localName)
        and selector.originator in (None, key.originator)
        and selector.key in (None, key.key)
    )


class ReplicaTests(SynchronousTestCase):
    """Against a model, and what a model does not see."""

    def test_histories(self) -> None:
        """There is no history after which it shows something else than a search from end to end."""
        run_state_machine_as_test(
            Histories, settings=settings(max_examples=50, stateful_step_count=25)
        )

    @given(st.randoms(use_true_random=False), st.integers(1, 300))
    @settings(max_examples=20)
    def test_manyKeys(self, random: object, count: int) -> None:
        """However many keys come at once, in whatever order, they are in order."""
        replica = Replica()
        plain = made("<a/>")
        for _ in range(3):
            some = [
                attrs.evolve(plain, key=ElementKey(HOST, "o", str(random.randrange(1000))))  # type: ignore[attr-defined]
                for _ in range(count)
            ]
            replica.put(some)
            keys = [copy.element.key for copy in replica.select(question("."))]
            self.assertEqual(keys, sorted(set(keys)))
            replica.remove(keys[:: random.randrange(1, 5)])  # type: ignore[attr-defined]

    def test_identity(self) -> None:
        """A value keeps its copy for as long as it is there, and what the language made of it with that."""
        replica = Replica()
        (copy,) = replica.put([made("<a/>")])
        copy.form = self
        self.assertEqual(replica.put([made("<b/>")]), [copy])
        self.assertEqual(replica.extend([(copy.element.key, Lifetime(0.0, 5.0))]), [copy])
        self.assertIs(copy.form, self)
        self.assertEqual(replica.remove([copy.element.key]), [copy])
        self.assertTrue(copy.isGone)
        (another,) = replica.put([made("<a/>")])
        self.assertIsNot(another, copy)

    def test_backAgain(self) -> None:
        """A value that was gone, and was not removed, is seen again when it is extended."""
        replica = Replica()
        (copy,) = replica.put([made("<a/>", lifetime=Lifetime(0.0, 1.0, 2.0))])
        replica.advance(2.0)
        self.assertEqual(list(replica.select(question("."))), [])
        replica.extend([(copy.element.key, Lifetime(0.0, 9.0, 9.0))])
        self.assertEqual(list(replica.select(question("."))), [copy])

    def test_putOff(self) -> None:
        """What is told again and again for a later end waits once, and ends at the end it was told last."""
        replica = Replica()
        for each in range(1000):
            (copy,) = replica.put([made("<a/>", lifetime=Lifetime(0.0, 4.5 + each, 2000.0))])
            replica.extend([(copy.element.key, Lifetime(0.0, 5.0 + each, 2000.0))])
        self.assertEqual(len(replica._dues), 1)
        self.assertEqual(replica.advance(1003.0), [])
        self.assertEqual(replica.advance(1004.0), [copy])
        self.assertTrue(copy.isStale)
        self.assertEqual(replica.advance(2000.0), [copy])
        self.assertTrue(copy.isGone)

    def test_known(self) -> None:
        """A key is found by what it is made of while its value is there."""
        replica = Replica()
        (copy,) = replica.put([made("<a/>")])
        key = copy.element.key
        within = key.originator, key.key
        self.assertIs(replica.known(key.name)(within), key)
        self.assertIsNone(replica.known(key.name)((key.originator, "another")))
        self.assertIsNone(replica.known(QName("urn:b", "none"))(within))
        replica.remove([key])
        self.assertIsNone(replica.known(key.name)(within))

    def test_putAgain(self) -> None:
        """What was stale or gone is not any more when it is told anew."""
        replica = Replica()
        (copy,) = replica.put([made("<a/>", lifetime=Lifetime(0.0, 1.0, 2.0))])
        replica.advance(1.0)
        self.assertTrue(copy.isStale)
        replica.put([made("<a/>", lifetime=Lifetime(0.0, 5.0, 6.0))])
        self.assertFalse(copy.isStale)
        replica.advance(6.0)
        self.assertTrue(copy.isGone)
        replica.put([made("<a/>", lifetime=Lifetime(0.0))])
        self.assertEqual((copy.isStale, copy.isGone), (False, False))
        self.assertEqual(list(replica.select(question("."))), [copy])

    def test_renewals(self) -> None:
        """What is renewed for ever, or comes and goes, leaves nothing behind."""
        replica = Replica()
        key = replica.put([made("<a/>")])[0].element.key
        for each in range(5000):
            replica.extend([(key, Lifetime(0.0, 1e9 + each, math.inf))])
            (copy,) = replica.put([made("<b/>", key="other", lifetime=Lifetime(0.0, 1e9 + each))])
            replica.remove([copy.element.key])
        self.assertLess(len(replica._dues), 1100)
