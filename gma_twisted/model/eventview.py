"""What the tests of one expression see of one event, and how much more of it they may look at."""

from collections.abc import Sequence

from gma_twisted.errors import TooLarge, cut
from gma_twisted.model.event import Event, EventContainer, EventField

__all__ = ["MAX_WORK", "EventView", "Items"]

MAX_WORK = 20_000
"""Most fields an expression looks at in one event, each comparison counted for itself, and long globs many times."""

Items = Sequence[EventField | EventContainer]
"""What an event has at one path."""


class EventView:
    """
    One event as an expression sees it.

    @ivar items: what is at each path the expression asks for, by the number of the path
    """

    __slots__ = ("_event", "_left", "items")

    def __init__(self, event: Event, items: Sequence[Items]) -> None:
        self._event = event
        self.items = items
        self._left = MAX_WORK

    def spend(self, work: int) -> None:
        """So much is looked at. @raise TooLarge: it was more than is left"""
        self._left -= work
        if self._left < 0:
            raise TooLarge(
                f'event "{cut(self._event.name)}" has too many fields for the filter, which may look at {MAX_WORK}'
            )
