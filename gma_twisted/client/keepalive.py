"""Services of this node kept in registries elsewhere, as GT3's RegistryPublishProvider did it."""

import enum
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.client.membership import Membership, Seat, takeSeat, withdraw
from gma_twisted.errors import (
    ConfigError,
    GMAError,
    MatchFailed,
    PeerUnreachable,
    TimedOut,
    TooLarge,
    UnknownId,
)
from gma_twisted.interfaces import ICaller
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.timing import (
    Backoff,
    LeaseKeeper,
    NodeClock,
    Ready,
    Task,
    Tasks,
    gather,
    sleep,
    withTimeout,
)

__all__ = ["MAX_MEMBERSHIPS", "RegistrationKeeper"]

log = Logger()

MAX_MEMBERSHIPS = 1000
"""Most memberships of one node."""

_BACKOFF = Backoff(1.0, 60.0)
_PACE = 0.1
_LEAVING = 5.0
_DONE: Ready[None] = Ready(None)


class _State(enum.Enum):
    WAITING = "waiting"
    TRYING = "trying"
    REGISTERED = "registered"
    STOPPED = "stopped"


@attrs.define(slots=True, eq=False)
class _Kept:
    """
    One membership and how it stands.

    @ivar seat: once it is granted
    @ivar until: instant on the node's clock at which it ends unless renewed
    @ivar failures: in a row
    @ivar error: the last one; empty after a success
    @ivar told: seconds after which the registry wants to be asked again; 0 when it did not say
    @ivar enrolling: what tries to register, perhaps over already
    @ivar isAsking: whether a registration is under way
    @ivar isUnsure: whether the registry was asked for the seat and did not answer: the member may be in it
    """

    membership: Membership
    state: _State = _State.WAITING
    seat: Seat | None = None
    until: float = math.inf
    failures: int = 0
    error: str = ""
    told: float = 0.0
    enrolling: Task | None = None
    isAsking: bool = False
    isUnsure: bool = False

    def __str__(self) -> str:
        return f"{self.membership.member} at {self.membership.registry}"


