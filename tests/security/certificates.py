"""Authorities and certificates for tests, good ones and others, at an instant of the test's choice."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL

from gma_twisted.configuration import Clients, TLSSection
from gma_twisted.security import Credentials, CredentialsReader
from gma_twisted.security.authority import Authority

__all__ = [
    "DAY",
    "NOW",
    "authority",
    "below",
    "credentials",
    "handshake",
    "keyPEM",
    "loaded",
    "section",
    "selfSigned",
]

NOW = float(int(datetime.now(UTC).timestamp()))
"""The start of the tests: OpenSSL has a clock of its own."""

DAY = 86400.0


def authority(directory: Path, *names: str, at: float = NOW, days: int = 90) -> Authority:
    """An authority, begun where there is none, with certificates: of clients, C{client-...}, and of nodes here."""
    made = Authority(directory, at)
    if not made.isThere:
        made.begin()
    for name in names:
        hosts = () if name.startswith("client") else (name, "localhost", "127.0.0.1", "::1")
        made.issue(name, hosts, days)
    return made


def loaded(made: Authority) -> x509.Certificate:
    """The certificate of an authority."""
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def below(upper: Authority, lower: Authority) -> None:
    """Make certificates anew, with the same names and keys: the upper one's lets it issue that of the lower one."""
    key: Any = load_pem_private_key(upper.files("ca")[1].read_bytes(), None)
    for one in (upper, lower):
        old = loaded(one)
        builder = (
            x509.CertificateBuilder()
            .subject_name(old.subject)
            .issuer_name(loaded(upper).subject)
            .public_key(old.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(old.not_valid_before_utc)
            .not_valid_after(old.not_valid_after_utc)
        )
        for extension in old.extensions:
            value = extension.value
            if isinstance(value, x509.BasicConstraints):
                value = x509.BasicConstraints(ca=True, path_length=None)
            builder = builder.add_extension(value, extension.critical)
        one.certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


def section(made: Authority, name: str, clients: Clients = Clients.REQUIRED) -> TLSSection:
    """What a node of that name configures, with absolute paths."""
    certificate, key = made.files(name)
    return TLSSection(
        certificate=str(certificate),
        privateKey=str(key),
        authorities=(str(made.certificate),),
        revoked=(str(made.revoked),) if made.revoked.exists() else (),
        clients=clients,
    )


def credentials(made: Authority, name: str, clients: Clients = Clients.REQUIRED) -> Credentials:
    """The same, read."""
    return CredentialsReader(Path(), NOW).read(section(made, name, clients))


def selfSigned(
    directory: Path,
    name: str,
    *extensions: x509.ExtensionType,
    size: int = 0,
    names: Sequence[str] = (),
) -> tuple[Path, Path]:
    """
    A certificate that nobody else signed, valid now.

    @param size: bits of an RSA key; 0 for ECDSA
    @return: its file and that of its key
    """
    key: Any = (
        rsa.generate_private_key(65537, size) if size else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.fromtimestamp(NOW, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
    )
    for one in (
        *extensions,
        x509.SubjectAlternativeName([x509.DNSName(one) for one in names or (name,)]),
    ):
        builder = builder.add_extension(one, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    directory.mkdir(exist_ok=True)
    pem, private = directory / f"{name}.pem", directory / f"{name}.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(keyPEM(key))
    private.chmod(0o600)
    return pem, private


def keyPEM(key: Any, password: bytes = b"") -> bytes:
    """A private key in PEM."""
    how = BestAvailableEncryption(password) if password else NoEncryption()
    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    return data


def handshake(server: SSL.Connection, client: SSL.Connection) -> None:
    """
    Bring bytes from one to the other until both are through, and one message each way: a client hears only then that
    it was turned away.

    @raise SSL.Error: of the side that found something wrong first
    """
    server.set_accept_state()
    client.set_connect_state()
    both = (client, server)
    for _ in range(10):
        for one in both:
            try:
                one.do_handshake()
            except SSL.WantReadError:
                pass
            _carry(*both)
    for one, other in (both, both[::-1]):
        one.send(b"x" + os.urandom(8))
        _carry(*both)
        assert other.recv(64).startswith(b"x")


def _carry(one: SSL.Connection, other: SSL.Connection) -> None:
    for source, target in ((one, other), (other, one)):
        try:
            while data := source.bio_read(65536):
                target.bio_write(data)
        except SSL.WantReadError:
            pass
