"""Pages for the Site behind a Gate under test, and a certificate for TLS."""

import datetime
import functools
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.internet.interfaces import IPullProducer, IReactorTime
from twisted.internet.ssl import PrivateCertificate
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

__all__ = ["BIG", "clientContext", "makePages", "privateCertificate"]

BIG = 32 * 1024 * 1024
"""Bytes of C{/big}: more than the kernel's buffers of both ends."""


@functools.cache
def privateCertificate() -> PrivateCertificate:
    """A new self-signed certificate for localhost, one a process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    loaded: PrivateCertificate = PrivateCertificate.loadPEM(
        certificate.public_bytes(serialization.Encoding.PEM) + pem
    )
    return loaded


def clientContext() -> ssl.SSLContext:
    """What a client needs to trust L{privateCertificate}."""
    context = ssl.create_default_context(cadata=privateCertificate().dumpPEM().decode())
    context.check_hostname = True
    return context


class _Echo(Resource):
    """Answers what it was sent; with C{?size} only how much."""

    isLeaf = True

    def render_GET(self, request: Request) -> bytes:
        """What was asked for, but for the query."""
        return b"echo:"

    def render_POST(self, request: Request) -> bytes:
        """The body, or its size."""
        assert request.content is not None
        body: bytes = request.content.read()
        return b"size:%d" % len(body) if request.uri.endswith(b"?size") else b"echo:" + body


@implementer(IPullProducer)
class _Pieces:
    """Writes one piece each time it is asked."""

    def __init__(self, request: Request, pieces: list[bytes]) -> None:
        self._request = request
        self._pieces = pieces
        request.setHeader(b"content-length", b"%d" % sum(len(piece) for piece in pieces))

    def resumeProducing(self) -> None:
        """Write the next piece, or finish."""
        self._request.write(self._pieces.pop(0))
        if not self._pieces:
            self._request.unregisterProducer()
            self._request.finish()

    def stopProducing(self) -> None:
        """The reader is gone."""
        self._pieces = []


class _Slow(Resource):
    """An answer in pieces, by a pull producer."""

    isLeaf = True

    def __init__(self, pieces: list[bytes]) -> None:
        Resource.__init__(self)
        self._pieces = pieces

    def render_GET(self, request: Request) -> int:
        """The pieces."""
        request.registerProducer(_Pieces(request, list(self._pieces)), False)
        return NOT_DONE_YET


class _Late(Resource):
    """An answer a little later than asked for."""

    isLeaf = True

    def __init__(self, clock: IReactorTime) -> None:
        Resource.__init__(self)
        self._clock = clock

    def render_GET(self, request: Request) -> int:
        """Later."""

        def answer() -> None:
            if request.channel is not None:
                request.write(b"late answer")
                request.finish()

        request.setHeader(b"content-length", b"11")
        self._clock.callLater(0.02, answer)
        return NOT_DONE_YET


def makePages(clock: IReactorTime) -> Resource:
    """Everything that is no service: C{/echo}, C{/slow}, C{/late}, C{/big}."""
    root = Resource()
    root.putChild(b"echo", _Echo())
    root.putChild(b"slow", _Slow([b"slow ", b"ans", b"wer"]))
    root.putChild(b"late", _Late(clock))
    root.putChild(b"big", _Slow([b"b" * 65_536] * (BIG // 65_536)))
    return root
