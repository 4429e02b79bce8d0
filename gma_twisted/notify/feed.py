"""One subscription on its way: a place in its channel's log, and the notice that is being delivered."""

import math
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import GMAError, TooLarge
from gma_twisted.interfaces import IDeliverer
from gma_twisted.model import Handle, Subscription
from gma_twisted.notify.channel import Channel
from gma_twisted.notify.writing import Body
from gma_twisted.soap.notices import closeDelivery, headedEnvelope, openDelivery
from gma_twisted.timing import NodeClock

__all__ = ["Feed", "FeedOwner"]

log = Logger()

_GONE = 410
_FIRST_PAGE = ""


class FeedOwner:
    """
    What all feeds of a service share.

    @ivar clock: the node's
    @ivar deliverer: sends
    @ivar epoch: the node's incarnation
    @ivar handleOf: gives the handle of a subscription by its id
    @ivar caughtUp: told when a feed has nothing more to tell
    @ivar sent: told when a notice has arrived, at what instant the next is due although nothing changes
    @ivar gone: told that the sink of a subscription is gone for ever
    @ivar patience: seconds until a sink that rejected a notice is told again, at least
    """

    __slots__ = ("caughtUp", "clock", "deliverer", "epoch", "gone", "handleOf", "patience", "sent")

    def __init__(
        self,
        clock: NodeClock,
        deliverer: IDeliverer,
        epoch: int,
        handleOf: Callable[[str], Handle],
        caughtUp: "Callable[[Feed], None]",
        sent: "Callable[[Feed, float], None]",
        gone: "Callable[[Feed], None]",
        patience: float,
    ) -> None:
        self.clock = clock
        self.deliverer = deliverer
        self.epoch = epoch
        self.handleOf = handleOf
        self.caughtUp = caughtUp
        self.sent = sent
        self.gone = gone
        self.patience = patience


class Feed:
    """
    The notices of one subscription, an L{Outgoing <gma_twisted.interfaces.Outgoing>}.

    Nothing waits in it: what is to be told next is found in the channel when the notice before has arrived.

    @ivar subscription: as it is now
    @ivar channel: of its topic
    @ivar sequence: of the notice sent last
    """

    __slots__ = (
        "_body",
        "_cursor",
        "_dropped",
        "_isDue",
        "_isOver",
        "_notBefore",
        "_opening",
        "_owner",
        "_place",
        "_shown",
        "_timer",
        "channel",
        "sequence",
        "subscription",
    )

    def __init__(
        self, subscription: Subscription, channel: Channel, owner: FeedOwner, isAnew: bool
    ) -> None:
        """@param isAnew: whether everything there is comes first"""
        self.subscription = subscription
        self.channel = channel
        self.sequence = 0
        self._owner = owner
        # What every notice of it begins with; made for the first.
        self._opening: bytes | None = None
        self._place = channel.end
        self._shown = channel.end
        self._cursor: str | None = _FIRST_PAGE if isAnew else None
        self._body: Body | None = None
        self._dropped = 0
        self._notBefore = -math.inf
        self._isDue = False
        self._isOver = False
        self._timer: IDelayedCall | None = None

    @property
    def sink(self) -> Handle:
        """See L{Outgoing <gma_twisted.interfaces.Outgoing>}."""
        return self.subscription.sink

    def tellAgain(self) -> None:
        """Send a notice although nothing may have changed."""
        self._isDue = True

    def end(self) -> None:
        """Nothing more is sent."""
        self._isOver = True
        self._body = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take(self) -> bytes | None:
        """See L{Outgoing <gma_twisted.interfaces.Outgoing>}."""
        if self._isOver:
            return None
        owner = self._owner
        body = self._body
        if body is None:
            if self._notBefore > -math.inf:
                wait = self._notBefore - owner.clock.seconds()
                if wait > 0.0:
                    self._wakeIn(wait)
                    return None
            body = self._body = self._next()
            if body is None:
                owner.caughtUp(self)
                return None
            self.sequence += 1
        opening = self._opening
        if opening is None:
            handle = owner.handleOf(self.subscription.id)
            opening = self._opening = openDelivery(handle.url, owner.epoch)
        sent = owner.clock.seconds() + body.offset
        rest = closeDelivery(self.sequence, sent, body.isSnapshot, self._dropped)
        return headedEnvelope(body.message, opening + rest)

    def _next(self) -> Body | None:
        channel = self.channel
        if self.subscription.minInterval:
            self._place = channel.merged(self._place)
        lost = channel.lost(self._place)
        if lost:
            self._beginAnew(lost)
        try:
            if self._cursor is not None:
                return self._page()
            if self._place < channel.end:
                body, self._place, self._shown = channel.next(self._place, self._shown)
                return body
            if self._isDue:
                return channel.nothing()
        except GMAError as error:
            # What cannot be told is left out, which the next notice says.
            self._dropped += max(1, channel.end - self._place)
            self._place, self._cursor = channel.end, None
            # Of what is too large its channel has said so, once for all.
            if not isinstance(error, TooLarge):
                log.warn(
                    "subscription {id} is not told of a change: {reason}",
                    id=self.subscription.id,
                    reason=error.message,
                )
        return None

    def _page(self) -> Body | None:
        if self._cursor == _FIRST_PAGE:
            self._place = self.channel.end
        try:
            body, further = self.channel.page(self._cursor or None)
        except GMAError:
            if self._cursor == _FIRST_PAGE:
                raise
            # The place of the page is forgotten: from the beginning, and what was said of it counts no more.
            self._beginAnew(1)
            body, further = self.channel.page(None)
        if body is not None:
            self._cursor = further
            self._shown = self.channel.end
        return body

    def _beginAnew(self, dropped: int) -> None:
        self._dropped += dropped
        self._cursor = _FIRST_PAGE
        self._place = self.channel.end

    def accepted(self) -> None:
        """See L{Outgoing <gma_twisted.interfaces.Outgoing>}."""
        subscription = self.subscription
        self._body = None
        self._dropped = 0
        self._isDue = False
        # Most have neither interval, and then the time does not matter.
        if self._cursor is None:
            least = subscription.minInterval
            self._notBefore = self._owner.clock.seconds() + least if least else -math.inf
        if subscription.maxInterval < math.inf and not self._isOver:
            self._owner.sent(self, self._owner.clock.seconds() + subscription.maxInterval)

    def rejected(self, status: int, reason: str) -> None:
        """See L{Outgoing <gma_twisted.interfaces.Outgoing>}: the next notice says so, and everything follows."""
        log.info(
            "the sink {sink} of subscription {id} rejects a notice: {reason}",
            sink=self.sink.url,
            id=self.subscription.id,
            reason=reason,
        )
        # Nothing follows on the last words, and whoever does not take them has no use for them again.
        if status == _GONE or self.channel.isOver:
            self._owner.gone(self)
            return
        self._body = None
        self._isDue = False
        self._beginAnew(1)
        # Whoever rejects one is not to be asked again at once.
        self._notBefore = self._owner.clock.seconds() + max(
            self._owner.patience, self.subscription.minInterval
        )

    def failed(self, reason: str) -> None:
        """See L{Outgoing <gma_twisted.interfaces.Outgoing>}: the notice stays what is delivered next."""

    def _wakeIn(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self._owner.clock.callLater(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._owner.deliverer.wake(self)
