"""TLS of a node, both ways: every new connection takes what was read last."""

import weakref
from collections.abc import Callable
from typing import Any

import attrs
from OpenSSL import SSL
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.configuration.tls import Clients
from gma_twisted.errors import FailedAuthentication, PeerUnreachable, cut
from gma_twisted.security.contexts import clientContext, isBelieved, serverContext
from gma_twisted.security.credentials import NOTHING, Credentials, isAddress, isOf

__all__ = ["TLS"]

_UNKNOWN = "its certificate is of an authority that is not known here; see authorities under [tls]"
_NOT_ITS_LIST = "the revocation list of its authority is not signed by it; see revoked under [tls]"
_NO_NEWS = "the revocation list of its authority is out of date; see revoked under [tls]"
# By X509_V_ERR of OpenSSL.
_UNBELIEVED = {
    2: _UNKNOWN,
    8: _NOT_ITS_LIST,
    9: "its certificate is not valid yet",
    10: "its certificate has ended",
    12: _NO_NEWS,
    18: _UNKNOWN,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    23: "its certificate was revoked",
    33: _NOT_ITS_LIST,
}


@implementer(IOpenSSLServerConnectionCreator)
@attrs.define(slots=True, eq=False)
class TLS:
    """
    What the ports and the callers of a node make their connections with.

    There are few contexts, whoever is called: authorities are hundreds of kilobytes.

    @ivar credentials: of new connections
    @ivar taken: called when new connections have others: who was believed may not be any more
    """

    credentials: Credentials = NOTHING
    taken: Callable[[], None] = attrs.field(default=lambda: None, kw_only=True, repr=False)
    _server: SSL.Context | None = attrs.field(default=None, init=False, repr=False)
    _client: SSL.Context | None = attrs.field(default=None, init=False, repr=False)
    _nameless: SSL.Context | None = attrs.field(default=None, init=False, repr=False)

    def use(self, credentials: Credentials) -> None:
        """
        Take these for new connections.

        @raise SSL.Error: OpenSSL will not have them; nothing is changed
        """
        made = TLS(credentials)
        made._server = serverContext(credentials) if credentials.chain else None
        if credentials.chain or credentials.authorities:
            made._client = clientContext(credentials)
        self.take(made)

    def take(self, other: "TLS") -> None:
        """
        Take what another one has for new connections.

        A port that was opened with a certificate keeps it until the node is started without.
        """
        self._server = other._server or self._server
        self._client = other._client
        self._nameless = other._nameless
        self.credentials = other.credentials
        self.taken()

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """See L{IOpenSSLServerConnectionCreator}."""
        if self._server is None:
            self._server = serverContext(self.credentials)
        connection = SSL.Connection(self._server, None)
        if self.credentials.clients is not Clients.NONE:
            mode = self._server.get_verify_mode()
            connection.set_verify(mode, _ClientVerifier(self.credentials, weakref.ref(protocol)))
        return connection

    def calling(
        self, host: str, isNamed: Callable[[], bool] = lambda: True
    ) -> IOpenSSLClientConnectionCreator:
        """
        What connects to a host: its certificate must be of this name, or address, and of an authority that is believed.

        @param host: as URLs have it, without brackets
        @param isNamed: whether the operator named it, asked for each connection; any other host is not shown who we
            are: what it lets us do it does not let those who had us call it
        """
        return _Calling(host, self, isNamed)

    def clientContext(self, isNamed: bool) -> SSL.Context:
        """What a new connection to a node is made with. @param isNamed: see L{calling}"""
        # Not before it is needed: a node that calls nobody over TLS does not read what the machine trusts.
        if isNamed or not self.credentials.chain:
            if self._client is None:
                self._client = clientContext(self.credentials)
            return self._client
        if self._nameless is None:
            self._nameless = clientContext(attrs.evolve(self.credentials, chain=(), key=None))
        return self._nameless


@implementer(IOpenSSLClientConnectionCreator)
@attrs.frozen(slots=True, eq=False)
class _Calling:
    """Makes the connections to one host."""

    _host: str
    _tls: TLS
    _isNamed: Callable[[], bool]

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """See L{IOpenSSLClientConnectionCreator}."""
        context = self._tls.clientContext(self._isNamed())
        connection = SSL.Connection(context, None)
        if not isAddress(self._host):
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        verifier = _Verifier(self._tls.credentials, weakref.ref(protocol), self._host)
        connection.set_verify(SSL.VERIFY_PEER, verifier)
        return connection


@attrs.frozen(slots=True, eq=False)
class _ClientVerifier:
    """Judges each certificate of who connects after OpenSSL has, and says what is wrong with which."""

    _credentials: Credentials
    _protocol: Callable[[], TLSMemoryBIOProtocol | None]

    def __call__(
        self, connection: Any, certificate: Any, error: int, depth: int, isGood: int
    ) -> bool:
        why = self._why(certificate, error, isGood, depth)
        protocol = self._protocol()
        if why and protocol is not None:
            # OpenSSL itself would only say that it failed.
            self._tell(protocol, certificate, why)
        return not why

    def _why(self, certificate: Any, error: int, isGood: int, depth: int) -> str:
        if isBelieved(self._credentials, certificate, error, isGood):
            return ""
        return _UNBELIEVED.get(error, f"its certificate is not believed (X509 error {error})")

    def _tell(self, protocol: TLSMemoryBIOProtocol, certificate: Any, why: str) -> None:
        # Whoever connects hears from OpenSSL: TLS goes on to its end. Other protocols than ours need not hear of it.
        hear = getattr(protocol.wrappedProtocol, "unbelieved", None)
        if hear is None:
            return
        try:
            name = cut(certificate.to_cryptography().subject.rfc4514_string())
        except ValueError:
            name = "its name cannot be read"
        hear(FailedAuthentication(f"{why}: {name}"))


@attrs.frozen(slots=True, eq=False)
class _Verifier(_ClientVerifier):
    """The same for who is called; the last certificate, the host's own, must be of its name."""

    _host: str

    def _why(self, certificate: Any, error: int, isGood: int, depth: int) -> str:
        # Not super(): a class with slots is made twice.
        why = _ClientVerifier._why(self, certificate, error, isGood, depth)
        if why or depth or self._isHost(certificate):
            return why
        return f"its certificate is not of {cut(self._host)}"

    def _tell(self, protocol: TLSMemoryBIOProtocol, certificate: Any, why: str) -> None:
        protocol.failVerification(Failure(PeerUnreachable(why)))

    def _isHost(self, certificate: Any) -> bool:
        try:
            return isOf(certificate.to_cryptography(), self._host)
        except ValueError:
            return False
