"""What compound nodes make of one event that comes in: it is handed on as it is, or changed, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs
from twisted.logger import Logger

from gma_twisted.configuration import FilterSection, RepublishSection
from gma_twisted.errors import cut
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.eventcomparison import compileComparison, fieldsOf
from gma_twisted.model.glob import Glob
from gma_twisted.nodes.compoundfits import filtersOf
from gma_twisted.nodes.missing import missingIn

__all__ = ["Derivation", "Filtering", "Keeping", "Republishing"]

log = Logger()

_LOOKED = 100
"""Events by which a filter is judged, whether it fits them."""


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
    # Fields that no event had yet.
    _unseen: dict[str, Callable[[Event], bool]] = attrs.field(init=False, repr=False)
    _looked: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._globs = [Glob(one) for one in self.section.eventTypes]
        self._tests = [compileFilter(one) for _, one in filtersOf(self.section)]
        named = [] if self.section.where is None else fieldsOf(self.section.where)
        self._unseen = {one: compileComparison(one) for one in named}

    def derive(self, event: Event) -> Event | None:
        """See L{Derivation}. @raise TooLarge: a filter would have to look at too much of it"""
        missing = missingIn(event)
        if missing is not None:
            return missing
        isNamed = not self._globs or any(one.matches(event.name) for one in self._globs)
        if isNamed and self._unseen:
            self._look(event)
        if isNamed and all(test(event) for test in self._tests):
            return event
        self._filtered += 1
        return None

    def counts(self) -> Mapping[str, int]:
        """See L{Derivation}: C{filtered}, those that are not handed on."""
        return {"filtered": self._filtered}

    def _look(self, event: Event) -> None:
        """A field of another name is never there, and nobody would know why nothing comes."""
        self._unseen = {name: has for name, has in self._unseen.items() if not has(event)}
        self._looked += 1
        if self._looked < _LOOKED or not self._unseen:
            return
        log.warn(
            'none of the first {count} events has a field "{fields}", which "where" of [filter] asks for; '
            'the last one, "{name}", has {has}',
            count=_LOOKED,
            fields=cut('", "'.join(self._unseen), 200),
            name=cut(event.name, 60),
            has=cut(", ".join(dict.fromkeys(one.name for one in event.items)) or "none", 200),
        )
        self._unseen = {}


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
        missing = missingIn(event)
        if missing is not None:
            return missing
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
