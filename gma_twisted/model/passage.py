"""The way an event came through compound nodes: a field says it, so that none goes round for ever."""

from gma_twisted.model.event import Event, EventContainer, EventField

__all__ = ["MAX_HOPS", "VIA", "isCircling", "markOf", "passed"]

VIA = "gma.via"
"""Name of the field: marks of the nodes, the first one first, with commas between them."""
MAX_HOPS = 16
"""Compound nodes one event goes through at most."""

_MARK = 12
_MOST = MAX_HOPS * (_MARK + 1)


def markOf(nodeId: str) -> str:
    """What a node is called in the field. @param nodeId: a UUID"""
    return nodeId.replace("-", "")[:_MARK]


def isCircling(event: Event, mark: str) -> bool:
    """Whether an event went through a node already, or through L{MAX_HOPS}. @param mark: of the node"""
    was = event.get(VIA)
    if not isinstance(was, str) or not was:
        return False
    # Who writes such a field of its own gains nothing by length.
    return len(was) > _MOST or was.count(",") + 1 >= MAX_HOPS or mark in was.split(",")


def passed(event: Event, mark: str) -> Event | None:
    """
    An event once it went through a node.

    @param mark: of the node
    @return: it shares with C{event} what is the same; C{None} when it went through this one already, or through
        L{MAX_HOPS}
    """
    if isCircling(event, mark):
        return None
    was = event.get(VIA)
    marks = [was] if isinstance(was, str) and was else []
    made = Event(event.name, event.timestamp, event.id, event.sequence)
    made.items = [*(one for one in event.items if not _isVia(one))]
    made.add(EventField(VIA, ",".join([*marks, mark])))
    return made


def _isVia(item: EventField | EventContainer) -> bool:
    return isinstance(item, EventField) and item.name == VIA
