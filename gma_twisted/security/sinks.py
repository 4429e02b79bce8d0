"""Whether notices, or lines, may go somewhere: to who subscribes, to others when they want them (WIRE 3, subscribe).

A subscription makes a node send as long as its lease runs; nobody shall make it send to somebody else.
"""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import attrs

from gma_twisted.errors import PeerError, Refused, TooLarge, cut
from gma_twisted.interfaces import IConnectGuard, Reply
from gma_twisted.model import OURSELVES, Caller, Handle
from gma_twisted.netlogger.dataurl import FILE, DataUrl
from gma_twisted.security.pins import plainAddress
from gma_twisted.soap.notices import challenged

__all__ = ["LineRules", "SinkRules"]

_TOKEN_BYTES = 16
_SECONDS = 5.0
_OK = 200

_Lookup = Callable[[str], Awaitable[Sequence[str]]]


async def _ownOf(host: str, caller: Caller, lookup: _Lookup) -> str | None:
    """
    Whether a host is the caller's own.

    @return: the only address that may be called there; empty when the host is that address; C{None} when it is somebody
        else's
    """
    found, peer = plainAddress(host), plainAddress(caller.peer)
    if found == peer:
        return ""
    if isinstance(found, str) and any(plainAddress(one) == peer for one in await lookup(found)):
        return str(peer)
    return None


@attrs.frozen(slots=True, eq=False)
class SinkRules:
    """
    A sink is the caller's own when its host is the address the caller comes from, or a name of it at this moment; at
    such a name, which its owner may let lead anywhere later, only that address is called (L{SinkPins
    <gma_twisted.security.pins.SinkPins>}). Any other is a third party's: those that begin as the operator says are
    admitted; the rest, where the operator allows it, when they answer a challenge: a GET of the sink's URL with
    C{gma-challenge=TOKEN} in its query gives 200 and the token, nothing else.

    @ivar guard: judges every URL first
    @ivar lookup: gives the addresses of a name; bounded in number and time
    @ivar fetch: GETs a URL within seconds, as the guard allows and without following where an answer leads; raises
        L{PeerUnreachable <gma_twisted.errors.PeerUnreachable>} and L{TooLarge}
    @ivar random: gives so many random bytes
    @ivar admitsOthers: whether a third party's sink may show that it wants notices
    @ivar exempt: what URLs of sinks begin with that are not asked; scheme and host in lower case, a path that ends in a
        slash
    """

    guard: IConnectGuard
    lookup: _Lookup
    fetch: Callable[[Handle, float], Awaitable[Reply]]
    random: Callable[[int], bytes]
    admitsOthers: bool = False
    exempt: Sequence[str] = ()

    async def admit(self, sink: Handle, caller: Caller) -> str:
        """
        Return to let notices go to a sink.

        @return: the only address they may go to; empty for any that the sink has
        @raise Refused: they may not; one sentence for the caller, with what the operator can set
        @raise Busy: too many names wait to be looked up, or too many calls for the sink's host
        @raise TimedOut: its name cannot be looked up in time
        """
        if caller is OURSELVES:
            return ""
        self.guard.check(sink.url)
        if self._isExempt(sink.url):
            return ""
        own = await _ownOf(urlsplit(sink.url).hostname or "", caller, self.lookup)
        if own is not None:
            return own
        if not self.admitsOthers:
            raise Refused(
                f'the sink "{cut(sink)}" is not at the address of its subscriber, {cut(caller.peer)}; the operator can '
                "allow that with [notify] third_party_sinks or third_party_exempt"
            )
        await self._challenge(sink)
        return ""

    def _isExempt(self, url: str) -> bool:
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        # What a reader could take for another path is not below any.
        if "/../" in f"/{path}/" or "%" in path:
            return False
        canonical = f"{scheme.lower()}://{authority.lower()}/{path}"
        return any(canonical.startswith(prefix) for prefix in self.exempt)

    async def _challenge(self, sink: Handle) -> None:
        token = self.random(_TOKEN_BYTES).hex()
        try:
            reply = await self.fetch(challenged(sink, token), _SECONDS)
        except (PeerError, TooLarge) as error:
            why = error.message
        else:
            if reply.status == _OK and reply.body == token.encode():
                return
            why = f"it answered HTTP status {reply.status}, and not the challenge"
        raise Refused(
            f'the sink "{cut(sink)}" is not at the address of its subscriber and does not say that it wants notices: '
            f"{why}; the operator can list it in [notify] third_party_exempt"
        )


@attrs.frozen(slots=True, eq=False)
class LineRules:
    """
    Where lines of events may go: to who asks for them, as L{SinkRules} has it, and to the places an operator lists. A
    place that lines come to cannot say whether it wants them, so nobody else's is asked.

    @ivar guard: judges every place first; it knows the schemes of data URLs
    @ivar lookup: gives the addresses of a name; bounded in number and time
    @ivar to: what the operator lists; without a port, every port of the host
    """

    guard: IConnectGuard
    lookup: _Lookup
    to: Sequence[DataUrl] = ()

    async def admit(self, url: DataUrl, caller: Caller) -> str:
        """
        Return to let lines go to a place. Where files may be is judged elsewhere.

        @param caller: who asks; of what a consumer says that was offered events, the node itself: nobody knows whose
            place that is
        @return: the only address they may go to; empty for any that the host has
        @raise Refused: they may not; one sentence for the caller, with what the operator can set
        @raise Busy: too many names wait to be looked up
        @raise TimedOut: its name cannot be looked up in time
        """
        if url.scheme == FILE:
            return ""
        self.guard.check(url.place)
        if any(_isAt(url, one) for one in self.to):
            return ""
        own = None if caller is OURSELVES else await _ownOf(url.host, caller, self.lookup)
        if own is None:
            whose = "of any caller" if caller is OURSELVES else f"of who asks, {cut(caller.peer)}"
            raise Refused(
                f'the data URL "{cut(url.place)}" is not at the address {whose}; the operator can allow that with '
                "[streams] to"
            )
        return own


def _isAt(url: DataUrl, place: DataUrl) -> bool:
    return (url.scheme, url.host) == (place.scheme, place.host) and place.port in (None, url.port)
