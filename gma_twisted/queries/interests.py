"""Which names a worker has to know the values of: those of the questions it was asked lately."""

from collections.abc import Collection, Sequence

import attrs

from gma_twisted.model import NameSelector, QName, Question
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
    @ivar isLoaded: whether the worker has been told all of its values
    """

    asked: float
    isLoaded: bool = False


@attrs.define(slots=True, eq=False)
class Interests:
    """
    The names of one worker. Either part of one may be C{*}, so that it covers others.

    @ivar clock: the node's
    """

    clock: NodeClock
    _all: dict[QName, Interest] = attrs.field(factory=dict, init=False, repr=False)
    _covered: dict[QName, bool] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def names(self) -> Sequence[QName]:
        """Those that were asked for."""
        return list(self._all)

    @property
    def old(self) -> Sequence[QName]:
        """Those nobody has asked for in L{KEPT} seconds."""
        before = self.clock.seconds() - KEPT
        return [name for name, one in self._all.items() if one.asked <= before]

    def want(self, name: QName) -> Interest:
        """Somebody asks for a name."""
        interest = self._all.get(name)
        if interest is None:
            interest = self._all[name] = Interest(0.0)
            self._covered.clear()
        interest.asked = self.clock.seconds()
        return interest

    def has(self, name: QName, interest: Interest) -> bool:
        """Whether this is still the interest in a name."""
        return self._all.get(name) is interest

    def cease(self, names: Collection[QName]) -> None:
        """Nobody asks for these any more."""
        for name in names:
            del self._all[name]
        self._covered.clear()

    def unload(self) -> None:
        """The worker has been told nothing."""
        for interest in self._all.values():
            interest.isLoaded = False

    def isLoaded(self, name: QName) -> bool:
        """Whether the worker has been told all values of a name, perhaps for the sake of a wider one."""
        return any(
            one.isLoaded and NameSelector(wide).covers(name) for wide, one in self._all.items()
        )

    def cover(self, name: QName) -> bool:
        """Whether the worker has to know the values of a name."""
        known = self._covered.get(name)
        if known is None:
            if len(self._covered) >= _MEMO:
                self._covered.clear()
            known = any(NameSelector(one).covers(name) for one in self._all)
            self._covered[name] = known
        return known
