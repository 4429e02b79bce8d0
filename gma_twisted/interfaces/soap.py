"""The two ends of a call: what takes a request that passed the Gate, and what sends one to another node."""

from collections.abc import Awaitable, Sequence

import attrs
from zope.interface import Interface

from gma_twisted.model import Handle

__all__ = ["ICaller", "IExchange", "Reply", "Request"]


@attrs.define(slots=True, eq=False)
class Request:
    """
    A whole HTTP POST for a service path, framing and size already checked.

    @ivar path: decoded path of the service, C{/services/index}
    @ivar soapAction: value of SOAPAction or of SOAP 1.2's C{action=}, unquoted; C{None} when absent
    @ivar isSoap12: by the media type
    @ivar body: the message
    @ivar peer: who asks, as far as the connection knows: address, or identity once there is one
    @ivar authorization: value of the Authorization header; never logged
    """

    path: str
    soapAction: str | None
    isSoap12: bool
    body: bytes
    peer: str
    authorization: bytes | None = None


@attrs.define(slots=True)
class Reply:
    """
    What goes back.

    @ivar status: HTTP status; 202 has no body
    @ivar body: the envelope
    @ivar isSoap12: decides the media type
    """

    status: int
    body: bytes
    isSoap12: bool = False


class IExchange(Interface):
    """Turns a request into a reply; the Gate knows nothing else of SOAP."""

    def receive(request: Request) -> Awaitable[Reply]:
        """
        Never fails: every error is a fault in the reply. A ready reply is a
        L{Ready <gma_twisted.timing.Ready>}, which the Gate sends without a Deferred.
        """

    def paths() -> Sequence[str]:
        """Paths of the services behind this exchange."""


class ICaller(Interface):
    """Sends one envelope to a service elsewhere: pooled connections, or memory in tests."""

    def call(handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Awaitable[Reply]:
        """
        POST the envelope and wait for the whole answer.

        @param timeout: seconds for everything: connecting, sending, the whole answer
        @return: the reply, also when it is a fault
        @raise PeerUnreachable: no connection or no whole answer in time; the message names the handle
        @raise TooLarge: the answer is larger than this caller accepts
        @raise Busy: too many calls wait for this peer
        @raise Refused: a guard keeps this caller from connecting there
        """

    def close() -> Awaitable[None]:
        """End idle connections, let running calls finish or time out."""
