"""Lifetimes: exact for readers, told to observers."""

import math

import attrs

from gma_twisted.errors import TargetInvalid
from gma_twisted.model import (
    Added,
    Extend,
    Freshness,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    Removed,
)
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores.stand import ONE, StoreStand, asking

__all__ = ["LifetimeContract"]


class LifetimeContract(StoreStand):
    """Nothing past its end is seen, nothing before it is lost."""

    def test_goneExactly(self) -> None:
        """Nothing is seen from its availableUntil on, though nothing was swept; and nothing is missed before."""
        element = makeElement(lifetime=Lifetime(0.0, 5.0, 10.0))
        self.commit(Put(element))
        self.time.rightNow = math.nextafter(10.0, 0.0)
        self.assertEqual(self.store.get(element.key), element)
        self.assertEqual(len(self.found("{urn:a}one")), 1)
        self.time.rightNow = 10.0
        self.assertIsNone(self.store.get(element.key))
        self.assertEqual(list(self.store.names()), [])
        self.assertRaises(TargetInvalid, self.store.find, asking("{urn:a}one"))

    def test_expiryIsTold(self) -> None:
        """What is gone is told once, as expired, soon after; a value extended in time is not."""
        ends = makeElement(key="1", lifetime=Lifetime(0.0, 1.0, 2.0))
        stays = makeElement(key="2", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(ends), Put(stays))
        self.commit(Extend(stays.key, Lifetime(0.0, 1.0, 50.0)))
        self.heard.clear()
        self.time.advance(1.99)
        self.assertEqual(self.heard, [])
        self.time.advance(0.01)
        self.sweep()
        self.assertEqual(self.changes(), [Removed(ends, expired=True)])
        self.assertEqual(self.heard[0].revision, self.store.revision)

    def test_putOnGone(self) -> None:
        """A value put where one is gone and not swept is told as the end of that and the beginning of this."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        new = makeElement(text="2")
        self.commit(Put(old))
        self.heard.clear()
        self.time.rightNow = 1.0
        self.commit(Put(new))
        self.sweep()
        self.assertEqual(self.changes(), [Removed(old, expired=True), Added(new)])

    def test_putGone(self) -> None:
        """A value put past its availableUntil is never seen, and ends the one before."""
        old = makeElement()
        self.time.advance(5.0)
        self.commit(Put(old))
        self.commit(Put(makeElement(text="2", lifetime=Lifetime(0.0, 1.0, 5.0))))
        self.sweep()
        self.assertIsNone(self.store.get(old.key))
        self.assertEqual(self.changes(), [Added(old), Removed(old, expired=True)])

    def test_freshness(self) -> None:
        """A value is stale from its goodUntil on: the filter and the answer's end turn at that instant."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 5.0, 10.0))))
        fresh = attrs.evolve(asking("{urn:a}one"), freshness=Freshness.FRESH)
        stale = attrs.evolve(asking("{urn:a}one"), freshness=Freshness.STALE)
        for now, counts, until in ((math.nextafter(5.0, 0.0), (1, 0), 5.0), (5.0, (0, 1), 10.0)):
            self.time.rightNow = now
            answers = [self.store.find(query) for query in (fresh, stale)]
            self.assertEqual(tuple(len(answer.elements) for answer in answers), counts)
            self.assertEqual([answer.validUntil for answer in answers], [until, until])

    def test_validUntil(self) -> None:
        """An answer holds until the first value turns; without lifetimes for ever; an unrelated one does not count."""
        self.commit(Put(makeElement(key="1")))
        self.assertEqual(self.store.find(asking("{urn:a}one")).validUntil, math.inf)
        self.commit(Put(makeElement(key="2", lifetime=Lifetime(0.0, 4.0, 9.0))))
        self.commit(Put(makeElement("{urn:b}one", lifetime=Lifetime(0.0, 1.0, 1.0))))
        self.assertEqual(self.store.find(asking("{urn:a}one")).validUntil, 4.0)
        self.assertEqual(self.store.find(asking("{urn:c}*")).validUntil, math.inf)

    def test_validUntilOfUnknown(self) -> None:
        """An empty answer holds no longer than its name is known."""
        self.commit(Put(makeElement(key="1", lifetime=Lifetime(0.0, 4.0, 9.0))))
        query = NameQuery((NameSelector(ONE, None, "none"),))
        answer = self.store.find(query)
        self.assertEqual(list(answer.elements), [])
        self.assertTrue(0.0 <= answer.validUntil <= 9.0)
