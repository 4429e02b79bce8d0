"""Which events an index keeps as service data, the oldest first: of all sources, and of each."""

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.events.limits import EventValueLimits
from gma_twisted.model import ElementKey

__all__ = ["ValueRoom", "sourceOf"]


def sourceOf(key: ElementKey) -> str:
    """The source of the event under a key: its first word."""
    return key.key.partition(" ")[0]


@attrs.define(slots=True, eq=False)
class ValueRoom:
    """
    Knows what is there, and what must go for more. It is told by the store what became of it.

    @ivar limits: bounds
    """

    limits: EventValueLimits
    # Both in the order in which they were put last.
    _sizes: dict[ElementKey, int] = attrs.field(factory=dict, init=False, repr=False)
    _sources: dict[str, dict[ElementKey, None]] = attrs.field(factory=dict, init=False, repr=False)
    _bytes: int = attrs.field(default=0, init=False)

    def __len__(self) -> int:
        """How many values there are."""
        return len(self._sizes)

    def put(self, key: ElementKey, size: int) -> None:
        """One is there, the youngest now. @param size: its bytes"""
        self.drop(key)
        self._sizes[key] = size
        self._sources.setdefault(sourceOf(key), {})[key] = None
        self._bytes += size

    def drop(self, key: ElementKey) -> None:
        """One is not there any more, or never was."""
        size = self._sizes.pop(key, None)
        if size is None:
            return
        self._bytes -= size
        source = sourceOf(key)
        own = self._sources[source]
        del own[key]
        if not own:
            del self._sources[source]

    def arrange(self, since: Mapping[ElementKey, float]) -> None:
        """Put what is there in the order of its age. @param since: seconds; what is not named is youngest"""
        sizes = dict(self._sizes)
        self.clear()
        for key in sorted(sizes, key=lambda one: since.get(one, math.inf)):
            self.put(key, sizes[key])

    def clear(self) -> None:
        """None is there."""
        self._sizes.clear()
        self._sources.clear()
        self._bytes = 0

    def excess(self, source: str, wanted: Mapping[ElementKey, int]) -> Sequence[ElementKey]:
        """
        What must go before others are put.

        @param source: of those others
        @param wanted: their keys and sizes, no more than there may be of one source
        @return: keys of values that are there and are none of the others: the oldest of the source, then of all
        @raise TooLarge: there is no room for them at all
        """
        limits = self.limits
        own = self._sources.get(source, {})
        more = sum(key not in own for key in wanted)
        gone = _oldest(own, wanted, len(own) + more - limits.perSource)
        count = len(self._sizes) + more - len(gone)
        size = self._bytes + sum(wanted.values())
        size -= sum(self._sizes[key] for key in (*gone, *wanted) if key in own)
        if count > limits.values or size > limits.bytes:
            already = frozenset(gone)
            for key, taken in self._sizes.items():
                if key not in wanted and key not in already:
                    gone.append(key)
                    count -= 1
                    size -= taken
                    if count <= limits.values and size <= limits.bytes:
                        break
            else:
                raise TooLarge(
                    f"{len(wanted)} events of {sum(wanted.values())} bytes pass event_values, {limits.values}, "
                    f"or event_values_size, {limits.bytes}"
                )
        return gone


def _oldest(
    own: Iterable[ElementKey], wanted: Mapping[ElementKey, int], count: int
) -> list[ElementKey]:
    found: list[ElementKey] = []
    if count > 0:
        for key in own:
            if key not in wanted:
                found.append(key)
                if len(found) == count:
                    break
    return found
