"""How often something may happen: so often at once, then so often in a second."""

import attrs
from twisted.internet.interfaces import IReactorTime

__all__ = ["Bucket"]


@attrs.define(slots=True, eq=False)
class Bucket:
    """
    Tokens that come one by one.

    @ivar clock: the node's
    @ivar most: tokens it holds, and begins with
    @ivar rate: tokens that come in a second
    """

    clock: IReactorTime
    most: float
    rate: float = 1.0
    _has: float = attrs.field(init=False, repr=False)
    _at: float = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._has = self.most
        self._at = self.clock.seconds()

    def take(self) -> float:
        """Take a token. @return: 0 when there was one; seconds until there is one when none was taken"""
        now = self.clock.seconds()
        self._has = min(self.most, self._has + (now - self._at) * self.rate)
        self._at = now
        # A thousandth less is one: times are not exact.
        if self._has > 0.999:
            self._has -= 1.0
            return 0.0
        return (1.0 - self._has) / self.rate
