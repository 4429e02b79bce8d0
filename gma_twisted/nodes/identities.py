"""What C{[identity.NAME]} and C{token_file} say: compared with each other, and their files read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath

import attrs

from gma_twisted.configuration import Draft, IdentitySection, Mistake
from gma_twisted.configuration.identity import TAKEN
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.places import Path
from gma_twisted.errors import ConfigError, PeerUnreachable
from gma_twisted.model import Handle
from gma_twisted.security import Known, isToken, readSecret, tokenDigest
from gma_twisted.transport.route import Peer, routeOf

__all__ = ["Identified", "identified"]


@attrs.frozen(slots=True, eq=False)
class Identified:
    """
    Who may call, and what is shown to others.

    @ivar known: who may call
    @ivar tokens: bearer tokens shown to nodes elsewhere, by a URL of each node; never shown otherwise
    """

    known: Sequence[Known] = ()
    tokens: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def mark(self) -> object:
        """The same for the same of everybody; without a secret."""
        known = tuple(
            (one.name, one.tokens, one.certificates, tokenDigest(one.password or ""))
            for one in self.known
        )
        return known, tuple((url, tokenDigest(token)) for url, token in self.tokens.items())


def identified(draft: Draft) -> tuple[Identified, Sequence[Mistake], Sequence[str]]:
    """
    Read what a configuration says, and the files it names.

    @return: who may call and what is shown, what keeps it from being used, and what may not be meant
    """
    reader = _Reader(draft)
    known = list(reader.known())
    tokens = reader.tokens()
    return Identified(known, tokens), reader.mistakes, reader.doubts


class _Reader:
    """Reads sections that read well; those that do not have been told."""

    def __init__(self, draft: Draft) -> None:
        source = draft.source
        self.mistakes: list[Mistake] = []
        self.doubts: list[str] = []
        self._draft = draft
        self._place = FilePath(source.name).parent if source.name else FilePath()

    def known(self) -> Iterator[Known]:
        sections = {
            name: one
            for name, one in self._draft.configuration.identity.items()
            if self._draft.reads(("identity", name))
        }
        if sections and not self._draft.configuration.access.isGiven:
            where = self._draft.source.where(("identity",))
            self.doubts.append(
                f"{where}: warning: who calls is known, and everybody may do everything all the same; write [access]"
            )
        for name in TAKEN:
            if name in sections:
                why = f"{quoted(name)} is there already: who shows nothing, or the node itself"
                self._wrong(("identity", name), why, "choose another name", atKey=True)
        self._once(sections, "tokens", lambda one: one.tokens, "make one of its own for each")
        self._once(
            sections,
            "certificates",
            lambda one: one.certificates,
            "leave one of them out, or make groups of one identity",
        )
        for name, section in sections.items():
            password = None
            if section.passwordFile is not None:
                key = ("identity", name, "password_file")
                password = self._secret(section.passwordFile, key)
            yield Known(name, tuple(section.tokens), password, tuple(section.certificates))

    def _once(
        self,
        sections: Mapping[str, IdentitySection],
        key: str,
        valuesOf: Callable[[IdentitySection], Sequence[str]],
        cure: str,
    ) -> None:
        seen: dict[str, str] = {}
        for name, section in sections.items():
            for index, one in enumerate(valuesOf(section)):
                other = seen.setdefault(one, name)
                if other != name:
                    why = f"[identity.{other}] has the same"
                    self._wrong(("identity", name, key, index), why, cure)

    def tokens(self) -> Mapping[str, str]:
        found: dict[Peer, tuple[str, str, str]] = {}
        for path, tokenFile, handles in self._asked():
            token = self._secret(tokenFile, path)
            if token is None:
                continue
            if not isToken(token):
                why = f"{quoted(tokenFile)} holds no bearer token"
                cure = 'write into it what "gma token new NAME" prints first, at the node that is called'
                self._wrong(path, why, cure)
                continue
            for handle in handles:
                try:
                    peer = routeOf(handle.url).peer
                except PeerUnreachable:
                    continue  # nobody is called there, and it is told when that is tried
                _, other, before = found.setdefault(peer, (handle.url, ".".join(path[:-1]), token))
                if before != token:
                    why = f"[{other}] shows {peer[0]}:{peer[1]} another token"
                    self._wrong(path, why, "show a node one token")
        return {url: token for url, _, token in found.values()}

    def _asked(self) -> Iterator[tuple[tuple[str, ...], str, Sequence[Handle]]]:
        configuration = self._draft.configuration
        for name, source in configuration.aggregate.items():
            if source.tokenFile is not None and self._draft.reads(("aggregate", name)):
                yield ("aggregate", name, "token_file"), source.tokenFile, source.sources
        for name, registry in configuration.register.items():
            if registry.tokenFile is not None and self._draft.reads(("register", name)):
                at = () if registry.at is None else (registry.at,)
                yield ("register", name, "token_file"), registry.tokenFile, at
        for name, producer in configuration.subscribe.items():
            if producer.tokenFile is not None and self._draft.reads(("subscribe", name)):
                at = () if producer.at is None else (producer.at,)
                yield ("subscribe", name, "token_file"), producer.tokenFile, at
        consumer = configuration.consumer
        if consumer.tokenFile is not None and self._draft.reads(("consumer",)):
            to = () if consumer.to is None else (consumer.to,)
            yield ("consumer", "token_file"), consumer.tokenFile, to

    def _secret(self, name: str, path: Path) -> str | None:
        try:
            secret = readSecret(self._place / name)
        except ConfigError as error:
            self._wrong(path, error.what, error.cure)
            return None
        if secret.isOpen:
            where = self._draft.source.where(path)
            self.doubts.append(
                f"{where}: warning: others may read or change {quoted(name)}; make that chmod 600"
            )
        return secret.text

    def _wrong(self, path: Path, why: str, cure: str, atKey: bool = False) -> None:
        self.mistakes.append(Mistake(path, why, cure, atKey=atKey))
