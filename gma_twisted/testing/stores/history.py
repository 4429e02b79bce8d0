"""Random histories against a model of a store that is plainly right."""

from random import Random

import attrs

from gma_twisted.errors import TargetInvalid
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Change,
    Changes,
    ElementKey,
    NameQuery,
    ServiceDataElement,
)
from gma_twisted.testing.storemodel import StoreModel, randomCommands, randomQuery
from gma_twisted.testing.stores.stand import StoreStand

__all__ = ["HistoryContract"]


class HistoryContract(StoreStand):
    """A store and its model say the same after every step."""

    def test_model(self) -> None:
        """Over long random histories it reads like plain dicts do at every instant, and tells the same of each key."""
        for seed in range(6):
            self.compareWithModel(Random(seed), 60)

    def compareWithModel(self, random: Random, steps: int) -> None:
        """
        Run one random history on a store of its own.

        @param random: decides everything
        """
        store = self.makeStore(self.clock)
        model = StoreModel()
        history: dict[ElementKey, list[Change]] = {}

        def hear(changes: Changes) -> None:
            for change in changes.changes:
                history.setdefault(change.key, []).append(change)

        store.observe(hear)
        self.result(store.start())
        for _ in range(steps):
            step = random.randrange(4)
            if step <= 1:
                commands = randomCommands(random, self.time.seconds())
                self.result(store.commit(commands))
                model.commit(commands, self.time.seconds())
            elif step == 2:
                self.time.advance(random.choice((0.25, 0.5, 1.0)))
            else:
                # Time passes and no timer runs: a reactor that is late.
                self.time.rightNow += random.choice((0.25, 0.5, 1.0))
            model.expire(self.time.seconds())
            self._compare(store, model, randomQuery(random))
        self.time.advance(100.0)
        self.sweep()
        model.expire(self.time.seconds())
        self.assertEqual(history, model.history)
        self.result(store.stop())

    def _compare(self, store: IServiceDataStore, model: StoreModel, query: NameQuery) -> None:
        self.assertEqual(list(store.names()), model.names())
        for key in model.history:
            self.assertEqual(store.get(key), model.values.get(key))
        expected = model.find(query, self.time.seconds())
        if expected is None:
            self.assertRaises(TargetInvalid, store.find, query)
            return
        found: list[ServiceDataElement] = []
        cursor = None
        while True:
            answer = store.find(attrs.evolve(query, cursor=cursor))
            found.extend(answer.elements)
            cursor = answer.cursor
            if cursor is None:
                break
        self.assertEqual(found, expected)
