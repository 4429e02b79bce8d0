"""Which names a worker has to know the values of: those of the questions it was asked lately."""

from collections.abc import Collection, Iterable, Sequence

import attrs

from gma_twisted.model import QName, Question
from gma_twisted.timing import NodeClock

__all__ = ["EVERYTHING", "KEPT", "Interest", "Interests", "namesOf"]

KEPT = 600.0
"""Seconds for which a worker has the values of a name that nobody asks for."""

EVERYTHING = QName("*", "*")
"""All names there are."""

_MEMO = 10_000


def namesOf(question: Question) -> frozenset[QName]:
    """The names whose values a question sees; either part may be C{*}."""
    names = frozenset(selector.name for selector in question.selectors)
    return names if names and EVERYTHING not in names else frozenset((EVERYTHING,))


@attrs.define(slots=True, eq=False)
class Interest:
    """
    A name that was asked for.

    @ivar asked: instant at which it was asked for last
    """

    asked: float


@attrs.define(slots=True, eq=False)
class Interests:
    """
    The names of one worker. Either part of one may be C{*}, so that it covers others.

    @ivar clock: the node's
    """

    clock: NodeClock
    # Those asked for last are last.
    _all: dict[QName, Interest] = attrs.field(factory=dict, init=False, repr=False)
    # Those of them whose values the worker has not been told for their own sake.
    _missing: dict[QName, None] = attrs.field(factory=dict, init=False, repr=False)
    _covered: dict[QName, bool] = attrs.field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many were asked for."""
        return len(self._all)

    @property
    def names(self) -> Sequence[QName]:
        """Those that were asked for, those asked for last at the end."""
        return list(self._all)

    @property
    def missing(self) -> Collection[QName]:
        """Those that are to be loaded, or found loaded for the sake of a wider one."""
        return self._missing.keys()

    @property
    def old(self) -> Sequence[QName]:
        """Those nobody has asked for in L{KEPT} seconds."""
        before = self.clock.seconds() - KEPT
        return [name for name, one in self._all.items() if one.asked <= before]

    def want(self, name: QName) -> Interest:
        """Somebody asks for a name."""
        interest = self._all.pop(name, None)
        if interest is None:
            interest = Interest(0.0)
            self._missing[name] = None
            self._covered.clear()
        self._all[name] = interest
        interest.asked = self.clock.seconds()
        return interest

    def has(self, name: QName, interest: Interest) -> bool:
        """Whether this is still the interest in a name."""
        return self._all.get(name) is interest

    def cease(self, names: Iterable[QName]) -> None:
        """Nobody asks for these any more. No effect on those nobody asked for."""
        for name in names:
            self._all.pop(name, None)
            self._missing.pop(name, None)
        self._covered.clear()

    def load(self, name: QName, interest: Interest) -> None:
        """The worker has been told all values of a name. No effect when this is no more the interest in it."""
        if self.has(name, interest):
            self._missing.pop(name, None)

    def unload(self) -> None:
        """The worker has been told nothing."""
        self._missing = dict.fromkeys(self._all)

    def isLoaded(self, name: QName) -> bool:
        """Whether the worker has been told all values of a name, perhaps for the sake of a wider one."""
        return self._isLoaded(name) or any(self._isLoaded(wide) for wide in _wider(name))

    def cover(self, name: QName) -> bool:
        """Whether the worker has to know the values of a name."""
        known = self._covered.get(name)
        if known is None:
            if len(self._covered) >= _MEMO:
                self._covered.clear()
            known = name in self._all or any(wide in self._all for wide in _wider(name))
            self._covered[name] = known
        return known

    def _isLoaded(self, name: QName) -> bool:
        return name in self._all and name not in self._missing


def _wider(name: QName) -> tuple[QName, ...]:
    """All names that cover a name, but for itself: so few that they are looked up, however many are asked for."""
    return QName(name.namespace, "*"), QName("*", name.localName), EVERYTHING
