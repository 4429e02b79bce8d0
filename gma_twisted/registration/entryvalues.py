"""Entries as service data: C{ogsi:entry} of the group, and what an entry says of itself (OGSI 1.0, 12.1, 12.2)."""

from collections.abc import Sequence
from functools import lru_cache

import attrs

from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.typed import typedValue
from gma_twisted.model import (
    FOREVER,
    ElementKey,
    Handle,
    Lifetime,
    Locator,
    QName,
    Registration,
    ServiceDataElement,
)
from gma_twisted.registration.content import contentOf
from gma_twisted.registration.rules import MembershipRule
from gma_twisted.soap.types import LOCATOR, QNAME

__all__ = ["ENTRY", "EntryValues", "membershipRules", "ownValues"]

ENTRY = ogsi("entry")
"""Name of the value each entry is in the service data of its group."""

_RULE = ogsi("membershipContentRule")
_LOCATOR = ogsi("memberServiceLocator")
_CONTENT = ogsi("content")


# What LOCATOR and typedValue write, with the places that differ between entries.
_ENTRY_TAIL = (
    b"><ogsi:serviceGroupEntryLocator><ogsi:handle>%b/%b</ogsi:handle></ogsi:serviceGroupEntryLocator>"
    b"%b<ogsi:content>%b</ogsi:content></ogsi:entry>"
)
_PLAIN_MEMBER = (
    b"<ogsi:memberServiceLocator><ogsi:handle>%b</ogsi:handle>%b</ogsi:memberServiceLocator>"
)


@attrs.frozen(slots=True, eq=False)
class EntryValues:
    """
    C{ogsi:entry} of one group. What all its entries share is made once: a registration is published with little more
    than one filling in.

    @ivar group: handle of the group, the originator
    @ivar entries: handle below which the entries are services
    """

    group: Handle
    entries: Handle
    _head: bytes = attrs.field(init=False, repr=False)
    _entries: bytes = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        shared = typedValue(self.key(""), "ogsi:EntryType", FOREVER, 0.0)
        object.__setattr__(self, "_head", shared.head)
        object.__setattr__(self, "_entries", escapeText(self.entries.url).encode())

    def key(self, entry: str) -> ElementKey:
        """The identity of an entry's value: its key is the entry's id."""
        return ElementKey(ENTRY, self.group.url, entry)

    def value(self, row: Registration, lifetime: Lifetime) -> ServiceDataElement:
        """The value, with serviceGroupEntryLocator, memberServiceLocator and content."""
        entry = row.entry
        tail = _ENTRY_TAIL % (
            self._entries,
            escapeText(entry).encode(),
            _memberOf(row.member),
            contentOf(row),
        )
        return ServiceDataElement(self.key(entry), self._head, tail, lifetime, row.since)


def _memberOf(member: Locator) -> bytes:
    handles = member.handles
    if len(handles) != 1 or member.references:
        return LOCATOR.write("ogsi:memberServiceLocator", member)
    return _PLAIN_MEMBER % (
        escapeText(handles[0].url).encode(),
        _interfaces(tuple(member.interfaces)),
    )


# The members of a group have few different lists of interfaces.
@lru_cache(maxsize=128)
def _interfaces(names: tuple[QName, ...]) -> bytes:
    return b"".join([QNAME.write("ogsi:interface", name) for name in names])


def ownValues(handle: Handle, row: Registration, now: float) -> list[ServiceDataElement]:
    """
    C{memberServiceLocator} and C{content} of an entry.

    @param handle: of the entry
    @param now: instant from which they hold
    """
    lifetime = Lifetime(min(now, row.until), row.until, row.until)
    member = row.member
    locator = LOCATOR.write("ogsi:memberServiceLocator", member)
    inside = locator[locator.index(b">") + 1 : locator.rindex(b"<")]
    return [
        typedValue(
            ElementKey(_LOCATOR, handle.url), "ogsi:LocatorType", lifetime, row.since, inside
        ),
        typedValue(
            ElementKey(_CONTENT, handle.url),
            "ogsi:EntryContentType",
            lifetime,
            row.since,
            contentOf(row),
        ),
    ]


def membershipRules(
    group: Handle, rules: Sequence[MembershipRule], now: float, wall: float
) -> list[ServiceDataElement]:
    """
    C{membershipContentRule}, one value a rule.

    @param now: instant from which they hold, without end
    @param wall: the same as seconds since 1970
    """
    return [
        typedValue(
            ElementKey(_RULE, group.url, str(number)),
            "ogsi:MembershipContentRuleType",
            Lifetime(now),
            wall,
            QNAME.write("ogsi:memberInterface", rule.memberInterface)
            + b"".join(QNAME.write("ogsi:content", name) for name in rule.content),
        )
        for number, rule in enumerate(rules, 1)
    ]
