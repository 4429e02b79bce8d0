"""The runs of one provider: document, intake, commits, and the status told together with the last values."""

import math
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure

from gma_twisted.errors import GMAError
from gma_twisted.execution.intake import Intake, Part, Taken
from gma_twisted.execution.obtain import explain
from gma_twisted.execution.quarantine import Quarantine
from gma_twisted.execution.setup import ProviderSetup
from gma_twisted.execution.status import ProviderStatus, RunState
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup.parse import Element
from gma_twisted.model import Command, ProviderRun, ProviderState, Put
from gma_twisted.timing.bridge import sleep
from gma_twisted.timing.clock import NodeClock

__all__ = ["Runs", "Source"]

log = Logger()

_ENDING = 5.0
"""Seconds a cancelled provider has to end before its status says that it hangs."""

Source = Callable[[], Awaitable[bytes | Element | None]]
"""Gives a run its document; C{None} when there is none this time."""


def _nothing() -> None:
    pass


@attrs.define(eq=False, slots=True)
class Runs:
    """
    What all runs of a provider share. The caller begins no run while C{underWay}.

    @ivar setup: as configured
    @ivar status: kept up to date
    @ivar originator: of the values
    @ivar quarantine: keeps documents that cannot be used
    @ivar onFailure: called before the failure of a schedule's run is told: plans the next one
    @ivar onHang: called when a cancelled run goes on
    @ivar underWay: whether a run is
    @ivar pace: seconds between two runs now, where that is not the interval
    @ivar ending: nothing is committed any more
    """

    setup: ProviderSetup
    status: ProviderStatus
    intake: Intake
    clock: NodeClock
    store: IServiceDataStore
    originator: str
    quarantine: Quarantine | None = None
    onFailure: Callable[[], None] = attrs.field(default=_nothing, init=False)
    onHang: Callable[[], None] = attrs.field(default=_nothing, init=False)
    underWay: bool = attrs.field(default=False, init=False)
    pace: float | None = attrs.field(default=None, init=False)
    ending: bool = attrs.field(default=False, init=False)

    async def run(
        self, source: Source, state: Callable[[], ProviderState], isBeside: bool = False
    ) -> None:
        """
        Make one run; its failure is status and log, never an exception.

        @param source: gives the document
        @param state: the provider's at that moment, for the handler
        @param isBeside: it was asked for beside the schedule and moves nothing of it
        """
        self.underWay = True
        began = self.clock.seconds()
        self.status.began(self.clock.wallTime(), isBeside)
        watchdog = self.clock.callLater(self.setup.timeout + _ENDING, self._hangs)
        document = None
        try:
            document = await source()
            if self.ending:
                # Whoever ended it waits no longer for one that goes on all the same: what it gives is not wanted.
                return
            taken = None
            if document is not None:
                taken = await self.intake.take(document, self._facts(state()))
                # It was in order. A tree of many elements takes a while to be freed: not on top of a commit.
                document = None
            await self._store(taken, began)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 (a provider and its handler may raise anything)
            if not self.ending:
                await self._fail(error, began, document)
        finally:
            if watchdog.active():
                watchdog.cancel()
            self.underWay = False

    async def tell(self) -> None:
        """Commit the status alone."""
        try:
            await self.store.commit(self._told())
        except GMAError as error:
            log.warn(
                "status of provider {provider} is not kept: {error}",
                provider=self.setup.name,
                error=explain(error),
            )

    async def _store(self, taken: Taken | None, began: float) -> None:
        """Commit part by part, the status with the last; each in a turn of its own."""
        parts: Sequence[Part] = [()] if taken is None else list(taken.parts())
        for part in parts[:-1]:
            if self.ending:
                return
            await self._commit(taken, part)
            # Who observes the store may have taken long in this turn, too.
            await sleep(self.clock, 0.0)
        if not self.ending:
            await self._succeed(taken, parts[-1], began)

    async def _succeed(self, taken: Taken | None, last: Part, began: float) -> None:
        failures, lastSuccess = self.status.inRow, self.status.lastSuccess
        self.status.succeeded(self.clock.seconds() - began)
        try:
            await self._commit(taken, last, self._told())
        except Exception:
            # A store that refuses is a failure like the others: the pause goes on growing.
            self.status.inRow, self.status.lastSuccess = failures, lastSuccess
            raise
        if taken is not None:
            self.intake.keep(taken)
        if failures and not self.status.isBeside:
            log.info(
                "provider {provider} works again after {failures} failures",
                provider=self.setup.name,
                failures=failures,
            )

    async def _commit(
        self, taken: Taken | None, part: Part, further: Sequence[Command] = ()
    ) -> None:
        claimed = self.intake.claim(part)
        try:
            await self.store.commit([*claimed, *further])
        except CancelledError:
            # Nobody knows whether it is done.
            if taken is not None:
                self.intake.begun(taken, part)
            raise
        except BaseException:
            self.intake.refused(part)
            raise
        if taken is not None:
            self.intake.begun(taken, part)

    async def _fail(
        self, error: BaseException, began: float, document: bytes | Element | None
    ) -> None:
        why = explain(error)
        if self.quarantine is not None and isinstance(document, bytes | Element):
            kept = self.quarantine.keep(self.setup.name, document, why)
            if kept:
                why = f"{why}; the document is in {kept} of the state directory"
        self.status.failed(why, self.clock.seconds() - began)
        if not self.status.isBeside:
            self.onFailure()
        log.warn(
            "provider {provider} failed ({failures} in a row): {error}",
            provider=self.setup.name,
            failures=self.status.inRow,
            error=self.status.lastError,
            trace="" if isinstance(error, GMAError) else Failure(error).getTraceback(),
        )
        await self.tell()

    def _told(self) -> Sequence[Command]:
        return [Put(self.status.element(self.originator, self.clock))]

    def _facts(self, state: ProviderState) -> ProviderRun:
        return ProviderRun(
            self.setup.name,
            self.setup.serviceDataName,
            self.originator,
            self.clock.seconds(),
            self.clock.wallTime(),
            # Who asks for little makes it run less often; nobody makes values end sooner.
            max(self.setup.interval, self.pace or 0.0) if self.setup.interval else math.inf,
            self.setup.grace,
            state,
        )

    def _hangs(self) -> None:
        self.status.state = RunState.HUNG
        self.status.lastError = (
            f"its time of {self.setup.timeout:g} s is over, it was cancelled, and it goes on"
        )
        log.error(
            "provider {provider}: {error}", provider=self.setup.name, error=self.status.lastError
        )
        self.onHang()
