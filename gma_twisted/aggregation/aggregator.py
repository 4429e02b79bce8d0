"""The Aggregator port type: whose data is copied here, for whom, and for how long (WIRE 4, 5)."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.aggregation.counts import InboxCounts
from gma_twisted.aggregation.intake import Intake
from gma_twisted.aggregation.limits import AggregatorLimits
from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.rows import Followed, Row, Rows
from gma_twisted.aggregation.session import Session
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.aggregation.surroundings import Surroundings
from gma_twisted.aggregation.upstream import AggregateSource, Connect, Lease
from gma_twisted.errors import Busy, ConfigError, ParameterError, Refused, TooLarge, UnknownId, cut
from gma_twisted.interfaces import IAggregator
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Handle,
    QName,
    UpstreamMode,
    UpstreamState,
    UpstreamStatus,
)
from gma_twisted.timing import LeaseKeeper, LeaseTable, NodeClock, Ready, Sweeper, Tasks

__all__ = ["Aggregator"]

_ID_BYTES = 16
# Seconds over which the first calls are spread, for each source there is.
_SPREAD = 0.02


@implementer(IAggregator)
@attrs.define(slots=True, eq=False)
class Aggregator:
    """
    The aggregation of one service. It lives once: L{start}, then L{stop}.

    A subscription asked for ends with its lease, a configured one by L{remove}, one that L{follow} made by L{unfollow}.
    Who asks for what is copied already shares the session, in its mode and with its interval: a source is not asked
    twice for the same names.

    @ivar intake: takes what comes
    @ivar connect: makes proxies
    @ivar check: judges the form of a URL that a peer supplied, see L{IConnectGuard.check
        <gma_twisted.interfaces.IConnectGuard.check>}
    @ivar clock: the node's
    @ivar handle: of the service
    @ivar randomBytes: gives so many random bytes; ids and sinks are made of them, so that none is guessed
    @ivar random: gives numbers in C{[0, 1)}; spreads attempts
    @ivar limits: see L{AggregatorLimits}
    @ivar sinks: where notices come in, to be answered for while this runs
    @ivar counts: of what arrives there
    """

    intake: Intake
    connect: Connect
    check: Callable[[str], None]
    clock: NodeClock
    handle: Handle
    randomBytes: Callable[[int], bytes]
    random: Callable[[], float]
    limits: AggregatorLimits = attrs.field(factory=AggregatorLimits)
    sinks: Sinks = attrs.field(init=False)
    counts: InboxCounts = attrs.field(factory=InboxCounts, init=False)
    _shared: Surroundings = attrs.field(init=False, repr=False)
    _rows: Rows = attrs.field(init=False, repr=False)
    _leases: Sweeper[str] = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _isRunning: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.sinks = Sinks(self.handle.child("sinks"), self.randomBytes, self.counts)
        most = self.limits.subscriptions
        keeper = LeaseKeeper(self.clock, Lease.renew, Lease.wasLost, self.random, limit=2 * most)
        self._shared = Surroundings(
            self.intake,
            self.sinks,
            keeper,
            self.connect,
            self.check,
            self.clock,
            self.random,
            self.counts,
            Memory(self.limits.held),
        )
        self._rows = Rows(lambda source, isTrusted: Session(source, self._shared, isTrusted))
        self._leases = Sweeper(self.clock, LeaseTable(), self._expired)
        # Twice: a session that ends still says goodbye to its source.
        self._tasks = Tasks("the aggregator", 2 * most)

    def add(self, source: AggregateSource) -> None:
        """
        Copy a source from L{start} on, until L{remove}. Who has the same names of it copied already shares the session
        from then on.

        @raise ConfigError: its name is taken, or the same names of it are copied already
        @raise TooLarge: there are too many; the bound is named
        @raise Busy: too many are still being ended
        """
        if self._rows.get(source.name) is not None or self._rows.idOf(None, source) is not None:
            raise ConfigError(
                f"aggregation of {source.source} by {source.name} is configured twice"
            )
        self._bound()
        followed = self._rows.enter(source.name, None, source, isAsked=False)
        if followed.task is not None:
            # It was begun for who named the source by request: in their mode, by the way for such.
            self._renew(followed, source, isTrusted=True)
        elif self._isRunning:
            self._begin(followed, 0.0)

    def remove(self, name: str) -> None:
        """
        End what L{add} began; values stay until their lifetime ends. Who else wants the same has it on, by the way for
        sources that peers name.

        @raise UnknownId: nothing configured has the name
        @raise Busy: too many are still being ended
        """
        row = self._rows.get(name)
        if row is None or row.owner is not None:
            raise UnknownId(f'no source is configured as "{cut(name, 80)}"', id=name)
        followed = row.followed
        isShared = followed.wanted > 1
        if isShared:
            self._room()
        self._rows.drop(name)
        if isShared and followed.task is not None:
            source = attrs.evolve(followed.session.source, name="")
            self._renew(followed, source, isTrusted=False)

    def follow(self, id: str, owner: str, source: Handle, names: Sequence[QName]) -> None:
        """
        Copy a source for somebody until L{unfollow}, in the usual mode and with the usual interval; from L{start} on
        when it has not begun. Requests do not end it.

        @param id: of the subscription; no other has it
        @param owner: whom it counts for, see L{Caller.owner <gma_twisted.model.Caller>}
        @param names: what is copied, at least one; local name C{*} for every name of a namespace
        @raise GMAError: as L{addSubscription}
        """
        asked = self._read(source, names, None, None)
        self._admit(asked, owner)
        followed = self._rows.enter(id, owner, asked, isAsked=False)
        if self._isRunning and followed.task is None:
            self._begin(followed, 0.0)

    def unfollow(self, id: str) -> None:
        """End what L{follow} began; values stay until their lifetime ends. Without effect for one that is not there."""
        row = self._rows.get(id)
        if row is not None and not row.isAsked and row.owner is not None:
            self._rows.drop(id)

    def start(self) -> Awaitable[None]:
        """Begin with all sources, spread over a while when they are many; nobody waits for them."""
        self._isRunning = True
        self._leases.start()
        sessions = self._rows.sessions
        spread = _SPREAD * len(sessions)
        for followed in sessions:
            self._begin(followed, spread * self.random())
        return Ready(None)

    async def stop(self) -> None:
        """End the subscriptions at all sources, as far as they answer within a bounded time."""
        self._isRunning = False
        self._leases.stop()
        await self._tasks.cancelAll()
        await self._shared.leases.stop()

    async def addSubscription(
        self,
        source: Handle,
        name: Sequence[QName],
        lifetime: float | None,
        mode: str | None,
        interval: float | None,
        caller: Caller = OURSELVES,
    ) -> tuple[str, float]:
        """See L{IAggregator}. @raise Busy: the node is starting or stopping"""
        asked = self._read(source, name, mode, interval)
        seconds = self.limits.lease(lifetime)
        id = self._rows.idOf(caller.owner, asked)
        if id is None:
            if not self._isRunning:
                raise Busy(f"{self.handle} is starting or stopping")
            self._admit(asked, None if caller == OURSELVES else caller.owner)
            id = self.randomBytes(_ID_BYTES).hex()
            followed = self._rows.enter(id, caller.owner, asked, isAsked=True)
            if followed.task is None:
                self._begin(followed, 0.0)
        self._leases.table.set(id, self.clock.seconds() + seconds)
        return id, seconds

    def removeSubscription(
        self, subscriptionId: str, caller: Caller = OURSELVES
    ) -> Awaitable[None]:
        """See L{IAggregator}."""
        row = self._rows.get(subscriptionId)
        if row is None or row.owner is None or not (row.isAsked and caller.owns(row.owner)):
            raise UnknownId(
                f'{cut(caller.owner)} has no subscription "{cut(subscriptionId, 60)}" here'
            )
        self._leases.table.discard(row.id)
        self._rows.drop(row.id)
        return Ready(None)

    def asked(self) -> Sequence[tuple[str, str]]:
        """The subscriptions that were asked for: their ids, and who owns them."""
        return [(row.id, row.owner) for row in self._rows if row.isAsked and row.owner is not None]

    def listSubscriptions(self) -> Awaitable[Sequence[UpstreamStatus]]:
        """See L{IAggregator}; the id of a configured one is its name."""
        return Ready(self.subscriptions())

    def subscriptions(self) -> Sequence[UpstreamStatus]:
        """What L{listSubscriptions} tells."""
        return [self._status(row) for row in self._rows]

    def states(self) -> Mapping[UpstreamState, int]:
        """How many sessions stand where."""
        return Counter(followed.session.standing.state for followed in self._rows.sessions)

    # -- rows

    def _read(
        self, source: Handle, name: Sequence[QName], mode: str | None, interval: float | None
    ) -> AggregateSource:
        names = tuple(dict.fromkeys(name))
        if not names:
            raise ParameterError("a subscription needs a name", parameter="name")
        if len(names) > self.limits.names:
            raise TooLarge(
                f"one subscription may have {self.limits.names} names, the bound aggregated_names"
            )
        try:
            how = UpstreamMode.SUBSCRIBE if mode is None else UpstreamMode(mode.strip())
        except ValueError:
            raise ParameterError(
                f'"{cut(mode, 40)}" is no mode; subscribe and poll are', parameter="mode"
            ) from None
        return AggregateSource(source, names, mode=how, interval=self.limits.interval(interval))

    def _admit(self, asked: AggregateSource, owner: str | None) -> None:
        if asked.source == self.handle:
            raise Refused(f"{self.handle} has its own data already")
        self.check(asked.source.url)
        self._bound()
        limits = self.limits
        if owner is not None and self._rows.countOf(owner) >= limits.perOwner:
            raise TooLarge(
                f"{cut(owner)} has {limits.perOwner} subscriptions here, the bound aggregated_per_owner"
            )

    def _bound(self) -> None:
        self._room()
        if len(self._rows) >= self.limits.subscriptions:
            raise TooLarge(
                f"{self.handle} has {self.limits.subscriptions} subscriptions, the bound aggregated"
            )

    def _room(self) -> None:
        if len(self._tasks) >= self._tasks.limit:
            raise Busy(f"{self.handle} is still ending subscriptions; try again later")

    def _renew(self, followed: Followed, source: AggregateSource, isTrusted: bool) -> None:
        """Let another session take the place of the one that runs."""
        if followed.task is not None:
            followed.task.cancel()
        followed.session = self._rows.make(source, isTrusted)
        self._begin(followed, 0.0)

    def _begin(self, followed: Followed, delay: float) -> None:
        followed.task = self._tasks.spawn(followed.session.run(delay), str(followed.session))

    def _expired(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._rows.drop(id)

    def _status(self, row: Row) -> UpstreamStatus:
        session = row.followed.session
        standing = session.standing
        last = standing.lastNotice
        return UpstreamStatus(
            row.id,
            session.source.source,
            session.source.names,
            standing.state,
            standing.reason,
            None if last is None else self.clock.toWall(last),
            session.values,
            session.refused,
        )
