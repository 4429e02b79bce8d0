"""Subscriptions to lines: those who ask for the same are a group, and an event is given to it once."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Protocol

import attrs
from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.events.counts import EngineCounts
from gma_twisted.events.kept import Kept
from gma_twisted.events.lookedback import LookedBack
from gma_twisted.events.rate import Rate, checkedRate
from gma_twisted.interfaces.events import IEventFeed
from gma_twisted.interfaces.gma import IDataPlane, IStreamGroup, IStreamMember, IStreamPlane
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter, Terms
from gma_twisted.timing import NodeClock, Ready

__all__ = ["GroupFeed", "GroupOwner", "Receiver", "Receivers", "TopicGroup"]


class Receiver(Protocol):
    """Is given the events of a topic: a feed of its own, or a group."""

    def offer(self, event: Event | None, kept: Kept) -> None:
        """
        One more event.

        @param event: as it was asked for; C{None}: it is left out
        @param kept: what it was made of
        """


Receivers = dict[Hashable, Receiver]
"""Those of one topic, in the order they came."""


@attrs.frozen(slots=True, eq=False)
class GroupOwner:
    """
    What all group feeds of an engine share.

    @ivar clock: the node's
    @ivar counts: of the engine
    @ivar life: gives that of the producer's numbers
    @ivar planeOf: gives the plane of a data URL
    @ivar refilter: gives a feed another filter
    @ivar gone: told when a feed ends
    """

    clock: NodeClock
    counts: EngineCounts
    life: Callable[[], str]
    planeOf: Callable[[Terms], IDataPlane]
    refilter: "Callable[[GroupFeed, EventFilter], None]"
    gone: "Callable[[GroupFeed], None]"


@attrs.define(slots=True, eq=False)
class TopicGroup:
    """
    Those of a topic who get the same bytes.

    @ivar key: what they have in common
    @ivar receivers: those of the topic
    @ivar group: they
    @ivar rate: passes as many events a second as each of them asked for
    @ivar feeds: how many they are
    """

    key: Hashable
    receivers: Receivers
    group: IStreamGroup
    rate: Rate
    feeds: int = attrs.field(default=0, init=False)

    def offer(self, event: Event | None, kept: Kept) -> None:
        """See L{Receiver}."""
        isTooMany = False
        if event is not None:
            if not self.group.isWritten(event):
                return
            isTooMany = not self.rate.passes()
        self.group.offer(None if isTooMany else event, kept.number, kept.size, isTooMany)


@implementer(IEventFeed)
class GroupFeed:
    """
    One subscription to lines.

    @ivar first: see L{IEventFeed}
    """

    __slots__ = (
        "_callerId",
        "_groups",
        "_isLookingBack",
        "_isOver",
        "_kind",
        "_member",
        "_owner",
        "_plane",
        "_since",
        "_terms",
        "_whose",
        "first",
    )

    def __init__(
        self,
        owner: GroupOwner,
        plane: IStreamPlane,
        terms: Terms,
        callerId: int,
        since: int,
        isLookingBack: bool,
        whose: str = "",
    ) -> None:
        """
        @param since: number of the last event that was published before it
        @param isLookingBack: whether nothing is sent before L{lookedBack}
        @param whose: who is subscribed, as quotas count; empty: the node itself
        @raise ParameterError: rate limit, data URL or encoding cannot be used
        """
        checkedRate(terms.rateLimit)
        self.first = since + 1
        self._owner = owner
        self._plane = plane
        self._terms = terms
        self._kind: Hashable = (plane, plane.kindOf(terms))
        self._callerId = callerId
        self._since = since
        self._isLookingBack = isLookingBack
        self._whose = whose
        self._isOver = False
        self._member: IStreamMember | None = None
        # While it goes from one to another, both.
        self._groups: list[TopicGroup] = []

    # What its topic says.

    def enter(self, receivers: Receivers) -> None:
        """Be among those who are given the events of a topic, from now on."""
        group = receivers.get(self._kind)
        if group is None:
            made = self._plane.group(self._terms, self._owner.life())
            rate = Rate(self._owner.clock, self._terms.rateLimit)
            group = receivers[self._kind] = TopicGroup(self._kind, receivers, made, rate)
            self._owner.counts.groups += 1
        assert isinstance(group, TopicGroup)
        if self._member is None:
            self._member = group.group.join(
                self._terms, self._callerId, self._since, self._isLookingBack, self._whose
            )
            self._owner.counts.members += 1
        else:
            group.group.take(self._member, self._terms, self._callerId)
        group.feeds += 1
        self._groups.append(group)

    def leave(self, receivers: Receivers) -> None:
        """Be no more among them."""
        for group in self._groups:
            if group.receivers is receivers:
                self._groups.remove(group)
                group.feeds -= 1
                if not group.feeds:
                    del receivers[group.key]
                    self._owner.counts.groups -= 1
                return

    def skipTo(self, number: int) -> None:
        """Events up to this one of all have been judged for it."""
        self._since = max(self._since, number)
        self._there.skipTo(number)

    def offer(self, event: Event | None, kept: Kept) -> None:
        """One is left out for it alone."""
        if kept.number > self._since and not self._isOver:
            self._there.leaveOut(1)

    def lookedBack(self, found: LookedBack) -> None:
        """What there was before the subscription."""
        if not self._isOver:
            missed, first = found.missed, found.first
            self._there.lookedBack(
                found.events, found.numbers, found.sizes, missed, first, found.lastMissed
            )

    # See IEventFeed.

    def begin(self) -> None:
        """See L{IEventFeed}."""
        self._there.begin()

    def pause(self) -> None:
        """See L{IEventFeed}."""
        self._there.pause()

    def resume(self) -> None:
        """See L{IEventFeed}."""
        self._there.resume()

    def modify(self, filter: EventFilter | None, rateLimit: float | None) -> None:
        """See L{IEventFeed}."""
        if self._isOver:
            return
        before = self._terms, self._kind
        if rateLimit is not None:
            self._say(attrs.evolve(self._terms, rateLimit=checkedRate(rateLimit)))
        if filter is not None:
            try:
                self._owner.refilter(self, filter)
            except BaseException:
                self._terms, self._kind = before
                raise
        if self._groups[-1].key != self._kind:
            self._regroup()

    def move(self, dataUrl: str, encoding: str | None, callerId: int) -> None:
        """See L{IEventFeed}."""
        if self._isOver:
            return
        terms = attrs.evolve(self._terms, dataUrl=dataUrl, encoding=encoding)
        if self._owner.planeOf(terms) is not self._plane:
            raise ParameterError(
                f'lines of a subscription cannot go on to "{cut(dataUrl)}", which is of another kind',
                parameter="dataUrl",
                cure="subscribe anew",
            )
        self._say(terms)
        self._callerId = callerId
        self._regroup()

    def end(self) -> None:
        """See L{IEventFeed}."""
        if not self._isOver:
            self._isOver = True
            self._owner.counts.members -= 1
            self._owner.gone(self)

    def close(self) -> Awaitable[None]:
        """Close the way."""
        return Ready(None) if self._member is None else self._member.leave()

    @property
    def _there(self) -> IStreamMember:
        assert self._member is not None
        return self._member

    def _say(self, terms: Terms) -> None:
        kind = self._plane.kindOf(terms)
        self._terms, self._kind = terms, (self._plane, kind)

    def _regroup(self) -> None:
        receivers = self._groups[-1].receivers
        self.enter(receivers)
        self.leave(receivers)
