"""Who wants what providers give: those that run on demand rest while nobody does (C{[providers.NAME] demand})."""

from collections import Counter
from collections.abc import Awaitable, Collection, Iterable, Sequence
from typing import Protocol

import attrs
from zope.interface import implementer

from gma_twisted.errors import TimedOut
from gma_twisted.execution.scheduled import ScheduledProvider
from gma_twisted.interfaces import IDemand
from gma_twisted.model import NameSelector, QName, Subscription, SubscriptionChanges
from gma_twisted.timing.bridge import gather, withTimeout
from gma_twisted.timing.clock import NodeClock

__all__ = ["ASKED_LASTS", "Demand", "OtherDemand"]

ASKED_LASTS = 60.0
"""Seconds for which somebody who asked is taken to ask again, or two intervals of the provider if that is longer."""

_KEPT = 1000


class OtherDemand(Protocol):
    """What else may want a provider, beside who asks for service data."""

    def add(self, provider: ScheduledProvider) -> None:
        """One more runs on demand."""

    def discard(self, provider: ScheduledProvider) -> None:
        """It is no more."""

    def renamed(self, provider: ScheduledProvider) -> None:
        """It gives other names than before."""

    def period(self, provider: ScheduledProvider) -> float | None:
        """Seconds between two runs that it wants; C{None} when it does not want it."""


@implementer(IDemand)
@attrs.define(eq=False, slots=True)
class Demand:
    """
    What is asked of a service and subscribed to there, for its providers that run on demand.

    A provider that rests is woken by the first question or subscription that covers what it gave before; a question
    waits for that run, so that it is not answered with what was so when somebody asked last.

    @ivar clock: the node's
    @ivar patience: seconds a question waits for a run at most; then it is answered with what there is
    """

    clock: NodeClock
    patience: float = 10.0
    _providers: set[ScheduledProvider] = attrs.field(factory=set, init=False, repr=False)
    _other: OtherDemand | None = attrs.field(default=None, init=False, repr=False)
    # Subscriptions that count, by their id: of one whose lease was over at the start only the end is heard of.
    _counted: dict[str, Subscription] = attrs.field(factory=dict, init=False, repr=False)
    # Names that they have, and those that cover others.
    _exact: Counter[QName] = attrs.field(factory=Counter, init=False, repr=False)
    _wild: Counter[QName] = attrs.field(factory=Counter, init=False, repr=False)
    # By what is asked, whom it concerns, as long as nobody gives other names.
    _concerned: dict[Sequence[NameSelector], Sequence[ScheduledProvider]] = attrs.field(
        factory=dict, init=False, repr=False
    )

    def add(self, provider: ScheduledProvider) -> None:
        """A provider shall run on demand: it asks L{isWanted} before a run, and is woken."""
        self._providers.add(provider)
        provider.pace = self.pace
        provider.renamed = lambda: self._renamed(provider)
        self._concerned.clear()
        if self._other is not None:
            self._other.add(provider)

    def discard(self, provider: ScheduledProvider) -> None:
        """It is no more. No effect when it was not added."""
        self._providers.discard(provider)
        self._concerned.clear()
        if self._other is not None:
            self._other.discard(provider)

    def besides(self, other: OtherDemand) -> None:
        """Something else may want the providers too: those there are and those to come."""
        self._other = other
        for provider in self._providers:
            other.add(provider)

    @property
    def providers(self) -> Collection[ScheduledProvider]:
        """Those that run on demand."""
        return self._providers

    def _renamed(self, provider: ScheduledProvider) -> None:
        self._concerned.clear()
        if self._other is not None:
            self._other.renamed(provider)

    def pace(self, provider: ScheduledProvider) -> float | None:
        """Seconds between two runs, as few as somebody wants; C{None} when nobody wants any."""
        own = provider.setup.interval if self.isWanted(provider) else None
        other = None if self._other is None else self._other.period(provider)
        return min((one for one in (own, other) if one is not None), default=None)

    def isWanted(self, provider: ScheduledProvider) -> bool:
        """Whether somebody is subscribed to what a provider gave last, or asked for it lately."""
        lasts = max(ASKED_LASTS, 2 * (provider.setup.interval or 0.0))
        if provider.askedAt is not None and self.clock.seconds() < provider.askedAt + lasts:
            return True
        names = provider.names
        return any(name in self._exact for name in names) or any(
            NameSelector(wild).covers(name) for wild in self._wild for name in names
        )

    # -- what is asked

    def asked(self, selectors: Sequence[NameSelector]) -> Awaitable[object] | None:
        """See L{IDemand}."""
        if not self._providers:
            return None
        concerned = self._concerned.get(selectors)
        if concerned is None:
            concerned = [one for one in self._providers if _covers(selectors, one)]
            if len(self._concerned) >= _KEPT:
                self._concerned.clear()
            self._concerned[selectors] = concerned
        return self.wake(concerned)

    def wake(self, concerned: Iterable[ScheduledProvider]) -> Awaitable[object] | None:
        """
        Somebody asked for what providers give: none of them rests for a while.

        @return: to be waited for, until those that rested have run; C{None} when none did
        """
        now = self.clock.seconds()
        resting = []
        for one in concerned:
            one.askedAt = now
            if one.isResting:
                resting.append(one)
            elif self._other is not None:
                # It may run less often than who asks may expect.
                one.adjust()
        return self._wake(resting) if resting else None

    async def _wake(self, resting: Sequence[ScheduledProvider]) -> None:
        woken = gather([one.wake() for one in resting])
        try:
            await withTimeout(woken, self.patience, self.clock, "a provider on demand")
        except TimedOut:
            # Who asks next does not wait for the same run.
            for one in resting:
                one.settle()

    # -- what is subscribed to

    def hold(self, subscriptions: Iterable[Subscription]) -> None:
        """Those that were kept over a restart."""
        self.changed(SubscriptionChanges(begun=tuple(subscriptions)))

    def changed(self, changes: SubscriptionChanges) -> None:
        """Subscriptions of the service began or ended."""
        for subscription in changes.begun:
            self._counted[subscription.id] = subscription
            self._count(subscription, 1)
        for subscription in changes.ended:
            if self._counted.pop(subscription.id, None) is not None:
                self._count(subscription, -1)
        if changes.begun:
            for one in list(self._providers):
                if self.isWanted(one):
                    one.adjust()

    def _count(self, subscription: Subscription, step: int) -> None:
        # Of a question about everything there are none.
        for selector in subscription.topic.selectors or _EVERYTHING:
            counts, name = self._wild if selector.isWildcard else self._exact, selector.name
            counts[name] += step
            if not counts[name]:
                del counts[name]


_EVERYTHING = (NameSelector(QName("*", "*")),)


def _covers(selectors: Sequence[NameSelector], provider: ScheduledProvider) -> bool:
    names = provider.names
    return not selectors or any(one.covers(name) for one in selectors for name in names)
