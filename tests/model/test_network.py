"""Which network an address stands for."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model.network import isLoopback, networkOf


class NetworkTests(SynchronousTestCase):
    """L{networkOf}."""

    def test_whole(self) -> None:
        """An IPv4 address, also one within IPv6, loopback, and what is no address stand for themselves."""
        for address, told in (
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "192.0.2.1"),
            ("::1", "::1"),
            ("", ""),
            ("UNIXAddress('/run/a:b/c')", "UNIXAddress('/run/a:b/c')"),
            ("@alice", "@alice"),
            ("::nothing", "::nothing"),
        ):
            for prefix in (64, 48):
                self.assertEqual(networkOf(address, prefix), told)

    def test_zone(self) -> None:
        """The zone of an address that is of a link says nothing of who it is."""
        self.assertEqual(networkOf("fe80::1%eth0"), "fe80::/64")

    @given(st.integers(1 << 125, (1 << 128) - 1).map(IPv6Address), st.sampled_from((64, 56, 48)))
    def test_networks(self, address: IPv6Address, prefix: int) -> None:
        """Of IPv6 it is the network of so many bits."""
        told = networkOf(str(address), prefix)
        self.assertEqual(told, str(ip_network((address, prefix), strict=False)))

    @given(st.integers(0, (1 << 32) - 1).map(IPv4Address))
    def test_carried(self, address: IPv4Address) -> None:
        """An address of IPv4 is one, however it is written."""
        self.assertEqual(networkOf(f"::ffff:{address}"), networkOf(str(address)))


class LoopbackTests(SynchronousTestCase):
    """isLoopback."""

    def test_hosts(self) -> None:
        """What is no address, or one of all addresses, is reached from elsewhere as far as is known."""
        for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"):
            self.assertTrue(isLoopback(host), host)
        for host in ("", "0.0.0.0", "::", "10.0.0.1", "example.org"):
            self.assertFalse(isLoopback(host), host)
