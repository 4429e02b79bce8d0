"""The way an event came through compound nodes: a field says it, so that none goes round for ever."""

import attrs

from gma_twisted.model.event import Event, EventContainer, EventField

__all__ = ["MAX_HOPS", "VIA", "Passages", "isCircling", "markOf", "passed"]

VIA = "gma.via"
"""Name of the field: marks of the nodes, the first one first, with commas between them."""
MAX_HOPS = 16
"""Compound nodes one event goes through at most."""

_MARK = 12
_MOST = MAX_HOPS * (_MARK + 1)
# Of more ways only the longest is told: else nothing could go on that was made of what many nodes sent.
_TOGETHER = MAX_HOPS // 2


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


@attrs.define(slots=True, eq=False)
class Passages:
    """
    The ways of all events that something is made of: it came through all their nodes. Where these are too many it came
    the longest way, so that what goes round among such nodes ends after L{MAX_HOPS} of them at the latest.
    """

    _marks: dict[str, None] = attrs.field(factory=dict, init=False, repr=False)
    _longest: tuple[str, ...] = attrs.field(default=(), init=False)
    _last: str = attrs.field(default="", init=False, repr=False)

    def add(self, event: Event) -> None:
        """It is made of this one, too."""
        was = event.get(VIA)
        # Most come the same way.
        if not isinstance(was, str) or not was or was == self._last or len(was) > _MOST:
            return
        self._last = was
        marks = tuple(was.split(","))
        if len(marks) > len(self._longest):
            self._longest = marks
        if len(self._marks) <= MAX_HOPS:
            self._marks.update(dict.fromkeys(marks))

    def field(self) -> EventField | None:
        """What says so, without the mark of who makes it; C{None} where none of them came through any node."""
        if not self._longest:
            return None
        isTogether = len(self._marks) <= max(_TOGETHER, len(self._longest))
        return EventField(VIA, ",".join(self._marks if isTogether else self._longest))


def _isVia(item: EventField | EventContainer) -> bool:
    return isinstance(item, EventField) and item.name == VIA
