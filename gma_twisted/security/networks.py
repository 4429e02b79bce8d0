"""Which addresses are not simply somewhere on the internet, what they are, and what else they lead to.

From the IANA registries of special-purpose addresses (RFC 6890), written out: what C{ipaddress} calls private
differs between releases of Python.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import attrs

__all__ = ["Address", "Network", "Special", "carriedBy", "isThisMachine", "near", "specialOf"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@attrs.frozen(slots=True)
class Special:
    """
    A network where nobody is called unless that is allowed.

    @ivar network: its addresses
    @ivar what: an address of it, in words
    @ivar isAlone: whether allowing a network around it does not allow it: it must be named by itself
    """

    network: Network
    what: str
    isAlone: bool = False


def _specials(what: str, *networks: str, isAlone: bool = False) -> Iterator[Special]:
    for one in networks:
        yield Special(ip_network(one), what, isAlone)


# Of Alibaba, Amazon, Azure, Google, Oracle, Scaleway, Tencent and most others; they give credentials away.
_METADATA = (
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.23",
    "169.254.42.42",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "192.0.0.192",
    "fd00:42::42",
    "fd00:ec2::23",
    "fd00:ec2::254",
    "fd20:ce::254",
)

# The first that holds an address is what it is: narrow ones before the wide ones around them.
_SPECIALS: Sequence[Special] = (
    *_specials("a metadata address", *_METADATA, isAlone=True),
    *_specials("a loopback address", "127.0.0.0/8", "::1/128"),
    *_specials("the broadcast address", "255.255.255.255/32"),
    *_specials("an unspecified address", "0.0.0.0/8", "::/128"),
    *_specials("a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    *_specials("an address behind a carrier's NAT", "100.64.0.0/10"),
    *_specials("a link-local address", "169.254.0.0/16", "fe80::/10"),
    *_specials("a site-local address", "fec0::/10"),
    *_specials("a multicast address", "224.0.0.0/4", "ff00::/8"),
    *_specials(
        "an address of documentation",
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    ),
    *_specials(
        "an IPv6 address that stands for one of IPv4",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    ),
    *_specials(
        "a reserved address",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",
        # All that is not 2000::/3, where the internet is.
        "::/3",
        "4000::/2",
        "8000::/1",
    ),
)

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Where NAT64 puts the IPv4 internet (RFC 6052): as good as the IPv4 address in it."""

_LOW = 0xFFFFFFFF
# How Twisted shows the address of who comes by one.
_SOCKET_FILE = "UNIXAddress("
_LOOPBACK: Sequence[Network] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_BLOCKS = {ip_network(one): 16 for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")} | {
    IPv4Network("100.64.0.0/10"): 16,
    IPv6Network("fc00::/7"): 48,
}


def specialOf(address: Address) -> Special | None:
    """What an address is, apart from what it carries; C{None} for one that is somewhere on the internet."""
    if address in _TRANSLATED:
        return None
    return next((one for one in _SPECIALS if address in one.network), None)


def carriedBy(address: Address) -> Sequence[IPv4Address]:
    """
    The IPv4 addresses that an IPv6 address stands for, and where a packet to it may end: mapped, compatible and
    translated ones (RFC 4291, 2765), NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
    """
    if isinstance(address, IPv4Address):
        return ()
    low = IPv4Address(int(address) & _LOW)
    high = int(address) >> 32
    if address in _TRANSLATED or high in (0xFFFF, 0xFFFF0000):
        return (low,)
    if high == 0:
        # The unspecified and the loopback address are no IPv4.
        return (low,) if int(low) > 1 else ()
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if high & _LOW in (0x00005EFE, 0x02005EFE):
        return (low,)
    return ()


def isThisMachine(peer: str) -> bool:
    """
    Whether who asks is on this machine, as far as the address tells: a proxy here asks for others.

    @param peer: address of the other end, as the Gate tells it; empty for the node itself
    """
    if not peer or peer.startswith(_SOCKET_FILE):
        return True
    address = _read(peer)
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (mapped or address).is_loopback


def near(bound: Sequence[str]) -> Sequence[Network]:
    """
    The special networks that everybody who can reach a node can reach without it.

      - When every address it listens on is a loopback address: C{127.0.0.0/8} and C{::1}.
      - When all beside those of loopback are private, or behind a carrier's NAT: of each the C{/16}, in IPv6 the
        C{/48}, it is in. How wide the node's own network is cannot be seen in its address.
      - Otherwise none: who comes from farther away must not reach what is near through the node. So a loopback
        address beside a private one, and a private one beside a public one, add nothing.

    @param bound: the addresses the node listens on; C{localhost} is one of loopback, and what is no address (empty:
        all of them) is as far as can be
    """
    far = [one for one in bound if not _isLoopback(one)]
    if not far:
        return _LOOPBACK if bound else ()
    blocks = [_blockOf(one) for one in far]
    found = tuple(dict.fromkeys(block for block in blocks if block is not None))
    return () if None in blocks else found


def _read(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _isLoopback(text: str) -> bool:
    address = _read(text)
    return text == "localhost" or (address is not None and address.is_loopback)


def _blockOf(text: str) -> Network | None:
    address = _read(text)
    if address is not None:
        for network, prefix in _BLOCKS.items():
            if address in network:
                return ip_network(f"{address}/{prefix}", strict=False)
    return None
