"""Events as service data of an index (WIRE 6)."""

import math
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import Busy, TooLarge, cut
from gma_twisted.events.limits import EventValueLimits
from gma_twisted.events.valueroom import ValueRoom
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import writeEvent
from gma_twisted.markup.namespaces import GMAE
from gma_twisted.markup.values import valueFromTree
from gma_twisted.model import (
    Changes,
    ElementKey,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    ServiceDataElement,
)
from gma_twisted.model.event import Event
from gma_twisted.timing import NodeClock, Ready, sleep

__all__ = ["EVENT_NAME", "EventValues"]

log = Logger()

EVENT_NAME = QName(GMAE, "event")
"""The service data name under which an index has events."""

_PAGE = 2000
# Seconds between two lines of the log about what was left out.
_TOLD_EVERY = 60.0
_DONE: Ready[None] = Ready(None)


@attrs.define(slots=True, eq=False)
class EventValues:
    """
    Keeps the last event of each source, name and id as a value of L{EVENT_NAME}, for as long as it is said to hold.

    Of more values than the limits allow the oldest go. Were they refused, the producer would stop: its newer events,
    those of values that are there among them, wait behind the first that is not taken, and it is they that are wanted.
    Of commits that are under way each counts what was there before them.

    @ivar store: of the service that has them
    @ivar clock: the node's
    @ivar gate: reads what was written
    @ivar originator: handle of that service
    @ivar lifetime: seconds for which an event is good
    @ivar grace: seconds it stays readable after that
    @ivar limits: bounds of what is kept
    @ivar largest: bytes of one value: the store's bound
    @ivar batch: values and names of one commit: the store's bound
    @ivar leftOut: values that went because there were more than the limits allow
    """

    store: IServiceDataStore
    clock: NodeClock
    gate: XMLGate
    originator: str
    lifetime: float = 60.0
    grace: float = 60.0
    limits: EventValueLimits = attrs.field(factory=EventValueLimits)
    largest: int = 8 * 1024**2
    batch: int = 100_000
    leftOut: int = attrs.field(default=0, init=False)
    _room: ValueRoom = attrs.field(init=False, repr=False)
    # When the log may tell of what was left out, and of how many it has told.
    _tellAt: float = attrs.field(default=-math.inf, init=False, repr=False)
    _toldOf: int = attrs.field(default=0, init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._room = ValueRoom(self.limits)

    async def start(self) -> None:
        """Count what there is, of an earlier life too, and follow it; the store has begun."""
        if self._endObservation is not None:
            return
        self._endObservation = self.store.observe(self._changed)
        if EVENT_NAME not in self.store.names():
            return
        since: dict[ElementKey, float] = {}
        query = NameQuery((NameSelector(EVENT_NAME, self.originator),), limit=_PAGE)
        while True:
            page = self.store.find(query)
            for one in page.elements:
                since[one.key] = one.lifetime.goodFrom
                self._room.put(one.key, _sizeOf(one))
            if page.cursor is None:
                break
            query = attrs.evolve(query, cursor=page.cursor)
            await sleep(self.clock, 0.0)
        self._room.arrange(since)

    def stop(self) -> Awaitable[None]:
        """Follow no more; what there is stays for its time."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None
        self._room.clear()
        return _DONE

    async def take(
        self,
        events: Sequence[Event],
        source: str,
        lifetime: float | None = None,
        grace: float | None = None,
    ) -> int:
        """
        Put events into the service data, all of them in one commit.

        @param source: whose they are
        @param lifetime: seconds for which these are good; C{None} as all are
        @param grace: seconds these stay readable after that; C{None} as all do
        @return: how many values there are of them: of several events of one name and id the last one counts
        @raise TooLarge: one event is larger than values may be, or they are too many for one commit: fewer may be taken
        @raise Busy: the store cannot write now, or has no room
        """
        holds = Lifetime.lasting(
            self.clock.seconds(),
            self.lifetime if lifetime is None else lifetime,
            self.grace if grace is None else grace,
        )
        # A blank ends the source in a key, and so in what is known of what is there.
        name = source.replace(" ", "%20")
        values: dict[ElementKey, ServiceDataElement] = {}
        for event in events:
            element = self._value(event, name, holds)
            # The last is the youngest.
            values.pop(element.key, None)
            values[element.key] = element
        over = max(0, len(values) - self.limits.perSource)
        for key in list(values)[:over]:
            del values[key]
        gone = self._room.excess(name, {key: _sizeOf(one) for key, one in values.items()})
        await self._commit([Remove(key) for key in gone], [Put(one) for one in values.values()])
        if over or gone:
            self._tell(name, over + len(gone))
        return len(values)

    async def _commit(self, removed: Sequence[Remove], put: Sequence[Put]) -> None:
        touched = len(removed) + len(put)
        if touched > self.batch:
            raise TooLarge(
                f"{len(put)} events pass the bound store_batch, {self.batch}; send fewer at once"
            )
        try:
            await self.store.commit([*removed, *put])
        except TooLarge as error:
            # Each of them is small enough: others have taken the room, and may give it back.
            raise Busy(f"there is no room for events now: {error.message}") from error

    def _value(self, event: Event, source: str, lifetime: Lifetime) -> ServiceDataElement:
        written = writeEvent(event).replace(
            b"<gmae:event", f'<gmae:event xmlns:gmae="{GMAE}"'.encode(), 1
        )
        root = self.gate.parse(written, f'event "{cut(event.name)}"')
        identity = f"{source} {event.name}" + ("" if event.id is None else f" {event.id}")
        key = ElementKey(EVENT_NAME, self.originator, identity)
        element = valueFromTree(root, key, lifetime, event.timestamp.seconds)
        if element.size > self.largest:
            raise TooLarge(
                f'event "{cut(event.name)}" has {element.size} bytes and passes the bound store_element_size, '
                f"{self.largest}"
            )
        return element

    def _changed(self, changes: Changes) -> None:
        room = self._room
        for change in changes.changes:
            key = change.key
            if key.name == EVENT_NAME and key.originator == self.originator:
                if isinstance(change, Removed):
                    room.drop(key)
                else:
                    room.put(key, _sizeOf(change.element))

    def _tell(self, source: str, count: int) -> None:
        self.leftOut += count
        now = self.clock.seconds()
        if now >= self._tellAt:
            self._tellAt = now + _TOLD_EVERY
            log.warn(
                "{count} of the oldest events are left out, now for those of {source}: there are more than "
                "event_values_per_source, {perSource}, event_values, {values}, or event_values_size, {bytes}",
                count=self.leftOut - self._toldOf,
                source=cut(source),
                **attrs.asdict(self.limits),
            )
            self._toldOf = self.leftOut


def _sizeOf(element: ServiceDataElement) -> int:
    return element.size + len(element.key.key)
