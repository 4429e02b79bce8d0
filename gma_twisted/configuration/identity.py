"""C{[identity.NAME]}: who may be who, and what shows it."""

import re
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import PATH, Kind, checkName, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError
from gma_twisted.model.certificatename import certificateName

__all__ = ["TAKEN", "IdentitySection"]

TAKEN = ("anonymous", "node")
"""Identities that are there without a section: who shows nothing, and the node itself."""

# One that is used, and the one that takes its place.
_TOKENS = 2
_CERTIFICATES = 16
_GROUPS = 64
_HASHED = re.compile(r"sha256:([0-9A-Fa-f]{64})")
_SHOW = 'write tokens, as "gma token new NAME" prints them, password_file or certificates'
_MAKE = 'write "sha256:" and 64 hexadecimal digits, at most two of them, as "gma token new NAME" prints them'


def _readTokens(value: object) -> Sequence[str]:
    asked: list[object] = value if isinstance(value, list) else [value]
    found = [_HASHED.fullmatch(one) if isinstance(one, str) else None for one in asked]
    if None in found or len(found) > _TOKENS:
        # Nothing of it is shown: it may be the token itself.
        raise ParameterError("these are not at most two tokens as they are written down")
    return tuple(f"sha256:{one[1].lower()}" for one in found if one)


def _readCertificates(value: object) -> Sequence[str]:
    asked = severalOf(value, _CERTIFICATES, "names", "make more identities of one group")
    return tuple(_readCertificate(one) for one in asked)


def _readCertificate(value: object) -> str:
    if not isinstance(value, str):
        raise ParameterError(f"{quoted(value)} is not a name of a certificate")
    return certificateName(value)


def _readGroups(value: object) -> Sequence[str]:
    return tuple(checkName(one) for one in severalOf(value, _GROUPS, "groups"))


TOKENS: Kind[Sequence[str]] = Kind("SHA-256 of a token, or array of two", _readTokens, _MAKE)
CERTIFICATES: Kind[Sequence[str]] = Kind(
    "name of a certificate, or array of them",
    _readCertificates,
    'write its subject, "CN=site-a,O=VO", or "DNS:site-a.example.org", "URI:uri", "IP:10.0.0.1"',
    spellSeveral,
)
GROUPS: Kind[Sequence[str]] = Kind(
    "name, or array of them", _readGroups, 'write "operators", for example', spellSeveral
)


@attrs.frozen(slots=True)
class IdentitySection:
    """C{[identity.NAME]}: one who calls, and all of what shows that it is this one; each alone suffices."""

    tokens: Sequence[str] = key(
        TOKENS,
        "of its bearer tokens, as `gma token new NAME` prints it; two while one takes the place of the other",
        (),
        shown="none",
        isSecret=True,
    )
    passwordFile: str | None = key(
        PATH,
        "file of one line, its password for WS-Security UsernameToken; the name is that of the section",
        name="password_file",
        shown="none",
    )
    certificates: Sequence[str] = key(
        CERTIFICATES,
        "subject or alternative name of its certificate, `CN=site-a,O=VO` or `DNS:site-a.example.org`",
        (),
        shown="none",
    )
    groups: Sequence[str] = key(
        GROUPS, "groups it is in; rules of access name them with an @", (), shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if not (self.tokens or self.passwordFile or self.certificates):
            yield "", "nothing shows that a caller is this one", _SHOW
        for name, values in (
            ("tokens", self.tokens),
            ("certificates", self.certificates),
            ("groups", self.groups),
        ):
            if len(set(values)) < len(values):
                yield name, "the same twice", "leave one of them out"
