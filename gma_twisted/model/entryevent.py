"""Entries of a directory as events: what those who watch it are told (WIRE 6, watch)."""

import enum
from collections.abc import Callable
from typing import TypeVar

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.timestamp import Timestamp

__all__ = ["EntryNews", "entryEvent", "newsEvent", "readEntryEvent", "resetEvent", "watchOf"]

T = TypeVar("T")

_ENTRY = "entry"
_TYPES = "eventTypes"
_ATTRIBUTE = "attribute"
_WATCH = "watch"


class EntryNews(enum.Enum):
    """What is told; the values are the names of the events."""

    PRESENT = "gma.entry.present"
    """It was there when the watch began, or began anew."""
    ADDED = "gma.entry.added"
    """It came, or became one that is watched."""
    UPDATED = "gma.entry.updated"
    """It says something else now."""
    REMOVED = "gma.entry.removed"
    """It ended, or is none any more that is watched; of the entry there are id, role and endpoint."""
    COMPLETE = "gma.watch.complete"
    """All that is there was told; what follows are changes. It has no entry."""
    RESET = "gma.watch.reset"
    """
    The watch begins, or changes were lost: what was told before counts no more, and all that is there comes anew. It
    has no entry, and a field C{watch}.
    """


def newsEvent(news: EntryNews, when: Timestamp) -> Event:
    """An event without an entry."""
    return Event(news.value, when)


def resetEvent(watch: int, when: Timestamp) -> Event:
    """An event with which a watch begins, or begins anew. @param watch: the directory's number of it"""
    event = newsEvent(EntryNews.RESET, when)
    event.add(EventField(_WATCH, watch))
    return event


def watchOf(event: Event) -> int | None:
    """The number of the watch that begins with an event; C{None} when none does, or it is not told."""
    watch = event.get(_WATCH) if event.name == EntryNews.RESET.value else None
    return watch if isinstance(watch, int) and not isinstance(watch, bool) else None


def entryEvent(news: EntryNews, entry: GMAEntry, when: Timestamp) -> Event:
    """
    An event with a container C{entry}: the fields C{id}, C{role}, C{endpoint} and C{lifetime}, seconds; a container
    C{attribute} for each, with C{name} and C{value}; and a container C{eventTypes}, in which each event type is a
    container of its name.

    @raise TooLarge: it has more than an event may have
    """
    event = newsEvent(news, when)
    container = EventContainer(_ENTRY)
    event.add(container)
    container.add(EventField("id", entry.entry))
    container.add(EventField("role", entry.role.value))
    container.add(EventField("endpoint", entry.endpoint))
    if news is EntryNews.REMOVED:
        return event
    if entry.lifetime is not None:
        container.add(EventField("lifetime", float(entry.lifetime), "s"))
    for name, value in entry.attributes:
        pair = EventContainer(_ATTRIBUTE)
        pair.add(EventField("name", name))
        pair.add(EventField("value", value))
        container.add(pair)
    if entry.eventTypes:
        types = EventContainer(_TYPES)
        container.add(types)
        for one in entry.eventTypes:
            named = EventContainer(one.name)
            named.items = list(one.items)
            types.add(named)
    return event


def readEntryEvent(event: Event) -> tuple[EntryNews, GMAEntry | None]:
    """
    What an event tells.

    @return: and its entry; C{None} for news that have none
    @raise ParameterError: it is no such event, or its entry cannot be read; named
    """
    try:
        news = EntryNews(event.name)
    except ValueError:
        raise ParameterError(f'"{cut(event.name)}" tells nothing of a directory') from None
    if news in (EntryNews.COMPLETE, EntryNews.RESET):
        return news, None
    container = next((one for one in event.containers if one.name == _ENTRY), None)
    if container is None:
        raise ParameterError(f'event "{event.name}" has no container "{_ENTRY}"')
    lifetime = container.get("lifetime")
    return news, GMAEntry(
        _read(container, "role", GMARole),
        _read(container, "endpoint", str),
        tuple([_typeOf(one) for each in _named(container, _TYPES) for one in each.containers]),
        tuple(
            [
                (_read(one, "name", str), _read(one, "value", str))
                for one in _named(container, _ATTRIBUTE)
            ]
        ),
        _read(container, "id", str),
        float(lifetime) if isinstance(lifetime, int | float) else None,
    )


def _named(container: EventContainer, name: str) -> list[EventContainer]:
    return [one for one in container.containers if one.name == name]


def _read(container: EventContainer, name: str, make: Callable[[str], T]) -> T:
    value: Value | None = container.get(name)
    if isinstance(value, str):
        try:
            return make(value)
        except ValueError:
            pass
    raise ParameterError(f'"{cut(container.name)}" has no usable field "{name}"')


def _typeOf(container: EventContainer) -> Event:
    event = Event(container.name, Timestamp(0))
    event.items = list(container.items)
    return event
