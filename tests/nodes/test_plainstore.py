"""The store that the tests of C{[store] class} stand on keeps its promises."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.testing import StoreContract
from gma_twisted.timing import NodeClock
from tests.nodes.plainstore import PlainStore


class PlainStoreTests(StoreContract, SynchronousTestCase):
    """A dict and a timer."""

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """See L{StoreContract}."""
        self.addCleanup(PlainStore.made.clear)
        return PlainStore(clock)
