"""What a store that survives its process has after a restart."""

from random import Random

from gma_twisted.model import MoveSubscription, Subscribe, Unsubscribe
from gma_twisted.testing.subscriptions.model import (
    SubscriptionModel,
    makeAsking,
    makeSubscription,
    randomCommands,
)
from gma_twisted.testing.subscriptions.stand import SubscriptionStand

__all__ = ["SubscriptionRestartContract"]


class SubscriptionRestartContract(SubscriptionStand):
    """
    Nothing acknowledged is lost, nothing ended comes back.

    The first C{makeStore} of a test makes an empty store; every further one opens what the last one left.
    """

    def restart(self, seconds: float = 0.0) -> None:
        """Stop the store and open another on what it left, a while later."""
        self.result(self.store.stop())
        self.time.rightNow += seconds
        self.store = self.makeStore(self.clock)
        self.heard.clear()
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def test_restart(self) -> None:
        """After random commits a new store has the same rows in the same order, and tells nobody of them."""
        random, model = Random(11), SubscriptionModel()
        for _ in range(4):
            for _ in range(25):
                now = self.time.seconds()
                commands = randomCommands(random, model, now)
                self.assertEqual(self.attempt(commands), model.commit(commands, now))
                self.time.rightNow += 0.125
            model.expire(self.time.seconds())
            self.restart()
            self.assertEqual(list(self.store.all()), list(model.rows.values()))
            self.assertEqual(self.heard, [])

    def test_remaining(self) -> None:
        """A subscription ends when it was to end, whatever time of it passed while no store ran."""
        self.commit(Subscribe(makeSubscription(until=5.0)), Subscribe(makeSubscription("s2")))
        self.commit(MoveSubscription("s1", 8.0))
        self.restart(6.0)
        row = makeSubscription(until=8.0)
        self.assertEqual((self.store.get("s1"), self.ids()), (row, ["s1", "s2"]))
        self.time.advance(2.0)
        self.sweep()
        self.assertEqual((self.events(), self.ids()), ([("expired", row)], ["s2"]))

    def test_overWhileStopped(self) -> None:
        """What was over while no store ran is never seen, and its end is told once, after the start."""
        over = makeSubscription(until=5.0)
        self.commit(Subscribe(over), Subscribe(makeSubscription("s2")))
        self.restart(6.0)
        self.assertEqual((self.store.get("s1"), self.ids()), (None, ["s2"]))
        self.sweep()
        self.assertEqual(self.events(), [("expired", over)])
        self.restart()
        self.sweep()
        self.assertEqual((self.events(), self.ids()), ([], ["s2"]))

    def test_idAgain(self) -> None:
        """An id that ended and came again is there as what it is now, and as the youngest."""
        self.commit(*[Subscribe(makeSubscription(id, until=5.0)) for id in ("s1", "s2", "s3")])
        again = [makeSubscription("s1", "bob"), makeSubscription("s2", "bob")]
        self.commit(Unsubscribe("s1"), MoveSubscription("s3", 50.0))
        self.commit(Subscribe(again[0]))
        self.time.rightNow = 5.0
        self.commit(Subscribe(again[1]))
        self.restart()
        third = makeSubscription("s3", until=50.0)
        self.assertEqual(list(self.store.all()), [third, *again])

    def test_questions(self) -> None:
        """Subscriptions to the answer to a question are there as they were, those with equal questions with one."""
        rows = [makeAsking("s1"), makeAsking("s2", "count(//load)"), makeAsking("s3")]
        self.commit(*map(Subscribe, rows))
        self.restart()
        kept = list(self.store.all())
        self.assertEqual(kept, rows)
        self.assertIs(kept[0].topic, kept[2].topic)

    def test_sharedTopics(self) -> None:
        """What is loaded shares its topics, with what comes later too."""
        self.commit(*[Subscribe(makeSubscription(id)) for id in ("s1", "s2")])
        self.restart()
        self.commit(Subscribe(makeSubscription("s3")))
        self.assertEqual(len({id(row.topic) for row in self.store.all()}), 1)
