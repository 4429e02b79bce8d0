"""One subscription at a source, from the asking until everything must be asked for anew (WIRE 3, 5)."""

from urllib.parse import urlsplit

import attrs
from twisted.logger import Logger

from gma_twisted.aggregation.inbox import Inbox
from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.pauses import Pauses
from gma_twisted.aggregation.polling import poll
from gma_twisted.aggregation.standing import Standing
from gma_twisted.aggregation.surroundings import Surroundings
from gma_twisted.aggregation.upstream import AggregateSource, Lease, grantedInterval, subscribe
from gma_twisted.errors import GMAError, TimedOut, UnknownId
from gma_twisted.model import Handle
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import withTimeout

__all__ = ["Following"]

log = Logger()

# A source says once in an interval that it lives. Of the interval asked for: after so much silence it is asked whether
# it does; of the one it granted: after so much it is not live.
_QUIET, _SILENT = 1.5, 3.0
_GOODBYE = 2.0


@attrs.define(slots=True, eq=False)
class Following:
    """
    A life of a session whose source takes subscriptions. It lives once: L{live}.

    @ivar source: what is copied
    @ivar shared: see L{Surroundings}
    @ivar isTrusted: whether the operator named the source
    @ivar isOurs: whether the source is one of our nodes
    @ivar service: a proxy of the source
    @ivar inflow: takes what it says
    @ivar standing: told where it stands
    @ivar pauses: between questions that are not answered
    """

    source: AggregateSource
    shared: Surroundings
    isTrusted: bool
    isOurs: bool
    service: object
    inflow: Inflow
    standing: Standing
    pauses: Pauses
    _granted: float = attrs.field(init=False)
    _inbox: Inbox = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._granted = self.source.interval

    def __str__(self) -> str:
        return f"source {self.source.source}"

    async def live(self) -> str:
        """
        Subscribe, and see to it that what the source says comes here.

        @return: why everything must be asked for anew
        @raise GMAError: why it could not be subscribed to
        """
        shared = self.shared
        inbox = self._inbox = shared.sinks.open(self._open)
        lease: Lease | None = None
        try:
            if not self.isOurs:
                await inbox.hold()
            self.standing.asking()
            lease, granted = await subscribe(
                self.service,
                self.source,
                inbox.sink,
                self.isOurs,
                shared.clock,
                self._subscription,
                lambda error: inbox.end(error.message),
            )
            self.standing.answered()
            inbox.belongTo(lease.handle)
            shared.leases.keep(lease, granted)
            if self.isOurs:
                await self._learnInterval(lease)
            else:
                await self._refresh()
            return await self._keep(lease)
        finally:
            inbox.end("another subscription takes its place")
            shared.sinks.close(inbox.sink)
            if lease is not None:
                shared.leases.forget(lease)
                await self._leave(lease)
            await inbox.settle()

    def heard(self, inbox: Inbox) -> None:
        """See L{InboxOwner <gma_twisted.aggregation.inbox.InboxOwner>}."""
        self.standing.lastNotice = inbox.heardAt
        if not inbox.over.happened:
            self._stand()

    def heardAgain(self, inbox: Inbox) -> None:
        """See L{InboxOwner <gma_twisted.aggregation.inbox.InboxOwner>}."""
        if not inbox.over.happened and (inbox.idleFor or 0.0) > _SILENT * self._granted:
            # It would go on so: somebody has told more in the source's name than the source, or that has gone back.
            self._stand()
            inbox.end("only repeated notices came, or of an epoch that is over")

    def _open(self, sink: Handle) -> Inbox:
        shared = self.shared
        return Inbox(sink, self.inflow, shared.clock, self.isOurs, self, shared.counts, shared.held)

    def _subscription(self, handle: Handle) -> object:
        # The source says where its subscription is: on its own port it is trusted as far as itself.
        isTrusted = self.isTrusted and _peerOf(handle) == _peerOf(self.source.source)
        if not isTrusted:
            self.shared.check(handle.url)
        return self.shared.connect(handle, [GRID_SERVICE], isTrusted)

    async def _learnInterval(self, lease: Lease) -> None:
        try:
            granted = await grantedInterval(lease, self.source)
        except GMAError as error:
            log.debug(
                "{lease} has the interval asked for: {why}", lease=str(lease), why=error.message
            )
        else:
            self._granted = max(self.source.interval, granted)

    async def _refresh(self) -> None:
        """Ask for everything, and apply what comes meanwhile after that."""
        inbox = self._inbox
        await inbox.hold()
        try:
            await poll(self.service, self.source, self.inflow, self.isOurs)
        finally:
            await inbox.release()
        inbox.refreshed()

    async def _keep(self, lease: Lease) -> str:
        """Ask a source that is quiet whether it lives, until everything must be asked for anew; why it must."""
        clock, inbox, standing = self.shared.clock, self._inbox, self.standing
        quiet = _QUIET * self.source.interval
        unanswered = 0
        asked = clock.seconds()
        askAt = asked + quiet
        while not inbox.over.happened:
            now = clock.seconds()
            if now >= standing.anewAt:
                return "there may be room for what was left out"
            if inbox.heardAt > asked:
                unanswered = 0
                askAt = inbox.heardAt + quiet
            if now < askAt:
                await self._pause(min(askAt, standing.anewAt) - now)
                continue
            asked = now
            try:
                await self._ask(lease)
            except UnknownId as error:
                return error.message
            except GMAError as error:
                unanswered += 1
                standing.failed(error)
                askAt = clock.seconds() + self.pauses.after(unanswered, error)
            else:
                unanswered = 0
                askAt = asked + quiet
                self._stand()
        return inbox.why

    async def _ask(self, lease: Lease) -> None:
        if self.isOurs:
            self.shared.leases.keep(lease, await lease.renew())
        else:
            # It may not send anything while nothing changes: its values would age here.
            await self._refresh()

    async def _pause(self, seconds: float) -> None:
        try:
            await withTimeout(self._inbox.over.wait(), seconds, self.shared.clock, str(self))
        except TimedOut:
            pass

    async def _leave(self, lease: Lease) -> None:
        if lease.isOver:
            return
        try:
            await withTimeout(lease.end(), _GOODBYE, self.shared.clock, f"ending {lease}")
        except GMAError as error:
            log.info("{lease} ends with its lease: {why}", lease=str(lease), why=error.message)

    def _stand(self) -> None:
        """The source lives: whether what it says comes here."""
        inbox, standing = self._inbox, self.standing
        silence = self.shared.clock.seconds() - inbox.heardAt
        if inbox.error is not None and not inbox.error.retry:
            standing.failed(inbox.error)
        elif self.isOurs and silence > _SILENT * self._granted:
            standing.away(
                f"it answers, but no notice came for {silence:.0f} s; perhaps it cannot reach {inbox.sink},"
                " or what it sends is larger than a message may be"
                if inbox.idleFor is None
                else f"it answers, but only repeated notices came for {silence:.0f} s, or of an epoch that is over;"
                " if that goes on, everything is asked for anew"
            )
        elif inbox.isComplete:
            standing.arrived(self.inflow.leftOut)
        else:
            standing.arriving()


def _peerOf(handle: Handle) -> tuple[str, str]:
    parts = urlsplit(handle.url)
    return parts.scheme, parts.netloc
