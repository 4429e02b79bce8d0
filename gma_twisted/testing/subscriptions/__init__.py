"""
C{SubscriptionStoreContract}: what every C{ISubscriptionStore} must do, to be mixed into a C{SynchronousTestCase}.

C{SubscriptionRestartContract} is for one that survives its process.
"""

from gma_twisted.testing.subscriptions.commits import CommitContract
from gma_twisted.testing.subscriptions.history import HistoryContract
from gma_twisted.testing.subscriptions.lifetimes import LifetimeContract
from gma_twisted.testing.subscriptions.observing import ObservingContract
from gma_twisted.testing.subscriptions.restarts import SubscriptionRestartContract

__all__ = ["SubscriptionRestartContract", "SubscriptionStoreContract"]


class SubscriptionStoreContract(
    CommitContract, LifetimeContract, ObservingContract, HistoryContract
):
    """The whole contract; a subclass has C{makeStore(clock)}, and C{result} when its store needs real time."""
