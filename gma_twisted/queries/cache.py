"""Answers of name queries, kept until what they say changes (PERFORMANCE, the way, 3)."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import TypeVar

import attrs

from gma_twisted.model import NameQuery, QName

__all__ = ["AnswerCache", "CachedAnswer"]

K = TypeVar("K", bound=Hashable)

_PER_ENTRY = 512
_PER_SELECTOR = 512
_LARGEST_SHARE = 8


class CachedAnswer:
    """
    One answer.

    @ivar query: what was asked
    @ivar rest: its bytes but for the beginning, which is fresh each time
    @ivar validUntil: instant on the node's clock from which it is wrong
    @ivar weight: what it counts for, in bytes
    """

    __slots__ = ("query", "rest", "validUntil", "weight")

    def __init__(self, query: NameQuery, rest: bytes, validUntil: float, weight: int) -> None:
        """@param weight: bytes of the answer and of its query"""
        self.query = query
        self.rest = rest
        self.validUntil = validUntil
        self.weight = weight


@attrs.define(eq=False, slots=True)
class AnswerCache:
    """
    Answers by query. The oldest go first when a bound is reached; one that took more than its share is not kept.

    @ivar maxEntries: most answers
    @ivar maxBytes: most bytes of answers and queries together
    @ivar entries: the answers by query, to be read by whoever is in a hurry
    @ivar size: bytes of answers and queries together
    """

    maxEntries: int
    maxBytes: int
    entries: OrderedDict[object, CachedAnswer] = attrs.field(factory=OrderedDict, init=False)
    size: int = attrs.field(default=0, init=False)
    _byName: dict[QName, set[NameQuery]] = attrs.field(factory=dict, init=False)
    _byNamespace: dict[str, set[NameQuery]] = attrs.field(factory=dict, init=False)

    def keep(self, query: NameQuery, rest: bytes, validUntil: float) -> None:
        """Keep an answer, in place of the one before."""
        weight = len(rest) + _weight(query)
        if weight * _LARGEST_SHARE > self.maxBytes or self.maxEntries < 1:
            return
        self._forget(query)
        while self.entries and (
            len(self.entries) >= self.maxEntries or self.size + weight > self.maxBytes
        ):
            self._unlink(self.entries.popitem(last=False)[1])
        self.entries[query] = CachedAnswer(query, rest, validUntil, weight)
        self.size += weight
        for selector in query.selectors:
            if selector.isWildcard:
                self._byNamespace.setdefault(selector.name.namespace, set()).add(query)
            else:
                self._byName.setdefault(selector.name, set()).add(query)

    def drop(self, names: Iterable[QName]) -> None:
        """Forget every answer that one of the names has to do with."""
        last = None
        for name in names:
            if not self.entries:
                return
            if name is not last:
                self._forgetAll(self._byName.get(name))
                self._forgetAll(self._byNamespace.get(name.namespace))
                last = name

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self._byName.clear()
        self._byNamespace.clear()
        self.size = 0

    def _forgetAll(self, queries: set[NameQuery] | None) -> None:
        for query in list(queries or ()):
            self._forget(query)

    def _forget(self, query: NameQuery) -> None:
        entry = self.entries.pop(query, None)
        if entry is not None:
            self._unlink(entry)

    def _unlink(self, entry: CachedAnswer) -> None:
        self.size -= entry.weight
        for selector in entry.query.selectors:
            if selector.isWildcard:
                _discard(self._byNamespace, selector.name.namespace, entry.query)
            else:
                _discard(self._byName, selector.name, entry.query)


def _discard(index: dict[K, set[NameQuery]], key: K, query: NameQuery) -> None:
    queries = index.get(key)
    if queries is not None:
        queries.discard(query)
        if not queries:
            del index[key]


def _weight(query: NameQuery) -> int:
    total = _PER_ENTRY + len(query.cursor or "")
    for selector in query.selectors:
        name = selector.name
        total += _PER_SELECTOR + len(name.namespace) + len(name.localName)
        total += len(selector.originator or "") + len(selector.key or "")
    return total
