"""One provider on its schedule: begins its runs, skips what falls into a run, waits longer after failures."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError, TimedOut
from gma_twisted.execution.obtain import explain, obtain
from gma_twisted.execution.run import Runs, Source
from gma_twisted.execution.setup import ProviderSetup
from gma_twisted.execution.status import ProviderStatus, RunState
from gma_twisted.execution.ticker import Ticker
from gma_twisted.interfaces import IAsyncDataProvider, ISimpleDataProvider
from gma_twisted.markup.parse import Element
from gma_twisted.model import Command, Declare, ProviderState, QName
from gma_twisted.timing.backoff import Backoff
from gma_twisted.timing.bridge import withTimeout
from gma_twisted.timing.happening import Happening
from gma_twisted.timing.ready import Ready
from gma_twisted.timing.tasks import Tasks

__all__ = ["BACKOFF_CAP", "ScheduledProvider"]

log = Logger()

BACKOFF_CAP = 300.0
"""Highest ceiling of the pause after failures in seconds, or the interval if that is longer: the circuit breaker."""

_STOPPING = 5.0
_TASKS = 4
# Of one provider that are known to be its.
_MOST_NAMES = 1000


def _always(provider: "ScheduledProvider") -> float | None:
    return provider.setup.interval


def _nothing() -> None:
    pass


@attrs.define(eq=False, slots=True)
class ScheduledProvider:
    """
    One installed provider; it never runs twice at once.

    @ivar provider: what is asked
    @ivar ran: happens when its first run has ended, well or badly; of one that delivers by itself, when that was taken
    @ivar pace: asked before every run of its schedule once one was good: seconds between two runs now, or C{None}, and
        it rests
    @ivar restsFirst: whether it is asked before the first run too
    @ivar renamed: told when it gives other names than before
    @ivar askedAt: instant at which somebody asked last for what it gives
    """

    provider: ISimpleDataProvider
    _runs: Runs
    _random: Callable[[], float]
    ran: Happening = attrs.field(factory=Happening, init=False, repr=False)
    pace: Callable[["ScheduledProvider"], float | None] = attrs.field(
        default=_always, init=False, repr=False
    )
    restsFirst: bool = attrs.field(default=False, init=False)
    renamed: Callable[[], None] = attrs.field(default=_nothing, init=False, repr=False)
    askedAt: float | None = attrs.field(default=None, init=False)
    _tasks: Tasks = attrs.field(init=False)
    _ticker: Ticker = attrs.field(init=False)
    _pending: bytes | None = attrs.field(default=None, init=False)
    _watching: bool = attrs.field(default=False, init=False)
    _hasDelivered: bool = attrs.field(default=False, init=False)
    _telling: bool = attrs.field(default=False, init=False)
    # In the order in which they came.
    _names: dict[QName, None] = attrs.field(factory=dict, init=False, repr=False)
    _isResting: bool = attrs.field(default=False, init=False)
    # As long as the run that it was woken for has not ended.
    _woken: Happening | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._tasks = Tasks(f"provider {self.setup.name}", _TASKS)
        self._ticker = Ticker(self._runs.clock, self._tick)
        self._runs.onFailure = self._backOff
        self._runs.onHang = self._hung

    @property
    def setup(self) -> ProviderSetup:
        """As configured."""
        return self._runs.setup

    @property
    def status(self) -> ProviderStatus:
        """How it does."""
        return self._runs.status

    @property
    def names(self) -> Collection[QName]:
        """Of all it has given, with the configured one: what is not there now may come again."""
        return self._names.keys()

    @property
    def period(self) -> float | None:
        """Most seconds between two runs, as it is wanted now; C{None} or 0 of one that runs not on a schedule."""
        interval = self.setup.interval
        return max(interval, self._runs.pace or 0.0) if interval else interval

    @property
    def isResting(self) -> bool:
        """Whether it rests, or has not ended the run that it was woken for."""
        return self._isResting or self._woken is not None

    def wake(self) -> Awaitable[None]:
        """
        End its rest, with a run at once; no effect when it does not rest.

        @return: ready when that run has ended, well or badly
        """
        interval = self.setup.interval
        woken = self._woken
        if self._isResting and interval:
            self._isResting = False
            woken = self._woken = Happening()
            self._ticker.start(self.pace(self) or interval)
        return Ready(None) if woken is None else woken.wait()

    def adjust(self) -> None:
        """
        What is wanted of it has changed: run as often as it is wanted now, from now on; at once when it rests. Of what
        nobody wants any more there is no run more.
        """
        period = self.pace(self)
        if period is None:
            return
        if self._isResting:
            _ = self.wake()
        elif self._ticker.repace(period):
            self._keepPace()
            self._tell()

    def settle(self) -> None:
        """Nobody waits any more for the run that it was woken for. No effect when nobody does."""
        woken, self._woken = self._woken, None
        if woken is not None:
            woken.happen()

    def refit(self, setup: ProviderSetup, provider: ISimpleDataProvider) -> None:
        """Give it another setup and provider; only while it neither runs nor is scheduled."""
        self._runs.setup = setup
        self.provider = provider

    def start(self) -> None:
        """Run it now and then on its grid; nothing without an interval."""
        self._runs.ending = False
        self.status.state = RunState.IDLE
        interval = self.setup.interval
        if interval:
            self._ticker.start(interval)
        elif interval is not None:
            self._begin(self._ask)

    def runOnce(self, provider: ISimpleDataProvider | None = None) -> bool:
        """
        Run it now, beside its grid: neither a failure nor a success moves the schedule and its pauses.

        @param provider: asked instead, this once
        @return: whether the run began; else one is under way, and a skip was counted
        """
        if provider is None:
            return self._begin(self._ask, isBeside=True)
        return self._begin(lambda: self._obtain(provider), isBeside=True)

    async def stop(self) -> None:
        """End the run under way with all it waits for, within a bound; nothing is committed afterwards."""
        self._runs.ending = True
        self._pending = None
        self._ticker.stop()
        self._isResting = False
        self.settle()
        try:
            await withTimeout(self._end(), _STOPPING, self._runs.clock, "the end of its run")
        except TimedOut as error:
            log.warn("provider {provider}: {error}", provider=self.setup.name, error=explain(error))
        self.status.state = RunState.STOPPED
        self.status.nextRun = None

    def release(self) -> Iterator[Sequence[Command]]:
        """
        When it has stopped for good: wait for its first run no more, and give up its values.

        @return: what the store shall do, see L{Intake.release
            <gma_twisted.execution.intake.Intake.release>}
        """
        self.ran.happen()
        runs = self._runs
        return runs.intake.release(runs.clock.seconds(), self.setup.grace)

    async def _end(self) -> None:
        if self._watching and IAsyncDataProvider.providedBy(self.provider):
            self._watching = False
            self._tasks.spawn(self.provider.stop(), f"stop of provider {self.setup.name}")
        await self._tasks.cancelAll()

    def _tick(self, missed: int) -> None:
        # Before a run was good nobody knows what it gives.
        isUnknown = not (self._names or self.restsFirst)
        period = self.pace(self)
        if period is not None:
            self._ticker.repace(period)
        elif not (isUnknown or self._woken is not None or self._runs.underWay):
            self._rest()
            return
        self.status.skips += missed
        self._keepPace()
        self._begin(self._ask)

    def _keepPace(self) -> None:
        self.status.nextRun = self._ticker.next
        self._runs.pace = self._ticker.period

    def _begin(self, source: Source, isBeside: bool = False) -> bool:
        if self._runs.underWay:
            self.status.skips += 1
            self._tell()
            return False
        self._tasks.spawn(self._run(source, isBeside), f"run of provider {self.setup.name}")
        return True

    async def _run(self, source: Source, isBeside: bool) -> None:
        await self._runs.run(source, self._state, isBeside)
        if self._hasDelivered or not self._watching:
            self.ran.happen()
        await self._learn()
        self.settle()
        if self._isResting:
            # It was run beside its schedule.
            self._rest()
        self._takeDelivered()

    def _rest(self) -> None:
        self._ticker.stop()
        self._isResting = True
        # Nobody waits for what may never run.
        self.ran.happen()
        self.status.state = RunState.RESTING
        self.status.nextRun = None
        self._tell()

    def _hung(self) -> None:
        self.settle()
        self._tell()

    async def _learn(self) -> None:
        """See which names it gives; who runs on demand makes them known, so that they can be subscribed to."""
        names = dict.fromkeys(self._runs.intake.names)
        if names and self.setup.serviceDataName is not None:
            names[self.setup.serviceDataName] = None
        new = [name for name in names if name not in self._names]
        if not new:
            return
        known = [*self._names, *new]
        self._names = dict.fromkeys(known[-_MOST_NAMES:])
        self.renamed()
        if self.setup.isOnDemand and not self._runs.ending:
            try:
                await self._runs.store.commit([Declare(new)])
            except GMAError as error:
                log.warn(
                    "names of provider {provider} are not made known: {error}",
                    provider=self.setup.name,
                    error=explain(error),
                )

    def _backOff(self) -> None:
        interval = self._ticker.period
        if interval is not None:
            backoff = Backoff(interval, max(interval, BACKOFF_CAP))
            pause = backoff.delay(self.status.inRow, self._random)
            if self._ticker.postpone(pause):
                self.status.state = RunState.BACKOFF
            self.status.nextRun = self._ticker.next

    def _tell(self) -> None:
        # One at a time: a store that is slow to commit must not gather them.
        if not (self._telling or self._runs.ending):
            self._telling = True
            self._tasks.spawn(self._tellNow(), f"status of provider {self.setup.name}")

    async def _tellNow(self) -> None:
        try:
            await self._runs.tell()
        finally:
            self._telling = False

    def _state(self) -> ProviderState:
        if self._watching and IAsyncDataProvider.providedBy(self.provider):
            return self.provider.state
        return ProviderState.RUNNING

    async def _obtain(self, provider: ISimpleDataProvider) -> bytes | Element | None:
        return await obtain(provider, self.setup.name, self.setup.timeout, self._runs.clock)

    async def _ask(self) -> bytes | Element | None:
        provider = self.provider
        watches = self.setup.isAsync and not self._watching
        if watches and IAsyncDataProvider.providedBy(provider):
            # The first run only begins to watch: the document is delivered.
            provider.start(self._deliver)
            self._watching = True
            return None
        return await self._obtain(provider)

    def _deliver(self, document: bytes) -> None:
        if self._runs.ending:
            return
        # At most one waits, the newest: what came between was never true for anybody.
        self._pending = document
        if not self._runs.underWay:
            self._takeDelivered()

    def _takeDelivered(self) -> None:
        document, self._pending = self._pending, None
        if document is not None:
            self._hasDelivered = True
            self._begin(lambda: Ready(document))
