"""What one worker has of the values of a store, and what has to be told before it is asked."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

import attrs

from gma_twisted.errors import TargetInvalid, TooLarge
from gma_twisted.evaluation.messages import Extend, Forget, Put, Remove, ToWorker
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Changes,
    ElementKey,
    Lifetime,
    NameQuery,
    NameSelector,
    QName,
    Removed,
    ServiceDataElement,
)
from gma_twisted.queries.interests import Interest, Interests
from gma_twisted.queries.line import WorkerLine
from gma_twisted.timing import LeaseTable, NodeClock, Turns

__all__ = ["EACH", "MOST_NAMES", "SLICE", "Feed"]

EACH = 256
"""Bytes that a value counts for beside its own, by what it takes a worker to make something of it."""

SLICE = 250
"""Most values of one message."""

MOST_NAMES = 4096
"""Names a worker knows the values of; of one question alone there may be more."""

# Bytes of one message of values; of one value alone there may be more.
_BYTES = 1024**2

_Told = dict[ElementKey, ServiceDataElement]
_NONE: _Told = {}

_Dirty = Sequence[tuple[ElementKey, ServiceDataElement | None]]
_Compared = tuple[ElementKey, ServiceDataElement | None, ServiceDataElement | None]


@attrs.define(slots=True, eq=False)
class Feed:
    """
    Keeps a worker's copies up to date.

    What is told last is remembered by reference, a value: so a change is told as what it is to this worker, and
    one that came and went not at all.

    @ivar line: to the worker
    @ivar store: the values
    @ivar clock: the node's
    @ivar most: values the worker has memory for
    @ivar lasts: whether what is wanted stays so, however much that is, until it ceases
    @ivar due: when values the worker has turn stale; C{None} when nobody wants to know
    @ivar count: values the worker has
    @ivar unsettled: bytes told since whoever owns this set it to 0, those of values and L{EACH} for each of them: the
        worker may not have made anything of them yet
    """

    line: WorkerLine
    store: IServiceDataStore
    clock: NodeClock
    most: int
    due: LeaseTable[ElementKey] | None = None
    lasts: bool = False
    count: int = attrs.field(default=0, init=False)
    unsettled: int = attrs.field(default=0, init=False)
    _told: dict[QName, _Told] = attrs.field(factory=dict, init=False, repr=False)
    # In the order in which they became so, each as it is now; C{None} for what is no more.
    _dirty: dict[ElementKey, ServiceDataElement | None] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _interests: Interests = attrs.field(init=False)
    # To be told before anything else.
    _forgotten: set[QName] = attrs.field(factory=set, init=False, repr=False)
    # What was loaded last may be what the worker is asked about now.
    _loading: Collection[QName] = attrs.field(default=(), init=False, repr=False)
    _age: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._interests = Interests(self.clock)

    @property
    def dirty(self) -> int:
        """How many values are to be told."""
        return len(self._dirty)

    @property
    def untold(self) -> int:
        """Their bytes, as those of C{unsettled}."""
        return _bytesOf([one for one in self._dirty.values() if one is not None])

    @property
    def interests(self) -> Sequence[QName]:
        """The names that were asked for."""
        return self._interests.names

    @property
    def missing(self) -> Collection[QName]:
        """Those of them that L{load} has something to do for."""
        return self._interests.missing

    def lacks(self, names: Collection[QName]) -> int:
        """How many of the names are not loaded."""
        return sum(1 for name in names if not self._interests.isLoaded(name))

    def note(self, changes: Changes) -> None:
        """The store changed."""
        dirty, cover = self._dirty, self._interests.cover
        for change in changes.changes:
            element = None if isinstance(change, Removed) else change.element
            key = change.key
            if cover(key.name):
                dirty[key] = element
            elif dirty:
                # Somebody may want it again before what is here from before is told.
                dirty.pop(key, None)

    def adopt(self, names: Iterable[QName]) -> None:
        """Want some names, and load them when there is time."""
        for name in names:
            self._interests.want(name)
        self._forgetOldest()

    async def load(self, names: Collection[QName], turns: Turns, isAsked: bool = True) -> bool:
        """
        Tell the worker all values of some names, if it has not got them, in slices and with pauses; C{names} are
        wanted from now on, and those asked for longest ago no more when there are too many. Cancelled, it begins again
        the next time.

        @param isAsked: whether somebody waits for them: only then do other names go where there is no room
        @return: whether there was anything to tell
        @raise TooLarge: they are more than the worker has memory for
        """
        names = self._loading = tuple(names)
        wanted = [(name, self._interests.want(name)) for name in names]
        self._forgetOldest()
        hasTold = False
        age = -1
        while age != self._age and not self.line.over.happened:
            # In between everything may be taken back, that of the first names too.
            age = self._age
            for name, interest in wanted:
                # Nobody may want it any more.
                if self._interests.has(name, interest):
                    hasTold = await self._loadOne(name, interest, isAsked, turns) or hasTold
        return hasTold

    async def _loadOne(self, name: QName, interest: Interest, isAsked: bool, turns: Turns) -> bool:
        # Where a wider one was loaded, its values are here, and are kept for this one's sake from now on.
        isLoaded = self._interests.isLoaded(name)
        age = self._age
        if not isLoaded:
            for one in self._namesIn(name):
                await self._loadName(one, isAsked, age, turns)
            # There are questions with a thousand names without a value.
            await turns.breathe()
        if age == self._age and not self.line.over.happened:
            self._interests.load(name, interest)
        return not isLoaded

    async def slices(self, turns: Turns) -> bool:
        """
        Tell of changes in slices until one is left, with pauses.

        @return: whether any was told
        """
        if len(self._dirty) <= SLICE:
            return False
        # Changes may come faster than they are told; what is left then is told in one.
        for _ in range(2 + 2 * len(self._dirty) // SLICE):
            if len(self._dirty) <= SLICE or self.line.over.happened:
                break
            self.line.say(*self.flush(SLICE))
            await self.line.drained()
            await turns.breathe()
        return True

    def flush(self, most: int | None = None) -> Sequence[ToWorker]:
        """What is to be told now, of C{most} changes, C{None} for all. It is taken for told."""
        put: list[ServiceDataElement] = []
        extended: list[tuple[ElementKey, Lifetime]] = []
        removed: list[ElementKey] = []
        found: list[ServiceDataElement] = []
        for key, element, before in self._compared(self._takeDirty(most)):
            if element is None:
                if before is not None:
                    removed.append(key)
                continue
            found.append(element)
            if before is None or not _isExtension(element, before):
                put.append(element)
            elif element.lifetime != before.lifetime:
                extended.append((key, element.lifetime))
        self._keep(found)
        for key in removed:
            self._drop(key)
        messages = self._takeForgotten()
        messages += _puts(put)
        if extended:
            messages.append(Extend(extended))
        if removed:
            messages.append(Remove(removed))
        return messages

    def _compared(self, dirty: _Dirty) -> Iterator[_Compared]:
        """What is to be told, beside what was."""
        name: QName | None = None
        isCovered = False
        named = _NONE
        for key, element in dirty:
            if key.name is not name and key.name != name:
                name = key.name
                # Of some nobody may want to know by now.
                isCovered = self._interests.cover(name)
                named = self._told.get(name, _NONE)
            if isCovered:
                yield key, element, named.get(key)

    def _takeDirty(self, most: int | None) -> _Dirty:
        dirty = self._dirty
        if most is None or len(dirty) <= most:
            taken = list(dirty.items())
            dirty.clear()
        else:
            taken = list(islice(dirty.items(), most))
            for key, _ in taken:
                del dirty[key]
        return taken

    def restart(self) -> None:
        """Take everything back: the worker is told all anew when it is asked."""
        self._interests.unload()
        self._dirty.clear()
        self._forget(list(self._told))
        self._age += 1

    def forgetOld(self) -> None:
        """Want no more what nobody has asked for in L{KEPT} seconds."""
        self.cease(self._interests.old)

    def cease(self, names: Collection[QName]) -> None:
        """Want some names no more. No effect on those that are not wanted."""
        if names:
            self._interests.cease(names)
            told = self._told if any(map(_isWide, names)) else names
            self._forget(
                [name for name in told if name in self._told and not self._interests.cover(name)]
            )

    def _forgetOldest(self) -> None:
        more = len(self._interests) - MOST_NAMES
        if more > 0 and not self.lasts:
            loading = set(self._loading)
            others = (name for name in self.interests if name not in loading)
            self.cease(list(islice(others, more)))

    def _namesIn(self, name: QName) -> Sequence[QName]:
        if not _isWide(name):
            return [name]
        selector = NameSelector(name)
        return [one for one in self.store.names() if selector.covers(one)]

    async def _loadName(self, name: QName, isAsked: bool, age: int, turns: Turns) -> None:
        query: NameQuery | None = NameQuery((NameSelector(name),), limit=SLICE)
        while query is not None and self._isLoading(name, age):
            try:
                page = self.store.find(query)
            except TargetInvalid:  # not known yet, or no more
                return
            self._makeRoom(page.elements, isAsked)
            query = None if page.cursor is None else attrs.evolve(query, cursor=page.cursor)
            for number, put in enumerate(_puts(page.elements)):
                elements = put.elements
                if number:
                    # In the pause some may have become others, and have been told.
                    elements = [one for one in elements if self.store.get(one.key) == one]
                self._keep(elements)
                self.line.say(*self._takeForgotten(), Put(elements))
                await self.line.drained()
                await turns.breathe()
                if not self._isLoading(name, age):
                    return

    def _isLoading(self, name: QName, age: int) -> bool:
        return age == self._age and self._interests.cover(name) and not self.line.over.happened

    def _makeRoom(self, elements: Sequence[ServiceDataElement], isAsked: bool) -> None:
        if self.count + len(elements) <= self.most:
            return
        # Some may have been told for the sake of another name.
        told = self._told
        more = sum(one.key not in told.get(one.key.name, _NONE) for one in elements)
        if self.count + more > self.most and isAsked and not self.lasts:
            wanted = set(self._loading)
            self.cease([name for name in self.interests if name not in wanted])
        if self.count + more > self.most:
            # What nobody waits for takes nothing from what others asked for.
            self.cease(self.interests if isAsked else self._loading)
            raise TooLarge(
                f"a question about more than {self.most} values, the bound [limits] query_elements",
                cure="name the service data it is about",
            )

    def _keep(self, elements: Sequence[ServiceDataElement]) -> None:
        name: QName | None = None
        named: _Told = {}
        for element in elements:
            key = element.key
            if key.name is not name and key.name != name:
                name = key.name
                named = self._told.setdefault(name, {})
            before = len(named)
            named[key] = element
            self.count += len(named) - before
        self.unsettled += _bytesOf(elements)
        if self.due is not None:
            now = self.clock.seconds()
            for element in elements:
                # When it is gone the store tells.
                until = element.lifetime.goodUntil
                self.due.set(element.key, until if until > now else math.inf)

    def _drop(self, key: ElementKey) -> None:
        named = self._told[key.name]
        del named[key]
        self.count -= 1
        if not named:
            del self._told[key.name]
        if self.due is not None:
            self.due.discard(key)

    def _forget(self, names: Iterable[QName]) -> None:
        for name in names:
            keys = self._told.pop(name)
            self.count -= len(keys)
            self._forgotten.add(name)
            if self.due is not None:
                for key in keys:
                    self.due.discard(key)

    def _takeForgotten(self) -> list[ToWorker]:
        names, self._forgotten = self._forgotten, set()
        return [Forget(sorted(names))] if names else []


def _isWide(name: QName) -> bool:
    """Whether a name covers others."""
    return "*" in (name.localName, name.namespace)


def _puts(elements: Sequence[ServiceDataElement]) -> Sequence[Put]:
    """Values in messages that are not too large."""
    messages: list[Put] = []
    start = size = 0
    for index, element in enumerate(elements):
        # As its size, without the call.
        own = len(element.head) + len(element.tail)
        size += own
        if size > _BYTES and index > start:
            messages.append(Put(elements[start:index]))
            start, size = index, own
    if start < len(elements):
        messages.append(Put(elements[start:]))
    return messages


def _isExtension(element: ServiceDataElement, before: ServiceDataElement) -> bool:
    """Whether only the lifetime can have changed of what a value shows."""
    return (
        element.sameContent(before)
        and element.created == before.created
        and element.sequence == before.sequence
    )


def _bytesOf(elements: Collection[ServiceDataElement]) -> int:
    return EACH * len(elements) + sum([one.size for one in elements])
