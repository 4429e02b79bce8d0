"""C{[tls]}: what the node shows over TLS, here and elsewhere, and whom it trusts."""

import enum
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import PATH, Kind, oneOf
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError

__all__ = ["Clients", "TLSSection"]

_MOST = 256


class Clients(enum.Enum):
    """Whether who connects must show a certificate."""

    NONE = "none"
    """Nobody is asked for one."""

    OPTIONAL = "optional"
    """Everybody is asked; who shows one of which something is wrong is turned away."""

    REQUIRED = "required"
    """Who shows none is turned away too."""


def _readFiles(value: object) -> Sequence[str]:
    asked: list[object] = value if isinstance(value, list) and value else [value]
    if len(asked) > _MOST:
        cure = "put several into one file, one after the other"
        raise ParameterError(f"{len(asked)} files are more than {_MOST}", cure=cure)
    return tuple(PATH.read(one) for one in asked)


FILES: Kind[Sequence[str]] = Kind(
    "path, or array of them", _readFiles, 'write "ca.pem", for example', spellSeveral
)


@attrs.frozen(slots=True)
class TLSSection:
    """C{[tls]}: of endpoints of type ssl, and of calls of https URLs. Paths begin beside the configuration's file."""

    certificate: str | None = key(
        PATH,
        "PEM file of the node's certificate, followed by those between it and its authority; it is shown "
        "to who connects, and to nodes that are called",
    )
    privateKey: str | None = key(
        PATH, "PEM file of its private key, without a password", name="key"
    )
    authorities: Sequence[str] = key(
        FILES,
        "PEM files of the authorities whose certificates are believed, of clients and of nodes that are called",
        (),
        shown="of nodes that are called those this machine trusts, of clients none",
    )
    revoked: Sequence[str] = key(
        FILES,
        "PEM files of revocation lists (CRL); an authority without one revokes nothing, of one whose list is out of "
        "date nothing is believed",
        (),
        shown="none",
    )
    clients: Clients = key(  # noqa: RUF009 (it declares a field)
        oneOf(Clients),
        "whether who connects is asked for a certificate, and turned away without one",
        Clients.NONE,
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.certificate is not None and self.privateKey is None:
            yield "certificate", "its private key is missing", 'write key = "FILE"'
        if self.privateKey is not None and self.certificate is None:
            yield "key", "the certificate it belongs to is missing", 'write certificate = "FILE"'
        if self.authorities:
            return
        if self.clients is not Clients.NONE:
            why = "nobody's certificates are believed"
            yield "clients", why, 'write authorities = "FILE", whose certificates clients have'
        if self.revoked:
            yield "revoked", "nobody's certificates are believed", 'write authorities = "FILE" too'
