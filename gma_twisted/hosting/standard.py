"""The standard service data of a service, kept in its store like everything else (OGSI 1.0, 9.1; WIRE 3)."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from gma_twisted.errors import TargetInvalid
from gma_twisted.hosting.values import StandardValues
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    Added,
    Changes,
    Command,
    Declare,
    ElementKey,
    Handle,
    Lifetime,
    NameQuery,
    NameSelector,
    QName,
    Removed,
    ReplaceAll,
    ServiceDataElement,
)
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.timing import NodeClock, spawn

__all__ = ["StandardServiceData"]


class StandardServiceData:
    """
    Publishes what a service says of itself, and keeps C{serviceDataName} in step with the store; of a
    NotificationSource C{notifiableServiceDataName} too, for whatever it has can be subscribed to.

    Values carry C{xsi:type} (WIRE 3, in writing); they hold without end.
    """

    def __init__(
        self,
        store: IServiceDataStore,
        clock: NodeClock,
        handle: Handle,
        interfaces: Sequence[QName],
        queries: Sequence[QName],
        staticValues: Iterable[tuple[QName, QName]],
        declared: Sequence[QName],
        own: Sequence[InitialServiceData] = (),
    ) -> None:
        """
        @param handle: of the service; its values' originator
        @param interfaces: port types the service offers
        @param queries: expressions C{findServiceData} reads
        @param staticValues: (service data name, expression) pairs of the port types
        @param declared: service data names of the port types, known before any value
        @param own: what the service has beside, known before any value too
        """
        self._store = store
        self._clock = clock
        self._handle = handle
        self._interfaces = interfaces
        self._queries = queries
        self._static = tuple(staticValues)
        self._declared = [*declared, *(one.declaration.name for one in own)]
        self._own = tuple(own)
        isSource = NOTIFICATION_SOURCE.name in interfaces
        self._lists = ("serviceDataName", *(("notifiableServiceDataName",) if isSource else ()))
        self._names: tuple[QName, ...] = ()
        self._isTelling = False
        self._counts: Counter[QName] = Counter()
        self._endObservation: Callable[[], None] | None = None

    async def publish(self) -> None:
        """Commit the values and follow the store until L{stop}."""
        self._endObservation = self._store.observe(self._follow)
        self._isTelling = True
        await self._store.commit(self._commands())
        await self._tellNames()

    def stop(self) -> None:
        """Follow the store no more; what was published stays. No effect when it does not follow."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None

    def _commands(self) -> list[Command]:
        values = self._values()
        pairs = dict.fromkeys(
            [
                *self._static,
                *((ogsi("findServiceDataExtensibility"), each) for each in self._queries),
            ]
        )
        elements = [
            *values.names("interface", self._interfaces),
            *values.identity(),
            values.termination(math.inf),
            *values.extensibility(pairs),
        ]
        byName: dict[QName, list[ServiceDataElement]] = {}
        for element in elements:
            byName.setdefault(element.key.name, []).append(element)
        byName |= {
            one.declaration.name: self._initial(one) for one in self._own if self._isDue(one)
        }
        # What an earlier life of the service said, in a store that keeps it, goes.
        replaced = [ReplaceAll(name, self._handle.url, each) for name, each in byName.items()]
        return [Declare(self._declared), *replaced]

    def _isDue(self, own: InitialServiceData) -> bool:
        if own.isFixed:
            return True
        selector = NameSelector(own.declaration.name, self._handle.url)
        try:
            # What clients made of it in an earlier life stays.
            hasSome = bool(self._store.find(NameQuery((selector,), limit=1)).elements)
        except TargetInvalid:
            hasSome = False
        return bool(own.values) and not hasSome

    def _initial(self, own: InitialServiceData) -> list[ServiceDataElement]:
        gate, name = XMLGate(), own.declaration.name
        return [
            valueFromTree(
                gate.parse(value, f"the configured value of {name}"),
                ElementKey(name, self._handle.url, str(place) if place else ""),
                Lifetime(self._clock.seconds()),
                self._clock.wallTime(),
            )
            for place, value in enumerate(own.values)
        ]

    def _values(self) -> StandardValues:
        return StandardValues(self._handle, self._clock.seconds(), self._clock.wallTime())

    # -- serviceDataName

    def _follow(self, changes: Changes) -> None:
        # Only a name's first value and its last one's end matter; counting them is cheaper than asking for names.
        isNews = bool(changes.declared)
        for change in changes.changes:
            name = change.key.name
            if isinstance(change, Added):
                self._counts[name] += 1
                # Below 1 when values that a restart brought back have ended: nobody told that they came.
                isNews |= self._counts[name] <= 1
            elif isinstance(change, Removed):
                self._counts[name] -= 1
                isNews |= self._counts[name] <= 0
        if isNews and not self._isTelling:
            self._isTelling = True
            spawn(self._tellNames(), "publishing serviceDataName")

    async def _tellNames(self) -> None:
        try:
            # Names may come and go while a commit waits: until the store says what was told last.
            while (names := tuple(self._store.names())) != self._names:
                await self._store.commit(
                    [
                        ReplaceAll(
                            ogsi(local), self._handle.url, self._values().names(local, names)
                        )
                        for local in self._lists
                    ]
                )
                self._names = names
        finally:
            self._isTelling = False
