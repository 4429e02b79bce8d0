"""What compound nodes make of one event that comes in: it is handed on as it is, or changed, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs

from gma_twisted.configuration import FilterSection, RepublishSection
from gma_twisted.events.bridge import MISSED as UNPUBLISHED
from gma_twisted.events.summary import LEFT
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.glob import Glob
from gma_twisted.nodes.compoundfits import filtersOf
from gma_twisted.nodes.sinks import MISSED

__all__ = ["NEWS", "Derivation", "Filtering", "Keeping", "Republishing"]

NEWS = (UNPUBLISHED, MISSED, LEFT, "gma.stream.missed")
"""Names of events that tell of others which never come: they are handed on by every compound node, unchanged."""


class Derivation(Protocol):
    """What is made of events, one by one."""

    def derive(self, event: Event) -> Event | None:
        """
        What is handed on in place of one; C{None} for nothing. It may share with C{event} what is the same.

        @raise GMAError: nothing can be made of it
        """

    def counts(self) -> Mapping[str, int]:
        """Counters since the start, by name."""


@attrs.frozen(slots=True, eq=False)
class Keeping:
    """Hands on all."""

    def derive(self, event: Event) -> Event | None:
        """See L{Derivation}."""
        return event

    def counts(self) -> Mapping[str, int]:
        """See L{Derivation}."""
        return {}


@attrs.define(slots=True, eq=False)
class Filtering:
    """Hands on those of which everything is true that the section says. @ivar section: checked"""

    section: FilterSection
    _globs: Sequence[Glob] = attrs.field(init=False, repr=False)
    _tests: Sequence[Callable[[Event], bool]] = attrs.field(init=False, repr=False)
    _filtered: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._globs = [Glob(one) for one in self.section.eventTypes]
        self._tests = [compileFilter(one) for _, one in filtersOf(self.section)]

    def derive(self, event: Event) -> Event | None:
        """See L{Derivation}. @raise TooLarge: a filter would have to look at too much of it"""
        isNamed = not self._globs or any(one.matches(event.name) for one in self._globs)
        if isNamed and all(test(event) for test in self._tests):
            return event
        self._filtered += 1
        return None

    def counts(self) -> Mapping[str, int]:
        """See L{Derivation}: C{filtered}, those that are not handed on."""
        return {"filtered": self._filtered}


@attrs.define(slots=True, eq=False)
class Republishing:
    """Hands on all, under other names and with further fields. @ivar section: checked"""

    section: RepublishSection
    _names: Mapping[str, str] = attrs.field(init=False, repr=False)
    _fields: Mapping[str, EventField] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._names = {old: str(new) for old, new in (self.section.rename or {}).items()}
        const: Mapping[str, Any] = self.section.const or {}
        self._fields = {name: EventField(name, value) for name, value in const.items()}

    def derive(self, event: Event) -> Event | None:
        """See L{Derivation}. @raise TooLarge: a bound of events"""
        name = (self.section.prefix or "") + self._names.get(event.name, event.name)
        made = Event(name, event.timestamp, event.id, event.sequence)
        own = self._fields
        made.items = [
            one for one in event.items if not (isinstance(one, EventField) and one.name in own)
        ]
        for field in own.values():
            made.add(field)
        return made

    def counts(self) -> Mapping[str, int]:
        """See L{Derivation}."""
        return {}
