"""Which events a member has or wants, as its entry says it: C{gmar:entry} in the content (WIRE 6)."""

from collections.abc import Iterator, Sequence
from itertools import count

import attrs

from gma_twisted.errors import GMAError, ParameterError, TooLarge, cut
from gma_twisted.markup import MESSAGE_LIMITS, XMLGate, nameOf
from gma_twisted.markup.events import readEvent, writeEvent
from gma_twisted.markup.namespaces import GMAE, GMAR
from gma_twisted.model import Expression, QName
from gma_twisted.model.event import Event
from gma_twisted.model.glob import isGlob
from gma_twisted.model.gma import GMARole
from gma_twisted.model.template import Template
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.registration.content import EntryContent, readContent

__all__ = [
    "MAX_TYPE_DEPTH",
    "MAX_TYPE_ITEMS",
    "EventType",
    "EventTypes",
    "eventTypesOf",
    "plainTypes",
    "typeContent",
    "writtenType",
]

MAX_TYPE_DEPTH = 12
"""How deep containers of an event type may nest: it is told within an event, which has a bound of its own."""
MAX_TYPE_ITEMS = 4096
"""Most fields and containers of the event types of one entry together, for the same reason."""

_ENTRY = QName(GMAR, "entry")
_TYPE = f"{{{GMAR}}}eventType"
_GATE = XMLGate(MESSAGE_LIMITS)
# When a template was written is nothing that it asks for.
_NEVER = Timestamp(0)


@attrs.frozen(slots=True, eq=False)
class EventType:
    """
    What one event type of one or many entries matches.

    @ivar event: as it is told; it has neither id nor number, and its timestamp is that of 1970
    @ivar template: the same as a question
    @ivar written: the same in bytes; equal for equal ones
    @ivar number: of this object; no other of the same L{EventTypes} ever has it
    """

    event: Event
    template: Template
    written: bytes
    number: int

    @property
    def term(self) -> str:
        """Its name when that is no glob; empty for a glob."""
        return "" if isGlob(self.event.name) else self.event.name


@attrs.define(slots=True, eq=False)
class EventTypes:
    """The event types of all entries; equal ones are kept once, for as long as an entry has them."""

    _kept: dict[bytes, tuple[EventType, int]] = attrs.field(factory=dict, init=False, repr=False)
    _numbers: Iterator[int] = attrs.field(factory=count, init=False, repr=False)

    def __len__(self) -> int:
        """How many different ones there are."""
        return len(self._kept)

    def take(self, events: Sequence[Event]) -> tuple[EventType, ...]:
        """
        Those of an entry.

        @raise ParameterError: one cannot be a template
        @raise TooLarge: the same, or as L{plainTypes}
        """
        made = tuple([self._of(event) for event in plainTypes(events)])
        for one in made:
            self._kept[one.written] = (one, self._count(one) + 1)
        return made

    def release(self, types: Sequence[EventType]) -> None:
        """Those of an entry that is gone, or says something else now."""
        for one in types:
            count = self._count(one)
            if count > 1:
                self._kept[one.written] = (one, count - 1)
            else:
                del self._kept[one.written]

    def _of(self, event: Event) -> EventType:
        written = writeEvent(event)
        kept = self._kept.get(written)
        if kept is not None:
            return kept[0]
        return EventType(event, Template(event), written, next(self._numbers))

    def _count(self, one: EventType) -> int:
        kept = self._kept.get(one.written)
        return 0 if kept is None else kept[1]


def writtenType(event: Event) -> bytes:
    """
    The same bytes for templates that ask for the same in the same words.

    @raise TooLarge: as L{plainTypes}
    """
    return writeEvent(plainTypes([event])[0])


def plainTypes(events: Sequence[Event]) -> list[Event]:
    """
    Event types without what says nothing of what they match.

    @raise TooLarge: L{MAX_TYPE_DEPTH}, L{MAX_TYPE_ITEMS}
    """
    plain = []
    items = 0
    for event in events:
        for depth, _ in event.walk():
            items += 1
            if depth > MAX_TYPE_DEPTH:
                raise TooLarge(
                    f'event type "{cut(event.name)}" is deeper than {MAX_TYPE_DEPTH}, the most in a directory'
                )
            if items > MAX_TYPE_ITEMS:
                raise TooLarge(
                    f"the event types of an entry have more than {MAX_TYPE_ITEMS} fields and containers"
                )
        made = Event(event.name, _NEVER)
        made.items = list(event.items)
        plain.append(made)
    return plain


def typeContent(role: GMARole, events: Sequence[Event]) -> EntryContent:
    """
    The content of an entry; the same for entries that say the same.

    @raise TooLarge: as L{plainTypes}, or larger than messages may be
    """
    types = b"".join([writeEvent(event, "gmar:eventType") for event in plainTypes(events)])
    written = b'<gmar:entry xmlns:gmar="%b" xmlns:gmae="%b" role="%b">%b</gmar:entry>' % (
        GMAR.encode(),
        GMAE.encode(),
        role.value.encode(),
        types,
    )
    return readContent(Expression(_ENTRY, _GATE.parse(written, "entry")))


def eventTypesOf(content: bytes, role: GMARole, most: int) -> Sequence[Event]:
    """
    What the content of an entry says: nothing unless it is a C{gmar:entry} of this role, with event types that can be
    used and are not too many. Members write it themselves when they register by another face, as well as they can.

    @param content: of the registration; empty for none
    @param most: event types
    """
    if not content:
        return ()
    try:
        root = _GATE.parse(content, "entry")
        if nameOf(root) != _ENTRY or root.get("role", role.value).strip() != role.value:
            return ()
        if len(root) > most:
            raise TooLarge(f"an entry has more than {most} event types")
        stray = next((child for child in root if child.tag != _TYPE), None)
        if stray is not None:
            raise ParameterError(f'"{cut(nameOf(stray))}" does not belong into an entry')
        return [readEvent(child) for child in root]
    except GMAError:
        return ()
