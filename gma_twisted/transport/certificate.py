"""The certificate of who connected, read once a connection: the handshake has verified it, or there is none."""

from collections.abc import Iterator
from typing import Any

from cryptography import x509
from OpenSSL.crypto import X509
from twisted.internet.interfaces import ISSLTransport
from twisted.logger import Logger
from twisted.web.http import Request

from gma_twisted.errors import cut
from gma_twisted.model import Certificate
from gma_twisted.transport.channel import WebChannel

__all__ = ["certificateOf", "certificateOfRequest", "readCertificate"]

log = Logger()


def certificateOf(transport: Any) -> Certificate | None:
    """
    What the peer of a TLS connection showed.

    @param transport: its handshake is over
    @return: C{None} when it showed nothing, or what cannot be read: then it is as good as nobody
    """
    shown: X509 | None = transport.getPeerCertificate()
    if shown is None:
        return None
    try:
        return readCertificate(shown.to_cryptography())
    except ValueError as error:
        log.warn(
            "{peer}: its certificate cannot be read: {why}",
            peer=transport.getPeer(),
            why=cut(error),
        )
        return None


def certificateOfRequest(request: Request) -> Certificate | None:
    """What who asks showed: the Gate knows it already, on a Site without the Gate it is read."""
    channel: Any = request.channel
    if isinstance(channel, WebChannel):
        return channel.certificate
    transport = getattr(channel, "transport", None)
    return certificateOf(transport) if ISSLTransport.providedBy(transport) else None


def readCertificate(certificate: x509.Certificate) -> Certificate:
    """
    The names in a certificate.

    @raise ValueError: they are against the rules of X.509
    """
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    return Certificate(
        _subject(certificate.subject),
        tuple(_named(names or ())),
        certificate.not_valid_after_utc.timestamp(),
    )


def _subject(name: x509.Name) -> str:
    # As RFC 4514 has it; the attributes of a part are a set, and compared in the order of their letters.
    return ",".join(
        "+".join(sorted(one.rfc4514_string() for one in rdn)) for rdn in reversed(name.rdns)
    )


def _named(names: Any) -> Iterator[str]:
    for one in names:
        if isinstance(one, x509.DNSName):
            yield f"DNS:{one.value}"
        elif isinstance(one, x509.UniformResourceIdentifier):
            yield f"URI:{one.value}"
        elif isinstance(one, x509.IPAddress):
            yield f"IP:{one.value}"
