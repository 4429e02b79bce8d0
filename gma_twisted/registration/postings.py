"""Which entries of a directory have something in common, in the order they are told: what searches walk along."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

__all__ = ["EntryKey", "Postings"]

EntryKey = tuple[str, str, str]
"""Endpoint, id and role of an entry: in this order they are told."""

T = TypeVar("T", bound=Hashable)

_CHUNK = 512


class _Keys:
    """Keys in order, in chunks of up to 1,024: what comes and goes moves few others."""

    __slots__ = ("_chunks", "_lasts", "count")

    def __init__(self) -> None:
        self.count = 0
        self._chunks: list[list[EntryKey]] = []
        self._lasts: list[EntryKey] = []

    def add(self, key: EntryKey) -> None:
        self.count += 1
        if not self._chunks:
            self._chunks.append([key])
            self._lasts.append(key)
            return
        place = min(bisect_left(self._lasts, key), len(self._lasts) - 1)
        chunk = self._chunks[place]
        insort(chunk, key)
        if len(chunk) > 2 * _CHUNK:
            self._chunks.insert(place + 1, chunk[_CHUNK:])
            self._lasts.insert(place + 1, chunk[-1])
            del chunk[_CHUNK:]
        self._lasts[place] = chunk[-1]

    def remove(self, key: EntryKey) -> None:
        place = bisect_left(self._lasts, key)
        chunk = self._chunks[place]
        del chunk[bisect_left(chunk, key)]
        self.count -= 1
        if not chunk:
            del self._chunks[place], self._lasts[place]
            return
        self._lasts[place] = chunk[-1]
        if len(chunk) < _CHUNK // 4 and place + 1 < len(self._chunks):
            beside = self._chunks[place + 1]
            if len(beside) < _CHUNK:
                # Many that went must not leave many chunks of a few.
                chunk += beside
                self._lasts[place] = chunk[-1]
                del self._chunks[place + 1], self._lasts[place + 1]

    def after(self, key: EntryKey | None) -> Iterator[EntryKey]:
        first = 0 if key is None else bisect_right(self._lasts, key)
        for place in range(first, len(self._chunks)):
            chunk = self._chunks[place]
            begin = bisect_right(chunk, key) if key is not None and place == first else 0
            yield from chunk[begin:] if begin else chunk


class Postings(Generic[T]):
    """
    The keys of the entries that have a term, for each term.

    Adding and removing take about the logarithm of how many there are. Most terms have one entry: its key stands in
    the table itself, without a collection around it.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Make an empty one."""
        self._held: dict[T, EntryKey | _Keys] = {}

    def __len__(self) -> int:
        """How many terms have an entry."""
        return len(self._held)

    def add(self, term: T, key: EntryKey) -> None:
        """Have an entry under a term, once."""
        held = self._held.get(term)
        if held is None:
            self._held[term] = key
        elif isinstance(held, _Keys):
            held.add(key)
        else:
            several = self._held[term] = _Keys()
            several.add(held)
            several.add(key)

    def remove(self, term: T, key: EntryKey) -> None:
        """Have an entry under a term no more; it was there."""
        held = self._held[term]
        if isinstance(held, _Keys):
            held.remove(key)
            if held.count == 1:
                self._held[term] = next(held.after(None))
        else:
            del self._held[term]

    def count(self, term: T) -> int:
        """How many entries a term has."""
        held = self._held.get(term)
        if held is None:
            return 0
        return held.count if isinstance(held, _Keys) else 1

    def after(self, term: T, key: EntryKey | None) -> Iterator[EntryKey]:
        """
        The keys of a term in order; nothing may be added or removed meanwhile.

        @param key: those after it; C{None} for all
        """
        held = self._held.get(term)
        if isinstance(held, _Keys):
            return held.after(key)
        return iter(()) if held is None or (key is not None and held <= key) else iter((held,))
