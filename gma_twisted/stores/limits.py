"""What one store holds at most: each bound is checked before a commit is applied, and named when it is passed."""

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["StoreLimits", "checkBounds"]

_GIB = 1024**3
_MIB = 1024**2


def checkBounds(limits: attrs.AttrsInstance) -> None:
    """
    See that every bound of a store is 1 or more.

    @raise ParameterError: one is not; named
    """
    for field in attrs.fields(type(limits)):
        value = getattr(limits, field.name)
        if value < 1:
            raise ParameterError(f"the store bound {field.name} is {value!r}, not 1 or more")


@attrs.frozen(slots=True)
class StoreLimits:
    """
    Bounds of a store. A value whose C{availableUntil} has passed counts until it is swept, at most a moment later.

    @ivar elements: values
    @ivar bytes: of all values, as L{weight <gma_twisted.stores.view.weight>} counts them
    @ivar elementSize: bytes of one value, counted in the same way
    @ivar names: names that are declared or have a value
    @ivar batch: values and names one commit may touch
    @ivar queued: values and names the commits that wait may touch together
    """

    elements: int = 3_100_000
    bytes: int = 4 * _GIB
    elementSize: int = 8 * _MIB
    names: int = 100_000
    batch: int = 100_000
    queued: int = 200_000

    def __attrs_post_init__(self) -> None:
        checkBounds(self)
