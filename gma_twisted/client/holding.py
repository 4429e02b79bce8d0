"""What is held elsewhere for as long as it is renewed, kept held: taken, renewed, taken again when lost, given back."""

import enum
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
from twisted.logger import Logger

from gma_twisted.errors import (
    Busy,
    ConfigError,
    GMAError,
    ParameterError,
    TimedOut,
    TooLarge,
    UnknownId,
    cut,
)
from gma_twisted.timing import (
    Backoff,
    LeaseKeeper,
    NodeClock,
    Task,
    Tasks,
    gather,
    sleep,
    withTimeout,
)

__all__ = ["MAX_HELD", "Held", "HeldState", "Holding"]

log = Logger()

MAX_HELD = 1000
"""Most things one L{Holding} holds."""

_BACKOFF = Backoff(1.0, 60.0)
_PACE = 0.1
_LEAVING = 5.0


class Held(Protocol):
    """Something elsewhere with a lease; C{str} of it says what and where."""

    async def take(self) -> float:
        """Get it, or get it again. @return: seconds granted, from the request. @raise GMAError: it is tried again"""

    async def renew(self) -> float:
        """
        Ask for more time, of what was taken.

        @return: seconds granted, from the request
        @raise ParameterError, UnknownId: it is not known there (any more); it is taken again
        @raise GMAError: it is tried again while its time lasts
        """

    async def leave(self) -> None:
        """Give it back, if it is held as far as is known. @raise GMAError: it ends with its lease"""


class HeldState(enum.Enum):
    """How something stands."""

    TRYING = "trying"
    HELD = "held"
    STOPPED = "stopped"


@attrs.define(slots=True, eq=False)
class _Place:
    """
    Something and how it stands.

    @ivar failures: in a row
    @ivar error: the last one; empty after a success
    @ivar told: seconds the other side wants to be left alone; 0 when it did not say
    @ivar taking: what tries to take it, perhaps over already
    @ivar isAsking: whether it is being asked for right now
    """

    held: Held
    state: HeldState = HeldState.TRYING
    failures: int = 0
    error: str = ""
    told: float = 0.0
    taking: Task | None = None
    isAsking: bool = False


@attrs.define(eq=False)
class Holding:
    """
    Holds things elsewhere until they are released. Nothing waits for the other side but L{release} and L{stop}, and
    those for a bounded time.

    @ivar clock: seconds and timers
    @ivar random: gives numbers in C{[0, 1)}
    @ivar timeout: seconds for one try to take something
    @ivar backoff: between tries
    """

    clock: NodeClock
    random: Callable[[], float] = random.random
    timeout: float = 30.0
    backoff: Backoff = _BACKOFF
    _places: dict[int, _Place] = attrs.field(factory=dict, init=False, repr=False)
    _leases: LeaseKeeper[int] = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _isStopped: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._leases = LeaseKeeper(
            self.clock, self._renew, self._lost, self.random, MAX_HELD, backoff=self.backoff
        )
        # One more each: what lost something begins to take it again before its own task is over.
        self._tasks = Tasks("what is held elsewhere", 2 * MAX_HELD)

    def hold(self, held: Held) -> None:
        """
        Take something, and keep it.

        @raise ConfigError: it is held already
        @raise TooLarge: L{MAX_HELD} things are
        @raise Busy: it was stopped
        """
        if self._isStopped:
            raise Busy(f"nothing is held any more, so {held} is not")
        if id(held) in self._places:
            raise ConfigError(f"{held} is held already")
        if len(self._places) >= MAX_HELD:
            raise TooLarge(f"more than {MAX_HELD} things held elsewhere: {held}")
        self._places[id(held)] = place = _Place(held)
        self._begin(place)

    def state(self, held: Held) -> tuple[HeldState, str]:
        """How it stands, and the last error in words, empty after a success."""
        place = self._places.get(id(held))
        return (HeldState.STOPPED, "") if place is None else (place.state, place.error)

    def doubt(self, held: Held) -> None:
        """Ask now whether something is held yet. No effect when it is being taken, or asked for in vain."""
        self._leases.hasten(id(held))

    async def release(self, held: Held, seconds: float = _LEAVING) -> None:
        """
        Renew something no more and give it back; what cannot be given back ends with its lease.

        @param held: without effect when it is not held
        @param seconds: the longest this may take
        """
        place = self._places.pop(id(held), None)
        if place is not None:
            await self._release(place, self.clock.seconds() + seconds)

    async def stop(self, seconds: float = _LEAVING) -> None:
        """Release everything; nothing is held afterwards. @param seconds: the longest this may take"""
        self._isStopped = True
        end = self.clock.seconds() + seconds
        places, self._places = list(self._places.values()), {}
        await gather([self._release(one, end) for one in places])
        await self._leases.stop()
        await self._tasks.cancelAll()

    def _begin(self, place: _Place) -> None:
        place.state = HeldState.TRYING
        place.taking = self._tasks.spawn(self._take(place), f"taking {place.held}")

    async def _take(self, place: _Place) -> None:
        # Who had no time for the last renewal has none for this either.
        if place.told:
            await self._pause(place)
        while not await self._try(place):
            await self._pause(place)

    async def _pause(self, place: _Place) -> None:
        delay = self.backoff.delay(place.failures, self.random, place.told)
        await sleep(self.clock, max(_PACE, delay))

    async def _try(self, place: _Place) -> bool:
        started = self.clock.seconds()
        place.isAsking = True
        try:
            granted = await withTimeout(
                place.held.take(), self.timeout, self.clock, f"taking {place.held}"
            )
            left = started + granted - self.clock.seconds()
            if left <= 0.0:
                raise TimedOut(f"{place.held} was granted for {granted:g} s, which are over")
        except GMAError as error:
            self._failed(place, error)
            return False
        finally:
            place.isAsking = False
        self._granted(place)
        if id(place.held) in self._places:
            self._leases.keep(id(place.held), left)
        return True

    async def _renew(self, key: int) -> float:
        place = self._places[key]
        try:
            granted = await place.held.renew()
        except ParameterError as error:
            # What an id that is not known is called where pyGMA's rules hold.
            self._failed(place, error)
            raise UnknownId(error.message) from error
        except GMAError as error:
            self._failed(place, error)
            raise
        self._granted(place)
        return granted

    def _lost(self, key: int, reason: GMAError) -> None:
        place = self._places[key]
        place.error = reason.message
        self._begin(place)

    def _granted(self, place: _Place) -> None:
        place.state = HeldState.HELD
        place.failures = 0
        place.error = ""
        place.told = 0.0

    def _failed(self, place: _Place, error: GMAError) -> None:
        place.failures += 1
        place.error = error.message
        place.told = getattr(error, "retryAfter", 0.0)
        if place.failures == 1:
            # The others of a row would fill the log of a night.
            log.warn("{which}: {why}; it is tried again", which=cut(place.held), why=error.message)

    async def _release(self, place: _Place, end: float) -> None:
        self._leases.forget(id(place.held))
        taking = place.taking
        if taking is not None:
            if place.isAsking:
                # What is granted meanwhile would stay until its lease ends.
                half = (end - self.clock.seconds()) / 2
                await self._within(taking.wait(), half, f"taking {place.held}")
            taking.cancel()
            await taking.wait()
        place.state = HeldState.STOPPED
        left = end - self.clock.seconds()
        await self._within(place.held.leave(), left, f"giving back {place.held}")

    async def _within(self, work: Awaitable[None], seconds: float, what: str) -> None:
        try:
            await withTimeout(work, seconds, self.clock, what)
        except GMAError as error:
            log.info("{what}: {why}", what=cut(what), why=error.message)
