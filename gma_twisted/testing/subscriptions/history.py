"""Random histories against a model that is plainly right."""

from random import Random

from gma_twisted.model import SubscriptionChanges, Unsubscribe
from gma_twisted.testing.subscriptions.model import (
    Event,
    SubscriptionModel,
    eventsOf,
    randomCommands,
)
from gma_twisted.testing.subscriptions.stand import SubscriptionStand

__all__ = ["HistoryContract"]


class HistoryContract(SubscriptionStand):
    """A store and its model say the same after every step."""

    def test_model(self) -> None:
        """Over long random histories it reads like a plain dict at every instant, and tells the same of each id."""
        for seed in range(6):
            self.compareWithModel(Random(seed), 60)

    def compareWithModel(self, random: Random, steps: int) -> None:
        """
        Run one random history on the store, which is made empty before.

        @param random: decides everything
        """
        self.commit(*[Unsubscribe(row.id) for row in self.store.all()])
        # Of a history that was given up, what was over may not have been swept.
        self.sweep()
        model = SubscriptionModel()
        history: dict[str, list[Event]] = {}

        def hear(changes: SubscriptionChanges) -> None:
            for event in eventsOf(changes):
                history.setdefault(event[1].id, []).append(event)

        end = self.store.observe(hear)
        for _ in range(steps):
            step = random.randrange(10)
            now = self.time.seconds()
            if step <= 5:
                commands = randomCommands(random, model, now)
                self.assertEqual(self.attempt(commands), model.commit(commands, now))
            elif step <= 7:
                self.time.advance(random.choice((0.25, 0.5, 1.0)))
            else:
                # Time passes and no timer runs: a reactor that is late.
                self.time.rightNow += random.choice((0.25, 0.5, 1.0))
            model.expire(self.time.seconds())
            self.assertEqual(list(self.store.all()), list(model.rows.values()))
            for id in model.history:
                self.assertEqual(self.store.get(id), model.rows.get(id))
        self.time.advance(100.0)
        self.sweep()
        model.expire(self.time.seconds())
        self.assertEqual(history, model.history)
        end()
