"""Certificates, key, authorities and revocation lists of a node, read from files and judged before they are used."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import (
    verify_certificate_hostname,
    verify_certificate_ip_address,
)

from gma_twisted.configuration.files import readContent
from gma_twisted.configuration.tls import Clients, TLSSection
from gma_twisted.errors import ConfigError, cut

__all__ = [
    "NOTHING",
    "SOON",
    "Credentials",
    "CredentialsReader",
    "isAddress",
    "isOf",
    "isTakenBack",
]

T = TypeVar("T")

SOON = timedelta(days=14)
"""A certificate that ends within it is doubted."""

_LARGEST = 16 * 1024 * 1024
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


@attrs.frozen(slots=True, eq=False)
class Credentials:
    """
    What a node shows, and whom it trusts.

    @ivar chain: its certificate, and those between it and an authority; empty when it shows none
    @ivar key: the private key of the first
    @ivar authorities: whose certificates are believed; empty: of nodes that are called those this machine trusts
    @ivar revoked: what they took back
    @ivar clients: whether who connects must show one
    @ivar mark: the same for the same content of all files
    """

    chain: Sequence[x509.Certificate] = ()
    key: Any = attrs.field(default=None, repr=False)
    authorities: Sequence[x509.Certificate] = ()
    revoked: Sequence[x509.CertificateRevocationList] = ()
    clients: Clients = Clients.NONE
    mark: str = ""

    @property
    def notAfter(self) -> float | None:
        """When its own certificate ends, seconds since 1970; C{None} without one."""
        return self.chain[0].not_valid_after_utc.timestamp() if self.chain else None

    @property
    def listsNotAfter(self) -> float | None:
        """When the first of its revocation lists is out of date, seconds since 1970; C{None} when none ever is."""
        ends = [one.next_update_utc for one in self.revoked]
        return min((one.timestamp() for one in ends if one is not None), default=None)


NOTHING = Credentials()
"""Of a node that shows nothing, and trusts those this machine trusts."""


def isAddress(host: str) -> bool:
    """Whether a host is an address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def isOf(certificate: x509.Certificate, host: str) -> bool:
    """Whether a certificate is of a host. @param host: its name or address, as URLs have it"""
    try:
        if isAddress(host):
            verify_certificate_ip_address(certificate, host)
        else:
            verify_certificate_hostname(certificate, host)
    except (VerificationError, CertificateError, ValueError):
        # The second: it has no alternative names, or one that no certificate may have.
        return False
    return True


def isTakenBack(
    certificate: x509.Certificate, revoked: Sequence[x509.CertificateRevocationList]
) -> bool:
    """Whether one of these lists, signed by their authorities, has a certificate."""
    return any(
        one.issuer == certificate.issuer
        and one.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        for one in revoked
    )


