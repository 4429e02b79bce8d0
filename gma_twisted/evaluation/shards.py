"""
Values in order, in shards of many, for a language that reads many values at once faster than each by itself.

A value is written with whatever else changed at that time; a shard has values of many times, in the order of name,
originator and key: a change costs about what it touches.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import cast

import attrs

from gma_twisted.evaluation.replica import Copy, Place
from gma_twisted.model import Freshness, NameSelector, QName

__all__ = ["SHARD", "Plan", "Run", "Shard", "Shards"]

SHARD = 1000
"""Most values that are read at once, and of a shard as it is made."""

# A shard is cut when it has more than so many times that.
_LARGE = 1.5
# Changes to fewer than this part of a shard are made one by one.
_FEW = 0.1
# Nothing is between a text and the same with the smallest character behind it.
_AFTER = "\0"

Run = tuple[int, int, int]
"""Values one after another: of which source, the place of the first, both counted from 1, and how many."""


@attrs.define(slots=True, eq=False)
class Shard:
    """
    Values one after another in their order.

    @ivar form: what the language made of them, in their order
    @ivar orders: where each of them belongs
    @ivar copies: the values
    @ivar parts: by what is selected, what the language made of that and how many values it has
    """

    form: object
    orders: list[Place]
    copies: list[Copy]
    parts: dict[object, tuple[object, int]] = attrs.field(factory=dict)
    # Where each of them is; C{None} before somebody asks.
    _places: dict[Copy, int] | None = attrs.field(default=None, init=False)

    def place(self, copy: Copy) -> int | None:
        """Where a value is, counted from 0; C{None} when it is not here."""
        if self._places is None:
            self._places = {one: number for number, one in enumerate(self.copies)}
        return self._places.get(copy)

    def move(self) -> None:
        """Other values are here, or in other places."""
        self._places = None

    def select(self, selectors: Sequence[NameSelector], freshness: Freshness) -> list[Run]:
        """Where those are that a question sees; all runs are of source 1."""
        if selectors:
            spans = [
                span for name, span in self._names() for span in self._spans(name, span, selectors)
            ]
        else:
            spans = [range(len(self.copies))]
        if freshness is not Freshness.ANY:
            isStale = freshness is Freshness.STALE
            copies = self.copies
            spans = [
                range(place, place + 1)
                for span in spans
                for place in span
                if copies[place].isStale is isStale
            ]
        return joined([(1, span.start + 1, len(span)) for span in spans if span])

    def _names(self) -> Iterator[tuple[QName, range]]:
        start = 0
        while start < len(self.orders):
            name = self.copies[start].element.key.name
            stop = bisect_left(self.orders, (name.namespace, name.localName + _AFTER), start)
            yield name, range(start, stop)
            start = stop

    def _spans(
        self, name: QName, span: range, selectors: Sequence[NameSelector]
    ) -> Sequence[range]:
        """Of the values of one name those that one of the selectors takes, in their order."""
        covering = [one for one in selectors if one.covers(name)]
        if any(one.originator is None and one.key is None for one in covering):
            return [span]
        places: set[int] = set()
        orders = self.orders
        for one in covering:
            within = span
            if one.originator is not None:
                before = name.namespace, name.localName, one.originator
                after = name.namespace, name.localName, one.originator + _AFTER
                within = range(
                    bisect_left(orders, before, span.start, span.stop),
                    bisect_left(orders, after, span.start, span.stop),
                )
            places.update(
                place for place in within if one.key is None or orders[place][3] == one.key
            )
        return [range(place, place + 1) for place in sorted(places)]


@attrs.frozen(slots=True)
class _Read:
    """A value that has just been read: of which source, counted from 2, and its place in it, from 0."""

    copy: Copy
    source: int
    number: int


# What is taken out of a shard, from one place up to another, and what comes there and where that belongs.
_Edit = tuple[int, int, Place, _Read | None]


@attrs.frozen(slots=True, eq=False)
class Plan:
    """
    How the C{form} of a shard is to be made.

    @ivar shard: to have it
    @ivar source: source 1, which is C{form} of another shard or of this one as it was; C{None} when there is none
    @ivar runs: its values, in order; the sources from 2 on are the forms that L{Shards.add} was told
    @ivar number: the place of C{shard} among all, while these are the same
    """

    shard: Shard
    source: object
    runs: Sequence[Run]
    number: int


@attrs.define(slots=True, eq=False)
class Shards:
    """
    The values of a worker that it has been asked for.

    L{change} after every change. Before a question: L{take} or L{takeSome}; L{add} for each list of values that it
    gives; L{arrange}. What was not taken stands in its shard as it was before.

    @ivar shards: in order; none of them is empty
    @ivar most: see L{SHARD}
    @ivar layout: another number whenever there are other shards
    """

    most: int = SHARD
    shards: list[Shard] = attrs.field(factory=list, init=False)
    layout: int = attrs.field(default=0, init=False)
    # For each shard but the first one: its values are not before this, those of the ones before it are.
    _starts: list[Place] = attrs.field(factory=list, init=False, repr=False)
    # Values to be written: new, or other than they were written.
    _waiting: defaultdict[QName, set[Copy]] = attrs.field(
        factory=lambda: defaultdict(set), init=False, repr=False
    )
    # What has to be arranged: what stands there now, or nothing.
    _changes: dict[Place, _Read | None] = attrs.field(factory=dict, init=False, repr=False)
    _sources: int = attrs.field(default=0, init=False)
    _named: dict[str, Copy] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def waiting(self) -> int:
        """How many values are to be written."""
        return sum(map(len, self._waiting.values()))

    def change(self, copies: Iterable[Copy]) -> None:
        """Values are new, have other content, another lifetime, turned stale or are gone."""
        for copy in copies:
            if copy.isGone:
                self._leave(copy)
                self._waitNoMore(copy)
            else:
                self._waiting[copy.element.key.name].add(copy)

    def take(self, selectors: Sequence[NameSelector] = ()) -> list[list[Copy]]:
        """
        What is to be written before a question.

        @param selectors: of the question; what it cannot see may wait
        @return: for each new document its values, in order
        """
        names = [
            name
            for name in self._waiting
            if not selectors or any(one.covers(name) for one in selectors)
        ]
        taken: list[Copy] = []
        for name in names:
            taken += self._waiting.pop(name)
        return self._documents(taken)

    def takeSome(self, copies: Iterable[Copy]) -> list[list[Copy]]:
        """Those of some values that are to be written: L{take} for a question that sees no others."""
        taken = [copy for copy in copies if copy in self._waiting.get(copy.element.key.name, ())]
        for copy in taken:
            self._waitNoMore(copy)
        return self._documents(taken)

    def takeFirst(self, count: int) -> list[list[Copy]]:
        """So many that are to be written, whichever."""
        waiting = chain.from_iterable(self._waiting.values())
        return self.takeSome(list(islice(waiting, count)))

    def _documents(self, taken: list[Copy]) -> list[list[Copy]]:
        for copy in taken:
            self._leave(copy)
        taken.sort(key=_placeOf)
        count = -(-len(taken) // self.most)
        return [
            taken[len(taken) * each // count : len(taken) * (each + 1) // count]
            for each in range(count)
        ]

    def add(self, copies: Sequence[Copy], names: Sequence[str]) -> None:
        """
        A document was read.

        @param copies: one of the lists that L{take} gave, or a part of one, in its order
        @param names: what the language calls each of them, see L{find}
        """
        self._sources += 1
        for number, (copy, name) in enumerate(zip(copies, names, strict=True)):
            copy.form = name
            self._named[name] = copy
            self._changes[copy.place] = _Read(copy, self._sources + 1, number)

    def find(self, name: str) -> Copy | None:
        """The value that the language calls so, C{None} when it is none of those that were read and are there."""
        return self._named.get(name)

    def locate(self, copies: Iterable[Copy]) -> list[Run]:
        """
        Where some values are, without those that are in no shard.

        @param copies: in order
        @return: the sources are the shards
        """
        shards = self.shards
        starts = self._starts
        runs = []
        number = 0
        for copy in copies if shards else ():
            if number < len(starts) and starts[number] <= copy.place:
                number = bisect_right(starts, copy.place, number)
            place = shards[number].place(copy)
            if place is not None:
                runs.append((number + 1, place + 1, 1))
        return joined(runs)

    def arrange(self) -> list[Plan]:
        """Bring all that changed to its place. @return: what the language has to make"""
        if not self._changes:
            return []
        changes = sorted(self._changes.items())
        self._changes = {}
        self._sources = 0
        starts = self._starts
        shards = self.shards or [Shard(None, [], [])]
        plans: list[Plan] = []
        other: list[tuple[int, list[Plan]]] = []
        done = 0
        while done < len(changes):
            number = bisect_right(starts, changes[done][0])
            end = len(changes)
            if number < len(starts):
                end = bisect_left(changes, (starts[number],), done)
            merged = _merged(number, shards[number], changes[done:end], self.most)
            if [plan.shard for plan in merged] != [shards[number]]:
                other.append((number, merged))
            plans += merged
            done = end
        self.shards = shards
        if other:
            self.layout += 1
            for number, merged in reversed(other):
                shards[number : number + 1] = [plan.shard for plan in merged]
            self._starts = [shard.orders[0] for shard in shards[1:]]
        return plans

    def _leave(self, copy: Copy) -> None:
        # It has one while it is in a shard, or will be.
        if copy.form is not None:
            del self._named[cast(str, copy.form)]
            copy.form = None
            self._changes[copy.place] = None

    def _waitNoMore(self, copy: Copy) -> None:
        name = copy.element.key.name
        waiting = self._waiting.get(name)
        if waiting is not None:
            waiting.discard(copy)
            if not waiting:
                del self._waiting[name]


def _placeOf(copy: Copy) -> Place:
    return copy.place


def _merged(
    number: int, shard: Shard, changes: Sequence[tuple[Place, _Read | None]], most: int
) -> list[Plan]:
    """What a shard becomes, in pieces when it has become large; nothing when it has become empty."""
    edits: list[_Edit] = []
    runs: list[Run] = []
    start = 0
    for order, place in changes:
        first = bisect_left(shard.orders, order, start)
        runs.append((1, start + 1, first - start))
        start = first + (shard.orders[first : first + 1] == [order])
        if place is not None:
            runs.append((place.source, place.number + 1, 1))
        edits.append((first, start, order, place))
    runs.append((1, start + 1, len(shard.orders) - start))
    runs = joined(runs)
    size = sum([count for _, _, count in runs])
    if not size:
        return []
    if size <= _LARGE * most and len(edits) < _FEW * size:
        _edit(shard, edits)
        return [Plan(shard, shard.form, runs, number)]
    orders, copies = _edited(shard, edits)
    pieces = -(-size // most) if size > _LARGE * most else 1
    ends = [size * (each + 1) // pieces for each in range(pieces)]
    plans = []
    start = 0
    for end, part in zip(ends, _cut(runs, ends), strict=True):
        piece = Shard(None, orders[start:end], copies[start:end])
        plans.append(Plan(piece, shard.form, part, number))
        start = end
    return plans


def _edit(shard: Shard, edits: Sequence[_Edit]) -> None:
    # From the end, where nothing that is still to be edited moves. Most are left as they are, and are not touched.
    for first, after, order, place in reversed(edits):
        if place is not None and after > first and shard.copies[first] is place.copy:
            continue
        shard.move()
        if place is None:
            del shard.orders[first:after], shard.copies[first:after]
        elif after > first:
            shard.copies[first] = place.copy
        else:
            shard.orders.insert(first, order)
            shard.copies.insert(first, place.copy)
    shard.parts.clear()


def _edited(shard: Shard, edits: Sequence[_Edit]) -> tuple[list[Place], list[Copy]]:
    orders: list[Place] = []
    copies: list[Copy] = []
    start = 0
    for first, after, order, place in edits:
        orders += shard.orders[start:first]
        copies += shard.copies[start:first]
        start = after
        if place is not None:
            orders.append(order)
            copies.append(place.copy)
    return orders + shard.orders[start:], copies + shard.copies[start:]


def joined(runs: Iterable[Run]) -> list[Run]:
    """The same values in as few runs as can be."""
    found: list[Run] = []
    for source, first, count in runs:
        if not count:
            continue
        if found:
            before, start, length = found[-1]
            if before == source and start + length == first:
                found[-1] = source, start, length + count
                continue
        found.append((source, first, count))
    return found


def _cut(runs: Iterable[Run], ends: Sequence[int]) -> list[list[Run]]:
    """Runs in pieces. @param ends: of each piece, values from the beginning"""
    pieces: list[list[Run]] = [[] for _ in ends]
    number = done = 0
    for source, first, count in runs:
        while count:
            length = min(count, ends[number] - done)
            pieces[number].append((source, first, length))
            first, count, done = first + length, count - length, done + length
            if done == ends[number]:
                number += 1
    return pieces
