"""What a decision sees: the values as they are, or as they will be when decisions under way are applied."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from gma_twisted.model import ElementKey, QName, ServiceDataElement

__all__ = ["Overlay", "View", "weight"]

_OVERHEAD = 64


class _Unwritten:
    """Stands for a key an overlay has not touched, where C{None} says that it is removed."""


_UNWRITTEN = _Unwritten()


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

    @ivar written: every key written here, in the order of its first writing, and its value; C{None} is removed
    @ivar declared: every name whose declaration was written here
    @ivar elements, size, names: as in L{View}
    """

    __slots__ = (
        "_added",
        "_base",
        "_counts",
        "declared",
        "elements",
        "names",
        "size",
        "written",
    )

    def __init__(self, base: View) -> None:
        """@param base: must not change while this is used"""
        self._base = base
        self.written: dict[ElementKey, ServiceDataElement | None] = {}
        self.declared: dict[QName, bool] = {}
        self.elements = base.elements
        self.size = base.size
        self.names = base.names
        self._counts: dict[QName, int] = {}
        # Keys the base has not, so that a name and an originator need no scan of what was written.
        self._added: dict[tuple[QName, str], dict[ElementKey, None]] = {}

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """As in L{View}."""
        held = self.written.get(key, _UNWRITTEN)
        return self._base.get(key) if isinstance(held, _Unwritten) else held

    def originated(self, name: QName, originator: str) -> Iterator[ElementKey]:
        """As in L{View}; nothing may be written meanwhile."""
        written = self.written
        for key in self._base.originated(name, originator):
            if key not in written or written[key] is not None:
                yield key
        for key in self._added.get((name, originator), ()):
            if written[key] is not None:
                yield key

    def everything(self) -> Iterator[ElementKey]:
        """As in L{View}; nothing may be written meanwhile."""
        written = self.written
        for key in self._base.everything():
            if key not in written or written[key] is not None:
                yield key
        for added in self._added.values():
            for key in added:
                if written[key] is not None:
                    yield key

    def count(self, name: QName) -> int:
        """As in L{View}."""
        return self._base.count(name) + self._counts.get(name, 0)

    def isDeclared(self, name: QName) -> bool:
        """As in L{View}."""
        declared = self.declared.get(name)
        return self._base.isDeclared(name) if declared is None else declared

    def write(self, key: ElementKey, element: ServiceDataElement | None) -> None:
        """Put a value in its place; C{None} takes it away."""
        held = self.written.get(key, _UNWRITTEN)
        before = self._base.get(key) if isinstance(held, _Unwritten) else held
        if before is not None:
            self.size -= weight(before)
        if element is not None:
            self.size += weight(element)
        if before is None or element is None:
            self._counted(key.name, (element is not None) - (before is not None))
            if before is None and held is not None:
                self._added.setdefault((key.name, key.originator), {})[key] = None
        self.written[key] = element

    def _counted(self, name: QName, step: int) -> None:
        count = self.count(name)
        self._counts[name] = self._counts.get(name, 0) + step
        self.elements += step
        if not self.isDeclared(name):
            self.names += (count + step > 0) - (count > 0)

    def declare(self, name: QName, known: bool) -> None:
        """Make a declaration, or take it back."""
        if self.isDeclared(name) != known:
            if self.count(name) == 0:
                self.names += 1 if known else -1
            self.declared[name] = known