@attrs.define(eq=False)
class RegistrationKeeper:
    """
    Keeps services registered until it is stopped.

    Each membership is asked for until it is granted, with L{Backoff} between the tries; L{LeaseKeeper} renews it
    before half of the time granted, and when it is lost (the registry forgot it, or was out of reach for all of the
    time granted) it is asked for again. Nothing here waits for a registry but L{stop}, and that for a bounded time.

    @ivar clock: the node's
    @ivar caller: sends
    @ivar random: gives numbers in C{[0, 1)}
    @ivar timeout: seconds for one exchange
    @ivar backoff: between tries
    """

    clock: NodeClock
    caller: ICaller
    random: Callable[[], float] = random.random
    timeout: float = 10.0
    backoff: Backoff = _BACKOFF
    _kept: dict[tuple[str, str], _Kept] = attrs.field(factory=dict, init=False, repr=False)
    _leases: LeaseKeeper[_Kept] | None = attrs.field(default=None, init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _isStopping: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._tasks = Tasks("the registration keeper", MAX_MEMBERSHIPS)

    def add(self, membership: Membership) -> None:
        """
        Keep one more membership, from L{start} on; before that, one of the same registry and member is replaced.

        @raise TooLarge: there are L{MAX_MEMBERSHIPS}
        @raise ConfigError: there is one of the same registry and member, and it is kept already: L{remove} it first
        """
        key = _keyOf(membership)
        if self._leases is not None and key in self._kept:
            raise ConfigError(f"{membership.member} at {membership.registry} is kept already")
        if key not in self._kept and len(self._kept) >= MAX_MEMBERSHIPS:
            raise TooLarge(f"more than {MAX_MEMBERSHIPS} memberships: {membership.member}")
        self._kept[key] = one = _Kept(membership)
        if self._leases is not None:
            self._begin(one)

    async def remove(self, membership: Membership, seconds: float = _LEAVING) -> None:
        """
        Keep a membership no longer, and unregister what is registered, or may be; what cannot be ends with its lease.

        @param membership: of the registry and member that are meant; without effect when it is not kept
        @param seconds: the longest this may take
        """
        one = self._kept.pop(_keyOf(membership), None)
        leases = self._leases
        if one is None or leases is None:
            return
        end = self.clock.seconds() + seconds
        await self._answered(one, seconds / 2)
        if one.enrolling is not None:
            one.enrolling.cancel()
            await one.enrolling.wait()
        # With what was granted meanwhile.
        leases.forget(one)
        await self._leave(one, end - self.clock.seconds())

    def start(self) -> Awaitable[None]:
        """Begin to register; nobody waits for it."""
        self._leases = LeaseKeeper(
            self.clock,
            self._renew,
            self._lost,
            self.random,
            limit=MAX_MEMBERSHIPS,
            backoff=self.backoff,
        )
        self._isStopping = False
        for one in self._kept.values():
            self._begin(one)
        return _DONE

    async def stop(self, seconds: float = _LEAVING) -> None:
        """
        Renew no more and unregister what is registered, or may be; what cannot be ends with its lease.

        @param seconds: the longest this may take
        """
        if self._leases is None:
            return
        end = self.clock.seconds() + seconds
        self._isStopping = True
        # The leases first: what is granted meanwhile is refused there, and unregistered below.
        await self._leases.stop()
        # A registry that is still writing a registration would not know yet whom to take out.
        await gather([self._answered(one, seconds / 2) for one in self._kept.values()])
        await self._tasks.cancelAll()
        self._leases = None
        left = end - self.clock.seconds()
        await gather([self._leave(one, left) for one in self._kept.values()])

    def status(self) -> Sequence[Mapping[str, str]]:
        """Per membership: registry, service, state, entry, until (dateTime), failures in a row, lastError; as text."""
        return [
            {
                "registry": one.membership.registry.url,
                "service": one.membership.member.url,
                "state": one.state.value,
                "entry": one.seat.entry.url if one.seat is not None else "",
                "until": ""
                if one.seat is None or one.until == math.inf
                else writeDateTime(self.clock.toWall(one.until)),
                "failures": str(one.failures),
                "lastError": one.error,
            }
            for one in self._kept.values()
        ]

    def _begin(self, one: _Kept) -> None:
        one.enrolling = self._tasks.spawn(self._enrol(one), f"registering {one}")

    async def _enrol(self, one: _Kept) -> None:
        one.state = _State.TRYING
        # A registry that had no time for the last renewal has none for this either.
        if one.told:
            await self._pause(one)
        while not (await self._try(one) or self._isStopping):
            await self._pause(one)

    async def _pause(self, one: _Kept) -> None:
        delay = self.backoff.delay(one.failures, self.random, one.told)
        await sleep(self.clock, max(_PACE, delay))

    async def _try(self, one: _Kept) -> bool:
        started = self.clock.seconds()
        try:
            one.seat, granted = await self._ask(one)
            assert self._leases is not None
            self._leases.keep(one, started + granted - self.clock.seconds())
        except GMAError as error:
            self._failed(one, error)
            return False
        self._granted(one, started + granted)
        one.state = _State.REGISTERED
        log.info("registered {which} for {seconds} s", which=str(one), seconds=granted)
        return True

    async def _ask(self, one: _Kept) -> tuple[Seat, float]:
        one.isAsking = one.isUnsure = True
        try:
            taken = await takeSeat(one.membership, self.caller, self.clock.wallTime, self.timeout)
        except PeerUnreachable:
            raise
        except GMAError:
            one.isUnsure = False
            raise
        finally:
            one.isAsking = False
        one.isUnsure = False
        return taken

    async def _renew(self, one: _Kept) -> float:
        started = self.clock.seconds()
        assert one.seat is not None
        try:
            granted = await one.seat.renew()
        except GMAError as error:
            self._failed(one, error)
            raise
        self._granted(one, started + granted)
        return granted

    def _lost(self, one: _Kept, reason: GMAError) -> None:
        one.seat = None
        one.error = reason.message
        one.enrolling = self._tasks.spawn(self._enrol(one), f"registering {one} again")

    def _granted(self, one: _Kept, until: float) -> None:
        one.until = until
        one.failures = 0
        one.error = ""
        one.told = 0.0

    def _failed(self, one: _Kept, error: GMAError) -> None:
        one.failures += 1
        one.error = error.message
        one.told = getattr(error, "retryAfter", 0.0)
        if one.failures == 1:
            # The others of a row would fill the log of a night; the status has the last one.
            log.warn("{which}: {why}; it is tried again", which=str(one), why=error.message)

    async def _answered(self, one: _Kept, seconds: float) -> None:
        if one.enrolling is None or not one.isAsking:
            return
        try:
            await withTimeout(one.enrolling.wait(), seconds, self.clock, f"registering {one}")
        except TimedOut as error:
            one.error = error.message

    async def _leave(self, one: _Kept, seconds: float) -> None:
        seat, one.seat = one.seat, None
        isUnsure, one.isUnsure = one.isUnsure, False
        one.state = _State.STOPPED
        if seat is not None:
            leaving = seat.leave()
        elif isUnsure:
            leaving = withdraw(one.membership, self.caller, self.timeout)
        else:
            return
        try:
            await withTimeout(leaving, seconds, self.clock, f"unregistering {one}")
        except (UnknownId, MatchFailed):
            log.info("{which}: was not registered", which=str(one))
        except GMAError as error:
            log.info("not unregistered: {why}", why=error.message)


def _keyOf(membership: Membership) -> tuple[str, str]:
    return membership.registry.url, membership.member.url
