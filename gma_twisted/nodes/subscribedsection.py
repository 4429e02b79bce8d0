"""A C{[subscribe.NAME]} as it stands: whose events come of it, and who looks for more of them."""

import attrs

from gma_twisted.client.subscription import Subscription
from gma_twisted.client.watch import Watch
from gma_twisted.configuration import SubscribeSection
from gma_twisted.timing import Happening, Task

__all__ = ["Absence", "SubscribedSection"]


@attrs.define(slots=True, eq=False)
class Absence:
    """
    A producer that is subscribed to and not named any more.

    @ivar since: on the clock
    @ivar looks: how many did not find it
    """

    since: float
    looks: int = 0


@attrs.define(slots=True, eq=False)
class SubscribedSection:
    """
    One section.

    @ivar name: of it
    @ivar section: what it says
    @ivar found: the subscriptions of it, by URL of the producer
    @ivar begun: when each was begun, on the clock
    @ivar absent: those of them the directory does not name any more
    @ivar left: when others were given up, on the clock, as far as a look-back goes
    @ivar isFull: whether there are more producers than places for them
    @ivar looking: looks for the producers of a directory, or for what there is at all
    @ivar watch: of the directory; C{None} for one producer
    @ivar wake: something changed since the look under way began, or the last one
    @ivar error: the last one of looking; empty after a success
    """

    name: str
    section: SubscribeSection
    found: dict[str, Subscription] = attrs.field(factory=dict)
    begun: dict[str, float] = attrs.field(factory=dict)
    absent: dict[str, Absence] = attrs.field(factory=dict)
    left: dict[str, float] = attrs.field(factory=dict)
    isFull: bool = False
    looking: Task | None = None
    watch: Watch | None = None
    wake: Happening = attrs.field(factory=Happening)
    error: str = ""
