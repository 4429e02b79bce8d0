"""How late the reactor of a node comes to what is due."""

from collections.abc import Sequence

import attrs

__all__ = ["LoopLag"]


@attrs.frozen(slots=True)
class LoopLag:
    """
    What a probe that looks now and then has seen; all times in seconds.

    @ivar last: how late it came the last time
    @ivar most: the latest it came in the last minute or two
    @ivar count: how often it came, since the start
    @ivar total: all the times it was late, together
    @ivar atMost: (bound, how often it was no later than that), bounds ascending
    """

    last: float = 0.0
    most: float = 0.0
    count: int = 0
    total: float = 0.0
    atMost: Sequence[tuple[float, int]] = ()
