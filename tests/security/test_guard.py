"""Where a node connects when a peer says so."""

import contextlib
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError, Refused
from gma_twisted.interfaces import IConnectGuard
from gma_twisted.security import ConnectGuard
from gma_twisted.security.networks import Address
from gma_twisted.security.urls import hostOf
from tests.corpus.urls import ADDRESSES, FORMS, HARMLESS, NAMES

_URL = "http://example.org/"
_PUBLIC = "193.0.6.139"


def _written(address: str) -> str:
    """A URL of an address, which is written as it should be."""
    return f"http://[{IPv6Address(address)}]/" if ":" in address else f"http://{address}/"


def _carrying(number: int) -> Sequence[str]:
    """The ways an IPv6 address carries an IPv4 address."""
    low = f"{number >> 16:x}:{number & 0xFFFF:x}"
    hidden = number ^ 0xFFFFFFFF
    return (
        f"::ffff:{low}",
        f"::{low}",
        f"::ffff:0:{low}",
        f"64:ff9b::{low}",
        f"2002:{low}::1",
        f"2001:0:{low}::1",
        f"2001:0:808:808::{hidden >> 16:x}:{hidden & 0xFFFF:x}",
        f"2600::5efe:{low}",
        f"2600::200:5efe:{low}",
    )


class _Case(SynchronousTestCase):
    def refusedBy(self, guard: ConnectGuard, url: str, address: str | None = None) -> str:
        """Why a URL, or an address of it, is refused."""
        if address is None:
            error = self.assertRaises(Refused, guard.check, url)
        else:
            error = self.assertRaises(Refused, guard.admit, url, address)
        message: str = error.message
        return message

    def opens(self, guard: ConnectGuard, *addresses: str) -> list[str]:
        """Those a guard admits."""
        found = []
        for one in addresses:
            with contextlib.suppress(Refused):
                guard.admit(_URL, one)
                found.append(one)
        return found


class FormTests(_Case):
    """What a URL must look like."""

    def test_interface(self) -> None:
        """It is a guard."""
        self.assertTrue(verifyObject(IConnectGuard, ConnectGuard()))

    def test_corpus(self) -> None:
        """Every hostile form is refused for its form, also where every network is allowed."""
        every = [ip_network("0.0.0.0/0"), ip_network("::/0")]
        for guard in (ConnectGuard(), ConnectGuard(["127.0.0.1"]), ConnectGuard(allow=every)):
            for form, why in FORMS:
                message = self.refusedBy(guard, form.replace("$PORT", "8480"))
                self.assertIn(f'" is refused: {why}', message, form)
        self.assertGreater(len(FORMS), 100)

    def test_sentence(self) -> None:
        """The message names the URL, cut and escaped, and says what is wrong with it."""
        self.assertEqual(
            self.refusedBy(ConnectGuard(), "http://127.1/\r\n"),
            'the URL "http://127.1/\\r\\n" is refused: it holds characters that no URL holds',
        )
        self.assertLess(len(self.refusedBy(ConnectGuard(), f"http://{'a' * 3000}")), 250)

    def test_harmless(self) -> None:
        """What is in good form and leads to the internet is allowed."""
        for url in HARMLESS:
            ConnectGuard().check(url)

    def test_names(self) -> None:
        """A name in good form is allowed as long as nobody has looked it up."""
        for name in NAMES:
            ConnectGuard().check(f"http://{name}:8480/")

    def test_schemes(self) -> None:
        """Who has other ways of sending names their schemes."""
        ConnectGuard(schemes=("x-netlog",)).check("x-netlog://example.org:14830")
        self.refusedBy(ConnectGuard(schemes=("x-netlog",)), "http://example.org/")

    @given(
        st.text("htps:/?#@[].%\\x0123456789afl-_ \t\r\n\u3002\uff11", max_size=40)
        | st.from_regex(r"http://[0-9a-fx.:\[\]@%-]{1,20}(:[0-9]{1,5})?(/a)?", fullmatch=True)
    )
    @example("http://0x7f.1")
    @example("http://1.2.3.4:80:90/")
    def test_oneReading(self, url: str) -> None:
        """What is allowed, urllib reads as the same host, and no system takes a name for a number."""
        try:
            host = hostOf(url, ("http",))
        except ParameterError:
            return
        read = urlsplit(url)
        self.assertEqual(read.hostname, str(host))
        self.assertIsNone(read.username)
        self.assertIn(read.port, (None, *range(1, 65536)))
        if isinstance(host, str):
            self.assertRaises(OSError, socket.inet_aton, host)
            self.assertRaises(OSError, socket.inet_pton, socket.AF_INET6, host)


