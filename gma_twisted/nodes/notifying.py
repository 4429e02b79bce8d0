"""Notification at the services of a node: their subscriptions, and the one way out that all notices take."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from gma_twisted.configuration import LimitsSection, NotifySection
from gma_twisted.execution import Demand
from gma_twisted.hosting import RowFamily
from gma_twisted.interfaces import ICaller, IDeliverer, IServiceDataStore, IStandingQueries
from gma_twisted.model import Caller, Handle, Language
from gma_twisted.nodes.storage import Storage
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.notify.placeholders import Placeholders
from gma_twisted.notify.rows import Subscriptions
from gma_twisted.notify.source import NotificationSource, SubscriptionGrants
from gma_twisted.notify.standing import StandingQuestions
from gma_twisted.queries import NameQueryLimits, RowQueries
from gma_twisted.security import SinkPins
from gma_twisted.soap.porttypes import NOTIFICATION_SUBSCRIPTION
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.subscriptions import SubscriptionLimits, SubscriptionStore
from gma_twisted.timing import NodeClock, Ready, Tombstones
from gma_twisted.transport import Exchange

__all__ = ["HostedNotification", "Notifying", "WayOut"]

_BY_NAMES_ONLY: Mapping[Language, IStandingQueries] = {}


@attrs.frozen(slots=True, eq=False)
class WayOut:
    """
    How notices of all services leave the node: there before the first of them, and until after the last.

    @ivar deliverer: sends them
    @ivar caller: through this; nobody else calls sinks
    """

    deliverer: Deliverer
    caller: ICaller

    def counts(self) -> Mapping[str, int]:
        """See L{INodeControl.notices <gma_twisted.interfaces.INodeControl>}."""
        return {**attrs.asdict(self.deliverer.counts), "peers": self.deliverer.peers}

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: nothing is sent before somebody has something to tell."""

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        await self.deliverer.stop()
        await self.caller.close()


@attrs.frozen(slots=True, eq=False)
class HostedNotification:
    """
    The subscriptions of one service: the last part of it to begin, so that what is kept is told whole, and the first
    to end, so that nobody is told that the service is being taken apart.

    @ivar exchange: answers for the subscriptions
    @ivar store: keeps them
    @ivar source: takes new ones
    @ivar notifier: tells them
    @ivar family: as services
    @ivar pins: of the addresses its sinks are reached at
    @ivar complete: ready when the service's store has what it knows: those who were kept wait for it
    @ivar placeholders: of jobs that are not there; C{None} where there are no jobs
    @ivar demand: of what is subscribed to; C{None} where no providers run
    """

    exchange: Exchange
    store: SubscriptionStore
    source: NotificationSource
    notifier: Notifier
    family: RowFamily
    pins: SinkPins
    complete: Callable[[], Awaitable[None]]
    placeholders: Placeholders | None = None
    demand: Demand | None = None

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (self.source,)

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: load, tell those who are there what there is, answer."""
        await self.store.start()
        self.pins.hold(self.store.all())
        if self.demand is not None:
            self.demand.hold(self.store.all())
        if self.placeholders is not None:
            # Before the notifier hears of subscriptions: a place-holder is in what they are told first.
            self.placeholders.start()
        self.notifier.start(self.complete())
        self.exchange.publishFamily(self.family)

    def stop(self) -> Awaitable[None]:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        self.exchange.withdraw(self.family.path)
        self.notifier.stop()
        if self.placeholders is not None:
            self.placeholders.stop()
        return self.store.stop()


@attrs.frozen(slots=True, eq=False)
class Notifying:
    """
    Makes services tell of their changes.

    @ivar exchange: answers for them
    @ivar clock: the node's
    @ivar deliverer: sends what they tell
    @ivar epoch: of the node, see L{Notifier}
    @ivar admit: asked whether notices may go to a sink, see L{NotificationSource}
    @ivar pins: of the addresses that sinks are reached at, of all services
    @ivar storage: of what survives a restart
    @ivar section: what subscribers are granted
    @ivar limits: of every engine
    @ivar hosted: what was made, in order
    """

    exchange: Exchange
    clock: NodeClock
    deliverer: IDeliverer
    epoch: int
    admit: Callable[[Handle, Caller], Awaitable[str]]
    pins: SinkPins
    storage: Storage
    section: NotifySection
    limits: LimitsSection
    hosted: list[HostedNotification] = attrs.field(factory=list, init=False)

    def host(
        self,
        handle: Handle,
        store: IServiceDataStore,
        complete: Callable[[], Awaitable[None]] = lambda: Ready(None),
        standing: Mapping[Language, IStandingQueries] = _BY_NAMES_ONLY,
        knowsJobs: bool = False,
        demand: Demand | None = None,
    ) -> HostedNotification:
        """
        Notification at one service.

        @param handle: of the service; the last part of its path names what its subscriptions are kept in
        @param store: its service data
        @param complete: see L{HostedNotification}
        @param standing: what keeps the questions of its subscribers; begun before it, and ended after it
        @param knowsJobs: whether who subscribes to a job that is not there gets a place-holder
        @param demand: hears of what is subscribed to
        """
        clock, limits = self.clock, self.limits
        recorder = self.storage.recorder(f"{handle.path.rpartition('/')[2]}-subscriptions")
        bounds = SubscriptionLimits(**limits.of("subscriptions"))
        subscriptions = SubscriptionStore(clock, bounds, recorder)
        # Before the notifier hears of them: nothing is sent to a sink that is not held.
        subscriptions.observe(self.pins.changed)
        if demand is not None:
            subscriptions.observe(demand.changed)
        section = self.section
        grants = SubscriptionGrants(
            section.minLifetime,
            section.maxLifetime,
            bounds.names,
            section.minInterval,
            section.minRepeat,
            QuestionLimits(**limits.of("question")),
        )
        questions = StandingQuestions(clock, standing)
        source = NotificationSource(
            store, subscriptions, clock, handle, os.urandom, self.admit, grants, questions
        )
        notifier = Notifier(
            store,
            subscriptions,
            self.deliverer,
            clock,
            source.handleOf,
            self.epoch,
            NoticeWriter(store, clock, **limits.of("notices")),
            **limits.of("notifier"),
            questions=questions,
        )
        placeholders = None
        if knowsJobs:
            placeholders = Placeholders(
                store, subscriptions, clock, handle.url, **limits.of("placeholders")
            )
        tombstones: Tombstones[bool] = Tombstones(clock, section.tombstones, **limits.of("ends"))
        family = RowFamily(
            source.below,
            (NOTIFICATION_SUBSCRIPTION,),
            Subscriptions(source, tombstones, self.deliverer.heardOf),
            RowQueries(clock, FewValues(clock).select, NameQueryLimits(**limits.of("query"))),
            clock,
        )
        made = HostedNotification(
            self.exchange,
            subscriptions,
            source,
            notifier,
            family,
            self.pins,
            complete,
            placeholders,
            demand,
        )
        self.hosted.append(made)
        return made
