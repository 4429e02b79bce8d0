"""Service data that clients set: C{setServiceData} over a store (OGSI 1.0, 9.2.2-9.2.3; WIRE 3)."""

import math
from collections.abc import Iterable, Iterator, Sequence

from twisted.internet.defer import DeferredLock

from gma_twisted.errors import GMAError, IncorrectValue, PartialFailure, TargetInvalid, cut
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import Element, ReceivedValue, nameOf
from gma_twisted.model import (
    Command,
    ElementKey,
    Handle,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    ReplaceAll,
    ServiceDataElement,
)
from gma_twisted.roles.rules import ServiceDataRules
from gma_twisted.roles.update import Update, readDelete, readSet
from gma_twisted.soap.declaration import ServiceDataDeclaration
from gma_twisted.timing import NodeClock

__all__ = ["ModifiableServiceData"]

_DONE = b"<sd:serviceDataValues/>"
_LONGEST_KEY = 256
_SHOWN = 3


class ModifiableServiceData:
    """
    What clients may change of one service's data, and how.

    Values they set are the service's own: it is their originator. Only its own values are counted, replaced and
    deleted; what an aggregating service heard from others under the same name stays.

    A value keeps the C{gma:key} it was given; others get one: of the values of a mutable name the first has none
    and those after it have their place, so that a value set again replaces the one in its place.
    """

    def __init__(
        self,
        store: IServiceDataStore,
        clock: NodeClock,
        handle: Handle,
        declarations: Iterable[ServiceDataDeclaration],
    ) -> None:
        """
        @param store: the service's
        @param handle: of the service
        @param declarations: of the port types and of the configuration; other names cannot be changed
        """
        self._store = store
        self._clock = clock
        self._originator = handle.url
        self._rules = ServiceDataRules(declarations)
        # One at a time: what is decided for the second must count what the first put.
        self._changing = DeferredLock()
        self._isUnsure = False

    def readSet(self, expression: Element) -> Sequence[Update]:
        """What C{ogsi:setByServiceDataNames} asks. @raise GMAError: as L{update.readSet}"""
        return readSet(expression, self._checkValue)

    def readDelete(self, expression: Element) -> Sequence[Update]:
        """What C{ogsi:deleteByServiceDataNames} asks. @raise GMAError: as L{update.readDelete}"""
        return readDelete(expression, self._checkName)

    async def apply(self, updates: Sequence[Update]) -> bytes:
        """
        Do what can be done, name by name, each in one commit.

        @return: C{sd:serviceDataValues} without values
        @raise GMAError: nothing could be done, and it is one kind of error for every name: that error
        @raise PartialFailure: some of the names could not be done, or none for several kinds of errors
        """
        failures: list[tuple[QName, GMAError]] = []
        await self._changing.acquire()
        try:
            if self._isUnsure:
                # Whoever waited for the commit before gave up; what it did must be there to decide on.
                await self._store.sync()
            self._isUnsure = True
            for update in updates:
                try:
                    await self._store.commit(self._commands(update))
                except GMAError as error:
                    failures.append((update.name, error))
            self._isUnsure = False
        finally:
            self._changing.release()
        if failures:
            raise _failure(failures, len(updates))
        return _DONE

    # -- deciding

    def _commands(self, update: Update) -> Sequence[Command]:
        if update.fault is not None:
            raise update.fault
        name = update.name
        if update.values and self._rules.canAppend(name):
            elements = self._elements(update, self._freeKeys(name))
            self._rules.checkCount(name, self._held(name) + len(elements))
            return [Put(one) for one in elements]
        elements = self._elements(update, _places())
        self._rules.checkCount(name, len(elements))
        return [ReplaceAll(name, self._originator, elements)]

    def _held(self, name: QName) -> int:
        """How many values of its own a name has, counted as far as it matters."""
        enough = self._rules.counted(name)
        selector = NameSelector(name, self._originator)
        found, cursor = 0, None
        while found < enough:
            try:
                page = self._store.find(NameQuery((selector,), limit=enough - found, cursor=cursor))
            except TargetInvalid:
                break  # the name is not known yet
            found += len(page.elements)
            cursor = page.cursor
            if cursor is None:
                break
        return found

    def _elements(self, update: Update, keys: Iterator[str]) -> list[ServiceDataElement]:
        given = [value.key for value in update.values if value.key]
        if len(set(given)) < len(given):
            raise IncorrectValue(f"two values of {cut(update.name)} have the same gma:key")
        taken = set(given)
        return [
            self._element(value, value.key or next(key for key in keys if key not in taken))
            for value in update.values
        ]

    def _element(self, value: ReceivedValue, key: str) -> ServiceDataElement:
        if len(key) > _LONGEST_KEY:
            raise IncorrectValue(f"the gma:key {cut(key, 40)} is longer than {_LONGEST_KEY}")
        identity = ElementKey(value.name, self._originator, key)
        if self._rules.canAppend(value.name) and self._store.get(identity) is not None:
            raise IncorrectValue(
                f'{cut(value.name)} has a value with the gma:key "{cut(key, 40)}", which stays what it is'
            )
        return ServiceDataElement(
            identity, value.head, value.tail, self._lifetime(value), self._clock.wallTime()
        )

    def _lifetime(self, value: ReceivedValue) -> Lifetime:
        now = self._clock.seconds()
        offset = now - self._clock.wallTime()
        available = math.inf if value.availableUntil is None else value.availableUntil + offset
        until = available if value.goodUntil is None else value.goodUntil + offset
        since = min(now, until) if value.goodFrom is None else value.goodFrom + offset
        if not since <= until <= available:
            raise IncorrectValue(
                f"a value of {cut(value.name)} needs goodFrom <= goodUntil <= availableUntil"
            )
        if available <= now:
            raise IncorrectValue(f"availableUntil of a value of {cut(value.name)} has passed")
        return Lifetime(since, until, available)

    def _freeKeys(self, name: QName) -> Iterator[str]:
        if self._store.get(ElementKey(name, self._originator)) is None:
            yield ""
        serial, number = self._store.revision, 0
        while True:
            number += 1
            key = f"{serial}.{number}"
            if self._store.get(ElementKey(name, self._originator, key)) is None:
                yield key

    # -- what is wrong with a name, whatever its values

    def _checkValue(self, value: Element) -> None:
        self._checkKnown(nameOf(value))
        self._rules.checkValue(value)

    def _checkName(self, name: QName) -> None:
        self._checkKnown(name)
        self._rules.checkDelete(name)

    def _checkKnown(self, name: QName) -> None:
        if self._rules.declares(name):
            return
        try:
            self._store.find(NameQuery((NameSelector(name),), limit=1))
        except TargetInvalid:
            raise IncorrectValue(f'the service data name "{cut(name)}" is not known here') from None


def _places() -> Iterator[str]:
    yield ""
    number = 0
    while True:
        number += 1
        yield str(number)


def _failure(failures: Sequence[tuple[QName, GMAError]], asked: int) -> GMAError:
    causes = {type(error) for _, error in failures}
    told = "; ".join(error.message for _, error in failures[:_SHOWN])
    if len(failures) > _SHOWN:
        told += f"; and {len(failures) - _SHOWN} more"
    if len(failures) == asked and len(causes) == 1:
        first = failures[0][1]
        return first if asked == 1 else causes.pop()(told)
    return PartialFailure(
        f"{asked - len(failures)} of {asked} names were updated: {told}",
        [(name.clark, error) for name, error in failures],
    )
