"""Who wants to hear of which changes: a row, never an object with timers of its own (ARCHITECTURE rule 3)."""

import math

import attrs

from gma_twisted.model.handle import Handle
from gma_twisted.model.query import NameSelector

__all__ = ["Subscription"]


@attrs.frozen(slots=True)
class Subscription:
    """
    A granted subscription by service data names (OGSI 1.0, 11.1; WIRE 3).

    @ivar id: unique at its source
    @ivar selectors: which values
    @ivar sink: where notices go
    @ivar minInterval: seconds between notices at least
    @ivar maxInterval: seconds after which an unchanged value is sent again; C{inf} for never
    @ivar wantsChanges: whether the sink reads change notices (C{gma:changes}) or whole values
    @ivar owner: identity that subscribed
    @ivar goodUntil: instant on the node's clock at which the lease ends
    """

    id: str
    selectors: tuple[NameSelector, ...]
    sink: Handle
    minInterval: float = 0.0
    maxInterval: float = math.inf
    wantsChanges: bool = False
    owner: str = ""
    goodUntil: float = math.inf
