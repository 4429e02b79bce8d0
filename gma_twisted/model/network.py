"""The network an address stands for: what one customer has, who can choose among all addresses in it."""

from functools import lru_cache
from ipaddress import ip_address

__all__ = ["isLoopback", "networkOf"]

_BITS = 128
# Mapped addresses (RFC 4291, 2.5.5.2), and those that NAT64 makes (RFC 6052): each is one IPv4 address.
_CARRYING = (0xFFFF, 0x64FF9B << 64)
_LOW = 0xFFFFFFFF


def networkOf(address: str, prefix: int = 64) -> str:
    """
    What is counted instead of an address, so that nobody counts as many because of having many.

    @param address: of the other end of a connection; of IPv6 also with a zone
    @param prefix: of a network in IPv6: 64 is what one link has, and the least a customer gets; many get 56 or 48
    @return: an IPv4 address as it is, also from within an IPv6 one; of IPv6 C{network/prefix}, but C{::1} as it is;
        what is no address, as that of a socket file, as it is
    """
    return _networkOf(address, prefix) if ":" in address else address


@lru_cache(maxsize=4096)
def _networkOf(text: str, prefix: int) -> str:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    number = int(address)
    if number >> 32 in _CARRYING:
        return str(ip_address(number & _LOW))
    if address.is_loopback:
        return str(address)
    rest = _BITS - prefix
    return f"{type(address)(number >> rest << rest)}/{prefix}"


def isLoopback(host: str) -> bool:
    """Whether who binds this address, or C{localhost}, is reached from its own machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
