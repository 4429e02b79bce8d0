"""
C{RegistryStoreContract}: what every C{IRegistryStore} must do, to be mixed into a C{SynchronousTestCase}.

C{RegistryRestartContract} is for one that survives its process.
"""

from gma_twisted.testing.registry.commits import CommitContract
from gma_twisted.testing.registry.history import HistoryContract
from gma_twisted.testing.registry.lifetimes import LifetimeContract
from gma_twisted.testing.registry.members import MemberContract
from gma_twisted.testing.registry.observing import ObservingContract
from gma_twisted.testing.registry.paging import PagingContract
from gma_twisted.testing.registry.restarts import RegistryRestartContract

__all__ = ["RegistryRestartContract", "RegistryStoreContract"]


class RegistryStoreContract(
    CommitContract,
    MemberContract,
    LifetimeContract,
    PagingContract,
    ObservingContract,
    HistoryContract,
):
    """The whole contract; a subclass has C{makeStore(clock)}, and C{result} when its store needs real time."""
