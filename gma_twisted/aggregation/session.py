"""One source followed for as long as it is wanted: asked who it is, subscribed to or polled, asked again (WIRE 5).

A session lives many lives: each begins with the question who the source is, and ends when everything must be asked for
anew. Nothing here ends because a source is away; what it said stays until its lifetime ends.
"""

import math
from collections.abc import Callable
from urllib.parse import urlsplit

import attrs
from twisted.logger import Logger

from gma_twisted.aggregation.inbox import Inbox, InboxCounts
from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.intake import Intake
from gma_twisted.aggregation.polling import poll
from gma_twisted.aggregation.sinks import Sinks
from gma_twisted.aggregation.upstream import (
    AggregateSource,
    Connect,
    Lease,
    SourceIdentity,
    identify,
    subscribe,
)
from gma_twisted.errors import GMAError, TimedOut, UnknownId
from gma_twisted.model import Handle, UpstreamMode, UpstreamState
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.timing import Backoff, LeaseKeeper, NodeClock, sleep, withTimeout

__all__ = ["Session", "Surroundings"]

log = Logger()

_FIRST, _LONGEST = 1.0, 60.0
_PACE = 0.1
# Of the interval: after so much silence a source is asked whether it lives, and after so much it is not live.
_QUIET, _SILENT = 1.5, 3.0
_GOODBYE = 2.0


@attrs.frozen(slots=True, eq=False)
class Surroundings:
    """
    What all sessions of a service share.

    @ivar intake: takes what comes
    @ivar sinks: where it comes in
    @ivar leases: renews the subscriptions at the sources
    @ivar connect: makes proxies
    @ivar check: judges the form of a URL that a peer supplied; raises L{Refused <gma_twisted.errors.Refused>}
    @ivar clock: the node's
    @ivar random: gives numbers in C{[0, 1)}; spreads attempts
    @ivar counts: of what arrives
    """

    intake: Intake
    sinks: Sinks
    leases: LeaseKeeper[Lease]
    connect: Connect
    check: Callable[[str], None]
    clock: NodeClock
    random: Callable[[], float]
    counts: InboxCounts = attrs.field(factory=InboxCounts)


