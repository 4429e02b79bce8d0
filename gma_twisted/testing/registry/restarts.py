"""What a registry that survives its process has after a restart."""

from random import Random

from gma_twisted.errors import RequestError
from gma_twisted.model import Ended, Keep, KnownMember, Registration, RegistryCommand, Renew
from gma_twisted.testing.registry.model import (
    RegistryModel,
    makeRegistration,
    randomCommands,
)
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["RegistryRestartContract"]


class RegistryRestartContract(RegistryStand):
    """
    Nothing acknowledged is lost, nothing ended comes back.

    The first C{makeStore} of a test makes an empty store; every further one opens what the last one left.
    """

    def restart(self) -> None:
        """Stop the store and open another on what it left."""
        self.result(self.store.stop())
        self.store = self.makeStore(self.clock)
        self.heard.clear()
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def test_restart(self) -> None:
        """After random commits a new store has the same rows in the same order, and tells nobody of them."""
        random, model = Random(11), RegistryModel()
        for _ in range(4):
            for _ in range(25):
                commands = randomCommands(random, model, self.time.seconds())

                if self.result(self._attempt(commands)):
                    model.commit(commands, self.time.seconds())
                self.time.rightNow += 0.125
            before = self.everything()
            self.restart()
            self.assertEqual(self.everything(), before)
            self.assertEqual(self.heard, [])

    async def _attempt(self, commands: list[RegistryCommand]) -> bool:
        try:
            await self.store.commit(commands)
        except RequestError:
            return False
        return True

    def everything(self) -> list[Registration]:
        """Every entry."""
        return list(self.store.entries(limit=10_000))

    def test_overWhileStopped(self) -> None:
        """An entry that was over while no store ran is never seen, and its end is told once, after the start."""
        over, renewed = makeRegistration(until=5.0), makeRegistration("e2", until=5.0)
        self.commit(Keep(over), Keep(renewed, KnownMember.ADD))
        self.commit(Renew("e2", 50.0))
        self.result(self.store.stop())
        self.time.rightNow = 6.0
        self.restart()
        self.assertEqual(self.ids(), ["e2"])
        self.sweep()
        self.assertEqual(self.changes(), [Ended(over, expired=True)])
        self.restart()
        self.sweep()
        self.assertEqual((self.changes(), self.ids()), ([], ["e2"]))
