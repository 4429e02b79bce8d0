"""A subscription at a producer, as its role keeps it."""

import attrs

from gma_twisted.interfaces.events import IEventFeed
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter, Terms

__all__ = ["ProducerSubscription"]


@attrs.define(slots=True, eq=False)
class ProducerSubscription:
    """
    A subscription.

    @ivar terms: that were asked for
    @ivar token: what doSubscribe gave, or the producer's id
    @ivar feed: sends what is published; C{None} when only the server sends
    @ivar isMade: whether doSubscribe has agreed
    @ivar demanded: what it counts as among what is asked of the producer
    """

    terms: Terms
    token: object
    feed: IEventFeed | None = None
    isMade: bool = False
    demanded: Terms | None = None

    def isSent(self, template: Event, filter: EventFilter | None) -> bool:
        """Whether the engine sends just this by it."""
        asked = self.terms.template
        return (
            self.feed is not None
            and self.isMade
            and self.terms.filter == filter
            and asked.name == template.name
            and asked.items == template.items
        )