class AddressTests(_Case):
    """What addresses are refused to a node on the internet."""

    def test_corpus(self) -> None:
        """Every one is refused as what it is: in a URL at once, and as what a name stands for."""
        guard = ConnectGuard([_PUBLIC])
        for what, addresses in ADDRESSES.items():
            for address in addresses:
                for message in (
                    self.refusedBy(guard, _written(address)),
                    self.refusedBy(guard, _URL, address),
                ):
                    self.assertIn(f"it leads to {what}, in ", message, address)

    def test_names(self) -> None:
        """So are all that the hostile names stand for."""
        for addresses in NAMES.values():
            self.assertEqual(self.opens(ConnectGuard([_PUBLIC]), *addresses), [])

    def test_sentence(self) -> None:
        """The message says what the operator can do; what a name stands for is not told."""
        self.assertEqual(
            self.refusedBy(ConnectGuard(), "http://intranet/", "10.1.2.3"),
            'the URL "http://intranet/" is refused: it leads to a private address, in 10.0.0.0/8, '
            "which the operator can allow with [connect] allow",
        )

    def test_noAddress(self) -> None:
        """What a resolver gives that is no address is refused."""
        for text in ("", "localhost", "127.1", "1.2.3.4 ", "1.2.3.4:80"):
            self.assertIn("its host has no address", self.refusedBy(ConnectGuard(), _URL, text))

    def test_carried(self) -> None:
        """An IPv6 address that carries a refused IPv4 address is refused in every way of carrying it."""
        every = ConnectGuard(allow=[ip_network("::/0")])
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "224.0.0.1"):
            ways = _carrying(int(IPv4Address(address)))
            self.assertEqual(self.opens(ConnectGuard(), *ways), [], address)
            self.assertEqual(self.opens(every, *ways), [], address)
        good = _carrying(int(IPv4Address("8.8.8.8")))
        self.assertEqual(self.opens(ConnectGuard(), *good), [good[3], *good[7:]])

    @settings(max_examples=500)
    @given(st.ip_addresses() | st.binary(min_size=16, max_size=16).map(IPv6Address))
    def test_onlyTheInternet(self, address: Address) -> None:
        """What is admitted is none of the addresses that Python's own tables call special."""
        self._onlyTheInternet(str(address))

    @given(
        st.sampled_from([ip_network(one) for one in ("::/96", "64:ff9b::/96", "2001::/16")]),
        st.integers(0, 2**112 - 1),
    )
    def test_onlyTheInternetNearby(self, network: Address, number: int) -> None:
        """So it is where IPv6 addresses stand for others."""
        size = network.num_addresses  # type: ignore[union-attr]
        self._onlyTheInternet(str(network[number % size]))  # type: ignore[index]

    @given(st.integers(0, 2**32 - 1))
    def test_onlyTheInternetInside(self, number: int) -> None:
        """So it is for what they carry."""
        inside = str(IPv4Address(number))
        for address in self.opens(ConnectGuard(), *_carrying(number)):
            self.assertEqual(self.opens(ConnectGuard(), inside), [inside], address)

    def _onlyTheInternet(self, address: str) -> None:
        for one in self.opens(ConnectGuard([_PUBLIC]), address):
            found = IPv6Address(one) if ":" in one else IPv4Address(one)
            if found in ip_network("64:ff9b::/96"):
                found = IPv4Address(int(found) & 0xFFFFFFFF)
            self.assertFalse(
                found.is_private
                or found.is_loopback
                or found.is_link_local
                or found.is_multicast
                or found.is_reserved
                or found.is_unspecified,
                one,
            )


