"""Ends: exact for readers, told to observers."""

import math
from random import Random

from gma_twisted.model import (
    MoveSubscription,
    Subscribe,
    SubscriptionChanges,
    Unsubscribe,
)
from gma_twisted.testing.subscriptions.model import makeSubscription
from gma_twisted.testing.subscriptions.stand import SubscriptionStand

__all__ = ["LifetimeContract"]


class LifetimeContract(SubscriptionStand):
    """Nothing past its end is seen, nothing before it is lost."""

    def test_overExactly(self) -> None:
        """Nothing is seen from its end on, though nothing was swept; and nothing is missed before."""
        row = makeSubscription(until=10.0)
        self.commit(Subscribe(row))
        self.time.rightNow = math.nextafter(10.0, 0.0)
        self.assertEqual((self.store.get("s1"), self.ids()), (row, ["s1"]))
        self.time.rightNow = 10.0
        self.assertEqual((self.store.get("s1"), self.ids()), (None, []))

    def test_expiryIsTold(self) -> None:
        """What is over is told once, as expired, soon after; what was moved in time is not."""
        rows = [makeSubscription(id, until=2.0) for id in ("s1", "s2")]
        self.commit(*map(Subscribe, rows))
        self.commit(MoveSubscription("s2", 50.0))
        self.heard.clear()
        self.time.advance(1.99)
        self.assertEqual(self.heard, [])
        self.time.advance(0.01)
        self.sweep()
        self.assertEqual(self.heard, [SubscriptionChanges(ended=[rows[0]], expired=True)])

    def test_shortened(self) -> None:
        """A subscription moved to an earlier end is over then."""
        self.commit(Subscribe(makeSubscription(until=50.0)))
        self.commit(MoveSubscription("s1", 2.0))
        self.time.advance(2.0)
        self.sweep()
        self.assertEqual(self.events()[-1], ("expired", makeSubscription(until=2.0)))

    def test_overIsNotThere(self) -> None:
        """What is over can be neither moved nor ended; its end is told as expired, once."""
        row = makeSubscription(until=1.0)
        self.commit(Subscribe(row))
        self.heard.clear()
        self.time.rightNow = 1.0
        changes = self.commit(MoveSubscription("s1", 9.0), Unsubscribe("s1"))
        self.assertEqual((changes.moved, changes.ended), ([], []))
        self.sweep()
        self.assertEqual(self.events(), [("expired", row)])

    def test_idAgain(self) -> None:
        """The id of what is over may come again before it was swept: its end is told first, by itself."""
        row, again = makeSubscription(until=1.0), makeSubscription(owner="bob", until=9.0)
        self.commit(Subscribe(row))
        self.heard.clear()
        self.time.rightNow = 1.0
        changes = self.commit(Subscribe(again))
        self.assertEqual(
            self.heard,
            [SubscriptionChanges(ended=[row], expired=True), SubscriptionChanges([again], [], [])],
        )
        self.assertEqual(changes, self.heard[1])
        self.time.advance(5.0)
        self.sweep()
        self.assertEqual((len(self.heard), self.store.get("s1")), (2, again))
        self.time.advance(3.0)
        self.sweep()
        self.assertEqual(self.events()[2:], [("expired", again)])

    def test_movedToThePast(self) -> None:
        """A subscription moved to an instant that has passed is over at once: told as expired, and not the answer."""
        row = makeSubscription(until=5.0)
        self.commit(Subscribe(row), Subscribe(makeSubscription("s2")))
        self.heard.clear()
        self.time.advance(1.0)
        changes = self.commit(MoveSubscription("s1", 1.0), Unsubscribe("s2"))
        self.assertEqual(self.events(), [("expired", row), ("ended", makeSubscription("s2"))])
        self.assertEqual((changes, self.ids()), (self.heard[-1], []))

    def test_begunOver(self) -> None:
        """What begins at its end, or after it, is never seen or told; its id is free."""
        self.time.advance(5.0)
        over, row = makeSubscription(until=5.0), makeSubscription(until=9.0)
        self.assertEqual(list(self.commit(Subscribe(over)).begun), [])
        self.assertEqual((self.heard, self.ids()), ([], []))
        other = makeSubscription("s2")
        changes = self.commit(Subscribe(over), Subscribe(other), Subscribe(row))
        self.assertEqual((list(changes.begun), self.ids()), ([other, row], ["s2", "s1"]))

    def test_manyLifetimes(self) -> None:
        """Of many random lifetimes none is seen late or missed early; each end is told once, never early."""
        random = Random(7)
        untils = {f"s{number}": random.uniform(0.1, 30.0) for number in range(3000)}
        ids = list(untils)
        early: list[str] = []

        def hear(changes: SubscriptionChanges) -> None:
            now = self.time.seconds()
            early.extend([row.id for row in changes.ended if row.until > now])

        for start in range(0, len(ids), 1000):
            page = ids[start : start + 1000]
            self.commit(*[Subscribe(makeSubscription(id, until=untils[id])) for id in page])
        for id in random.sample(ids, 500):
            untils[id] = random.uniform(0.1, 30.0)
            self.commit(MoveSubscription(id, untils[id]))
        self.heard.clear()
        self.store.observe(hear)
        for instant in sorted(random.sample(sorted(untils.values()), 20)):
            for now in (math.nextafter(instant, 0.0), instant):
                self.time.rightNow = max(now, self.time.rightNow)
                now = self.time.seconds()
                self.assertEqual(self.ids(), [id for id in ids if untils[id] > now])
            self.sweep()
            told = {row.id for _, row in self.events()}
            self.assertEqual({id for id in ids if untils[id] <= instant} - told, set())
        self.time.advance(30.0)
        self.sweep()
        self.assertEqual(early, [])
        self.assertEqual(sorted(row.id for _, row in self.events()), sorted(ids))
        self.assertTrue(all(changes.expired for changes in self.heard))
