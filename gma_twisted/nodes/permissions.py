"""What a policy comes to: who may do what where, for the operator to look at."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.model import Access, Whose
from gma_twisted.nodes.offering import Offer
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.policies import ANONYMOUS_READS, groupsOf
from gma_twisted.security import AccessPolicy
from gma_twisted.security.identity import ANONYMOUS

__all__ = ["Decision", "Permission", "Permissions", "decide", "permissionsOf"]

_OWNED = (Access.REGISTER, Access.SUBSCRIBE, Access.WRITE, Access.AGGREGATE, Access.CREATE)


@attrs.frozen(slots=True)
class Permission:
    """
    What an identity may do of one class.

    @ivar access: the class
    @ivar whose: C{own}, C{any}, C{yes} where nothing has an owner; empty when nothing is allowed
    @ivar isEverywhere: whether that holds for every operation of the class, wherever there is one
    @ivar at: where: paths by which each operation is allowed, C{/services/index registerService}
    """

    access: str
    whose: str
    isEverywhere: bool
    at: Sequence[str]


@attrs.frozen(slots=True)
class Permissions:
    """
    All an identity may do.

    @ivar identity: its name
    @ivar groups: it is in
    @ivar may: for each class
    """

    identity: str
    groups: Sequence[str]
    may: Sequence[Permission]


@attrs.frozen(slots=True)
class Decision:
    """
    What becomes of one request.

    @ivar who: the caller
    @ivar operation: local name
    @ivar service: path
    @ivar access: what the operation counts as there
    @ivar isAllowed: whether it may
    @ivar rule: what allows it, the section of a rule or C{anonymous = "read"}; empty when nothing does
    @ivar missing: operation of the service that would have to be allowed too, though C{rule} allows this one; empty
        when there is none
    @ivar owners: whose things it may renew and end by that: C{own}, C{held}, which is what it owns or has the handle
        of, or C{any}; empty where nothing has an owner
    """

    who: str
    operation: str
    service: str
    access: str
    isAllowed: bool
    rule: str
    owners: str
    missing: str = ""


def permissionsOf(plan: Plan) -> Sequence[Permissions]:
    """Of every identity there is, and of who shows nothing."""
    groups = {ANONYMOUS: (), **groupsOf(plan.configuration)}
    return [
        Permissions(name, list(those), [_permission(plan, name, one) for one in Access])
        for name, those in groups.items()
    ]


def decide(plan: Plan, who: str, operation: str, path: str) -> Decision:
    """
    Ask the policy.

    @param who: an identity
    @param operation: local name; of a page its method
    @raise LookupError: there is no such identity, service or operation; in a sentence
    """
    known = (ANONYMOUS, *plan.configuration.identity)
    if who not in known:
        raise LookupError(f"there is no identity {quoted(who)}; {nearest(who, known)}")
    offer = next((one for one in plan.offers if one.isAt(path)), None)
    if offer is None:
        places = [one.place for one in plan.offers]
        raise LookupError(f"this node has nothing at {quoted(path)}; {nearest(path, places)}")
    access = offer.operations.get(operation)
    if access is None:
        near = nearest(operation, offer.operations)
        raise LookupError(f"{path} has no operation {quoted(operation)}; {near}")
    rule, whose = _ruling(plan, who, operation, path, access)
    if missing := _missing(plan, who, offer, operation, path) if rule else "":
        return Decision(who, operation, path, access.value, False, rule, "", missing)
    owners = whose.value if whose is not None and access in _OWNED else ""
    return Decision(who, operation, path, access.value, whose is not None, rule, owners)


def _ruling(
    plan: Plan, who: str, operation: str, path: str, access: Access
) -> tuple[str, Whose | None]:
    policy = plan.policy
    if not isinstance(policy, AccessPolicy):
        return "there is no [access]", Whose.HELD
    rule = policy.ruleFor(who, operation, path, access)
    if rule is None:
        return "", None
    isNamed = rule.name != ANONYMOUS_READS
    return f"[access.rules.{rule.name}]" if isNamed else f"[access] {rule.name}", rule.whose


def _missing(plan: Plan, who: str, offer: Offer, operation: str, path: str) -> str:
    """The operation that is not allowed and would have to be for this one; empty without one."""
    also = offer.also.get(operation)
    if also is None:
        return ""
    _, whose = _ruling(plan, who, also, path, offer.operations[also])
    return also if whose is None else ""


def _permission(plan: Plan, who: str, access: Access) -> Permission:
    found: dict[str, Whose] = {}
    count = 0
    for offer, operation in _asked(plan.offers, access):
        count += 1
        path = _example(offer)
        _, whose = _ruling(plan, who, operation, path, access)
        if whose is not None and not _missing(plan, who, offer, operation, path):
            found[f"{offer.place} {operation}"] = whose
    return Permission(access.value, _word(found, access), len(found) == count, list(found))


def _word(found: Mapping[str, Whose], access: Access) -> str:
    if not found:
        return ""
    if access not in _OWNED:
        return "yes"
    # The least: what is told is true everywhere.
    return next(one for one in Whose if one in found.values()).value


def _asked(offers: Sequence[Offer], access: Access) -> Iterator[tuple[Offer, str]]:
    for offer in offers:
        for operation, counts in offer.operations.items():
            if counts is access:
                yield offer, operation


def _example(offer: Offer) -> str:
    return f"{offer.path}/ID" if offer.areBelow else offer.path
