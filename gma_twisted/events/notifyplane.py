"""Data URLs that are consumers: C{http} and C{https}, each notification a Consumer.notify there (WIRE 6)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import (
    Busy,
    GMAError,
    NoReferencesAvailable,
    NotImplementedException,
    ParameterError,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    Refused,
    RequestError,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
    cut,
)
from gma_twisted.events.limits import PlaneLimits
from gma_twisted.events.peers import Peers
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.markup import XMLGate
from gma_twisted.model import Caller, Handle
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.timing import Backoff, NodeClock, Ready

__all__ = ["NotifyPlane"]

_NOTIFY = next(one for one in CONSUMER.operations if one.name == "notify")
_ENCODING = "xml"
_BAD_ID = "Bad id"
_GONE, _NOT_FOUND, _TOO_LARGE = 410, 404, 413
_AGAIN, _BUSY = (408, 425), (429, 503)
_BACKOFF = Backoff(1.0, 60.0)
# URLs that were admitted, and to which no way was opened yet.
_ADMITTED = 1_000


@implementer(IDataPlane)
class NotifyPlane:
    """
    Brings events to consumers: to who subscribes, to others only when they want them, as notices go to sinks (WIRE 3).

    What a consumer answers decides: that it has no such subscription, or takes no events at all, ends it; that an event
    cannot be used leaves the event out; everything else is told as not now.

    @ivar schemes: see L{IDataPlane}
    @ivar encodings: see L{IDataPlane}
    """

    schemes: Sequence[str] = ("http", "https")
    encodings: Sequence[str] = (_ENCODING,)

    def __init__(
        self,
        caller: ICaller,
        check: Callable[[str], None],
        admit: Callable[[Handle, Caller], Awaitable[str]],
        gate: XMLGate,
        clock: NodeClock,
        random: Callable[[], float],
        limits: PlaneLimits | None = None,
        backoff: Backoff = _BACKOFF,
        pin: "Callable[[str, str], Callable[[], None]] | None" = None,
    ) -> None:
        """
        @param caller: guarded, since peers say where to
        @param check: judges a URL a peer supplied, see L{IConnectGuard.check
            <gma_twisted.interfaces.IConnectGuard.check>}
        @param admit: asked whether events may go to a URL that somebody supplied; gives the only address they may go
            to, empty for any, see L{SinkRules <gma_twisted.security.sinks.SinkRules>}
        @param gate: bounds the answers
        @param random: gives a number in C{[0, 1)}
        @param backoff: pauses of a consumer that cannot be reached
        @param pin: told a URL and its address while a way is open, gives what ends that, see L{SinkPins.pin
            <gma_twisted.security.pins.SinkPins.pin>}; C{None} when C{caller} goes where the names lead
        """
        self._caller = caller
        self._check = check
        self._admit = admit
        self._pin = pin
        self._admitted: OrderedDict[str, str] = OrderedDict()
        self._gate = gate
        self._limits = limits or PlaneLimits()
        self._peers = Peers(clock, random, self._limits, backoff)

    @property
    def peers(self) -> int:
        """To how many hosts and ports something is on its way, or which failed a short while ago."""
        return len(self._peers)

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane}."""
        handle = Handle.parse(url)
        if encoding not in (None, _ENCODING):
            raise ParameterError(
                f'consumers are notified in "{_ENCODING}" only, not in "{cut(encoding, 40)}"',
                parameter="encoding",
            )
        self._check(handle.url)
        return self._ask(handle, caller)

    async def _ask(self, handle: Handle, caller: Caller) -> None:
        address = await self._admit(handle, caller)
        # Whoever checks opens the way in that very turn, if ever.
        self._admitted[handle.url] = address
        self._admitted.move_to_end(handle.url)
        if len(self._admitted) > _ADMITTED:
            self._admitted.popitem(last=False)

    def open(self, terms: Terms, callerId: int) -> IEventChannel:
        """See L{IDataPlane}."""
        handle = Handle.parse(terms.dataUrl)
        address = self._admitted.pop(handle.url, "")
        release = self._pin(handle.url, address) if address and self._pin is not None else None
        return _Channel(self, handle, callerId, release)

    async def bring(
        self, handle: Handle, callerId: int, events: Sequence[Event], sequence: int, missed: int
    ) -> None:
        """One notification; see L{IEventChannel.send}."""

        def call() -> Awaitable[Reply]:
            # Written when its turn has come: what waits for a peer is events only, which others have too.
            envelope = writeRequest(
                _NOTIFY,
                {
                    "callerId": callerId,
                    "sequence": sequence,
                    "missed": missed or None,
                    "event": events,
                },
            )
            return self._call(handle, envelope)

        reply = await self._peers.through(handle.url, call)
        self._judge(handle, reply, callerId)

    async def _call(self, handle: Handle, envelope: bytes) -> Reply:
        try:
            return await self._caller.call(handle, envelope, _NOTIFY.action, self._limits.seconds)
        except PeerError:
            raise
        except Busy as error:
            raise PeerBusy(error.message) from None
        except GMAError as error:
            # The guard, or an answer of any size: nothing was said about the events.
            raise PeerFault(error.message, error.code) from None

    def _judge(self, handle: Handle, reply: Reply, callerId: int) -> None:
        status = reply.status
        if status == _GONE:
            raise ServiceHasTerminated(f"{handle} is gone for ever: HTTP status {status}")
        if status == _NOT_FOUND:
            # Its node may be starting.
            raise PeerUnreachable(f"there is no service at {handle}")
        if b"Envelope" not in reply.body[:512]:
            raise _ofStatus(handle, reply)
        try:
            readResponse(_NOTIFY, reply.body, self._gate)
        except GMAError as error:
            raise _ofFault(error, reply, callerId) from None


@implementer(IEventChannel)
@attrs.frozen(slots=True, eq=False)
class _Channel:
    plane: NotifyPlane
    handle: Handle
    callerId: int
    release: Callable[[], None] | None

    def send(self, events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        return self.plane.bring(self.handle, self.callerId, events, sequence, missed)

    def close(self) -> Awaitable[None]:
        # Connections are the caller's, for all.
        if self.release is not None:
            self.release()
        return Ready(None)


def _ofStatus(handle: Handle, reply: Reply) -> GMAError:
    status = reply.status
    if status == _TOO_LARGE:
        return TooLarge(f"{handle} takes no notification of this size")
    if status in _BUSY:
        return PeerBusy(f"{handle} has no time: HTTP status {status}", reply.retryAfter)
    if status in _AGAIN or status >= 500:
        return PeerError(f"{handle} answered with HTTP status {status}")
    return PeerFault(f"{handle} answered with HTTP status {status}", str(status))


def _ofFault(error: GMAError, reply: Reply, callerId: int) -> GMAError:
    """What a fault means for the subscription."""
    message = error.message
    if isinstance(error, UnknownId | NoReferencesAvailable | NotImplementedException):
        return ServiceHasTerminated(message)
    if isinstance(error, ParameterError) and (
        error.details.get("id") == str(callerId) or message.startswith(_BAD_ID)
    ):
        # In its own words it would tell the number, which is nobody else's business, to the log.
        return ServiceHasTerminated("it knows no such subscription")
    if isinstance(error, Busy):
        return PeerBusy(message, max(getattr(error, "retryAfter", 0), reply.retryAfter))
    if isinstance(error, RequestError) and not isinstance(error, Refused):
        return error
    return PeerFault(message, error.code)
