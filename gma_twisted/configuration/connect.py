"""C{[connect]}: where the node connects when a peer says so."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import Kind, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError

__all__ = ["ConnectSection"]

_MOST = 256
_NETWORK = re.compile(r"[0-9A-Fa-f:.]{1,45}(?:/[0-9]{1,3})?")


def _readNetwork(value: object) -> IPv4Network | IPv6Network:
    text = value if isinstance(value, str) and _NETWORK.fullmatch(value) else ""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ParameterError(f"{quoted(value)} is not a network") from None
    if ip_address(text.partition("/")[0]) != network.network_address:
        raise ParameterError(f"{quoted(value)} is inside a network", cure=f'write "{network}"')
    return network


def _readNetworks(value: object) -> Sequence[IPv4Network | IPv6Network]:
    asked = severalOf(value, _MOST, "networks", "write larger networks")
    return tuple(_readNetwork(one) for one in asked)


NETWORKS: Kind[Sequence[IPv4Network | IPv6Network]] = Kind(
    "network, or array of them",
    _readNetworks,
    'write "10.0.0.0/8" or "fd00::/8"',
    spellSeveral,
)


@attrs.frozen(slots=True)
class ConnectSection:
    """C{[connect]}: URLs that peers supply: sinks, sources, handles."""

    allow: Sequence[IPv4Network | IPv6Network] = key(
        NETWORKS,
        "networks, `10.0.0.0/8`, or addresses that URLs of peers may lead to although they are special",
        (),
        shown="none",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if len(set(self.allow)) < len(self.allow):
            yield "allow", "the same network twice", "leave one of them out"
