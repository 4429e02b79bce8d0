"""Subscriptions as services of their own, C{NotificationSubscription}: read, moved and ended (OGSI 1.0, 11.2)."""

from collections.abc import Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ServiceHasTerminated, UnknownId, cut
from gma_twisted.interfaces import IServiceRow, IServiceRows
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.typed import typedValue
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import (
    ElementKey,
    Handle,
    Lifetime,
    Locator,
    MoveSubscription,
    ServiceDataElement,
    Subscription,
    SubscriptionChanges,
    Unsubscribe,
)
from gma_twisted.notify.source import NotificationSource
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.soap.types import LOCATOR
from gma_twisted.timing import Tombstones

__all__ = ["SubscriptionService", "Subscriptions"]

_EXPRESSION = ogsi("subscriptionExpression")
_SINK = ogsi("sinkLocator")


@implementer(IServiceRows)
@attrs.define(slots=True, eq=False)
class Subscriptions:
    """
    The subscriptions of a service by id. It observes their store from the beginning.

    @ivar source: makes them
    @ivar tombstones: of those that are over; says whether their time had passed
    @ivar heardOf: told the sink of a subscription that somebody asks for: only who made it knows of it, and who is
        there again wants to hear what was missed at once
    """

    source: NotificationSource
    tombstones: Tombstones[bool]
    heardOf: Callable[[Handle], None]

    def __attrs_post_init__(self) -> None:
        self.source.subscriptions.observe(self._changed)

    def row(self, id: str) -> "SubscriptionService":
        """See L{IServiceRows}."""
        subscription = self.source.subscriptions.get(id)
        if subscription is None:
            raise self.gone(id)
        self.heardOf(subscription.sink)
        return SubscriptionService(self, subscription)

    def gone(self, id: str) -> UnknownId | ServiceHasTerminated:
        """The error that says that there is no such subscription, or none any more."""
        stone = self.tombstones.get(id)
        where = f'subscription "{cut(id, 60)}" at {self.source.handle}'
        if stone is None:
            return UnknownId(f"there is no {where}")
        why = "its lease was not renewed" if stone.why else "it was ended"
        return ServiceHasTerminated(f"{where} ended at {writeDateTime(stone.when)}: {why}")

    def _changed(self, changes: SubscriptionChanges) -> None:
        for subscription in changes.ended:
            self.tombstones.put(subscription.id, changes.expired)


@implementer(IServiceRow)
@attrs.frozen(slots=True, eq=False)
class SubscriptionService:
    """
    One subscription during one request.

    @ivar rows: of the service
    @ivar subscription: as it was when the request came
    """

    rows: Subscriptions
    subscription: Subscription

    @property
    def handle(self) -> Handle:
        """See L{IServiceRow}."""
        return self.rows.source.handleOf(self.subscription.id)

    @property
    def until(self) -> float:
        """See L{IServiceRow}."""
        return self.subscription.until

    @property
    def created(self) -> float:
        """See L{IServiceRow}."""
        return self.subscription.since

    @property
    def owner(self) -> str | None:
        """See L{IServiceRow}."""
        return self.subscription.owner

    def values(self) -> Sequence[ServiceDataElement]:
        """See L{IServiceRow}."""
        one = self.subscription
        lifetime = Lifetime(min(self.rows.source.clock.seconds(), one.until), one.until, one.until)
        expression = writeSubscribeExpression(
            SubscribeExpression(one.topic, one.minInterval, one.maxInterval, one.wantsSnapshot)
        )
        locator = LOCATOR.write("ogsi:sinkLocator", Locator((one.sink,)))
        inside = locator[locator.index(b">") + 1 : locator.rindex(b"<")]
        url = self.handle.url
        return [
            typedValue(
                ElementKey(_EXPRESSION, url),
                "ogsi:ExtensibilityType",
                lifetime,
                one.since,
                expression,
            ),
            typedValue(ElementKey(_SINK, url), "ogsi:LocatorType", lifetime, one.since, inside),
        ]

    async def endAt(self, until: float) -> float:
        """See L{IServiceRow}."""
        source, id = self.rows.source, self.subscription.id
        now = source.clock.seconds()
        present = self._present()
        granted = until
        if until > present.until:
            granted = max(present.until, now + source.grants.lease(until - now))
        changes = await source.subscriptions.commit([MoveSubscription(id, granted)])
        if not changes.moved and self._present().until != granted:
            raise self.rows.gone(id)
        return granted

    async def end(self) -> None:
        """See L{IServiceRow}."""
        source, id = self.rows.source, self.subscription.id
        changes = await source.subscriptions.commit([Unsubscribe(id)])
        if not changes.ended:
            raise self.rows.gone(id)

    def _present(self) -> Subscription:
        present = self.rows.source.subscriptions.get(self.subscription.id)
        if present is None:
            raise self.rows.gone(self.subscription.id)
        return present
