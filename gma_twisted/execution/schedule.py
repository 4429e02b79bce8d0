"""When a provider is due: pure arithmetic on a fixed grid, so that no run's length ever moves the next one."""

import math

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["Schedule", "Slot"]


@attrs.frozen(slots=True)
class Slot:
    """
    One place of the grid.

    @ivar index: 0 is the start
    @ivar due: instant in seconds
    @ivar missed: places passed over to get here
    """

    index: int
    due: float
    missed: int = 0


@attrs.frozen(slots=True)
class Schedule:
    """
    The instants C{start + n * period}, each reckoned anew: sums of periods would drift.

    @ivar start: instant of the first run
    @ivar period: seconds between two, finite, above 0
    """

    start: float
    period: float

    def __attrs_post_init__(self) -> None:
        if not (0.0 < self.period < math.inf and math.isfinite(self.start)):
            raise ParameterError(
                f"a schedule needs a finite start and a period above 0, not {self.start!r}, {self.period!r}"
            )

    def slot(self, index: int) -> Slot:
        """The place with this number."""
        return Slot(index, self.start + index * self.period)

    def after(self, last: Slot, earliest: float) -> Slot:
        """
        The next place to use.

        @param last: the place used last
        @param earliest: instant before which nothing may begin: now, or now and a pause
        @return: the first place behind C{last} whose instant is C{earliest} or later
        """
        index = max(last.index + 1, math.ceil((earliest - self.start) / self.period))
        # Division and multiplication round apart: the neighbours decide.
        while index > last.index + 1 and self.slot(index - 1).due >= earliest:
            index -= 1
        while self.slot(index).due < earliest:
            index += 1
        return Slot(index, self.slot(index).due, index - last.index - 1)
