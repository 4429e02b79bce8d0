"""The client's side of soft state: renews leases held at other nodes before they end (WIRE, RELIABILITY P10)."""

import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.errors import (
    Busy,
    GMAError,
    ParameterError,
    PeerError,
    PeerFault,
    ServiceError,
    TimedOut,
    UnknownId,
    cut,
)
from gma_twisted.timing.backoff import Backoff
from gma_twisted.timing.bridge import withTimeout
from gma_twisted.timing.leasetable import LeaseTable
from gma_twisted.timing.sweeper import Sweeper
from gma_twisted.timing.tasks import Task, Tasks

__all__ = ["LeaseKeeper"]

K = TypeVar("K", bound=Hashable)

_SOONEST, _LATEST = 1 / 3, 1 / 2
_SHORTEST_TRY = 2.0
# Of the time left, at most, until the next try: the end is not slept through.
_LAST = 3 / 4
_PACE = 0.1
_BACKOFF = Backoff(1.0, 60.0)


@attrs.define(eq=False)
class _Lease(Generic[K]):
    """One lease; C{deadline} is the instant it ends at the peer, if every message took no time at all."""

    key: K
    deadline: float
    failures: int = 0
    reason: GMAError | None = None
    task: Task | None = None


def _forgotten(error: GMAError) -> bool:
    fault = error.fault if isinstance(error, PeerFault) else ""
    return isinstance(error, UnknownId) or fault == UnknownId.code


