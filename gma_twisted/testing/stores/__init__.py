"""C{StoreContract}: what every C{IServiceDataStore} must do, to be mixed into a C{SynchronousTestCase}."""

from gma_twisted.testing.stores.commits import CommitContract
from gma_twisted.testing.stores.history import HistoryContract
from gma_twisted.testing.stores.lifetimes import LifetimeContract
from gma_twisted.testing.stores.observing import ObservingContract
from gma_twisted.testing.stores.reading import ReadingContract

__all__ = ["StoreContract"]


class StoreContract(
    CommitContract, LifetimeContract, ReadingContract, ObservingContract, HistoryContract
):
    """The whole contract; a subclass has C{makeStore(clock)}."""
