"""The network adapters of this host that have an address."""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil

__all__ = ["readAdapters"]

_MOST = 64
_NETWORKS = Path("/sys/class/net")


class _Address(Protocol):
    @property
    def family(self) -> int: ...

    @property
    def address(self) -> str: ...


def readAdapters() -> Sequence[Mapping[str, str]]:
    """
    Attributes of glue:NetworkAdapter, at most 64; loopback and adapters with link-local addresses only are left out.

    psutil's C{net_if_stats} asks every adapter for its speed, which takes milliseconds on some: the MTU is all
    that is needed.
    """
    adapters = []
    for name, addresses in psutil.net_if_addrs().items():
        shown = _address(addresses)
        if name == "lo" or not shown:
            continue
        attributes = {"Name": name, "IPAddress": shown}
        try:
            attributes["MTU"] = (_NETWORKS / name / "mtu").read_text("ascii").strip()
        except (OSError, ValueError):
            pass
        adapters.append(attributes)
        if len(adapters) == _MOST:
            break
    return adapters


def _address(addresses: Sequence[_Address]) -> str:
    version6 = ""
    for one in addresses:
        if one.family == socket.AF_INET:
            return one.address
        if one.family == socket.AF_INET6 and not one.address.startswith("fe80:"):
            version6 = version6 or one.address.partition("%")[0]
    return version6
