"""Opening the ports of a node, all of them or none, and knowing afterwards under which URL it is reached."""

import ipaddress
from collections.abc import Callable, Sequence

import attrs
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)

from gma_twisted.configuration import Listen
from gma_twisted.errors import ConfigError, cut
from gma_twisted.nodes.atonce import atOnce
from gma_twisted.timing import gather, spawn

__all__ = ["Listening"]


@attrs.define(slots=True, eq=False)
class Listening:
    """
    The ports of one node.

    @ivar listens: where
    @ivar endpointOf: makes an endpoint of its string; where another kind of listening can be put in
    @ivar closed: says of each why other machines may not be let in there; empty when they may
    @ivar publicUrl: the base URL, when it is configured
    """

    listens: Sequence[Listen]
    endpointOf: Callable[[str], IStreamServerEndpoint]
    closed: Callable[[Listen], str]
    publicUrl: str | None = None
    _ports: list[IListeningPort] = attrs.field(factory=list, init=False, repr=False)

    def open(self, factory: IProtocolFactory) -> str:
        """
        Bind every port.

        @param factory: of the connections; no connection is made before the reactor turns
        @return: the base URL
        @raise ConfigError: a port is taken or may not be bound; none is open then
        """
        try:
            for listen in self.listens:
                self._ports.append(self._open(listen, factory))
        except ConfigError:
            self._forget()
            raise
        return self.publicUrl or self.listens[0].url(_portOf(self._ports[0].getHost()))

    async def close(self) -> None:
        """Close every port; connections stay."""
        ports, self._ports = self._ports, []
        await gather([_closed(port) for port in ports])

    def _open(self, listen: Listen, factory: IProtocolFactory) -> IListeningPort:
        try:
            port = atOnce(self.endpointOf(listen.text).listen(factory), listen.text)
        except CannotListenError as error:
            raise ConfigError(f"{listen.text}: {_reason(listen, error)}") from None
        except ConfigError:
            raise
        except Exception as error:
            said = cut(f"{type(error).__name__}: {error}")
            raise ConfigError(f"{listen.text}: cannot be listened on: {said}") from error
        why = "" if _isLocal(port.getHost()) else self.closed(listen)
        if why:
            self._ports.append(port)
            raise ConfigError(
                f"{listen.text}: lets other machines in, and {why}; "
                "bind 127.0.0.1, or spell out --insecure"
            )
        return port

    def _forget(self) -> None:
        for port in self._ports:
            spawn(_closed(port), "closing a port")
        self._ports = []


async def _closed(port: IListeningPort) -> None:
    closing = port.stopListening()
    if closing is not None:
        await closing


def _reason(listen: Listen, error: CannotListenError) -> str:
    words = getattr(error.socketError, "strerror", None) or cut(error.socketError)
    if "in use" in words.lower() and listen.port > 0:
        other = listen.text.replace(str(listen.port), str(listen.port + 1), 1)
        return (
            f"port {listen.port} is in use; stop what listens there, "
            f"or choose another: --listen {other}"
        )
    return f"cannot be listened on: {words}"


def _portOf(address: IAddress) -> int:
    return int(getattr(address, "port", 0))


def _isLocal(address: IAddress) -> bool:
    host = getattr(address, "host", None)
    return host is None or host == "localhost" or ipaddress.ip_address(host).is_loopback
