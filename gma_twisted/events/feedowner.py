"""What all subscriptions of a producer share, whose events go as messages."""

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from gma_twisted.events.counts import EngineCounts
from gma_twisted.events.limits import EngineLimits
from gma_twisted.interfaces.gma import IEventChannel
from gma_twisted.model.gma import EventFilter
from gma_twisted.timing import Backoff, FullestOwner, NodeClock, Slices, Tasks

__all__ = ["FeedOwner"]

F = TypeVar("F")


@attrs.frozen(slots=True, eq=False)
class FeedOwner(Generic[F]):
    """
    What all feeds of an engine share.

    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}
    @ivar limits: of the engine
    @ivar counts: of the engine
    @ivar backoff: pauses between attempts
    @ivar tasks: what they do in the background
    @ivar slices: when they begin to send
    @ivar refilter: gives a feed another filter
    @ivar move: opens a way for a feed, and closes the one it had
    @ivar gone: told when a feed ends
    @ivar fullest: of whom most waits
    """

    clock: NodeClock
    random: Callable[[], float]
    limits: EngineLimits
    counts: EngineCounts
    backoff: Backoff
    tasks: Tasks
    slices: Slices
    refilter: Callable[[F, EventFilter], None]
    move: Callable[[F, str, str | None, int], IEventChannel]
    gone: Callable[[F], None]
    fullest: FullestOwner[F] = attrs.field(factory=FullestOwner)
