"""Which endpoint a description gets."""

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.listening import serverEndpoint


class ServerEndpointTests(SynchronousTestCase):
    """Without a uvloop."""

    def test_twisted(self) -> None:
        """On another reactor every description is Twisted's."""
        reactor = MemoryReactorClock()
        for text, kind in (
            ("tcp:8480:interface=127.0.0.1", TCP4ServerEndpoint),
            ("tcp6:8480:interface=\\:\\:1", TCP6ServerEndpoint),
            ("tcp:0", TCP4ServerEndpoint),
        ):
            self.assertIsInstance(serverEndpoint(reactor, text), kind)

    def test_plainAsyncio(self) -> None:
        """So it is on asyncio's own loop: it gains nothing there."""
        reactor = AsyncioSelectorReactor.__new__(AsyncioSelectorReactor)
        found = serverEndpoint(reactor, "tcp:8480:interface=127.0.0.1")
        self.assertIsInstance(found, TCP4ServerEndpoint)

    def test_wrong(self) -> None:
        """What is no description is a ValueError."""
        for text in ("", "nonsense:1", "tcp:port=x"):
            self.assertRaises(ValueError, serverEndpoint, MemoryReactorClock(), text)
