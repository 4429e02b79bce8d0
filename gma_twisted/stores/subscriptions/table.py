"""The subscriptions of a service as they are now: what reads see and commits are applied to."""

from collections.abc import Iterator

from gma_twisted.model import Subscription, Topic
from gma_twisted.stores.subscriptions.sharing import Shared
from gma_twisted.stores.subscriptions.view import rowWeight, topicWeight

__all__ = ["SubscriptionTable", "withEnd"]


def withEnd(row: Subscription, until: float) -> Subscription:
    """The subscription with another end."""
    return Subscription(
        row.id,
        row.topic,
        row.sink,
        row.owner,
        row.since,
        until,
        row.minInterval,
        row.maxInterval,
        row.wantsSnapshot,
        row.peer,
    )


class SubscriptionTable:
    """
    Subscriptions by id, in the order they came; every change takes constant time.

    It is a L{View <gma_twisted.stores.subscriptions.view.View>}: what is over stays until it is removed. Topics, owners
    and intervals that are equal are one object. A subscription has no object of the table's own, and only one that is
    recorded somewhere has a place.

    @ivar size: what the subscriptions and their topics weigh, in bytes
    """

    __slots__ = ("_intervals", "_owners", "_places", "_rows", "_topics", "size")

    def __init__(self) -> None:
        """Make an empty table."""
        self.size = 0
        self._rows: dict[str, Subscription] = {}
        self._places: dict[str, int] = {}
        self._topics: Shared[Topic] = Shared()
        self._owners: Shared[str] = Shared()
        self._intervals: Shared[float] = Shared()

    def __iter__(self) -> Iterator[Subscription]:
        """Every subscription, the oldest first; nothing may change meanwhile."""
        return iter(self._rows.values())

    @property
    def subscriptions(self) -> int:
        """As in L{View <gma_twisted.stores.subscriptions.view.View>}."""
        return len(self._rows)

    def get(self, id: str) -> Subscription | None:
        """As in L{View <gma_twisted.stores.subscriptions.view.View>}."""
        return self._rows.get(id)

    def owned(self, owner: str) -> int:
        """As in L{View <gma_twisted.stores.subscriptions.view.View>}."""
        return self._owners.count(owner)

    def hearing(self, topic: Topic) -> int:
        """As in L{View <gma_twisted.stores.subscriptions.view.View>}."""
        return self._topics.count(topic)

    def place(self, id: str) -> int:
        """The place a subscription is recorded in; 0 for nowhere."""
        return self._places.get(id, 0)

    def moved(self, id: str, place: int) -> None:
        """A subscription is recorded in another place; no effect when it is not here."""
        if place and id in self._rows:
            self._places[id] = place

    def add(self, subscription: Subscription, place: int) -> Subscription:
        """
        Add a subscription that is not here.

        @param place: it is recorded in; 0 for nowhere
        @return: an equal one that shares what others have too
        """
        if not self._topics.count(subscription.topic):
            self.size += topicWeight(subscription.topic)
        kept = Subscription(
            subscription.id,
            self._topics.join(subscription.topic),
            subscription.sink,
            self._owners.join(subscription.owner),
            subscription.since,
            subscription.until,
            self._intervals.join(subscription.minInterval),
            self._intervals.join(subscription.maxInterval),
            subscription.wantsSnapshot,
            subscription.peer,
        )
        self._rows[kept.id] = kept
        self.moved(kept.id, place)
        self.size += rowWeight(kept)
        return kept

    def move(self, id: str, until: float) -> Subscription:
        """Give a subscription that is here another end. @return: as it is now"""
        row = self._rows[id] = withEnd(self._rows[id], until)
        return row

    def remove(self, id: str) -> Subscription:
        """Take out a subscription that is here. @return: as it was"""
        gone = self._rows.pop(id)
        self._places.pop(id, None)
        self.size -= rowWeight(gone)
        self._topics.leave(gone.topic)
        if not self._topics.count(gone.topic):
            self.size -= topicWeight(gone.topic)
        self._owners.leave(gone.owner)
        self._intervals.leave(gone.minInterval)
        self._intervals.leave(gone.maxInterval)
        return gone
