"""Who asks, as far as shares go: addresses come cheap by the network."""

from functools import lru_cache

from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.network import networkOf

__all__ = ["areaOf"]

_PREFIX = 48
_DOTS = 3
_HERE = "127."


@lru_cache(maxsize=4096)
def areaOf(client: str) -> str:
    """
    What a client is counted with, who may have other addresses near by.

    @param client: see L{Caller.owner <gma_twisted.model.Caller>}
    @return: of the anonymous their /24 of IPv4, or /48 of IPv6; others, and those on this machine, by themselves
    """
    who, _, address = client.partition("@")
    if who != ANONYMOUS:
        return client
    address = address.partition("/")[0]
    if ":" in address:
        return f"{who}@{networkOf(address, _PREFIX)}"
    if address.count(".") == _DOTS and not address.startswith(_HERE):
        return f"{who}@{address.rpartition('.')[0]}.0/24"
    return client
