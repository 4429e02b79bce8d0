"""Which questions have ended a worker lately, and who asked them."""

from collections import OrderedDict
from collections.abc import Hashable

import attrs
from twisted.internet.interfaces import IReactorTime

__all__ = ["REMEMBERED", "Memo"]

REMEMBERED = 600.0
"""Seconds for which something is remembered."""

_MOST = 1000


@attrs.define(slots=True, eq=False)
class Memo:
    """
    Remembers questions, or clients, for a while, the last thousand.

    @ivar clock: the node's
    """

    clock: IReactorTime
    _until: OrderedDict[Hashable, float] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def keep(self, one: Hashable) -> None:
        """Remember one from now."""
        self._until.pop(one, None)
        self._until[one] = self.clock.seconds() + REMEMBERED
        if len(self._until) > _MOST:
            self._until.popitem(last=False)

    def __contains__(self, one: Hashable) -> bool:
        """Whether it is remembered."""
        return self._until.get(one, 0.0) > self.clock.seconds()
