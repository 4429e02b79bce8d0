"""The registry store on a journal."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import IRegistryStore
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.testing.registry import RegistryRestartContract, RegistryStoreContract
from gma_twisted.timing import NodeClock
from tests.stores.journal.stand import quickJournal


class DurableContract(RegistryStoreContract, SynchronousTestCase):
    """A registry with a journal keeps the contract."""

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        """A store on a new journal."""
        return RegistryStore(clock, recorder=quickJournal(self.mktemp(), "registrations", clock))


class RestartContract(RegistryRestartContract, SynchronousTestCase):
    """A registry with a journal outlives its process."""

    path = ""

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        """A store on the journal of this case."""
        self.path = self.path or self.mktemp()
        return RegistryStore(clock, recorder=quickJournal(self.path, "registrations", clock))
