"""What a configuration's C{[tls]} becomes: its files, read and judged before anything is opened."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from OpenSSL import SSL

from gma_twisted.configuration import Draft, Listen, Mistake
from gma_twisted.errors import cut
from gma_twisted.security import TLS, Credentials, CredentialsReader

__all__ = ["Secured", "secured"]

_KIND = "ssl"
_NEEDED = 'write certificate = "FILE" and key = "FILE" under [tls]; gma tls init makes them'

Secured = tuple[TLS, Sequence[Mistake], Sequence[str]]
"""What connections are made with, what keeps it from being used, and what may not be meant."""


def secured(draft: Draft, now: float) -> Secured:
    """
    Read what C{[tls]} names, and make of it what connections need: the lists of large authorities take a tenth of a
    second and more. It may be done in a thread.

    @param now: wall time, seconds since 1970
    """
    tls = TLS()
    if not draft.reads(("tls",)):
        return tls, (), ()
    listens = draft.configuration.node.listen
    section, source = draft.configuration.tls, draft.source
    reader = CredentialsReader(Path(source.name).parent if source.name else Path(), now)
    credentials = reader.read(section)
    mistakes = [Mistake(("tls", key), why, cure) for key, why, cure in reader.mistakes]
    if not mistakes:
        mistakes += _refused(tls, credentials)
    if section.certificate is None and section.privateKey is None:
        mistakes += _bare(listens)
    publicUrl = draft.configuration.node.publicUrl
    reader.checkHost(credentials.chain, _hostOf(publicUrl, listens))
    doubts = [f"{source.where(('tls', key))}: warning: {why}" for key, why in reader.doubts]
    return tls, mistakes, doubts


def _refused(tls: TLS, credentials: Credentials) -> Iterator[Mistake]:
    try:
        tls.use(credentials)
    except SSL.Error as error:
        reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
        why = ", ".join(cut(one[-1]) for one in reasons) or "without a reason"
        cure = "name others: ECDSA P-256, or RSA of 2048 bits at least"
        yield Mistake(("tls", "certificate"), f"OpenSSL refuses it or its key: {why}", cure)


def _bare(listens: Sequence[Listen]) -> Iterator[Mistake]:
    for index, one in enumerate(listens):
        if one.kind == _KIND:
            yield Mistake(
                ("node", "listen", index), f'"{one.text}" has no certificate to show', _NEEDED
            )


def _hostOf(publicUrl: str | None, listens: Sequence[Listen]) -> str:
    """What the node's URL calls it over TLS; empty where it is not called so, or nobody knows yet."""
    if publicUrl is not None:
        split = urlsplit(publicUrl)
        return split.hostname or "" if split.scheme == "https" else ""
    first = listens[0] if listens else None
    return first.interface if first and first.kind == _KIND and not first.isWildcard else ""
