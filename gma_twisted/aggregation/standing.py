"""Where a session stands with its source, and why: what is listed, and what the session itself goes by."""

import math

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Handle, UpstreamState
from gma_twisted.timing import Backoff, NodeClock

__all__ = ["Standing"]

log = Logger()

# How long until everything is asked for anew because there may be room for what was left out: longer each time that
# there is none, for everything comes again each time.
_ROOM = Backoff(300.0, 3600.0)


@attrs.define(slots=True, eq=False)
class Standing:
    """
    Where a session stands.

    @ivar source: of the session
    @ivar clock: the node's
    @ivar state: where it stands
    @ivar reason: why it is not live, in a sentence; empty when it is
    @ivar lastNotice: instant of the last notice or answer that was taken; C{None} before the first
    @ivar anewAt: instant at which everything is to be asked for anew, because there may be room for what was left out;
        C{inf} when nothing was
    """

    source: Handle
    clock: NodeClock
    state: UpstreamState = attrs.field(default=UpstreamState.CONNECTING, init=False)
    reason: str = attrs.field(default="", init=False)
    lastNotice: float | None = attrs.field(default=None, init=False)
    anewAt: float = attrs.field(default=math.inf, init=False)
    _wasLive: bool = attrs.field(default=False, init=False)
    _liveSince: float = attrs.field(default=math.inf, init=False)
    _misfits: int = attrs.field(default=0, init=False)
    # The reason for as long as the source has not answered at all.
    _waiting: str = attrs.field(default="", init=False)
    # State, and whether there was a reason, of the last line in the log.
    _told: tuple[UpstreamState, bool] | None = attrs.field(default=None, init=False, repr=False)

    @property
    def seconds(self) -> float:
        """How long it has been live in this life of the session; negative when it has not."""
        return self.clock.seconds() - self._liveSince

    def begin(self) -> None:
        """Another life of the session begins, with the same source as far as is known."""
        self._liveSince = self.anewAt = math.inf

    def asking(self) -> None:
        """The source is asked for something; when nothing is known of it, that it has not answered is the reason."""
        if self.state is UpstreamState.CONNECTING and not self.reason:
            since = writeDateTime(float(int(self.clock.wallTime())))
            self.reason = self._waiting = f"no answer yet since {since}"

    def answered(self) -> None:
        """It has answered."""
        if self.reason == self._waiting:
            self.reason = ""

    def another(self) -> None:
        """The source is another instance than before."""
        self._wasLive = False
        self._turn(UpstreamState.CONNECTING)

    def arrived(self, leftOut: str) -> None:
        """
        Everything the source has is here.

        @param leftOut: why some of it is not; empty when nothing was left out
        """
        now = self.clock.seconds()
        self._wasLive = True
        self._liveSince = min(self._liveSince, now)
        if not leftOut:
            self._misfits = 0
            self.anewAt = math.inf
        elif self.anewAt == math.inf:
            self._misfits += 1
            self.anewAt = now + _ROOM.ceiling(self._misfits)
        self._turn(UpstreamState.FAILED if leftOut else UpstreamState.LIVE, leftOut)

    def arriving(self) -> None:
        """The source lives, and what it has is on its way."""
        if self.state is not UpstreamState.STALE:
            self._turn(UpstreamState.CONNECTING)

    def away(self, why: str) -> None:
        """Nothing is heard of the source; what it said stays until its lifetime ends."""
        self._turn(UpstreamState.STALE if self._wasLive else UpstreamState.CONNECTING, why)

    def failed(self, error: GMAError) -> None:
        """The source cannot be followed just now, or not as things are; why tells the error."""
        if error.retry:
            self.away(error.message)
        else:
            self._turn(UpstreamState.FAILED, error.message)

    def defect(self) -> None:
        """An error met that nobody foresaw; it has been logged."""
        self._turn(UpstreamState.FAILED, "an error of this node's own, which its log tells")

    def _turn(self, state: UpstreamState, reason: str = "") -> None:
        # Once each: the same trouble again is no news, in whatever words.
        told = state, bool(reason)
        if told != self._told and (reason or state is UpstreamState.LIVE):
            self._told = told
            log.info(
                "source {source} is {state}{reason}",
                source=self.source.url,
                state=state.value,
                reason=f": {reason}" if reason else "",
            )
        self.state = state
        self.reason = reason
