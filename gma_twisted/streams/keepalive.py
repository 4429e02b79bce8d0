"""TCP keep-alive: how a stream hears of a machine that vanished and closed nothing."""

import contextlib
import socket
from typing import Protocol

__all__ = ["COUNT", "IDLE", "INTERVAL", "Kept", "keepAlive"]

IDLE = 15
"""Seconds of silence after which the other machine is asked whether it is there."""

INTERVAL = 5
"""Seconds between two such questions."""

COUNT = 3
"""How many stay without an answer before the connection is over: 30 s in all."""

# As the platform calls them; macOS has its own name for the first. What a platform lacks stays as it is set there.
_OPTIONS = {
    "TCP_KEEPIDLE": IDLE,
    "TCP_KEEPALIVE": IDLE,
    "TCP_KEEPINTVL": INTERVAL,
    "TCP_KEEPCNT": COUNT,
}


class Kept(Protocol):
    """A transport over TCP; one with a socket has C{getHandle} too."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """See C{ITCPTransport}."""


def keepAlive(transport: Kept) -> None:
    """
    Have a connection end when the other machine answers nothing any more, also when nothing is to be sent.

    A machine that answers and takes nothing, however long, keeps its connection.

    @param transport: of a connection that was just made
    """
    transport.setTcpKeepAlive(True)
    handle = getattr(transport, "getHandle", None)
    if handle is None:
        return
    # The other end may have gone at once: then the connection tells so itself.
    with contextlib.suppress(OSError):
        for name, value in _OPTIONS.items():
            option = getattr(socket, name, None)
            if option is not None:
                handle().setsockopt(socket.IPPROTO_TCP, option, value)
