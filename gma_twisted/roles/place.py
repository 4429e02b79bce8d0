"""Where a producer, consumer or directory of the operator's lives, and what it may have."""

import secrets
from collections.abc import Callable

import attrs

from gma_twisted import __version__
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.timing import NodeClock

__all__ = ["SOFTWARE", "RoleLimits", "RolePlace"]

SOFTWARE = f"gma-twisted {__version__}"

# JavaScript, which some clients are written in, has no more whole numbers.
_NUMBERS = 2**53


def _number() -> int:
    return 1 + secrets.randbelow(_NUMBERS - 1)


@attrs.frozen(slots=True)
class RoleLimits:
    """
    What is granted, and how much is kept.

    @ivar least: shortest lease, seconds
    @ivar usual: lease of who asks for none, seconds
    @ivar most: longest lease, seconds
    @ivar held: subscriptions, or entries, at one service
    @ivar perOwner: those of one owner
    @ivar tracked: subscriptions a consumer was not told of, of which it knows which event is next
    @ivar eventTypes: of one entry
    @ivar entryBytes: of one entry: endpoint, attributes and event types
    @ivar answerSeconds: how long a consumer waits for the events it said it wants
    """

    least: float = 5.0
    usual: float = 600.0
    most: float = 86_400.0
    held: int = 10_000
    perOwner: int = 1_000
    tracked: int = 10_000
    eventTypes: int = 64
    entryBytes: int = 256 * 1024
    answerSeconds: float = 60.0


@attrs.frozen(slots=True, eq=False)
class RolePlace:
    """
    Where a server lives.

    @ivar url: it is called at
    @ivar instanceId: new at every start
    @ivar clock: the node's
    @ivar numbers: gives a whole number from 1 to 2**53 - 1 that nobody can guess
    @ivar started: when it was started
    """

    url: str
    instanceId: str
    clock: NodeClock
    numbers: Callable[[], int] = _number
    started: Timestamp = attrs.field(
        default=attrs.Factory(
            lambda self: Timestamp.ofSeconds(self.clock.wallTime()), takes_self=True
        )
    )
