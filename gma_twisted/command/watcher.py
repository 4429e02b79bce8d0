"""Follows a service as an aggregator does, and tells what changes there."""

import secrets
from collections.abc import Callable, Sequence

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.web.resource import Resource

from gma_twisted.aggregation import AggregateSource, Aggregator, Intake
from gma_twisted.client import Proxy
from gma_twisted.command.watched import Watched
from gma_twisted.interfaces import ICaller
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Changes, Handle, UpstreamState
from gma_twisted.security import AllowAll, Anonymous, NoAudit
from gma_twisted.soap import PortType
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, GateFactory, QuietSite

__all__ = ["Watcher"]

_NAME = "watched"
_ID_BYTES = 8
_LOOK = 1.0


@attrs.define(slots=True, eq=False)
class Watcher:
    """
    An aggregator of one source into a store of its own, whose commits are what changed: so what was missed is asked for
    anew and told as what it changed, and a service that tells nobody is asked again and again.

    @ivar source: what is watched, and how
    @ivar clock: of this process
    @ivar caller: calls the source
    @ivar timeout: seconds for each call
    @ivar random: gives numbers in C{[0, 1)}; spreads attempts
    @ivar heard: told of each change, in order
    @ivar said: told in a sentence, once each time, that the source cannot be followed, and that it can again
    @ivar isUpdatesOnly: whether what is there at first is left out
    """

    source: AggregateSource
    clock: NodeClock
    caller: ICaller
    timeout: float
    random: Callable[[], float]
    heard: Callable[[Watched], object]
    said: Callable[[str], object]
    isUpdatesOnly: bool = False
    _exchange: Exchange = attrs.field(init=False, repr=False)
    _store: MemoryStore = attrs.field(init=False, repr=False)
    _aggregator: Aggregator | None = attrs.field(default=None, init=False, repr=False)
    _look: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _wasCurrent: bool = attrs.field(default=False, init=False)
    _trouble: str = attrs.field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self._exchange = Exchange(self.clock, AllowAll(), Anonymous(), NoAudit(), DEFAULT_LIMITS)
        self._store = MemoryStore(self.clock)

    def factory(self) -> GateFactory:
        """What answers where notices come in."""
        return GateFactory(self.clock, self._exchange, QuietSite(Resource()))

    async def start(self, base: str) -> None:
        """
        Begin.

        @param base: URL at which the source reaches the factory, without a path; of no meaning for one that is polled
        """
        handle = Handle(f"{base}/services/watch")
        node = f"gma-watch-{secrets.token_hex(_ID_BYTES)}"
        aggregator = self._aggregator = Aggregator(
            Intake(self._store, self.clock, node, base),
            self._connect,
            lambda url: None,
            self.clock,
            handle,
            secrets.token_bytes,
            self.random,
        )
        self._exchange.publishFamily(aggregator.sinks)
        await self._store.start()
        self._store.observe(self._changed)
        aggregator.add(attrs.evolve(self.source, name=_NAME))
        await aggregator.start()
        self._look = self.clock.callLater(_LOOK, self._looked)

    async def stop(self) -> None:
        """End the subscription, as far as the source answers in time."""
        if self._look is not None:
            self._look.cancel()
        if self._aggregator is not None:
            await self._aggregator.stop()
        await self._store.stop()
        await self.caller.close()

    def _connect(self, handle: Handle, portTypes: Sequence[PortType], isTrusted: bool) -> Proxy:
        return Proxy(portTypes, handle, self.caller, self.timeout)

    def _changed(self, changes: Changes) -> None:
        isFirst = not self._isCurrent()
        for change in changes.changes:
            watched = Watched.of(change, self.clock)
            if watched is not None and not (isFirst and self.isUpdatesOnly):
                self.heard(watched)

    def _isCurrent(self) -> bool:
        """Whether everything there was has come: from then on it is news, also from another life of the source."""
        assert self._aggregator is not None
        (status,) = self._aggregator.subscriptions()
        # Only what was live is stale.
        isCurrent = status.state in (UpstreamState.LIVE, UpstreamState.STALE)
        self._wasCurrent = self._wasCurrent or isCurrent
        return self._wasCurrent

    def _looked(self) -> None:
        self._look = self.clock.callLater(_LOOK, self._looked)
        self._isCurrent()
        assert self._aggregator is not None
        (status,) = self._aggregator.subscriptions()
        trouble = status.reason
        if bool(trouble) != bool(self._trouble):
            self.said(
                f"{self.source.source} is {status.state.value}: {trouble}"
                if trouble
                else f"{self.source.source} is followed again"
            )
            self._trouble = trouble
