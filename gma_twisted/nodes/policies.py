"""What C{[access]} says: compared with what there is, and made into the policy of a node."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from gma_twisted.configuration import (
    AccessRuleSection,
    AnonymousAccess,
    Configuration,
    Mistake,
    Owners,
)
from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.configuration.places import Path
from gma_twisted.interfaces import IPolicy
from gma_twisted.model import Access, Whose
from gma_twisted.nodes.offering import Offer
from gma_twisted.security import AccessPolicy, AccessRule, AllowAll
from gma_twisted.security.identity import ANONYMOUS
from gma_twisted.security.policy import EVERYBODY, EVERYWHERE

__all__ = ["ANONYMOUS_READS", "accessMistakes", "groupsOf", "policyOf"]

ANONYMOUS_READS = 'anonymous = "read"'
"""What the rule is called that has no name."""

_CLASSES: Mapping[str, Access] = {one.value: one for one in Access}
_WHOSE = {Owners.OWN: Whose.OWN, Owners.ANY: Whose.ANY}


def groupsOf(configuration: Configuration) -> Mapping[str, Collection[str]]:
    """The groups of each identity there is."""
    return {name: one.groups for name, one in configuration.identity.items()}


def policyOf(configuration: Configuration) -> IPolicy:
    """The policy of a node; without C{[access]} everybody may do everything. @param configuration: without mistakes"""
    section = configuration.access
    if not section.isGiven:
        return AllowAll()
    rules = [
        AccessRule(
            one.name,
            frozenset(one.who),
            frozenset(_CLASSES.get(word, word) for word in one.may),
            one.on or (EVERYWHERE,),
            _WHOSE[one.owners],
        )
        for one in section.rules
    ]
    if section.anonymous is AnonymousAccess.READ:
        # Who shows who it is may do no less than who does not.
        everybody = frozenset((ANONYMOUS, EVERYBODY))
        rules.append(AccessRule(ANONYMOUS_READS, everybody, frozenset((Access.READ,))))
    return AccessPolicy(rules, groupsOf(configuration))


def accessMistakes(
    configuration: Configuration, offers: Sequence[Offer], isWhole: bool
) -> Iterator[Mistake]:
    """
    Identities, groups, operations and services that rules name and that are not there.

    @param offers: what the node has
    @param isWhole: whether these are all there are; of others the operations are not known
    """
    groups = groupsOf(configuration)
    names = {f"@{one}" for those in groups.values() for one in those}
    callers = {*groups, *names, EVERYBODY, ANONYMOUS}
    words = {*_CLASSES, *(word for one in offers for word in one.operations if not word.isupper())}
    paths = [one.place for one in offers]
    for rule in configuration.access.rules:
        path = ("access", "rules", rule.name)
        yield from _unknownCallers(rule, path, callers)
        for index, word in enumerate(rule.may):
            if word not in words and isWhole:
                why = f"there is no class and no operation {quoted(word)}"
                yield Mistake((*path, "may", index), why, _nearestOf(word, words, _CLASSES))
        for index, place in enumerate(rule.on):
            if not any(_meet(place, one) for one in offers):
                why = f"this node has nothing at {quoted(place)}"
                yield Mistake((*path, "on", index), why, nearest(place, paths))


def _unknownCallers(
    rule: AccessRuleSection, path: Path, callers: Collection[str]
) -> Iterator[Mistake]:
    for index, who in enumerate(rule.who):
        if who in callers:
            continue
        name = who.removeprefix("@")
        what = f"no identity is in the group {quoted(name)}"
        cure = f'write groups = ["{name}"] under [identity.NAME]'
        if name == who:
            what, cure = f"there is no identity {quoted(who)}", f"write [identity.{who}]"
        near = nearest(who, callers)
        yield Mistake(
            (*path, "who", index), what, near if near.startswith("did you mean") else cure
        )


def _nearestOf(word: str, words: Collection[str], few: Collection[str]) -> str:
    near = nearest(word, words)
    return near if near.startswith("did you mean") else nearest(word, few)


def _meet(place: str, offer: Offer) -> bool:
    """Whether a rule that says where has anything there."""
    below = f"{offer.path}/"
    if place.endswith("/*"):
        start = place[:-1]
        return (below if offer.areBelow else offer.path).startswith(start) or (
            offer.areBelow and start.startswith(below)
        )
    if offer.path == place or offer.path.startswith(f"{place}/"):
        return True
    return offer.areBelow and place.startswith(below)
