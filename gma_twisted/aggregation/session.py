"""One source followed for as long as it is wanted: asked who it is, subscribed to or polled, asked again (WIRE 5).

A session lives many lives: each begins with the question who the source is, and ends when everything must be asked for
anew. Nothing here ends because a source is away; what it said stays until its lifetime ends.
"""

from typing import NoReturn

import attrs
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from gma_twisted.aggregation.following import Following
from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.pauses import Pauses
from gma_twisted.aggregation.polling import poll
from gma_twisted.aggregation.standing import Standing
from gma_twisted.aggregation.surroundings import Surroundings
from gma_twisted.aggregation.upstream import AggregateSource, identify
from gma_twisted.errors import GMAError
from gma_twisted.model import UpstreamMode
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.timing import sleep

__all__ = ["Session"]

log = Logger()


@attrs.define(slots=True, eq=False)
class Session:
    """
    A source that is followed.

    @ivar source: what is copied
    @ivar shared: see L{Surroundings}
    @ivar isTrusted: whether the operator named the source
    @ivar standing: where it stands
    @ivar begunAnew: how often everything was asked for anew
    """

    source: AggregateSource
    shared: Surroundings
    isTrusted: bool
    standing: Standing = attrs.field(init=False)
    begunAnew: int = attrs.field(default=0, init=False)
    _inflow: Inflow = attrs.field(init=False, repr=False)
    _instance: str | None = attrs.field(default=None, init=False)
    _pauses: Pauses = attrs.field(init=False, repr=False)
    _error: GMAError | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.standing = Standing(self.source.source, self.shared.clock)
        self._inflow = self._openInflow()
        self._pauses = Pauses(self.source.interval, self.shared.random)

    @property
    def values(self) -> int:
        """How many values the source offers."""
        return self._inflow.values

    @property
    def refused(self) -> str:
        """How many of its values are not taken by rule, and why."""
        return self._inflow.refused

    def __str__(self) -> str:
        return f"source {self.source.source}"

    async def run(self, delay: float) -> None:
        """
        Follow the source until this is cancelled; then end the subscription, in a bounded time.

        @param delay: seconds before the first call
        """
        clock, standing = self.shared.clock, self.standing
        failures = 0
        try:
            await sleep(clock, delay)
            while True:
                standing.begin()
                isGood = await self._lived()
                if standing.seconds >= self.source.interval:
                    failures = 0
                # After a good time at once; what goes wrong again and again waits longer and longer.
                pause = self._pauses.after(failures if isGood else failures + 1, self._error)
                failures += 1
                await sleep(clock, pause)
        finally:
            await self._close()

    async def _lived(self) -> bool:
        """Live once. Whether the source was reached, and only everything must be asked for anew."""
        self._error = None
        try:
            why = await self._live()
        except GMAError as error:
            self._error = error
            self.standing.failed(error)
            return False
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001 (a defect met in one life must not keep the source from being followed)
            log.failure("{source} is not followed", source=str(self))
            self.standing.defect()
            return False
        self.begunAnew += 1
        log.info("{source} is asked anew: {why}", source=str(self), why=why)
        return True

    async def _live(self) -> str:
        """
        One life.

        @return: why another one begins
        @raise GMAError: why it could not begin, or go on
        """
        source, shared = self.source, self.shared
        service = shared.connect(source.source, [NOTIFICATION_SOURCE], self.isTrusted)
        self.standing.asking()
        identity = await identify(service, source.source)
        self.standing.answered()
        await self._meet(identity.instanceId)
        if source.mode is UpstreamMode.POLL or not identity.isNotificationSource:
            await self._poll(service, identity.isOurs)
        following = Following(
            source,
            shared,
            self.isTrusted,
            identity.isOurs,
            service,
            self._inflow,
            self.standing,
            self._pauses,
        )
        return await following.live()

    async def _meet(self, instance: str) -> None:
        if instance != self._instance:
            if self._instance is not None:
                await self._inflow.close()
                self._inflow = self._openInflow()
            self._instance = instance
            self.standing.another()

    async def _poll(self, service: object, isOurs: bool) -> NoReturn:
        """Ask for everything once in an interval. @raise GMAError: why that does not go on"""
        clock, standing = self.shared.clock, self.standing
        while True:
            standing.asking()
            await poll(service, self.source, self._inflow, isOurs)
            standing.arrived(self._inflow.leftOut)
            standing.lastNotice = clock.seconds()
            await sleep(clock, self.source.interval)

    async def _close(self) -> None:
        try:
            await self._inflow.close()
        except GMAError as error:
            log.warn("{source} is not closed well: {why}", source=str(self), why=error.message)
            self._inflow.forget()

    def _openInflow(self) -> Inflow:
        return self.shared.intake.open(self.source.source, self.source.names)
