"""What copies may take of a store that keeps a service's own values too."""

from collections.abc import Callable, Mapping

import attrs

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import ElementKey, ServiceDataElement

__all__ = ["Room", "Share", "weightOf"]

Written = Mapping[ElementKey, ServiceDataElement | None]
"""What a commit writes; C{None} for what it takes away."""

Present = Callable[[ElementKey], ServiceDataElement | None]
"""Gives what is there before a commit."""

_NOTHING: Mapping[ElementKey, str] = {}

# What an identity costs beside its text, as stores count it.
_OVERHEAD = 64
# More than a notice is long that anybody sends: what it needs no looking at then.
_PLENTY = 64 * 1024**2


def weightOf(key: ElementKey) -> int:
    """Bytes an identity counts for: its text comes from outside."""
    return len(key.originator) + len(key.key) + _OVERHEAD


@attrs.frozen(slots=True)
class Share:
    """
    What copies may take of a store, so that what the service says itself always has its room.

    @ivar elements: values
    @ivar bytes: of all of them
    """

    elements: int = 3_100_000
    bytes: int = 4 * 1024**3


@attrs.define(slots=True, eq=False)
class Room:
    """
    What is left of a L{Share}. Commits under way count.

    @ivar store: of the service
    @ivar share: see L{Share}
    """

    store: IServiceDataStore
    share: Share
    _elements: int = attrs.field(default=0, init=False)
    _bytes: int = attrs.field(default=0, init=False)

    def left(self) -> tuple[int, int]:
        """How many values there is room for, and how many bytes."""
        elements, size = self.store.copied()
        share = self.share
        return share.elements - elements - self._elements, share.bytes - size - self._bytes

    def begin(self, written: Written, present: Present) -> tuple[int, int]:
        """
        A commit that takes its time begins; it counts.

        @return: what it needs, to be given to L{end}
        """
        elements = size = 0
        for key, element in written.items():
            more, grows = _needs(element, present(key))
            elements += more
            size += grows
        self._elements += elements
        self._bytes += size
        return elements, size

    def end(self, needs: tuple[int, int]) -> None:
        """The commit is over: what was done of it is in the store."""
        self._elements -= needs[0]
        self._bytes -= needs[1]

    def excess(self, written: Written, present: Present) -> Mapping[ElementKey, str]:
        """
        What of a commit there is no room for.

        @return: the keys, the last ones of those that need room, and why
        """
        elements, size = self.left()
        if len(written) <= elements and (
            size >= _PLENTY or sum(map(_weight, written.values())) <= size
        ):
            return _NOTHING
        excess = {}
        for key, element in written.items():
            more, grows = _needs(element, present(key))
            if more > max(0, elements):
                excess[key] = (
                    f"there would be more than {self.share.elements} copies, all that store_elements leaves for them"
                )
            elif grows > max(0, size):
                excess[key] = (
                    f"copies would take more than {self.share.bytes} bytes, all that store_size leaves for them"
                )
            else:
                elements -= more
                size -= grows
        return excess


def _needs(
    element: ServiceDataElement | None, before: ServiceDataElement | None
) -> tuple[int, int]:
    """Values and bytes of copies, more than before."""
    isCopy = before is not None and bool(before.path)
    more = (element is not None) - isCopy
    return more, _weight(element) - (_weight(before) if isCopy else 0)


def _weight(element: ServiceDataElement | None) -> int:
    return 0 if element is None else element.size + weightOf(element.key)
