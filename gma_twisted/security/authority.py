"""An authority of one's own, for development and small sites: a directory with its key and what it issued."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from gma_twisted.errors import ConfigError, ParameterError, cut

__all__ = ["AUTHORITY", "REVOKED", "Authority"]

AUTHORITY = "ca"
"""Name of the authority's own certificate and key."""

REVOKED = "revoked.pem"
"""Name of the list of what it took back."""

_YEARS = timedelta(days=3650)
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
# Clocks of two machines need not agree to the second.
_EARLIER = timedelta(minutes=5)
_ALL_MAY_READ, _OWNER_ONLY = 0o644, 0o600


@attrs.frozen(slots=True, eq=False)
class Authority:
    """
    Issues certificates for nodes and clients, and takes them back.

    Its own certificate has no name constraints: a node added later may have any name.

    @ivar directory: where everything is
    @ivar now: wall time, seconds since 1970
    """

    directory: Path
    now: float

    @property
    def certificate(self) -> Path:
        """Its own."""
        return self.directory / f"{AUTHORITY}.pem"

    @property
    def revoked(self) -> Path:
        """The list of what it took back; not there before the first."""
        return self.directory / REVOKED

    def files(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of what it issues under a name."""
        return self.directory / f"{name}.pem", self.directory / f"{name}.key"

    @property
    def isThere(self) -> bool:
        """Whether it was begun before."""
        return any(path.exists() for path in self.files(AUTHORITY))

    def begin(self) -> None:
        """
        Make the authority: ECDSA P-256, for ten years.

        @raise ConfigError: there is one already, or it cannot be written
        """
        self.checkFree((AUTHORITY,))
        key = ec.generate_private_key(ec.SECP256R1())
        # Two authorities of one name could not be told apart by who trusts both.
        name = _nameOf(f"gma development CA {os.urandom(4).hex()}")
        certificate = (
            self._builder(key, name, name, _YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(isAuthority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._write(AUTHORITY, certificate, key)

    def issue(self, name: str, hosts: Sequence[str], days: int) -> None:
        """
        Make key and certificate of a node, or of a client.

        @param name: of the files, and of the subject
        @param hosts: names and addresses of a node; none: it is a client's, and no server can show it
        @param days: how long it is valid
        @raise ConfigError: there is one of this name already, the authority cannot be read, or nothing can be written
        @raise ParameterError: a host is neither a name nor an address
        """
        self.checkFree((name,))
        names = [_alternative(one) for one in hosts]
        ours, signs = self._load()
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(key, _nameOf(name), ours.subject, timedelta(days=days))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        usages = [_SERVER, _CLIENT] if names else [_CLIENT]
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(isAuthority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ours.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
            .sign(signs, hashes.SHA256())
        )
        self._write(name, certificate, key)

    def revoke(self, name: str, days: int) -> None:
        """
        Take a certificate back: the list has it from now on, beside what it had.

        @param name: as it was issued
        @param days: how long the list counts
        @raise ConfigError: something cannot be read or written, or it is not of this authority
        """
        ours, signs = self._load()
        path = self.files(name)[0]
        certificate = _read(path, x509.load_pem_x509_certificate, "certificate")
        if certificate.issuer != ours.subject:
            raise ConfigError(f"{path} was not issued by {self.certificate}")
        now = self._instant()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(ours.subject)
            .last_update(now - _EARLIER)
            .next_update(now + timedelta(days=days))
            .add_extension(x509.CRLNumber(int(self.now)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()),
                critical=False,
            )
        )
        known: set[int] = set()
        if self.revoked.exists():
            for one in _read(self.revoked, x509.load_pem_x509_crl, "revocation list"):
                builder = builder.add_revoked_certificate(one)
                known.add(one.serial_number)
        if certificate.serial_number not in known:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(now)
                .build()
            )
        data = builder.sign(signs, hashes.SHA256()).public_bytes(Encoding.PEM)
        draft = self.revoked.with_suffix(".new")
        _put(draft, data, _ALL_MAY_READ, os.O_TRUNC)
        draft.replace(self.revoked)

    def checkFree(self, names: Sequence[str]) -> None:
        """See that nothing would be overwritten. @raise ConfigError: something would"""
        for name in names:
            for path in self.files(name):
                if path.exists():
                    raise ConfigError(
                        f"{path} is there already, and nothing is overwritten",
                        cure="choose another name or directory, or remove it",
                    )

    def _load(self) -> tuple[x509.Certificate, Any]:
        certificate, key = self.files(AUTHORITY)
        return (
            _read(certificate, x509.load_pem_x509_certificate, "certificate"),
            _read(key, lambda data: load_pem_private_key(data, None), "private key"),
        )

    def _builder(
        self,
        key: ec.EllipticCurvePrivateKey,
        subject: x509.Name,
        issuer: x509.Name,
        span: timedelta,
    ) -> x509.CertificateBuilder:
        now = self._instant()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + span)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def _write(
        self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> None:
        pem, private = self.files(name)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.directory} cannot be made: {error.strerror}") from None
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _put(private, secret, _OWNER_ONLY, os.O_EXCL)
        _put(pem, certificate.public_bytes(Encoding.PEM), _ALL_MAY_READ, os.O_EXCL)


def _usage(isAuthority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not isAuthority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=isAuthority,
        crl_sign=isAuthority,
        encipher_only=False,
        decipher_only=False,
    )


def _nameOf(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError:
        raise ParameterError(f'"{cut(host)}" is neither a name in ASCII nor an address') from None


def _read(path: Path, parse: Any, what: str) -> Any:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (TypeError, ValueError):
        raise ConfigError(f"{path} holds no {what} in PEM that can be read") from None


def _put(path: Path, data: bytes, mode: int, how: int) -> None:
    try:
        # Never readable by others, not even for a moment.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | how, mode)
        with os.fdopen(opened, "wb") as file:
            file.write(data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
