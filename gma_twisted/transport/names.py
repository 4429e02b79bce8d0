"""Under which names a node answers: one on loopback only under names of this machine.

Otherwise any page in a browser on this machine could reach the node under a name of its own that resolves to
127.0.0.1 (DNS rebinding), while everything on loopback is allowed.
"""

import ipaddress
from collections.abc import Callable, Collection

__all__ = ["localNames"]


def localNames(others: Collection[str] = ()) -> Callable[[str], bool]:
    """
    What a node admits that listens on loopback addresses only.

    @param others: further names, lower case: that of C{public_url}
    @return: whether it answers under a name, the value of Host without port and in lower case; without a Host
        (HTTP/1.0) it does
    """

    def admits(host: str) -> bool:
        return not host or host == "localhost" or host in others or _isLoopback(host)

    return admits


def _isLoopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.endswith(".localhost")
