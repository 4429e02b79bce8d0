"""The producer of a node: its server, its events, and the providers whose data is published."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import attrs
from twisted.logger import Logger

from gma_twisted.errors import TooLarge
from gma_twisted.events.bridge import ServiceDataEvents
from gma_twisted.execution import STATUS_NAME, ProviderManager
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.interfaces.events import IEventEngine
from gma_twisted.model import Changes, ElementKey
from gma_twisted.model.gma import GMARole
from gma_twisted.roles.producerpart import ProducerPart

__all__ = ["HostedProducer", "ProviderSources"]

log = Logger()

_FAILED = ("failed", "backoff", "hung")
# A provider that was skipped once is not stale yet.
_RUNS = 3


@attrs.define(slots=True, eq=False)
class ProviderSources:
    """
    Tells the engine how each provider does: that is how fresh what it has of the source of that name is, whether or not
    there was anything new to publish.

    @ivar store: where the providers' status is
    @ivar manager: of the providers
    @ivar engine: is told
    """

    store: IServiceDataStore
    manager: ProviderManager
    engine: IEventEngine
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)

    async def start(self) -> None:
        """Follow them."""
        self._endObservation = self.store.observe(self._changed)

    async def stop(self) -> None:
        """Follow them no more."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None

    def sourceOf(self, key: ElementKey) -> str:
        """The provider that gave a value; its originator where that is not known."""
        return self.manager.giverOf(key) or key.originator

    def _changed(self, changes: Changes) -> None:
        told = {one.key.key for one in changes.changes if one.key.name == STATUS_NAME}
        if told:
            # More sources than can be told apart: those that are left are as fresh as their events.
            with suppress(TooLarge):
                self._tell(told)

    def _tell(self, names: set[str]) -> None:
        known = {row["name"]: row for row in self.manager.status() if row["name"] in names}
        for name in names:
            row = known.get(name)
            if row is None:
                self.engine.forget(name)
            elif row["state"] in _FAILED and row["lastError"]:
                self.engine.failed(name, row["lastError"])
            elif row["state"] == "idle" and row["lastSuccess"]:
                within = self._within(name)
                if within is not None:
                    self.engine.expect(name, within)
                self.engine.alive(name)
            elif row["state"] == "resting" and row["lastSuccess"]:
                # Nobody wants it: that it gives nothing says nothing of it.
                self.engine.expect(name, math.inf)

    def _within(self, name: str) -> float | None:
        setup = self.manager.setupOf(name)
        period = self.manager.periodOf(name)
        if setup is None or not period or setup.isAsync:
            return None
        return _RUNS * period + setup.timeout


@attrs.frozen(slots=True, eq=False)
class HostedProducer:
    """
    Parts of its service, but for the providers, which begin after them and end before.

    @ivar engine: keeps the events and sends them
    @ivar part: answers
    @ivar bridge: publishes what providers give; C{None} where none run
    @ivar sources: tells how they do; C{None} where none run
    """

    engine: IEventEngine
    part: ProducerPart
    bridge: ServiceDataEvents | None = None
    sources: ProviderSources | None = None

    @property
    def role(self) -> GMARole:
        """What directories know it as."""
        return GMARole.PRODUCER

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (self.part.role,)

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        await self.engine.start()
        await self.part.start()
        for one in (self.sources, self.bridge):
            if one is not None:
                await one.start()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        try:
            for one in (self.bridge, self.sources):
                if one is not None:
                    await one.stop()
            await self.part.stop()
        finally:
            await self.engine.stop()

    def counts(self) -> Mapping[str, int]:
        """What engine and role count."""
        return {**self.engine.counts(), **self.part.counts()}
