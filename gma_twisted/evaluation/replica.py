"""A worker's copies of values: by name and key, in order, and by when they turn stale or are gone."""

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush

import attrs

from gma_twisted.model import (
    ElementKey,
    Freshness,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)

__all__ = ["Copy", "Place", "Replica", "isSelected"]

# Fewer new keys than this part of a name's are put in their places one by one, more are sorted together.
_FEW = 64
# Outdated entries a heap may have before it is made anew: more than these, and more than others.
_LITTER = 1024

Place = tuple[str, str, str, str]
"""Namespace, local name, originator and key of a value: in the order of these answers are written."""

_Within = tuple[str, str]


@attrs.define(slots=True, eq=False)
class Copy:
    """
    One value.

    @ivar element: as the node told it last
    @ivar place: where it stands among others
    @ivar form: what the language made of it; C{None} before it did, and when the content became another
    @ivar isStale: whether C{goodUntil} had passed at the instant the replica was last asked for
    @ivar isGone: whether C{availableUntil} had, or the node removed it: no question sees it
    """

    element: ServiceDataElement
    place: Place = attrs.field(init=False)
    form: object = None
    isStale: bool = False
    isGone: bool = False
    _due: float = attrs.field(default=math.inf, init=False)
    # Of its entry among all that wait: not later than C{_due}, and still there when that became later.
    _queued: float = attrs.field(default=math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        key = self.element.key
        self.place = (key.name.namespace, key.name.localName, key.originator, key.key)


@attrs.define(slots=True, eq=False)
class _Named:
    """
    The values of one name.

    @ivar copies: by originator and key
    @ivar places: the keys of C{copies}, in order but for C{added}
    @ivar added: keys that have no place yet
    @ivar seen: the copies that are not gone, in order; C{None} after a change
    """

    copies: dict[_Within, Copy] = attrs.field(factory=dict)
    places: list[_Within] = attrs.field(factory=list)
    added: set[_Within] = attrs.field(factory=set)
    seen: list[Copy] | None = None

    def inOrder(self) -> list[Copy]:
        """The copies that are not gone."""
        if self.seen is None:
            self._place()
            copies = self.copies
            self.seen = [copy for copy in map(copies.__getitem__, self.places) if not copy.isGone]
        return self.seen

    def between(self, originator: str) -> Sequence[Copy]:
        """Those of one originator that are not gone, in order."""
        self._place()
        places = self.places
        start = bisect_left(places, (originator, ""))
        # Nothing is between a text and the same with the smallest character behind it.
        end = bisect_left(places, (originator + "\0", ""), start)
        copies = map(self.copies.__getitem__, places[start:end])
        return [copy for copy in copies if not copy.isGone]

    def drop(self, place: _Within) -> Copy | None:
        """Take a copy out; C{None} when there is none."""
        copy = self.copies.pop(place, None)
        if copy is not None:
            self.seen = None
            if place in self.added:
                self.added.discard(place)
            else:
                del self.places[bisect_left(self.places, place)]
        return copy

    def _place(self) -> None:
        if len(self.added) < _FEW:
            for place in self.added:
                insort(self.places, place)
        else:
            self.places += self.added
            self.places.sort()
        self.added.clear()


@attrs.define(slots=True, eq=False)
class Replica:
    """
    What the node has told of its values. A question costs what it selects, a change and an end what they touch.

    Time goes on by L{advance} only: whoever asks for values does that before.

    @ivar count: values there are
    """

    _names: dict[QName, _Named] = attrs.field(factory=dict, init=False, repr=False)
    # C{None} after a name came or went.
    _ordered: list[QName] | None = attrs.field(default=None, init=False, repr=False)
    # When a copy turns stale or is gone, the earlier of both that is ahead, or an instant before that: who is renewed
    # again and again has one entry, which is put off when its time comes. One of another time than its copy's
    # C{_queued} is outdated and passed over.
    _dues: list[tuple[float, int, Copy]] = attrs.field(factory=list, init=False, repr=False)
    _serial: int = attrs.field(default=0, init=False)
    _pending: int = attrs.field(default=0, init=False)
    _now: float = attrs.field(default=-math.inf, init=False)
    _touched: set[Copy] | None = attrs.field(default=None, init=False, repr=False)
    _extended: set[Copy] | None = attrs.field(default=None, init=False, repr=False)
    count: int = attrs.field(default=0, init=False)

    # -- what the node tells

    def put(self, elements: Iterable[ServiceDataElement]) -> list[Copy]:
        """
        Take values that are new or have another content.

        @return: their copies; those that have a C{form} have it of what they were before
        """
        copies = []
        now = self._now
        name: QName | None = None
        named: _Named | None = None
        for element in elements:
            key = element.key
            if named is None or key.name is not name:
                name = key.name
                named = self._make(name)
            place = (key.originator, key.key)
            copy = named.copies.get(place)
            if copy is None:
                copy = named.copies[place] = Copy(element)
                named.added.add(place)
                named.seen = None
                self.count += 1
            copy.element = element
            due = element.lifetime.goodUntil
            if now < due and copy._queued <= due and not (copy.isStale or copy.isGone):
                # As most: it is fresh for longer than before.
                copy._due = due
            else:
                self._time(copy, named)
            copies.append(copy)
        self._touch(copies)
        return copies

    def _make(self, name: QName) -> _Named:
        named = self._names.get(name)
        if named is None:
            named = self._names[name] = _Named()
            self._ordered = None
        return named

    def known(self, name: QName) -> Callable[[_Within], ElementKey | None]:
        """See L{KnownKeys <gma_twisted.evaluation.bundles.KnownKeys>}."""
        named = self._names.get(name)
        copies = {} if named is None else named.copies

        def keyOf(within: _Within) -> ElementKey | None:
            copy = copies.get(within)
            return None if copy is None else copy.element.key

        return keyOf

    def extend(self, lifetimes: Iterable[tuple[ElementKey, Lifetime]]) -> list[Copy]:
        """Let values hold for another time. @return: the copies of those that are there"""
        copies = []
        turned = []
        for key, lifetime in lifetimes:
            named = self._names.get(key.name)
            copy = None if named is None else named.copies.get((key.originator, key.key))
            if named is not None and copy is not None:
                before = copy.isStale, copy.isGone
                copy.element = copy.element.withLifetime(lifetime)
                self._time(copy, named)
                copies.append(copy)
                if before != (copy.isStale, copy.isGone):
                    turned.append(copy)
        self._touch(turned)
        if self._extended is not None:
            self._extended.update(copies)
        return copies

    def remove(self, keys: Iterable[ElementKey]) -> list[Copy]:
        """Drop values. @return: the copies of those that were there; they are gone"""
        copies = []
        for key in keys:
            named = self._names.get(key.name)
            copy = None if named is None else named.drop((key.originator, key.key))
            if named is not None and copy is not None:
                self._end(copy)
                copies.append(copy)
                if not named.copies:
                    del self._names[key.name]
                    self._ordered = None
        self._touch(copies)
        return copies

    def forget(self, names: Iterable[QName]) -> list[Copy]:
        """Drop all values of some names. @return: as of L{remove}"""
        copies: list[Copy] = []
        for name in names:
            named = self._names.pop(name, None)
            if named is not None:
                self._ordered = None
                copies += named.copies.values()
        for copy in copies:
            self._end(copy)
        self._touch(copies)
        return copies

    # -- time

    def advance(self, now: float) -> list[Copy]:
        """
        Let it be C{now}; the clock never goes back.

        @param now: instant on the node's clock
        @return: the copies that turned stale or are gone since it was asked last
        """
        self._now = now = max(now, self._now)
        turned = []
        # It may be made anew meanwhile.
        while self._dues and self._dues[0][0] <= now:
            queued, _, copy = heappop(self._dues)
            if copy._queued == queued:
                copy._queued = math.inf
                self._pending -= 1
                if copy._due <= now:
                    self._time(copy, self._names[copy.element.key.name])
                    turned.append(copy)
                else:
                    self._wait(copy, copy._due)
        self._touch(turned)
        return turned

    def _time(self, copy: Copy, named: _Named) -> None:
        """Tell a copy where it is in its lifetime, and be told when that is another place."""
        lifetime = copy.element.lifetime
        copy.isStale = lifetime.isStale(self._now)
        isGone = lifetime.isGone(self._now)
        if isGone is not copy.isGone:
            copy.isGone = isGone
            named.seen = None
        if isGone:
            due = math.inf
        else:
            due = lifetime.availableUntil if copy.isStale else lifetime.goodUntil
        self._wait(copy, due)

    def _wait(self, copy: Copy, due: float) -> None:
        copy._due = due
        before = copy._queued
        if due < before:
            copy._queued = due
            self._pending += before == math.inf
            self._serial += 1
            heappush(self._dues, (due, self._serial, copy))
            self._sweep()

    def _sweep(self) -> None:
        if len(self._dues) > 2 * self._pending + _LITTER:
            self._dues = [entry for entry in self._dues if entry[2]._queued == entry[0]]
            heapify(self._dues)

    def _end(self, copy: Copy) -> None:
        self.count -= 1
        copy.isGone = True
        copy._due = math.inf
        if copy._queued != math.inf:
            copy._queued = math.inf
            self._pending -= 1
            self._sweep()

    # -- what a question sees

    def __iter__(self) -> Iterator[Copy]:
        """All copies, in no order, also of what is gone."""
        for named in self._names.values():
            yield from named.copies.values()

    def select(self, question: Question) -> Sequence[Copy]:
        """The copies a question is put to, in the order of name, originator and key."""
        copies: list[Copy] = []
        for name, selectors in self._wanted(question.selectors):
            copies += _selected(self._names[name], selectors)
        if question.freshness is not Freshness.ANY:
            isStale = question.freshness is Freshness.STALE
            copies = [copy for copy in copies if copy.isStale is isStale]
        return copies

    def _wanted(
        self, selectors: Sequence[NameSelector]
    ) -> Iterable[tuple[QName, Sequence[NameSelector]]]:
        """The names that are here and selected, in order, each with the selectors that cover it."""
        if not selectors:
            return [(name, ()) for name in self._inOrder()]
        exact: dict[QName, list[NameSelector]] = {}
        wild = []
        for one in selectors:
            if "*" in (one.name.localName, one.name.namespace):
                wild.append(one)
            elif one.name in self._names:
                exact.setdefault(one.name, []).append(one)
        names = self._inOrder() if wild else sorted(exact)
        found = [
            (name, [*exact.get(name, ()), *(one for one in wild if one.covers(name))])
            for name in names
        ]
        return [(name, covering) for name, covering in found if covering]

    def _inOrder(self) -> list[QName]:
        if self._ordered is None:
            self._ordered = sorted(self._names)
        return self._ordered

    # -- what changed

    def follow(self) -> None:
        """From now on remember which copies changed, for L{takeTouched}."""
        if self._touched is None:
            self._touched, self._extended = set(), set()

    def unfollow(self) -> None:
        """Remember nothing."""
        self._touched = self._extended = None

    def takeTouched(self) -> tuple[Collection[Copy], Collection[Copy]]:
        """
        What changed since this was called last.

        @return: the copies that may have other content, or turned stale, fresh or gone; those that only hold for
            another time
        """
        touched, extended = self._touched, self._extended
        if touched is None or extended is None:
            return (), ()
        self._touched, self._extended = set(), set()
        extended -= touched
        return touched, extended

    def _touch(self, copies: Sequence[Copy]) -> None:
        if self._touched is not None:
            self._touched.update(copies)


def _selected(named: _Named, selectors: Sequence[NameSelector]) -> Sequence[Copy]:
    """Those of one name that one of the selectors takes; all without one."""
    if not selectors or any(one.originator is None and one.key is None for one in selectors):
        return named.inOrder()
    if len(selectors) == 1:
        (one,) = selectors
        if one.originator is not None:
            found = named.between(one.originator)
            return found if one.key is None else [c for c in found if c.element.key.key == one.key]
    wanted = {(one.originator, one.key) for one in selectors}
    return [copy for copy in named.inOrder() if isSelected(copy.element.key, wanted)]


def isSelected(key: ElementKey, wanted: set[tuple[str | None, str | None]]) -> bool:
    """Whether a value of a selected name is. @param wanted: originators and keys, C{None} for all"""
    originator, own = key.originator, key.key
    return (
        (originator, own) in wanted
        or (originator, None) in wanted
        or (None, own) in wanted
        or (None, None) in wanted
    )
