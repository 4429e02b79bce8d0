"""Between events and service data, both ways (WIRE 6): changes become events here, events values in C{values}."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from operator import attrgetter

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import XMLGate
from gma_twisted.markup.valueevents import addValue, eventNameOf
from gma_twisted.model import (
    Added,
    Change,
    Changes,
    ElementKey,
    Extended,
    NameQuery,
    NameSelector,
    QName,
    Removed,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.model.event import MAX_NAME, Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.timing import NodeClock, Ready, Turns, sleep, spawn

__all__ = ["MISSED", "ServiceDataEvents"]

log = Logger()

MISSED = "gma.bridge.missed"
"""Name of the event that tells how many changes were left out, in its field C{count}."""

_CHANGES: Mapping[type, str] = {Added: "added", Replaced: "changed", Removed: "removed"}


@attrs.define(slots=True, eq=False)
class ServiceDataEvents:
    """
    Publishes the changes of service data as events: C{glue.Host} with what the value says as fields, and a container
    C{gma} with what happened (C{change}: present, added, changed, removed or expired), C{name}, C{originator} and
    C{key}. Its source is the originator unless it is told otherwise; its id the key.

    An extension of a lifetime is no event, and neither is what a provider calls quiet. Changes wait until the reactor
    has time for them, at most C{most}: of more the oldest are left out, and L{MISSED} is published in their place.

    @ivar store: whose changes
    @ivar clock: the node's
    @ivar gate: reads values; the bounds are those of the node
    @ivar publish: takes an event and the name of its source
    @ivar names: of which values; C{*} as local name for all of a namespace, none at all for every name
    @ivar most: changes that wait
    @ivar sourceOf: gives the name of the source of a value
    @ivar without: names that are not published though they are of those
    """

    store: IServiceDataStore
    clock: NodeClock
    gate: XMLGate
    publish: Callable[[Event, str], None]
    names: Sequence[QName] = ()
    most: int = 10_000
    sourceOf: Callable[[ElementKey], str] = attrgetter("originator")
    without: Collection[QName] = ()
    missed: int = attrs.field(default=0, init=False)
    _waiting: deque[tuple[str, ServiceDataElement, Timestamp]] = attrs.field(
        factory=deque, init=False, repr=False
    )
    # How many have begun to wait, and who waits until that many are published.
    _came: int = attrs.field(default=0, init=False, repr=False)
    _hoping: deque[tuple[int, Deferred[None]]] = attrs.field(factory=deque, init=False, repr=False)
    _behind: int = attrs.field(default=0, init=False, repr=False)
    _isWorking: bool = attrs.field(default=False, init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)
    _exact: frozenset[QName] = attrs.field(init=False, repr=False)
    _namespaces: frozenset[str] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._exact = frozenset(one for one in self.names if one.localName != "*")
        self._namespaces = frozenset(one.namespace for one in self.names if one.localName == "*")

    def start(self) -> Awaitable[None]:
        """Publish what there is, then follow."""
        if self._endObservation is None:
            self._endObservation = self.store.observe(self._changed)
            for name in self.store.names():
                if self.isWanted(name):
                    for element in self.store.find(NameQuery((NameSelector(name),))).elements:
                        self._wait("present", element)
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """Follow no more; what waits is left out."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None
        self._waiting.clear()
        self._tellPublished()
        return Ready(None)

    def published(self) -> Awaitable[None]:
        """Ready when the events of all that has changed until now are published, or left out."""
        if not self._waiting:
            return Ready(None)
        done: Deferred[None] = Deferred()
        self._hoping.append((self._came, done))
        return done

    def isWanted(self, name: QName) -> bool:
        """Whether changes of values of a name are published."""
        if name in self.without:
            return False
        return not self.names or name in self._exact or name.namespace in self._namespaces

    def _changed(self, changes: Changes) -> None:
        for change in changes.changes:
            if self._isNews(change) and self.isWanted(change.key.name):
                if isinstance(change, Removed):
                    self._wait("expired" if change.expired else "removed", change.previous)
                else:
                    self._wait(_CHANGES[type(change)], change.element)

    def _isNews(self, change: Change) -> bool:
        if isinstance(change, Replaced):
            return not change.isQuiet
        return not isinstance(change, Extended)

    def _wait(self, what: str, element: ServiceDataElement) -> None:
        if len(self._waiting) >= self.most:
            self._waiting.popleft()
            self._behind += 1
            self.missed += 1
        self._came += 1
        self._waiting.append((what, element, Timestamp.ofSeconds(self.clock.wallTime())))
        if not self._isWorking:
            self._isWorking = True
            spawn(self._work(), "publishing changes as events")

    async def _work(self) -> None:
        try:
            # Whoever committed has the turn in which the changes are told.
            await sleep(self.clock, 0.0)
            turns = Turns(self.clock)
            while self._waiting:
                self._tellMissed()
                self._publishOne(*self._waiting.popleft())
                self._tellPublished()
                await turns.breathe()
        finally:
            self._isWorking = False

    def _tellPublished(self) -> None:
        done = self._came - len(self._waiting)
        while self._hoping and self._hoping[0][0] <= done:
            one = self._hoping.popleft()[1]
            # Who waited may have been cancelled.
            if not one.called:
                one.callback(None)

    def _tellMissed(self) -> None:
        if self._behind:
            event = Event(MISSED, Timestamp.ofSeconds(self.clock.wallTime()))
            event.add(EventField("count", self._behind))
            self._behind = 0
            self.publish(event, "")

    def _publishOne(self, what: str, element: ServiceDataElement, when: Timestamp) -> None:
        key = element.key
        try:
            root = self.gate.parse(element.content, str(key.name))
            event = Event(eventNameOf(key.name), when, key.key[:MAX_NAME] or None)
            addValue(event, root)
            event.add(_about(what, key))
            event.check()
            self.publish(event, self.sourceOf(key))
        except GMAError as error:
            # One that no event can hold, or nobody takes; the others are published.
            log.warn(
                "a value of {name} is not published as an event: {reason}",
                name=str(key.name),
                reason=error.message,
            )


def _about(what: str, key: ElementKey) -> EventContainer:
    about = EventContainer("gma")
    about.add(EventField("change", what))
    about.add(EventField("name", key.name.clark))
    about.add(EventField("originator", key.originator))
    if key.key:
        about.add(EventField("key", key.key))
    return about
