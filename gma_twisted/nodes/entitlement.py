"""What callers have and may not have any more, once there are other rules: subscriptions, watches, and copies."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

import attrs
from twisted.logger import Logger

from gma_twisted.aggregation import Aggregator
from gma_twisted.errors import ParameterError, UnknownId
from gma_twisted.interfaces import IPolicy
from gma_twisted.model import OURSELVES, Caller, Unsubscribe, Whose
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.nodes.notifying import HostedNotification
from gma_twisted.registration.watches import Watches
from gma_twisted.security import AccessPolicy
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.porttypes import AGGREGATOR, DATA_AGGREGATION, NOTIFICATION_SOURCE
from gma_twisted.soap.porttypes.gma import CONSUMER, DIRECTORY, PRODUCER
from gma_twisted.timing import NodeClock, Turns

__all__ = ["Entitlement", "EventHolders", "IsHeld", "isEntitled"]

log = Logger()

_BATCH = 256
# How the owners begin whom nobody knows.
_SOMEBODY = f"{ANONYMOUS}@"
_OPERATOR = Caller(OURSELVES.identity, whose=Whose.ANY)


def _named(portType: PortType, name: str) -> Operation:
    return next(one for one in portType.operations if one.name == name)


_SUBSCRIBING = (_named(NOTIFICATION_SOURCE, "subscribe"),)
_PRODUCING = (_named(PRODUCER, "subscribe"),)
_CONSUMING = (_named(CONSUMER, "subscribe"),)
_WATCHING = (_named(DIRECTORY, "watch"),)
_COPYING = (_named(AGGREGATOR, "addSubscription"), _named(DATA_AGGREGATION, "addDataAggregation"))


class IsHeld(Protocol):
    """Where callers hold subscriptions of events."""

    def owners(self) -> Sequence[str]:
        """Who has some, each once."""

    def endOf(self, owners: Collection[str]) -> int:
        """End all that these have. @return: how many"""


@attrs.define(slots=True, eq=False)
class EventHolders:
    """
    Where subscriptions of events, and watches, are; each with the path of its service.

    @ivar producers: subscriptions that consumers asked for
    @ivar consumers: those that producers began
    @ivar directories: watches
    """

    producers: list[tuple[str, IsHeld]] = attrs.field(factory=list)
    consumers: list[tuple[str, IsHeld]] = attrs.field(factory=list)
    directories: list[tuple[str, Watches]] = attrs.field(factory=list)


def isEntitled(
    policy: AccessPolicy, owner: str, operations: Sequence[Operation], path: str
) -> bool:
    """
    Whether somebody could ask for it again.

    @param owner: see L{Caller.owner <gma_twisted.model.Caller>}
    @param operations: one of them is enough
    @param path: of the service
    """
    identity = ANONYMOUS if owner.startswith(_SOMEBODY) else owner
    if identity != ANONYMOUS and identity not in policy.groups:
        return False
    return any(
        all(
            policy.ruleFor(identity, one.requestName.clark, path, one.access) is not None
            for one in (operation, operation.alsoNeeds)
            if one is not None
        )
        for operation in operations
    )


@attrs.frozen(slots=True, eq=False)
class Entitlement:
    """
    Ends what nobody may have any more: who cannot call is not to hear either.

    Entries are left alone: their leases end, since who may not register may not renew.

    @ivar clock: the node's
    @ivar sources: services that tell of changes
    @ivar aggregator: copies; C{None} when the node does not
    @ivar events: who hears events, or has them sent here
    """

    clock: NodeClock
    sources: Sequence[HostedNotification]
    aggregator: Aggregator | None
    events: EventHolders = attrs.field(factory=EventHolders)

    async def enforce(self, policy: IPolicy) -> None:
        """
        End it, in as many turns as that takes. Without rules everybody may have everything.

        @raise GMAError: a store cannot keep that something ended
        """
        if not isinstance(policy, AccessPolicy):
            return
        turns = Turns(self.clock)
        count = 0
        for source in self.sources:
            count += await self._unsubscribe(source, policy, turns)
        count += await self._endEvents(policy, turns)
        for id in list(self._copies(policy)):
            await turns.breathe()
            # Whoever owns it may have been quicker.
            with suppress(UnknownId):
                assert self.aggregator is not None
                await self.aggregator.removeSubscription(id, _OPERATOR)
                count += 1
        if count:
            log.info(
                "ended {count} subscriptions whose owners may not have them any more", count=count
            )

    async def _unsubscribe(
        self, hosted: HostedNotification, policy: AccessPolicy, turns: Turns
    ) -> int:
        path = hosted.source.handle.path
        count = 0
        batch: list[Unsubscribe] = []
        for one in hosted.store.all():
            await turns.breathe()
            if not isEntitled(policy, one.owner, _SUBSCRIBING, path):
                batch.append(Unsubscribe(one.id))
            if len(batch) == _BATCH:
                count += len((await hosted.store.commit(batch)).ended)
                batch = []
        if batch:
            count += len((await hosted.store.commit(batch)).ended)
        return count

    async def _endEvents(self, policy: AccessPolicy, turns: Turns) -> int:
        events, count = self.events, 0
        for operations, holders in ((_PRODUCING, events.producers), (_CONSUMING, events.consumers)):
            for path, held in holders:
                ending: set[str] = set()
                for owner in held.owners():
                    await turns.breathe()
                    if not _mayKeep(policy, owner, operations, path):
                        ending.add(owner)
                if ending:
                    count += held.endOf(ending)
        for path, watches in events.directories:
            for id, owner in list(watches.asked()):
                await turns.breathe()
                if not _mayKeep(policy, owner, _WATCHING, path):
                    # Its lease may have been quicker.
                    with suppress(ParameterError):
                        watches.unwatch(id, _OPERATOR)
                        count += 1
        return count

    def _copies(self, policy: AccessPolicy) -> Iterator[str]:
        if self.aggregator is not None:
            path = self.aggregator.handle.path
            for id, owner in self.aggregator.asked():
                if not _mayKeep(policy, owner, _COPYING, path):
                    yield id


def _mayKeep(policy: AccessPolicy, owner: str, operations: Sequence[Operation], path: str) -> bool:
    """As L{isEntitled}; what the node has asked for itself it keeps."""
    isOwn = owner == OURSELVES.owner and owner not in policy.groups
    return isOwn or isEntitled(policy, owner, operations, path)
