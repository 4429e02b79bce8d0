"""C{[rips]}: for how long a resource information provider service shows what is not said any more."""

from collections.abc import Iterator

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import DURATION

__all__ = ["RIPSSection"]


@attrs.frozen(slots=True)
class RIPSSection:
    """C{[rips]}: GT3's C{sweeperDelay} and C{gracePeriod}, which were milliseconds."""

    sweeperDelay: float = key(
        DURATION,
        "between two removals of values whose time has passed, at least; nobody is shown them meanwhile",
        5.0,
        name="sweeper_delay",
    )
    gracePeriod: float = key(
        DURATION,
        "`grace` of each provider that has none of its own",
        60.0,
        name="grace_period",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys: nothing. @return: a key, a message and a cure"""
        yield from ()
