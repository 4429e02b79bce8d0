"""Policies: whether an identity may do what it asks."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import Refused, cut
from gma_twisted.interfaces import IPolicy
from gma_twisted.model import Access, Whose
from gma_twisted.security.identity import ANONYMOUS

__all__ = ["EVERYBODY", "EVERYWHERE", "AccessPolicy", "AccessRule", "AllowAll"]

EVERYBODY = "*"
"""In a rule: whoever has shown who it is."""

EVERYWHERE = "/*"
"""In a rule: every service, and every page."""

_MOST = 10_000
# Of paths kept: a longer one is some stranger's, and is looked at each time.
_PATH = 256
_HELD = Whose.HELD

_Key = tuple[str, str, Access]
# Identity, operation, path, class of the operation.
_Asked = tuple[str, str, str, Access]


@implementer(IPolicy)
@attrs.frozen(slots=True)
class AllowAll:
    """
    Everybody may do everything, and end what it has the handle of.

    For a node that only its own machine can reach: it refuses to listen elsewhere unless the operator spelled out
    that it may (C{--insecure}).
    """

    @property
    def isGuard(self) -> bool:
        """See L{IPolicy}."""
        return False

    def check(self, identity: str, operation: str, path: str, access: Access) -> Whose:
        """Allow it."""
        return _HELD


@attrs.frozen(slots=True)
class AccessRule:
    """
    One thing that is allowed.

    @ivar name: as the operator calls it
    @ivar who: identities, groups with an @ before their names, L{EVERYBODY}, C{anonymous}
    @ivar may: classes of operations, and local names of operations
    @ivar on: paths, each with all that is below it; one that ends with C{/*} only what is below
    @ivar whose: whose things they may renew and end
    """

    name: str
    who: Collection[str]
    may: Collection[Access | str]
    on: Sequence[str] = (EVERYWHERE,)
    whose: Whose = Whose.OWN


@attrs.frozen(slots=True)
class _Place:
    # Where a rule holds: at a path, and at all that begin so.
    exact: str
    start: str
    rule: AccessRule


@implementer(IPolicy)
@attrs.define(slots=True, eq=False)
class AccessPolicy:
    """
    Nobody may do anything but what a rule allows. It never changes: other rules are another policy.

    What is looked for once, of a caller and an operation, is kept: the places where it is allowed, few as they are; and
    what was allowed, which is found by one look when it is asked again. All of it follows from the question, the rules
    and the groups alone, and none of it outlives this policy.

    @ivar rules: what is allowed
    @ivar groups: by identity
    """

    rules: Sequence[AccessRule]
    groups: Mapping[str, Collection[str]]
    _places: dict[_Key, Sequence[_Place]] = attrs.field(factory=dict, init=False, repr=False)
    _allowed: dict[_Asked, Whose] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def isGuard(self) -> bool:
        """See L{IPolicy}."""
        return True

    def check(self, identity: str, operation: str, path: str, access: Access) -> Whose:
        """See L{IPolicy.check}."""
        asked = identity, operation, path, access
        whose = self._allowed.get(asked)
        return self._decide(asked) if whose is None else whose

    def _decide(self, asked: _Asked) -> Whose:
        identity, operation, path, access = asked
        rule = self.ruleFor(identity, operation, path, access)
        if rule is None:
            raise Refused(
                f"{cut(identity)} may not call {operation.rpartition('}')[2]} of {cut(path)}; the operator can allow"
                f' it by a rule under [access] with may = "{access.value}"'
            )
        # Refusals are not kept: who is refused may choose any path, and must not push out what is allowed.
        if len(path) <= _PATH:
            if len(self._allowed) >= _MOST:
                self._allowed.clear()
            self._allowed[asked] = rule.whose
        return rule.whose

    def ruleFor(
        self, identity: str, operation: str, path: str, access: Access
    ) -> AccessRule | None:
        """
        The rule that allows it; of several the first that does so for what others own, or else the first.

        @param operation: as in L{IPolicy.check}, or its local name
        """
        key = identity, operation, access
        places = self._places.get(key)
        if places is None:
            places = self._find(key)
        for place in places:
            if path == place.exact or path.startswith(place.start):
                return place.rule
        return None

    def _find(self, key: _Key) -> Sequence[_Place]:
        identity, operation, access = key
        names = self._namesOf(identity)
        asked = {access, operation.rpartition("}")[2]}
        rules = [
            one
            for one in self.rules
            if not names.isdisjoint(one.who) and not asked.isdisjoint(one.may)
        ]
        # A stable sort: what is allowed for everybody's things comes first.
        rules.sort(key=lambda one: one.whose is not Whose.ANY)
        found = [place for rule in rules for place in _placesOf(rule)]
        if len(self._places) >= _MOST:
            self._places.clear()
        self._places[key] = found
        return found

    def _namesOf(self, identity: str) -> set[str]:
        if identity == ANONYMOUS:
            return {ANONYMOUS}
        return {identity, EVERYBODY, *(f"@{one}" for one in self.groups.get(identity, ()))}


def _placesOf(rule: AccessRule) -> Iterator[_Place]:
    for one in rule.on:
        if one.endswith("/*"):
            # No path is empty.
            yield _Place("", one[:-1], rule)
        else:
            yield _Place(one, f"{one}/", rule)
