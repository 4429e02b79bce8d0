"""Which copy counts when several sources offer one value (WIRE 5: several parents, diamonds, rings)."""

from gma_twisted.aggregation.lifetimes import isNeglected
from gma_twisted.aggregation.offers import Offer, versionOf
from gma_twisted.model import ServiceDataElement

__all__ = ["isNewer", "isTaken", "saysTheSame"]


def saysTheSame(one: ServiceDataElement, other: ServiceDataElement) -> bool:
    """Whether two copies have the same content, whichever way they came."""
    return one.head == other.head and one.tail == other.tail


def isNewer(one: ServiceDataElement, other: ServiceDataElement) -> bool:
    """Whether the originator made C{one} after C{other}."""
    return versionOf(one) > versionOf(other)


def isTaken(
    element: ServiceDataElement, present: ServiceDataElement, before: Offer | None, now: float
) -> bool:
    """
    Whether a value that came is to take the place of the one that is here.

    @param before: what the source offered before under the key
    @param now: instant on the node's clock
    """
    path = present.path
    if path == element.path or (before is not None and path == before.path):
        return True
    if saysTheSame(element, present):
        # Not for a newer date alone: another path would be told onward for nothing.
        return isNeglected(present.lifetime, element.lifetime, now)
    if isNewer(element, present):
        return True
    # An older one is better than one nobody keeps up.
    return present.lifetime.isStale(now) and isNeglected(present.lifetime, element.lifetime, now)
