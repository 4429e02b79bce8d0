"""The Aggregator port type: whose data is copied here, for whom, and for how long (WIRE 4, 5)."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.aggregation.inbox import InboxCounts
from gma_twisted.aggregation.intake import Intake
from gma_twisted.aggregation.session import Session, Surroundings
from gma_twisted.aggregation.sinks import Sinks
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
from gma_twisted.timing import LeaseKeeper, LeaseTable, NodeClock, Ready, Sweeper, Task, Tasks

__all__ = ["Aggregator", "AggregatorLimits"]

_ID_BYTES = 16
# Seconds over which the first calls are spread, for each source there is.
_SPREAD = 0.02

_What = tuple[str, frozenset[QName]]


@attrs.frozen(slots=True)
class AggregatorLimits:
    """
    What an aggregator takes on, and what those are granted who ask; seconds, clamped.

    @ivar subscriptions: most subscriptions, configured ones among them
    @ivar perOwner: most subscriptions of one owner, but for the node itself
    @ivar names: most names of one subscription
    @ivar leastLease: shortest lifetime
    @ivar usualLease: lifetime of who does not ask for one
    @ivar mostLease: longest lifetime
    @ivar leastInterval: shortest interval
    @ivar usualInterval: interval of who does not ask for one
    @ivar mostInterval: longest interval
    """

    subscriptions: int = 1000
    perOwner: int = 100
    names: int = 1000
    leastLease: float = 5.0
    usualLease: float = 600.0
    mostLease: float = 86400.0
    leastInterval: float = 1.0
    usualInterval: float = 10.0
    mostInterval: float = 3600.0

    def lease(self, asked: float | None) -> float:
        """Seconds granted."""
        wanted = self.usualLease if asked is None else asked
        return min(max(self.leastLease, wanted), self.mostLease)

    def interval(self, asked: float | None) -> float:
        """Seconds granted."""
        wanted = self.usualInterval if asked is None else asked
        return min(max(self.leastInterval, wanted), self.mostInterval)


@attrs.define(slots=True, eq=False)
class _Followed:
    """A session, those it is for, and its task while it runs."""

    what: _What
    session: Session
    wanted: int = 0
    task: Task | None = None


@attrs.frozen(slots=True)
class _Subscription:
    """One row; C{owner} is C{None} for the configuration."""

    id: str
    owner: str | None
    followed: _Followed


@implementer(IAggregator)
@attrs.define(slots=True, eq=False)
class Aggregator:
    """
    The aggregation of one service. It lives once: L{start}, then L{stop}.

    A subscription asked for ends with its lease, a configured one never. Who asks for what is copied already shares
    the session, in its mode and with its interval: a source is not asked twice for the same names.

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
    _rows: dict[str, _Subscription] = attrs.field(factory=dict, init=False, repr=False)
    _ids: dict[tuple[str | None, _What], str] = attrs.field(factory=dict, init=False, repr=False)
    _owners: Counter[str | None] = attrs.field(factory=Counter, init=False, repr=False)
    _followed: dict[_What, _Followed] = attrs.field(factory=dict, init=False, repr=False)
    _leases: Sweeper[str] = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _isRunning: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.sinks = Sinks(self.handle.child("sinks"), self.randomBytes)
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
        )
        self._leases = Sweeper(self.clock, LeaseTable(), self._expired)
        # Twice: a session that ends still says goodbye to its source.
        self._tasks = Tasks("the aggregator", 2 * most)

    def add(self, source: AggregateSource) -> None:
        """
        Copy a source from L{start} on, for ever.

        @raise ConfigError: its name is taken, or the same names of it are copied already
        @raise TooLarge: there are too many; the bound is named
        """
        what = _whatOf(source)
        if source.name in self._rows or (None, what) in self._ids:
            raise ConfigError(
                f"aggregation of {source.source} by {source.name} is configured twice"
            )
        self._bound()
        self._enter(source.name, None, source)

    def start(self) -> Awaitable[None]:
        """Begin with all sources, spread over a while when they are many; nobody waits for them."""
        self._isRunning = True
        self._leases.start()
        spread = _SPREAD * len(self._followed)
        for followed in self._followed.values():
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
        id = self._ids.get((caller.owner, _whatOf(asked)))
        if id is None:
            self._admit(asked, caller)
            id = self.randomBytes(_ID_BYTES).hex()
            followed = self._enter(id, caller.owner, asked)
            if followed.task is None:
                self._begin(followed, 0.0)
        self._leases.table.set(id, self.clock.seconds() + seconds)
        return id, seconds

    def removeSubscription(
        self, subscriptionId: str, caller: Caller = OURSELVES
    ) -> Awaitable[None]:
        """See L{IAggregator}."""
        row = self._rows.get(subscriptionId)
        if row is None or row.owner != caller.owner:
            raise UnknownId(
                f'{cut(caller.owner)} has no subscription "{cut(subscriptionId, 60)}" here'
            )
        self._leases.table.discard(row.id)
        self._drop(row)
        return Ready(None)

    def listSubscriptions(self) -> Awaitable[Sequence[UpstreamStatus]]:
        """See L{IAggregator}; the id of a configured one is its name."""
        return Ready([self._status(row) for row in self._rows.values()])

    def states(self) -> Mapping[UpstreamState, int]:
        """How many sessions stand where."""
        return Counter(followed.session.state for followed in self._followed.values())

    # -- rows

    def _read(
        self, source: Handle, name: Sequence[QName], mode: str | None, interval: float | None
    ) -> AggregateSource:
        names = tuple(dict.fromkeys(name))
        if not names:
            raise ParameterError("a subscription needs a name", parameter="name")
        if len(names) > self.limits.names:
            raise TooLarge(f"one subscription may have {self.limits.names} names")
        try:
            how = UpstreamMode.SUBSCRIBE if mode is None else UpstreamMode(mode.strip())
        except ValueError:
            raise ParameterError(
                f'"{cut(mode, 40)}" is no mode; subscribe and poll are', parameter="mode"
            ) from None
        return AggregateSource(source, names, mode=how, interval=self.limits.interval(interval))

    def _admit(self, asked: AggregateSource, caller: Caller) -> None:
        if not self._isRunning:
            raise Busy(f"{self.handle} is starting or stopping")
        if asked.source == self.handle:
            raise Refused(f"{self.handle} has its own data already")
        self.check(asked.source.url)
        self._bound()
        limits = self.limits
        if caller != OURSELVES and self._owners[caller.owner] >= limits.perOwner:
            raise TooLarge(f"{cut(caller.owner)} has {limits.perOwner} subscriptions here")
        if len(self._tasks) >= self._tasks.limit:
            raise Busy(f"{self.handle} is still ending subscriptions; try again later")

    def _bound(self) -> None:
        if len(self._rows) >= self.limits.subscriptions:
            raise TooLarge(f"{self.handle} has {self.limits.subscriptions} subscriptions")

    def _enter(self, id: str, owner: str | None, source: AggregateSource) -> _Followed:
        what = _whatOf(source)
        followed = self._followed.get(what)
        if followed is None:
            session = Session(source, self._shared, owner is None)
            followed = self._followed[what] = _Followed(what, session)
        followed.wanted += 1
        self._rows[id] = _Subscription(id, owner, followed)
        self._ids[owner, what] = id
        self._owners[owner] += 1
        return followed

    def _begin(self, followed: _Followed, delay: float) -> None:
        followed.task = self._tasks.spawn(followed.session.run(delay), str(followed.session))

    def _expired(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._drop(self._rows[id])

    def _drop(self, row: _Subscription) -> None:
        followed = row.followed
        del self._rows[row.id]
        del self._ids[row.owner, followed.what]
        self._owners[row.owner] -= 1
        if not self._owners[row.owner]:
            del self._owners[row.owner]
        followed.wanted -= 1
        if not followed.wanted:
            del self._followed[followed.what]
            if followed.task is not None:
                followed.task.cancel()

    def _status(self, row: _Subscription) -> UpstreamStatus:
        session = row.followed.session
        last = session.lastNotice
        return UpstreamStatus(
            row.id,
            session.source.source,
            session.source.names,
            session.state,
            session.reason,
            None if last is None else self.clock.toWall(last),
            session.values,
        )


def _whatOf(source: AggregateSource) -> _What:
    return source.source.url, frozenset(source.names)
