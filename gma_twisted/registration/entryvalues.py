"""Entries as service data: C{ogsi:entry} of the group, and what an entry says of itself (OGSI 1.0, 12.1, 12.2)."""

from collections.abc import Sequence

from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.typed import typedValue
from gma_twisted.model import (
    ElementKey,
    Handle,
    Lifetime,
    Locator,
    Registration,
    ServiceDataElement,
)
from gma_twisted.registration.content import contentOf
from gma_twisted.registration.rules import MembershipRule
from gma_twisted.soap.types import LOCATOR, QNAME

__all__ = ["ENTRY", "entryKey", "entryValue", "membershipRules", "ownValues"]

ENTRY = ogsi("entry")
"""Name of the value each entry is in the service data of its group."""

_RULE = ogsi("membershipContentRule")
_LOCATOR = ogsi("memberServiceLocator")
_CONTENT = ogsi("content")


def entryKey(group: Handle, entry: str) -> ElementKey:
    """The identity of an entry's value: its key is the entry's id."""
    return ElementKey(ENTRY, group.url, entry)


def entryValue(
    group: Handle, handle: Handle, row: Registration, lifetime: Lifetime
) -> ServiceDataElement:
    """
    C{ogsi:entry} with serviceGroupEntryLocator, memberServiceLocator and content.

    @param handle: of the entry
    """
    inside = (
        LOCATOR.write("ogsi:serviceGroupEntryLocator", Locator((handle,))),
        LOCATOR.write("ogsi:memberServiceLocator", row.member),
        b"<ogsi:content>%b</ogsi:content>" % contentOf(row),
    )
    key = entryKey(group, row.entry)
    return typedValue(key, "ogsi:EntryType", lifetime, row.since, b"".join(inside))


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