class NearTests(_Case):
    """What a node may call beside the internet because of where it listens."""

    def _near(self, bound: Sequence[str], *addresses: str) -> list[str]:
        return self.opens(ConnectGuard(bound), *addresses)

    def test_loopback(self) -> None:
        """One on loopback calls loopback, of both families, and nothing private."""
        here = ["127.0.0.1", "127.9.9.9", "::1"]
        for bound in (["127.0.0.1"], ["::1"], ["localhost"], ["127.0.0.1", "::1"]):
            self.assertEqual(self._near(bound, *here, "10.0.0.1", "::ffff:7f00:1", "0.0.0.0"), here)
            ConnectGuard(bound).check("http://127.0.0.1:8480/")

    def test_private(self) -> None:
        """One in a private network calls the block of 65,536 addresses around it, in IPv6 its site, and no more."""
        self.assertEqual(
            self._near(["10.1.2.3"], "10.1.0.0", "10.1.255.255", "10.0.255.255", "10.2.0.0"),
            ["10.1.0.0", "10.1.255.255"],
        )
        self.assertEqual(self._near(["172.31.0.1"], "172.31.9.9", "172.30.9.9"), ["172.31.9.9"])
        self.assertEqual(self._near(["100.64.1.1"], "100.64.2.2", "100.65.2.2"), ["100.64.2.2"])
        self.assertEqual(
            self._near(["fd00:1:2:3::4"], "fd00:1:2:ffff::1", "fd00:1:3::1"), ["fd00:1:2:ffff::1"]
        )
        self.assertEqual(self._near(["192.168.7.1"], "127.0.0.1", "::1", "169.254.1.1"), [])

    def test_several(self) -> None:
        """Several blocks are all near; loopback is not where others than this machine come in."""
        bound = ["10.1.2.3", "192.168.1.1", "127.0.0.1", "::1"]
        self.assertEqual(
            self._near(bound, "10.1.1.1", "192.168.9.9", "127.0.0.1", "::1", "10.2.0.1"),
            ["10.1.1.1", "192.168.9.9"],
        )

    def test_far(self) -> None:
        """Nothing special is near to who listens on the internet, on every address, or on what is no address."""
        inner = ["127.0.0.1", "10.1.1.1", "::1", "fd00::1"]
        for far in (_PUBLIC, "", "0.0.0.0", "::", "2a00::1", "/run/gma.sock", "169.254.1.1"):
            self.assertEqual(self._near([far], *inner), [], far)
            self.assertEqual(self._near([far, "127.0.0.1", "10.1.1.2"], *inner), [], far)
        self.assertEqual(self._near([], *inner), [])

    def test_metadata(self) -> None:
        """A metadata address is never near."""
        self.assertEqual(self._near(["100.100.1.1"], "100.100.100.200"), [])
        self.assertEqual(self._near(["fd00:ec2::1"], "fd00:ec2::254"), [])


class AllowTests(_Case):
    """What the operator allows."""

    def test_networks(self) -> None:
        """What lies in an allowed network is allowed, in a URL and as what a name stands for; nothing else is."""
        guard = ConnectGuard(allow=[ip_network("10.1.0.0/16"), ip_network("fd00::/64")])
        asked = ["10.1.255.1", "10.2.0.1", "fd00::9", "fd00:0:0:1::9", "127.0.0.1"]
        self.assertEqual(self.opens(guard, *asked), ["10.1.255.1", "fd00::9"])
        guard.check("http://10.1.2.3/")
        guard.check("http://[fd00::9]:8480/")
        self.refusedBy(guard, "http://10.2.0.1/")

    def test_metadata(self) -> None:
        """A metadata address is allowed by itself only."""
        wide = ConnectGuard(allow=[ip_network("169.254.0.0/16"), ip_network("0.0.0.0/0")])
        self.assertEqual(self.opens(wide, "169.254.169.254", "169.254.1.1"), ["169.254.1.1"])
        alone = ConnectGuard(allow=[ip_network("169.254.169.254")])
        self.assertEqual(self.opens(alone, "169.254.169.254", "169.254.1.1"), ["169.254.169.254"])

    def test_carried(self) -> None:
        """An address that carries another needs both allowed."""
        both = ConnectGuard(allow=[ip_network("::ffff:0:0/96"), ip_network("10.0.0.0/8")])
        asked = ["::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"]
        self.assertEqual(self.opens(both, *asked), [asked[0], asked[2]])
        one = ConnectGuard(allow=[ip_network("10.0.0.0/8")])
        self.assertEqual(self.opens(one, *asked, "64:ff9b::a00:1"), ["64:ff9b::a00:1"])

    def test_rebinding(self) -> None:
        """What a name stood for before does not matter."""
        guard = ConnectGuard([_PUBLIC])
        guard.admit(_URL, "8.8.8.8")
        self.refusedBy(guard, _URL, "127.0.0.1")