@attrs.define(slots=True, eq=False)
class Session:
    """
    A source and where it stands.

    @ivar source: what is copied
    @ivar shared: see L{Surroundings}
    @ivar isTrusted: whether the operator named the source
    @ivar state: where it stands
    @ivar reason: why it is not live, in a sentence; empty when it is
    @ivar lastNotice: instant of the last notice or answer that was taken; C{None} before the first
    @ivar begunAnew: how often everything was asked for anew
    """

    source: AggregateSource
    shared: Surroundings
    isTrusted: bool
    state: UpstreamState = attrs.field(default=UpstreamState.CONNECTING, init=False)
    reason: str = attrs.field(default="", init=False)
    lastNotice: float | None = attrs.field(default=None, init=False)
    begunAnew: int = attrs.field(default=0, init=False)
    _inflow: Inflow = attrs.field(init=False, repr=False)
    _instance: str | None = attrs.field(default=None, init=False)
    _wasLive: bool = attrs.field(default=False, init=False)
    _liveSince: float = attrs.field(default=math.inf, init=False)
    _backoff: Backoff = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._inflow = self._openInflow()
        # A source that is back is found within an interval: what it costs to ask is what a live one costs.
        self._backoff = Backoff(_FIRST, min(_LONGEST, max(_FIRST, self.source.interval)))

    @property
    def values(self) -> int:
        """How many values the source offers."""
        return self._inflow.values

    def __str__(self) -> str:
        return f"source {self.source.source}"

    async def run(self, delay: float) -> None:
        """
        Follow the source until this is cancelled; then end the subscription, in a bounded time.

        @param delay: seconds before the first call
        """
        clock = self.shared.clock
        failures = 0
        try:
            await sleep(clock, delay)
            while True:
                self._liveSince = math.inf
                isGood = await self._lived()
                if clock.seconds() - self._liveSince >= self.source.interval:
                    failures = 0
                # After a good time at once; what goes wrong again and again waits longer and longer.
                pause = self._backoff.delay(
                    failures if isGood else failures + 1, self.shared.random
                )
                failures += 1
                await sleep(clock, max(_PACE, pause))
        finally:
            await self._close()

    async def _lived(self) -> bool:
        """Live once. Whether the source was reached, and only everything must be asked for anew."""
        try:
            why = await self._live()
        except GMAError as error:
            self._failed(error)
            return False
        self.begunAnew += 1
        log.info("{source} is asked anew: {why}", source=self.source.source.url, why=why)
        return True

    async def _close(self) -> None:
        try:
            await self._inflow.close()
        except GMAError as error:
            log.warn("{source} is not closed well: {why}", source=str(self), why=error.message)

    async def _live(self) -> str:
        """
        One life.

        @return: why another one begins
        @raise GMAError: why it could not begin, or go on
        """
        source = self.source
        service = self.shared.connect(source.source, [NOTIFICATION_SOURCE], self.isTrusted)
        identity = await identify(service)
        await self._meet(identity.instanceId)
        if source.mode is UpstreamMode.POLL or not identity.isNotificationSource:
            while True:
                await poll(service, source, self._inflow, identity.isOurs)
                self._turn(UpstreamState.LIVE)
                self.lastNotice = self.shared.clock.seconds()
                await sleep(self.shared.clock, source.interval)
        return await self._follow(service, identity)

    async def _meet(self, instance: str) -> None:
        if instance != self._instance:
            if self._instance is not None:
                await self._inflow.close()
                self._inflow = self._openInflow()
            self._instance = instance
            self._wasLive = False
            self._turn(UpstreamState.CONNECTING)

    async def _follow(self, service: object, identity: SourceIdentity) -> str:
        shared = self.shared
        inbox = shared.sinks.open(
            lambda sink: Inbox(
                sink, self._inflow, shared.clock, identity.isOurs, self, shared.counts
            )
        )
        lease: Lease | None = None
        try:
            if not identity.isOurs:
                await inbox.hold()
            lease, granted = await subscribe(
                service,
                self.source,
                inbox.sink,
                identity.isOurs,
                shared.clock,
                self._subscription,
                lambda error: inbox.end(error.message),
            )
            inbox.belongTo(lease.handle)
            shared.leases.keep(lease, granted)
            if not identity.isOurs:
                await self._refresh(service, inbox)
            return await self._keep(service, inbox, lease)
        finally:
            inbox.end("another subscription takes its place")
            shared.sinks.close(inbox.sink)
            if lease is not None:
                shared.leases.forget(lease)
                await self._leave(lease)
            await inbox.settle()

    def _subscription(self, handle: Handle) -> object:
        # The source says where its subscription is: on its own port it is trusted as far as itself.
        isTrusted = self.isTrusted and _peerOf(handle) == _peerOf(self.source.source)
        if not isTrusted:
            self.shared.check(handle.url)
        return self.shared.connect(handle, [GRID_SERVICE], isTrusted)

    async def _refresh(self, service: object, inbox: Inbox) -> None:
        """Ask for everything, and apply what comes meanwhile after that."""
        await inbox.hold()
        try:
            await poll(service, self.source, self._inflow, inbox.isOurs)
        finally:
            await inbox.release()
        inbox.refreshed()

    async def _keep(self, service: object, inbox: Inbox, lease: Lease) -> str:
        """Ask a source that is quiet whether it lives, until everything must be asked for anew; why it must."""
        clock = self.shared.clock
        quiet = _QUIET * self.source.interval
        unanswered = 0
        asked = clock.seconds()
        askAt = asked + quiet
        while not inbox.over.happened:
            if inbox.heardAt > asked:
                unanswered = 0
                askAt = inbox.heardAt + quiet
            if clock.seconds() < askAt:
                await self._pause(inbox, askAt - clock.seconds())
                continue
            asked = clock.seconds()
            try:
                await self._ask(service, inbox, lease)
            except UnknownId as error:
                return error.message
            except GMAError as error:
                unanswered += 1
                self._failed(error)
                delay = self._backoff.delay(unanswered, self.shared.random)
                askAt = clock.seconds() + max(_PACE, delay)
            else:
                unanswered = 0
                askAt = asked + quiet
                self._stand(inbox)
        return inbox.why

    async def _ask(self, service: object, inbox: Inbox, lease: Lease) -> None:
        if inbox.isOurs:
            self.shared.leases.keep(lease, await lease.renew())
        else:
            # It may not send anything while nothing changes: its values would age here.
            await self._refresh(service, inbox)

    async def _pause(self, inbox: Inbox, seconds: float) -> None:
        try:
            await withTimeout(inbox.over.wait(), seconds, self.shared.clock, str(self))
        except TimedOut:
            pass

    async def _leave(self, lease: Lease) -> None:
        if lease.isOver:
            return
        try:
            await withTimeout(lease.end(), _GOODBYE, self.shared.clock, f"ending {lease}")
        except GMAError as error:
            log.info("{lease} ends with its lease: {why}", lease=str(lease), why=error.message)

    # -- where it stands

    def heard(self, inbox: Inbox) -> None:
        """See L{InboxOwner <gma_twisted.aggregation.inbox.InboxOwner>}."""
        self.lastNotice = inbox.heardAt
        if not inbox.over.happened:
            self._stand(inbox)

    def _stand(self, inbox: Inbox) -> None:
        """The source lives: whether what it says comes here."""
        silence = self.shared.clock.seconds() - inbox.heardAt
        if inbox.error is not None and not inbox.error.retry:
            self._turn(UpstreamState.FAILED, inbox.error.message)
        elif inbox.isOurs and silence > _SILENT * self.source.interval:
            self._away(
                f"it answers, but no notice came for {silence:.0f} s; perhaps it cannot reach {inbox.sink}"
            )
        elif inbox.isComplete:
            self._turn(UpstreamState.LIVE)
        elif self.state is not UpstreamState.STALE:
            self._turn(UpstreamState.CONNECTING)

    def _failed(self, error: GMAError) -> None:
        if error.retry:
            self._away(error.message)
        else:
            self._turn(UpstreamState.FAILED, error.message)

    def _away(self, why: str) -> None:
        self._turn(UpstreamState.STALE if self._wasLive else UpstreamState.CONNECTING, why)

    def _turn(self, state: UpstreamState, reason: str = "") -> None:
        if state is not self.state:
            log.info(
                "{source} is {state} {reason}",
                source=self.source.source.url,
                state=state.value,
                reason=reason,
            )
        if state is UpstreamState.LIVE:
            self._wasLive = True
            self._liveSince = min(self._liveSince, self.shared.clock.seconds())
        self.state = state
        self.reason = reason

    def _openInflow(self) -> Inflow:
        return self.shared.intake.open(self.source.source, self.source.names)


def _peerOf(handle: Handle) -> tuple[str, str]:
    parts = urlsplit(handle.url)
    return parts.scheme, parts.netloc
