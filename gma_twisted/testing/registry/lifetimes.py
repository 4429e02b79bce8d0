"""Ends: exact for readers, told to observers."""

import math
from random import Random

from gma_twisted.model import (
    End,
    Ended,
    Keep,
    KnownMember,
    RegistryChanges,
    Renew,
)
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["LifetimeContract"]


class LifetimeContract(RegistryStand):
    """Nothing past its end is seen, nothing before it is lost."""

    def test_goneExactly(self) -> None:
        """Nothing is seen from its end on, though nothing was swept; and nothing is missed before."""
        row = makeRegistration(until=10.0)
        self.commit(Keep(row))
        self.time.rightNow = math.nextafter(10.0, 0.0)
        self.assertEqual(self.store.get("e1"), row)
        self.assertEqual((len(self.store.ofMember("http://a/")), self.ids()), (1, ["e1"]))
        self.time.rightNow = 10.0
        self.assertIsNone(self.store.get("e1"))
        self.assertEqual((list(self.store.ofMember("http://a/")), self.ids()), ([], []))

    def test_expiryIsTold(self) -> None:
        """What is over is told once, as expired, soon after; what was renewed in time is not."""
        self.commit(Keep(makeRegistration(until=2.0)))
        self.commit(Keep(makeRegistration("e2", "http://b/", until=2.0)))
        self.commit(Renew("e2", 50.0))
        self.heard.clear()
        self.time.advance(1.99)
        self.assertEqual(self.heard, [])
        self.time.advance(0.01)
        self.sweep()
        self.assertEqual(self.changes(), [Ended(makeRegistration(until=2.0), expired=True)])
        self.assertEqual(self.heard[0].revision, self.store.revision)

    def test_shortened(self) -> None:
        """An entry renewed to an earlier end ends then."""
        self.commit(Keep(makeRegistration(until=50.0)))
        self.commit(Renew("e1", 2.0))
        self.time.advance(2.0)
        self.sweep()
        self.assertEqual(self.changes()[-1], Ended(makeRegistration(until=2.0), expired=True))

    def test_goneIsNotThere(self) -> None:
        """What is over can be neither renewed nor ended; its end is told as expired, once."""
        row = makeRegistration(until=1.0)
        self.commit(Keep(row))
        self.heard.clear()
        self.time.rightNow = 1.0
        self.assertEqual(list(self.commit(Renew("e1", 9.0), End("e1")).rows), [None, None])
        self.sweep()
        self.assertEqual(self.changes(), [Ended(row, expired=True)])

    def test_keptOver(self) -> None:
        """A row kept past its end is answered, and never seen or told; a known one ends by it."""
        self.time.advance(5.0)
        over = makeRegistration(until=5.0)
        self.assertEqual(list(self.commit(Keep(over)).rows), [over])
        self.assertEqual((self.heard, self.ids()), ([], []))
        row = makeRegistration("e2")
        self.commit(Keep(row), Keep(makeRegistration("e3", "http://b/")))
        self.commit(Keep(over))
        self.assertEqual((self.changes()[-1], self.ids()), (Ended(row, expired=True), ["e3"]))

    def test_manyLifetimes(self) -> None:
        """Of ten thousand random lifetimes none is seen late or missed early; each end is told once, never early."""
        random = Random(7)
        untils = {f"e{number}": random.uniform(0.1, 30.0) for number in range(10_000)}
        entries = list(untils)
        early: list[str] = []

        def hear(changes: RegistryChanges) -> None:
            now = self.time.seconds()
            early.extend([c.row.entry for c in changes.changes if not c.row.isGone(now)])

        for start in range(0, len(entries), 1000):
            page = entries[start : start + 1000]
            self.commit(
                *[Keep(makeRegistration(e, until=untils[e]), KnownMember.ADD) for e in page]
            )
        for entry in random.sample(entries, 2000):
            untils[entry] = random.uniform(0.1, 30.0)
            self.commit(Renew(entry, untils[entry]))
        self.heard.clear()
        self.store.observe(hear)
        for instant in sorted(random.sample(sorted(untils.values()), 20)):
            if instant < self.time.seconds():
                continue
            for now in (math.nextafter(instant, 0.0), instant):
                self.time.rightNow = max(now, self.time.rightNow)
                now = self.time.seconds()
                live = [entry for entry in entries if untils[entry] > now]
                self.assertEqual(self.ids(limit=20_000), live)
            self.sweep()
            told = {change.row.entry for change in self.changes()}
            self.assertEqual({e for e in entries if untils[e] <= instant} - told, set())
        self.time.advance(30.0)
        self.sweep()
        self.assertEqual(early, [])
        self.assertEqual(
            sorted(change.row.entry for change in self.changes()),
            sorted(entries),
        )
