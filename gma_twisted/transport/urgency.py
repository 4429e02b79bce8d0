"""How urgent a request is, by its head alone: what is put off first when a node cannot do everything.

The head only says so. Whoever lies gains the place of a renewal before the body is read, within what one caller may
have of those; operation, rights and owner are judged by the body as ever.
"""

import enum

from gma_twisted.soap import porttypes
from gma_twisted.transport.head import Head

__all__ = ["Urgency", "urgencyOf"]


class Urgency(enum.IntEnum):
    """The lower, the longer it is let in."""

    KEEPING = 0
    """What keeps or ends soft state, tells a sink, or asks whether the node is well."""
    WRITING = 1
    """What changes something else, and what does not say what it is."""
    READING = 2
    """Queries."""
    PAGE = 3
    """The pages of the node, and descriptions."""


# Beside what is routine, and what moves the end of a service.
_KEEPING = frozenset(
    ("renewServices", "unregisterService", "remove", "removeSubscription", "removeDataAggregation")
)
_HEALTH = ("/-/healthy", "/-/ready", "/metrics")


def _actions() -> dict[str, Urgency]:
    found = {}
    for name in porttypes.__all__:
        for operation in getattr(porttypes, name).operations:
            if operation.isRead:
                found[operation.action] = Urgency.READING
            elif operation.isRoutine or operation.isEnd or operation.name in _KEEPING:
                found[operation.action] = Urgency.KEEPING
    return found


_URGENCY = _actions()


def urgencyOf(head: Head) -> Urgency:
    """What a head says of its request."""
    if head.isWeb:
        return Urgency.KEEPING if head.path in _HEALTH else Urgency.PAGE
    return _URGENCY.get(head.soapAction or "", Urgency.WRITING)