@attrs.define(slots=True, eq=False)
class CredentialsReader:
    """
    Reads the files of C{[tls]}, and tells all that is wrong with them at once.

    @ivar base: directory that paths are relative to
    @ivar now: wall time, seconds since 1970
    @ivar mistakes: what keeps the files from being used: a key, a message and a cure
    @ivar doubts: what may not be meant: a key and a message
    """

    base: Path
    now: float
    mistakes: list[tuple[str, str, str]] = attrs.field(factory=list, init=False)
    doubts: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    _digest: Any = attrs.field(factory=hashlib.sha256, init=False)

    def read(self, section: TLSSection) -> Credentials:
        """
        All of it, as far as it reads well.

        @return: to be used when there are no mistakes
        """
        chain: Sequence[x509.Certificate] = ()
        key = None
        if section.certificate is not None and section.privateKey is not None:
            chain = self._certificates("certificate", section.certificate)
            key = self._key(section.privateKey)
            if chain:
                self._judge(chain[0])
            if chain and key is not None and not _fits(chain[0], key):
                why = f"{section.privateKey} is not the key of {section.certificate}"
                self.mistakes.append(("key", why, "name the key that the certificate was made for"))
        authorities = [
            one for name in section.authorities for one in self._certificates("authorities", name)
        ]
        self._judgeAuthorities(authorities)
        revoked = [one for name in section.revoked for one in self._lists(name)]
        self._judgeLists(revoked, authorities)
        self._digest.update(section.clients.value.encode())
        return Credentials(
            chain, key, authorities, revoked, section.clients, self._digest.hexdigest()
        )

    def checkHost(self, chain: Sequence[x509.Certificate], host: str) -> None:
        """Doubt a certificate that is not of the host the node is called by."""
        if chain and host and not isOf(chain[0], host):
            self.doubts.append(
                (
                    "certificate",
                    f"it is not of {cut(host)}, the host of the node's URL; clients will refuse it",
                )
            )

    def _certificates(self, key: str, name: str) -> Sequence[x509.Certificate]:
        found = self._parsed(key, name, x509.load_pem_x509_certificates, "certificate")
        return found or ()

    def _lists(self, name: str) -> Sequence[x509.CertificateRevocationList]:
        def parse(data: bytes) -> Sequence[x509.CertificateRevocationList]:
            found = [x509.load_pem_x509_crl(one) for one in _LIST.findall(data)]
            if not found:
                raise ValueError("no list in it")
            return found

        return self._parsed("revoked", name, parse, "revocation list") or ()

    def _key(self, name: str) -> Any:
        # A type error is what cryptography makes of a missing password.
        return self._parsed(
            "key", name, lambda data: load_pem_private_key(data, None), "private key"
        )

    def _parsed(self, key: str, name: str, parse: Callable[[bytes], T], what: str) -> T | None:
        try:
            content = readContent(self.base / name, _LARGEST)
        except ConfigError as error:
            cure = "name a file that the node can read"
            self.mistakes.append((key, f"{name} {error.what}", cure))
            return None
        if key == "key" and content.isOpen:
            self.doubts.append((key, f"others than its owner can read {name}; chmod 600 {name}"))
        data = content.data
        self._digest.update(hashlib.sha256(data).digest())
        if len(data) > _LARGEST:
            why = f"{name} is larger than {_LARGEST // 2**20} MiB"
            self.mistakes.append((key, why, "name a smaller file, or several"))
            return None
        try:
            return parse(data)
        except TypeError:
            why, cure = (
                f"{name} has a password",
                f"write it without: openssl pkey -in {name} -out FILE",
            )
        except (ValueError, UnsupportedAlgorithm):
            why = f"{name} holds no {what} in PEM"
            cure = f"name a file that begins with -----BEGIN {'PRIVATE KEY' if key == 'key' else what.upper()}-----"
            if key == "revoked":
                cure = "name a file that begins with -----BEGIN X509 CRL-----"
        self.mistakes.append((key, why, cure))
        return None

    def _judge(self, certificate: x509.Certificate) -> None:
        now = self._now()
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if now > ends:
            why = f"it ended on {_day(ends)}"
            self.mistakes.append(("certificate", why, "name one that is valid"))
        elif now < begins:
            why = f"it is not valid before {_day(begins)}"
            cure = "name one that is valid, or set the clock of this machine"
            self.mistakes.append(("certificate", why, cure))
        elif ends - now < SOON:
            self.doubts.append(("certificate", f"it ends on {_day(ends)}; have a new one made"))
        for usage, what in ((_SERVER, "who connects"), (_CLIENT, "nodes that are called")):
            if not _isFor(certificate, usage):
                self.doubts.append(
                    ("certificate", f"its extended key usage does not let it be shown to {what}")
                )

    def _judgeAuthorities(self, authorities: Sequence[x509.Certificate]) -> None:
        for one in authorities:
            shown = _name(one.subject)
            if not _isAuthority(one):
                why = f'"{shown}" is not of an authority: its basic constraints say CA false'
                cure = "name the certificate of the authority that issued it"
                self.mistakes.append(("authorities", why, cure))
            elif self._now() > one.not_valid_after_utc:
                self.doubts.append(
                    (
                        "authorities",
                        f'"{shown}" ended on {_day(one.not_valid_after_utc)}; nothing of it is believed',
                    )
                )

    def _judgeLists(
        self,
        revoked: Sequence[x509.CertificateRevocationList],
        authorities: Sequence[x509.Certificate],
    ) -> None:
        for one in revoked:
            shown = _name(one.issuer)
            if not any(_isListOf(one, authority) for authority in authorities):
                why = f'the list of "{shown}" is signed by none of the authorities'
                cure = "leave it out, or name its authority in authorities"
                self.mistakes.append(("revoked", why, cure))
            elif one.next_update_utc is not None and self._now() > one.next_update_utc:
                self.doubts.append(
                    (
                        "revoked",
                        f'the list of "{shown}" is out of date since {_day(one.next_update_utc)}; '
                        "until there is a new one nothing of it is believed",
                    )
                )
            elif one.next_update_utc is not None and _isOld(one, one.next_update_utc, self._now()):
                self.doubts.append(
                    (
                        "revoked",
                        f'the list of "{shown}" is out of date from {_day(one.next_update_utc)}; '
                        "have a new one by then, or nothing of it is believed",
                    )
                )
        if revoked:
            for authority in authorities:
                if not any(one.issuer == authority.subject for one in revoked):
                    shown = _name(authority.subject)
                    self.doubts.append(
                        ("revoked", f'"{shown}" has no list: nothing of it is revoked')
                    )
                if isTakenBack(authority, revoked):
                    self.doubts.append(
                        (
                            "authorities",
                            f'"{_name(authority.subject)}" was revoked; nothing of it is believed',
                        )
                    )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def _fits(certificate: x509.Certificate, key: Any) -> bool:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        ours: bytes = key.public_key().public_bytes(*form)
        return ours == certificate.public_key().public_bytes(*form)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _isAuthority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return bool(found.value.ca)


def _isFor(certificate: x509.Certificate, usage: x509.ObjectIdentifier) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return True
    return usage in found or _ANY in found


def _isListOf(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    if one.issuer != authority.subject:
        return False
    try:
        return one.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _isOld(one: x509.CertificateRevocationList, ends: datetime, now: datetime) -> bool:
    # Many authorities make a list a day that counts for a week: such a one is not old on its first day.
    return ends - now < min(SOON, (ends - one.last_update_utc) / 3)


def _name(name: x509.Name) -> str:
    return cut(name.rfc4514_string())


def _day(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")
