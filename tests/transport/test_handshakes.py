"""How many TLS handshakes an address may begin."""

from collections import Counter

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.handshakes import Handshakes


def at(host: str) -> IPv4Address | IPv6Address:
    """Where somebody connects from."""
    return IPv6Address("TCP", host, 1) if ":" in host else IPv4Address("TCP", host, 1)


class HandshakesTests(SynchronousTestCase):
    """Ten at once, two a second."""

    def setUp(self) -> None:
        """Nobody has come."""
        self.clock = Clock()
        self.counters: Counter[str] = Counter()
        self.handshakes = Handshakes(self.clock, self.counters, burst=10, rate=2.0, most=100)

    def began(self, host: str, tries: int) -> int:
        """How many of so many begin."""
        return sum(self.handshakes.admits(at(host)) for _ in range(tries))

    def test_burst(self) -> None:
        """So many begin at once, the rest is counted; another address is not concerned."""
        self.assertEqual(self.began("192.0.2.1", 25), 10)
        self.assertEqual(self.counters["dropped"], 15)
        self.assertEqual(self.began("192.0.2.2", 1), 1)

    def test_rate(self) -> None:
        """In the long run so many a second begin, however often it is tried."""
        self.began("192.0.2.1", 25)
        begun = 0
        for _ in range(80):
            self.clock.advance(0.125)
            begun += self.began("192.0.2.1", 5)
        self.assertEqual(begun, 20)

    def test_network(self) -> None:
        """Of IPv6 a /64 counts as one address."""
        begun = sum(self.began(f"2001:db8::{number:x}", 1) for number in range(25))
        self.assertEqual(begun, 10)
        self.assertEqual(self.began("2001:db8:0:1::1", 1), 1)

    def test_forgotten(self) -> None:
        """Who came long ago takes no memory; of too many, those go that would be forgotten first."""
        self.began("192.0.2.1", 25)
        for number in range(200):
            self.began(f"198.51.100.{number}", 1)
        self.assertEqual(self.began("192.0.2.1", 1), 0)
        self.clock.advance(60.0)
        for number in range(8):
            self.began(f"203.0.113.{number}", 1)
        self.assertLess(len(self.handshakes), 100)
        self.assertEqual(self.began("192.0.2.1", 25), 10)

    def test_local(self) -> None:
        """Whoever comes by a socket file is let in."""
        self.assertTrue(all(self.handshakes.admits(UNIXAddress(b"/run/x")) for _ in range(50)))
