"""For how long a registry lets an entry stay unless it is renewed (RELIABILITY, soft-state abuse)."""

import math

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["GrantLimits"]


@attrs.frozen(slots=True)
class GrantLimits:
    """
    What is granted of what is asked, all in seconds.

    @ivar least: who asks for less gets this
    @ivar usual: for who does not ask
    @ivar most: who asks for more, or for ever, gets this; C{inf} for no bound
    """

    least: float = 5.0
    usual: float = 300.0
    most: float = 86400.0

    def __attrs_post_init__(self) -> None:
        if not (0.0 < self.least <= self.usual <= self.most and self.usual < math.inf):
            raise ParameterError(
                "lifetimes need 0 < least <= usual <= most, and a usual one that ends, not "
                f"{self.least!r}, {self.usual!r}, {self.most!r}"
            )

    def grant(self, asked: float | None) -> float:
        """
        The seconds granted.

        @param asked: seconds, negative ones too; C{inf} for ever, C{None} for what is usual
        """
        if asked is None:
            return self.usual
        if asked < self.least:
            return self.least
        return self.most if asked > self.most else asked
