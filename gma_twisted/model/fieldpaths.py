"""The paths an expression asks for, and what an event has at each of them."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.eventview import Items

__all__ = ["OWN_NAMES", "FieldPath", "FieldPaths"]

OWN_NAMES = ("@name", "@ts", "@id", "@seq")
"""What is no field of an event, but its own."""

FieldPath = tuple[str, ...]
"""Names of the containers a thing is in, then its own; or one of L{OWN_NAMES} alone."""


class FieldPaths:
    """Paths, numbered, which are found in one walk through an event."""

    __slots__ = ("_count", "_own", "_places")

    def __init__(self, numbers: Mapping[FieldPath, int]) -> None:
        """@param numbers: of the paths, from 0 on"""
        self._count = len(numbers)
        self._own = [(path[0], number) for path, number in numbers.items() if path[0] in OWN_NAMES]
        self._places = _placesOf(
            {path: number for path, number in numbers.items() if path[0] not in OWN_NAMES}
        )

    def find(self, event: Event) -> Sequence[Items]:
        """What an event has at each, by the numbers."""
        items: list[list[EventField | EventContainer]] = [[] for _ in range(self._count)]
        for name, number in self._own:
            items[number].extend(_ownField(event, name))
        if self._places:
            _collect(event, self._places, items)
        return items


@attrs.frozen(slots=True, eq=False)
class _Place:
    """
    What is asked for in one place of an event.

    @ivar number: of what is here among all that is asked for; C{None} for nothing
    @ivar inner: places in the containers of this name
    """

    number: int | None
    inner: "Mapping[str, _Place]"


def _placesOf(paths: Mapping[FieldPath, int]) -> dict[str, _Place]:
    heads = dict.fromkeys(path[0] for path in paths)
    return {
        head: _Place(
            paths.get((head,)),
            _placesOf({p[1:]: n for p, n in paths.items() if p[0] == head and len(p) > 1}),
        )
        for head in heads
    }


def _collect(
    holder: EventContainer,
    places: Mapping[str, _Place],
    items: list[list[EventField | EventContainer]],
) -> None:
    # As deep as the expression's paths, whatever the event is.
    for item in holder.items:
        place = places.get(item.name)
        if place is not None:
            if place.number is not None:
                items[place.number].append(item)
            if place.inner and isinstance(item, EventContainer):
                _collect(item, place.inner, items)


def _ownField(event: Event, name: str) -> list[EventField]:
    values: dict[str, Value | None] = {
        "@name": event.name,
        "@ts": event.timestamp,
        "@id": event.id,
        "@seq": event.sequence,
    }
    value = values[name]
    return [] if value is None else [EventField(name, value)]
