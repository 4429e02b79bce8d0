"""What a node keeps of registrations others make, and where it registers its own services."""

from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.bareurl import bareURL
from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import (
    ATTRIBUTES,
    DURATION,
    FLAG,
    HANDLE,
    PATH,
    PATHS,
    QNAME,
    QNAMES,
    SELECTED,
    TABLES,
    TEXT,
    oneOf,
)
from gma_twisted.configuration.tokens import TOKEN_FILE_DOC, unshielded
from gma_twisted.model import Handle, KnownMember, QName

__all__ = ["MembershipRuleSection", "RegisterSection", "RegistrySection"]


@attrs.frozen(slots=True)
class MembershipRuleSection:
    """C{[[registry.membership_rules]]}: who may be a member, and what its entry must hold (OGSI 1.0, 12.2)."""

    memberInterface: QName | None = key(  # noqa: RUF009 (it declares a field)
        QNAME,
        "port type of the members it speaks of; `ogsi:GridService` is every member, whatever it claims; needed",
        name="member_interface",
    )
    content: Sequence[QName] = key(
        QNAMES,
        "elements the content of their entries must hold, each as its root or right below it",
        (),
        shown="none",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.memberInterface is None:
            cure = 'write member_interface = "ogsi:GridService", or another port type'
            yield "", "no members are named", cure
        if len(set(self.content)) < len(self.content):
            yield "content", "the same name twice", "leave one of them out"


@attrs.frozen(slots=True)
class RegistrySection:
    """C{[registry]}: who may register, for how long that holds, and what is made of a member that comes again."""

    defaultLifetime: float = key(
        DURATION, "granted to who asks for no lifetime", 300.0, name="default_lifetime"
    )
    minLifetime: float = key(
        DURATION, "least granted; who asks for less gets this", 5.0, name="min_lifetime"
    )
    maxLifetime: float = key(
        DURATION, "most granted; who asks for more gets this", 86400.0, name="max_lifetime"
    )
    knownMember: KnownMember = key(  # noqa: RUF009 (it declares a field)
        oneOf(KnownMember),
        "a member its owner registers again: its entry is renewed, one entry more is made (OGSI's bag), "
        "or the call is refused (GT 3.2)",
        KnownMember.RENEW,
        name="known_member",
    )
    tombstones: float = key(
        DURATION,
        "how long it is told when and why an entry ended, instead of that there is none",
        3600.0,
    )
    membershipRules: Sequence[MembershipRuleSection] = key(
        TABLES,
        "who may be a member, and what its entry must hold, below",
        (),
        name="membership_rules",
        shown="everybody, with any content or none",
        section=MembershipRuleSection,
    )
    aggregate: bool = key(
        FLAG,
        "copy the service data that registered services offer, for as long as their entries live (`gma-index`)",
        True,
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        least, most = map(DURATION.write, (self.minLifetime, self.maxLifetime))
        if self.minLifetime == 0:
            yield "min_lifetime", "must be longer than nothing", 'write "5s", for example'
        if not self.minLifetime <= self.maxLifetime:
            yield "max_lifetime", "less than min_lifetime", f"write {least} or more"
        elif not self.minLifetime <= self.defaultLifetime <= self.maxLifetime:
            why = "not between min_lifetime and max_lifetime"
            yield "default_lifetime", why, f"write one from {least} to {most}"


@attrs.frozen(slots=True)
class RegisterSection:
    """C{[register.NAME]}: a registry elsewhere that is told of services of this node."""

    at: Handle | None = key(  # noqa: RUF009 (it declares a field)
        HANDLE,
        "URL of the registry's service, or of a GMA directory, `http://HOST:8481/services/directory`; needed",
    )
    services: Sequence[str] = key(
        PATHS,
        "paths of the services to register",
        (),
        shown="the main service; of a compound node at a directory its producer and its consumer",
    )
    lifetime: float = key(
        DURATION,
        "asked for; the registry may grant another, and it is renewed before half of it",
        300.0,
    )
    memberName: str | None = key(
        TEXT, "what the members are called there", name="name", shown="the node's name"
    )
    attributes: Sequence[tuple[str, str]] = key(
        ATTRIBUTES, 'further facts, `{ site = "cern" }`', (), shown="none"
    )
    names: Sequence[QName] = key(
        SELECTED,
        "service data that the registry, when it is an index, shall aggregate while the member is registered; "
        "`{uri}*` for every name of a namespace",
        (),
        shown="none",
    )

    tokenFile: str | None = key(PATH, TOKEN_FILE_DOC, name="token_file", shown="none")
    asGMA: bool | None = key(
        FLAG,
        "whether the other end is a GMA directory: it is told of producers and consumers, and of which events",
        name="gma",
        shown="whether the path of `at` ends in `/directory`",
    )

    @property
    def isDirectory(self) -> bool:
        """Whether the other end is a GMA directory."""
        if self.asGMA is not None:
            return self.asGMA
        return self.at is not None and self.at.path.endswith("/directory")

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.at is None:
            yield "", "no registry is named", 'write at = "http://HOST:8481/services/registry"'
        if self.lifetime == 0:
            yield "lifetime", "must be longer than nothing", 'write "5m", for example'
        if len(set(self.services)) < len(self.services):
            yield "services", "the same path twice", "leave one of them out"
        if len(set(self.names)) < len(self.names):
            yield "names", "the same name twice", "leave one of them out"
        if self.names and self.isDirectory:
            why = "a GMA directory copies no service data"
            yield "names", why, "leave it out"
        if self.at is not None:
            # A directory is found at its node.
            if not self.asGMA and (wrong := bareURL(self.at.url, "/services/registry")):
                others = "/services/index for a gma-index, /services/directory for a GMA directory"
                yield "at", wrong[0], f"{wrong[1]}, {others}"
            yield from unshielded(self.tokenFile, [self.at.url])
