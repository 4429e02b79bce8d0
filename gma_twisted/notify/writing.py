"""Notices as bytes: what is in the store now about some keys, a page of it, or all of it (WIRE 3).

Lifetimes in them are wall times with one distance from the node's clock; the time a notice is sent is written with the
same distance, so that a notice sent late takes nothing from a lifetime and adds nothing.
"""

import enum
from collections.abc import Mapping

import attrs
from twisted.logger import Logger

from gma_twisted.errors import TargetInvalid, TooLarge
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import writeValue
from gma_twisted.model import (
    ElementKey,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.soap.notices import (
    writeChanges,
    writeExtension,
    writeRemoval,
    writeWholeValues,
)
from gma_twisted.timing import NodeClock

__all__ = ["Body", "NoticeWriter", "Told"]

log = Logger()

# Keys of values that are not told, of which the log has heard.
_NAMED = 1000


class Told(enum.IntEnum):
    """What is told of a key; the higher one counts when both are to be told."""

    EXTENSION = 1
    """That its value holds for another time."""
    VALUE = 2
    """Its value, or that there is none any more."""


@attrs.frozen(slots=True, eq=False)
class Body:
    """
    The message of a notice, shared by all who get it.

    @ivar message: the one element inside C{ogsi:message}
    @ivar offset: wall time minus the node's clock in it, seconds
    @ivar isSnapshot: whether it is a part of everything there is
    """

    message: bytes
    offset: float
    isSnapshot: bool = False


@attrs.frozen(slots=True, eq=False)
class NoticeWriter:
    """
    Writes what the store of a service has.

    A notice that is larger than its reader takes is refused there, and so would be every later one that holds the same
    value. So a value that is larger than a notice of changes is not told in one: to whoever is told of changes there is
    no such value. The log names it, once.

    @ivar store: of the service
    @ivar clock: the node's
    @ivar mostValues: of one notice of changes
    @ivar mostBytes: of one notice of changes
    @ivar wholeValues: of one notice of all values
    @ivar wholeBytes: of one notice of all values
    """

    store: IServiceDataStore
    clock: NodeClock
    mostValues: int = 250
    mostBytes: int = 1024**2 - 4096
    wholeValues: int = 10_000
    wholeBytes: int = 8 * 1024**2
    _untold: set[ElementKey] = attrs.field(factory=set, init=False, repr=False)

    def changes(self, keys: Mapping[ElementKey, Told]) -> tuple[Body, int]:
        """
        What the store has now under the keys.

        @return: the notice, and how many of the keys are in it: the first ones, as many as fit
        """
        now, offset = self._instants()
        get = self.store.get
        put: list[bytes] = []
        extend: list[bytes] = []
        remove: list[bytes] = []
        size = count = 0
        for key, told in keys.items():
            element = get(key)
            if element is None or not self._fits(element):
                remove.append(writeRemoval(key))
                size += len(remove[-1])
            elif told is Told.VALUE:
                # Asked before it is written: a large one would be written for nothing.
                if count and size + element.size > self.mostBytes:
                    break
                put.append(writeValue(element, now, offset))
                size += len(put[-1])
            else:
                extend.append(writeExtension(key, element.lifetime, offset))
                size += len(extend[-1])
            count += 1
            if count == self.mostValues or size >= self.mostBytes:
                break
        return Body(writeChanges(put, extend, remove, False), offset), count

    def page(
        self, selectors: tuple[NameSelector, ...], cursor: str | None
    ) -> tuple[Body, str | None]:
        """
        A part of everything there is, as changes.

        @param cursor: as the part before gave it; C{None} for the first
        @return: the notice, and the cursor of the next part; C{None} after the last, which says so
        @raise ParameterError: the cursor is too old
        """
        now, offset = self._instants()
        limit = self.mostValues
        while True:
            elements, further = self._found(selectors, limit, cursor)
            put = [writeValue(one, now, offset) for one in elements if self._fits(one)]
            # Half as many until they fit.
            if limit == 1 or sum(map(len, put)) <= self.mostBytes:
                message = writeChanges(put, (), (), further is None)
                return Body(message, offset, True), further
            limit = max(1, limit // 2)

    def nothing(self) -> Body:
        """A notice of no change: the source is alive."""
        return Body(writeChanges((), (), (), False), self._instants()[1])

    def whole(self, selectors: tuple[NameSelector, ...]) -> Body:
        """
        All values of all names, as OGSI's notices have them; of names that are not known any more, none.

        @raise TooLarge: there are too many
        """
        now, offset = self._instants()
        elements, further = self._found(selectors, self.wholeValues, None)
        if further is not None or sum(one.size for one in elements) > self.wholeBytes:
            raise TooLarge(
                f"a notice of all values would have more than {self.wholeValues} values or {self.wholeBytes} bytes;"
                " subscribe to fewer names, or to changes"
            )
        values = [writeValue(element, now, offset) for element in elements]
        return Body(writeWholeValues(values, now + offset), offset)

    def _fits(self, element: ServiceDataElement) -> bool:
        key = element.key
        if element.size <= self.mostBytes:
            if self._untold:
                self._untold.discard(key)
            return True
        if key not in self._untold and len(self._untold) < _NAMED:
            self._untold.add(key)
            log.warn(
                "subscribers are not told of {name} of {originator} (key {key!r}): {size} bytes are more than a notice"
                " may have, {most}; [limits] notice_size here and message_size at subscribers of ours bound it",
                name=key.name,
                originator=key.originator,
                key=key.key,
                size=element.size,
                most=self.mostBytes,
            )
        return False

    def _found(
        self, selectors: tuple[NameSelector, ...], limit: int, cursor: str | None
    ) -> tuple[list[ServiceDataElement], str | None]:
        try:
            answer = self.store.find(NameQuery(selectors, limit=limit, cursor=cursor))
        except TargetInvalid:
            if len(selectors) == 1:
                return [], None
            # Once for each name, however many selectors it has.
            names = {name for name in {one.name for one in selectors} if self._isKnown(name)}
            known = tuple(one for one in selectors if one.name in names)
            return self._found(known, limit, cursor) if known else ([], None)
        return list(answer.elements), answer.cursor

    def _isKnown(self, name: QName) -> bool:
        try:
            self.store.find(NameQuery((NameSelector(name),), limit=1))
        except TargetInvalid:
            return False
        return True

    def _instants(self) -> tuple[float, float]:
        now = self.clock.seconds()
        return now, self.clock.wallTime() - now