@attrs.define(eq=False)
class LeaseKeeper(Generic[K]):
    """
    Keeps leases alive until they are forgotten or lost.

    A lease is renewed after between a third and a half of the lifetime granted, evenly spread. The lifetime counts
    from before the request was sent, so the lease is never believed to be longer than the peer holds it. After a
    failure the next try follows L{Backoff}, or waits as long as the peer said, up to the cap of that, but there is
    always one before the lease ends; a lease that could not be renewed by its deadline, or that the peer
    does not know (any more), is lost: told once, then forgotten. One try has half of the time left.

    @ivar clock: seconds and timers
    @ivar renew: asks the peer; gives the lifetime now granted, in seconds from the request, C{inf} for no end
    @ivar lost: takes the key and why, after it was forgotten: it may C{keep} it again
    @ivar random: gives numbers in C{[0, 1)}
    @ivar limit: most leases kept
    @ivar inFlight: most renewals under way at once; the others wait in the order they came due
    @ivar backoff: between tries
    """

    clock: IReactorTime
    renew: Callable[[K], Awaitable[float]]
    lost: Callable[[K, GMAError], None]
    random: Callable[[], float] = random.random
    limit: int = 100_000
    inFlight: int = 16
    backoff: Backoff = _BACKOFF
    _leases: dict[K, _Lease[K]] = attrs.field(factory=dict, init=False, repr=False)
    _queue: OrderedDict[K, _Lease[K]] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _trying: int = attrs.field(default=0, init=False)
    _pumping: bool = attrs.field(default=False, init=False, repr=False)
    _sweeper: Sweeper[K] = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.limit < 1 or self.inFlight < 1:
            raise ParameterError(
                "a lease keeper needs limit >= 1 and inFlight >= 1, not "
                f"{self.limit!r} and {self.inFlight!r}"
            )
        self._sweeper = Sweeper(self.clock, LeaseTable(), self._due)
        # One more: a renewal that ends makes room for the next before its own task is over.
        self._tasks = Tasks("the lease keeper", self.inFlight + 1)
        self._sweeper.start()

    def __len__(self) -> int:
        """How many leases are kept."""
        return len(self._leases)

    def __contains__(self, key: object) -> bool:
        """Whether the lease is kept: neither forgotten nor lost."""
        return key in self._leases

    def keep(self, key: K, granted: float) -> None:
        """
        Keep a lease that was granted just now; one kept already under the key is replaced.

        @param granted: seconds, C{inf} for no end: then there is nothing to renew
        @raise ParameterError: C{granted} is not positive
        @raise Busy: C{limit} leases are kept, or the keeper has stopped
        """
        if not granted > 0.0:
            raise ParameterError(f"a lease of {granted!r} s cannot be kept: {cut(key)}")
        if not self._sweeper.running:
            raise Busy(f"the lease keeper has stopped, so it cannot keep {cut(key)}")
        if key not in self._leases and len(self._leases) >= self.limit:
            raise Busy(f"the lease keeper has {self.limit} leases, so it cannot keep {cut(key)}")
        self.forget(key)
        now = self.clock.seconds()
        self._leases[key] = lease = _Lease(key, now + granted)
        self._schedule(lease, self._renewalAt(now, granted))

    def hasten(self, key: K) -> None:
        """
        Renew a lease now: perhaps the peer does not know it any more. No effect when it is not kept, when that is being
        done, and after a failure, which says when the next try is.
        """
        lease = self._leases.get(key)
        isUnderWay = lease is None or lease.task is not None or key in self._queue
        if lease is not None and not isUnderWay and not lease.failures:
            self._schedule(lease, self.clock.seconds())

    def forget(self, key: K) -> None:
        """Renew a lease no more; a renewal under way is cancelled. No effect when it is not kept."""
        lease = self._leases.pop(key, None)
        self._sweeper.table.discard(key)
        self._queue.pop(key, None)
        if lease is not None and lease.task is not None:
            lease.task.cancel()

    async def stop(self) -> None:
        """Forget all leases and wait until the renewals under way have ended. Nothing is told lost."""
        self._sweeper.stop()
        for key in list(self._leases):
            self.forget(key)
        await self._tasks.cancelAll()

    def _renewalAt(self, since: float, granted: float) -> float:
        return since + granted * (_SOONEST + self.random() * (_LATEST - _SOONEST))

    def _schedule(self, lease: _Lease[K], instant: float) -> None:
        self._sweeper.table.set(lease.key, max(instant, self.clock.seconds() + _PACE))

    def _due(self, keys: Sequence[K]) -> None:
        self._queue.update((key, self._leases[key]) for key in keys)
        self._pump()

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._queue and self._trying < self.inFlight:
                key, lease = self._queue.popitem(last=False)
                self._trying += 1
                task = self._tasks.spawn(self._try(lease), f"renewal of {cut(key)}")
                lease.task = None if task.ended else task
        finally:
            self._pumping = False

    async def _try(self, lease: _Lease[K]) -> None:
        started = self.clock.seconds()
        granted = 0.0
        reason: GMAError = ServiceError(
            f"the renewal of {cut(lease.key)} ended in an error of ours"
        )
        try:
            granted = await self._ask(lease, lease.deadline - started)
        except GMAError as error:
            reason = error
        finally:
            # Also after an error nobody foresaw, which the task logs: the lease must not be left unattended.
            self._trying -= 1
            lease.task = None
            self._pump()
            if self._leases.get(lease.key) is lease:
                self._settle(lease, started, granted, reason)

    async def _ask(self, lease: _Lease[K], left: float) -> float:
        if left <= 0.0:
            raise lease.reason or TimedOut(f"{cut(lease.key)} was not renewed in time")
        allowed = left if left < 2 * _SHORTEST_TRY else left / 2
        what = f"the renewal of {cut(lease.key)}"
        granted = await withTimeout(self.renew(lease.key), allowed, self.clock, what)
        if not granted > 0.0:
            raise PeerError(f"{what} was granted for {granted!r} s")
        return granted

    def _settle(self, lease: _Lease[K], started: float, granted: float, reason: GMAError) -> None:
        if granted > 0.0:
            lease.deadline = started + granted
            lease.failures = 0
            lease.reason = None
            self._schedule(lease, self._renewalAt(started, granted))
        elif _forgotten(reason) or self.clock.seconds() >= lease.deadline:
            self.forget(lease.key)
            self.lost(lease.key, reason)
        else:
            lease.failures += 1
            lease.reason = reason
            now = self.clock.seconds()
            left = lease.deadline - now
            # Whatever it wants, and however often it failed: there is a try left before the end.
            latest = left * _LAST if left > _SHORTEST_TRY else left
            told = min(getattr(reason, "retryAfter", 0.0), left / 2)
            delay = self.backoff.delay(lease.failures, self.random, told)
            self._schedule(lease, now + min(delay, latest))
