"""Random histories against a model of a registry that is plainly right."""

from collections.abc import Sequence
from random import Random

from gma_twisted.errors import ParameterError, ServiceAlreadyExists
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    Registration,
    RegistryChange,
    RegistryChanges,
    RegistryCommand,
)
from gma_twisted.testing.registry.model import (
    HANDLES,
    RegistryModel,
    randomCommands,
    randomRow,
)
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["HistoryContract"]


class HistoryContract(RegistryStand):
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
        self.result(self.store.reset([]))
        model = RegistryModel()
        history: dict[str, list[RegistryChange]] = {}

        def hear(changes: RegistryChanges) -> None:
            for change in changes.changes:
                history.setdefault(change.row.entry, []).append(change)

        end = self.store.observe(hear)
        for _ in range(steps):
            step = random.randrange(12)
            now = self.time.seconds()
            if step <= 5:
                commands = randomCommands(random, model, now)
                self.assertEqual(self._answer(commands), model.commit(commands, now))
            elif step == 6:
                self._reset(random, model)
            elif step <= 8:
                self.time.advance(random.choice((0.25, 0.5, 1.0)))
            else:
                # Time passes and no timer runs: a reactor that is late.
                self.time.rightNow += random.choice((0.25, 0.5, 1.0))
            model.expire(self.time.seconds())
            _compare(self, self.store, model)
        self.time.advance(100.0)
        self.sweep()
        model.expire(self.time.seconds())
        self.assertEqual(history, model.history)
        end()

    def _answer(self, commands: Sequence[RegistryCommand]) -> Sequence[Registration | None] | str:
        async def attempt() -> Sequence[Registration | None] | str:
            try:
                return list((await self.store.commit(commands)).rows)
            except (ParameterError, ServiceAlreadyExists) as error:
                return error.code

        return self.result(attempt())

    def _reset(self, random: Random, model: RegistryModel) -> None:
        now = self.time.seconds()
        rows = {row.entry: row for row in model.rows.values() if random.random() < 0.7}
        for _ in range(random.randrange(3)):
            row = randomRow(random, model, now)
            rows[row.entry] = row
        self.result(self.store.reset(rows.values()))
        model.reset(rows.values(), now)


def _compare(case: RegistryStand, store: IRegistryStore, model: RegistryModel) -> None:
    for entry in model.history:
        case.assertEqual(store.get(entry), model.rows.get(entry))
    for handle in HANDLES:
        expected = [row for row in model.rows.values() if row.handle == handle]
        case.assertEqual(list(store.ofMember(handle)), expected)
    found: list[Registration] = []
    while page := store.entries(found[-1].entry if found else "", 2):
        found += page
    case.assertEqual(found, list(model.rows.values()))
