"""The query language by service data names: spliced bytes, kept while they are true (OGSI 1.0, 9.2.1; WIRE 3)."""

import math
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.defer import DeferredLock
from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import IQueryLanguage, IServiceDataStore
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Answer, Changes, NameQuery, QName, ServiceDataElement
from gma_twisted.queries.cache import AnswerCache
from gma_twisted.queries.expression import readNameQuery
from gma_twisted.queries.limits import NameQueryLimits
from gma_twisted.queries.writing import bounded, measured, opening, writeRest, written
from gma_twisted.soap.values import CLOSE, writeHead
from gma_twisted.timing import NodeClock, Ready, sleep

__all__ = ["BY_NAMES", "NameQueries"]

BY_NAMES: Sequence[QName] = (QName(OGSI, "queryByServiceDataNames"),)
"""The dialects of this language."""

_SLICE = 250
_PAGE = 2000
_STEP = 0.5


@implementer(IQueryLanguage)
@attrs.define(eq=False, slots=True)
class NameQueries:
    """
    C{ogsi:queryByServiceDataNames} over one store.

    Up to 250 values are answered with L{Ready}; more are written in slices, one answer at a time, as they were when
    its turn came: C{gma:sent} says when. An answer that is kept is told by a dict lookup.

    It observes the store from the beginning: make it before anything that reads answers when it is told of changes.

    Lifetimes and C{gma:sent} are written with one and the same distance between wall clock and node clock, so that
    their differences are exact; it follows the wall clock in steps of more than half a second.

    @ivar dialects: see L{IQueryLanguage}
    """

    store: IServiceDataStore
    clock: NodeClock
    limits: NameQueryLimits = attrs.field(factory=NameQueryLimits)
    dialects: Sequence[QName] = attrs.field(default=BY_NAMES, init=False)
    _cache: AnswerCache = attrs.field(init=False, repr=False)
    _endObservation: Callable[[], None] = attrs.field(init=False, repr=False)
    _offset: float = attrs.field(default=-math.inf, init=False)
    _head: bytes = attrs.field(default=b"", init=False, repr=False)
    _headUntil: float = attrs.field(default=-math.inf, init=False)
    _writing: DeferredLock = attrs.field(factory=DeferredLock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._cache = AnswerCache(self.limits.cacheEntries, self.limits.cacheBytes)
        self._endObservation = self.store.observe(self._changed)

    def close(self) -> None:
        """End the observation of the store; nothing is to be asked afterwards."""
        self._endObservation()
        self._cache.clear()

    def read(self, expression: Element) -> NameQuery:
        """See L{IQueryLanguage.read}. @raise TooLarge: more names than C{limits.maxNames}"""
        return readNameQuery(expression, self.limits.maxNames)

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{IQueryLanguage.answer}; what fails at once is raised here."""
        now = self.clock.seconds()
        if now >= self._headUntil:
            self._stamp(now)
        kept = self._cache.entries.get(query)
        if kept is not None and now < kept.validUntil:
            return Ready(self._head + kept.rest)
        if not isinstance(query, NameQuery):
            raise ParameterError(f"{cut(query)} is not a query by names")
        return self._find(query, now)

    def _stamp(self, now: float) -> None:
        offset = self.clock.wallTime() - now
        if abs(offset - self._offset) > _STEP:
            self._offset = offset
            self._cache.clear()
        milliseconds = math.floor((now + self._offset) * 1000)
        self._head = writeHead(milliseconds / 1000)
        self._headUntil = (milliseconds + 1) / 1000 - self._offset

    def _changed(self, changes: Changes) -> None:
        self._cache.drop([change.key.name for change in changes.changes])
        self._cache.drop([name for name, _ in changes.declared])

    def _find(self, query: NameQuery, now: float) -> Awaitable[bytes]:
        small = _SLICE if query.limit is None else min(query.limit, _SLICE)
        answer = self.store.find(attrs.evolve(query, limit=small))
        if answer.cursor is not None and small != query.limit:
            return self._large(query)
        rest = writeRest(answer, now, self._offset, self.limits.maxAnswer)
        self._keep(query, rest, answer.validUntil, now)
        return Ready(self._head + rest)

    async def _large(self, query: NameQuery) -> bytes:
        # One at a time: who comes second for the same answer finds it kept, and half-written ones do not pile up.
        await self._writing.acquire()
        try:
            return await self._inSlices(query)
        finally:
            self._writing.release()

    async def _inSlices(self, query: NameQuery) -> bytes:
        now = self.clock.seconds()
        self._stamp(now)
        kept = self._cache.entries.get(query)
        if kept is not None and now < kept.validUntil:
            return self._head + kept.rest
        head, offset, revision = self._head, self._offset, self.store.revision
        answer = self._collect(query)
        parts = [opening(answer.cursor)]
        size = len(parts[0])
        for start in range(0, len(answer.elements), _SLICE):
            if start:
                await sleep(self.clock, 0)
            parts.append(written(answer.elements[start : start + _SLICE], now, offset))
            size += len(parts[-1])
            bounded(size, self.limits.maxAnswer)
        rest = b"".join([*parts, CLOSE])
        if self.store.revision == revision and self._offset == offset:
            self._keep(query, rest, answer.validUntil, now)
        return head + rest

    def _collect(self, query: NameQuery) -> Answer:
        """Everything the query selects at this instant, unless it is too large: known before anything is written."""
        elements: list[ServiceDataElement] = []
        size = 0
        until = math.inf
        left = math.inf if query.limit is None else query.limit
        cursor = query.cursor
        while True:
            page = self.store.find(attrs.evolve(query, limit=int(min(left, _PAGE)), cursor=cursor))
            cursor = page.cursor
            until = min(until, page.validUntil)
            size = measured(page.elements, size, self.limits.maxAnswer)
            elements.extend(page.elements)
            left -= len(page.elements)
            if cursor is None or left <= 0:
                return Answer(elements, cursor, until)

    def _keep(self, query: NameQuery, rest: bytes, validUntil: float, now: float) -> None:
        if validUntil > now:
            self._cache.keep(query, rest, validUntil)
