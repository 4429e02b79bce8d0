"""Which endpoint a description gets."""

from OpenSSL.SSL import Connection
from twisted.internet.address import IPv4Address
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IAddress, IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.transport.listening import SecureEndpoint, serverEndpoint


@implementer(IOpenSSLServerConnectionCreator)
class Creator:
    """Makes no connections."""

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> Connection:
        """Fail."""
        raise AssertionError("nobody connects")


class Full(Factory):
    """Has no room."""

    def buildProtocol(self, addr: IAddress | None) -> None:
        """Nothing."""


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

    def test_secure(self) -> None:
        """TLS is ours, on what the address needs; Twisted's own reading of such a string is never used."""
        reactor = MemoryReactorClock()
        creator = Creator()
        for text, kind, port, address in (
            ("ssl:8443:interface=127.0.0.1", TCP4ServerEndpoint, 8443, "127.0.0.1"),
            ("ssl:port=8443:interface=\\:\\:1:backlog=7", TCP6ServerEndpoint, 8443, "::1"),
            ("ssl:0", TCP4ServerEndpoint, 0, ""),
        ):
            found = serverEndpoint(reactor, text, creator)
            assert isinstance(found, SecureEndpoint)
            self.assertIsInstance(found.endpoint, kind)
            self.assertIs(found.creator, creator)
            self.successResultOf(found.listen(Factory()))
            listened = reactor.tcpServers.pop()
            self.assertEqual((listened[0], listened[3]), (port, address))
            self.assertIsInstance(listened[1], TLSMemoryBIOFactory)
        self.assertRaises(ValueError, serverEndpoint, reactor, "ssl:8443")

    def test_turnedAway(self) -> None:
        """Who gets no protocol gets no TLS: the connection ends at once."""
        reactor = MemoryReactorClock()
        found = serverEndpoint(reactor, "ssl:0", Creator())
        self.successResultOf(found.listen(Full()))
        address = IPv4Address("TCP", "192.0.2.1", 1)
        self.assertIsNone(reactor.tcpServers[0][1].buildProtocol(address))

    def test_wrong(self) -> None:
        """What is no description is a ValueError."""
        for text in ("", "nonsense:1", "tcp:port=x"):
            self.assertRaises(ValueError, serverEndpoint, MemoryReactorClock(), text)
