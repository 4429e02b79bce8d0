"""What a decision sees: the values as they are, or as they will be when decisions under way are applied."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement

__all__ = ["Overlay", "View", "weight"]

_OVERHEAD = 64


def weight(element: ServiceDataElement) -> int:
    """Bytes a value counts for: its content and its identity, whose text comes from outside too."""
    key = element.key
    return len(element.head) + len(element.tail) + len(key.originator) + len(key.key) + _OVERHEAD


class View(Protocol):
    """Values, those that are gone and not yet swept included."""

    @property
    def elements(self) -> int:
        """How many values there are."""

    @property
    def size(self) -> int:
        """What they weigh, in bytes."""

    @property
    def names(self) -> int:
        """How many names are declared or have a value."""

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """The value, gone or not."""

    def originated(self, name: QName, originator: str) -> Iterable[ElementKey]:
        """The keys of a name and an originator."""

    def everything(self) -> Iterable[ElementKey]:
        """Every key."""

    def count(self, name: QName) -> int:
        """How many values a name has."""

    def isDeclared(self, name: QName) -> bool:
        """Whether the name was declared."""


class Overlay:
    """
    A view with changes on top of another view, which stays as it is.

    @ivar written: every key written here, in the order of its first writing: the value of the view below, and the one
        written; C{None} where there is none
    @ivar declared: every name whose declaration was written here
    @ivar quiet: keys written once, by a quiet L{Put <gma_twisted.model.command.Put>}
    @ivar elements, size, names: as in L{View}
    """

    __slots__ = (
        "_added",
        "_base",
        "_counts",
        "_unsorted",
        "declared",
        "elements",
        "names",
        "quiet",
        "size",
        "written",
    )

    def __init__(self, base: View) -> None:
        """@param base: must not change while this is used"""
        self._base = base
        self.written: dict[
            ElementKey, tuple[ServiceDataElement | None, ServiceDataElement | None]
        ] = {}
        self.declared: dict[QName, bool] = {}
        self.quiet: set[ElementKey] = set()
        self.elements = base.elements
        self.size = base.size
        self.names = base.names
        self._counts: dict[QName, int] = {}
        # Keys the base has not, so that a name and an originator need no scan of what was written; the last ones are
        # not sorted in before somebody asks.
        self._added: dict[tuple[QName, str], list[ElementKey]] = {}
        self._unsorted: list[ElementKey] = []

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """As in L{View}."""
        held = self.written.get(key)
        return self._base.get(key) if held is None else held[1]

    def originated(self, name: QName, originator: str) -> Iterator[ElementKey]:
        """As in L{View}; nothing may be written meanwhile."""
        written = self.written
        for key in self._base.originated(name, originator):
            if key not in written or written[key][1] is not None:
                yield key
        for key in self._sorted().get((name, originator), ()):
            if written[key][1] is not None:
                yield key

    def everything(self) -> Iterator[ElementKey]:
        """As in L{View}; nothing may be written meanwhile."""
        written = self.written
        for key in self._base.everything():
            if key not in written or written[key][1] is not None:
                yield key
        for added in self._sorted().values():
            for key in added:
                if written[key][1] is not None:
                    yield key

    def _sorted(self) -> dict[tuple[QName, str], list[ElementKey]]:
        for key in self._unsorted:
            self._added.setdefault((key.name, key.originator), []).append(key)
        self._unsorted.clear()
        return self._added

    def count(self, name: QName) -> int:
        """As in L{View}."""
        held = self._counts.get(name)
        return self._base.count(name) if held is None else held

    def isDeclared(self, name: QName) -> bool:
        """As in L{View}."""
        declared = self.declared.get(name)
        return self._base.isDeclared(name) if declared is None else declared

    def write(
        self,
        key: ElementKey,
        element: ServiceDataElement | None,
        weighs: int | None = None,
        isQuiet: bool = False,
    ) -> None:
        """
        Put a value in its place; C{None} takes it away.

        @param weighs: its L{weight} when that is known
        @param isQuiet: see C{quiet}
        """
        held = self.written.get(key)
        if held is None:
            first = before = self._base.get(key)
            if first is None:
                self._unsorted.append(key)
            if isQuiet:
                self.quiet.add(key)
        else:
            first, before = held
            self.quiet.discard(key)
        self.written[key] = (first, element)
        if before is not None:
            self.size -= weight(before)
        if element is not None:
            self.size += weight(element) if weighs is None else weighs
        if before is None or element is None:
            self._counted(key.name, (element is not None) - (before is not None))

    def extend(self, key: ElementKey, lifetime: Lifetime, now: float) -> None:
        """Give a value another lifetime, unless there is none, or it is gone: it stays one, and weighs the same."""
        held = self.written.get(key)
        if held is None:
            first = before = self._base.get(key)
        else:
            first, before = held
        if before is not None and not before.lifetime.isGone(now):
            self.written[key] = (first, before.withLifetime(lifetime))
            self.quiet.discard(key)

    def _counted(self, name: QName, step: int) -> None:
        count = self.count(name)
        self._counts[name] = count + step
        self.elements += step
        if (count == 0 or count + step == 0) and not self.isDeclared(name):
            # The first value of a name, or the last.
            self.names += step

    def declare(self, name: QName, known: bool) -> None:
        """Make a declaration, or take it back."""
        if self.isDeclared(name) != known:
            if self.count(name) == 0:
                self.names += 1 if known else -1
            self.declared[name] = known
