"""The two ends of a call: what takes a request that passed the Gate, and what sends one to another node."""

from collections.abc import Awaitable, Sequence

import attrs
from zope.interface import Interface

from gma_twisted.model import Certificate, Handle

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
    @ivar certificate: what the peer showed over TLS and the handshake verified; C{None} when it showed none
    @ivar isSecure: whether it came over TLS
    @ivar identity: who asks, told by the exchange once that is known; empty for who shows nothing
    """

    path: str
    soapAction: str | None
    isSoap12: bool
    # Not shown either: there may be a password in its header.
    body: bytes = attrs.field(repr=False)
    peer: str
    authorization: bytes | None = attrs.field(default=None, repr=False)
    certificate: Certificate | None = None
    isSecure: bool = False
    identity: str = ""


@attrs.define(slots=True)
class Reply:
    """
    What goes back.

    @ivar status: HTTP status; 202 has no body
    @ivar body: the envelope
    @ivar isSoap12: decides the media type
    @ivar retryAfter: whole seconds after which the caller may come again; 0 when there is nothing to say
    """

    status: int
    body: bytes
    isSoap12: bool = False
    retryAfter: int = 0


class IExchange(Interface):
    """Turns a request into a reply; the Gate knows nothing else of SOAP."""

    def receive(request: Request) -> Awaitable[Reply]:
        """
        Never fails: every error is a fault in the reply. A ready reply is a
        L{Ready <gma_twisted.timing.Ready>}, which the Gate sends without a Deferred.
        """

    def paths() -> Sequence[str]:
        """Paths of the services behind this exchange."""

    def turnedAway(peer: str, error: Exception) -> None:
        """
        Somebody was turned away for what they showed before there was a request; for the audit.

        @param peer: the address
        @param error: why
        """


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
