"""A subscription at a producer for as long as a program wants it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import attrs

from gma_twisted.client.gma import Grant, ProducerProxy
from gma_twisted.client.gmacomponent import Filter, Template, newId
from gma_twisted.errors import NotImplementedException, PeerError, RequestError
from gma_twisted.interfaces import ICaller
from gma_twisted.timing import NodeClock

__all__ = ["Subscription", "Way"]

# Seconds of a look-back beside those in which nothing is known: events are told after they happen.
_MARGIN = 10.0


class Way(Protocol):
    """A way for events that not every producer has."""

    def choose(self, callerId: int, schemes: Sequence[str]) -> Awaitable[tuple[str | None, bool]]:
        """
        Asked whenever a subscription is made, under what number and whereto the producer can send.

        @param schemes: of data URLs
        @return: the data URL, C{None} for the usual one; and whether it is known from where its events go on, so that
            nothing of the past need come first: something came of it before
        @raise GMAError: not now: the subscription is not made
        """


@attrs.define(slots=True, eq=False)
class Subscription:
    """
    Held by a L{Holding <gma_twisted.client.holding.Holding>}: made, renewed before its lease ends, made again at a
    producer that was restarted or out of reach for too long, ended when it is released::

        holding = Holding(clock)
        holding.hold(Subscription("http://host:8490", caller, "host.cpu", "http://me:8491/services/consumer"))
        ...
        await holding.stop()

    Whenever it is made again it has another number: a producer begins to count anew with each, and what is left of an
    old one somewhere is not mistaken for it.

    @ivar url: of the producer
    @ivar caller: sends
    @ivar template: which events; or the name of a template
    @ivar dataUrl: where they go
    @ivar filter: what they must pass; a text is a comparison
    @ivar encoding: of the data; C{None} for the usual one of the scheme
    @ivar lease: seconds asked; C{None} for the usual ones
    @ivar lookBack: seconds of the past that come first, when it is made the first time
    @ivar rateLimit: most events a second
    @ivar timeout: seconds for one exchange
    @ivar clock: tells for how long it was lost: what the producer still has of that time comes first when it is made
        again, and some of the time before, which came already; C{None}: nothing of the past comes then
    @ivar renumbered: told the old and the new number before it is made again, for the consumer
        (L{ConsumerServer.renumber <gma_twisted.roles.consumer.ConsumerServer.renumber>}); what it raises is the error
        of that attempt
    @ivar way: of its events, where the producer has it; C{None} for C{dataUrl} always
    @ivar callerId: what this side calls it now
    @ivar grant: what was granted last; C{None} while there is none
    """

    url: str
    caller: ICaller
    template: Template
    dataUrl: str
    filter: Filter = None
    encoding: str | None = None
    lease: float | None = None
    lookBack: float | None = None
    rateLimit: float | None = None
    timeout: float = 30.0
    callerId: int = attrs.field(factory=newId)
    clock: NodeClock | None = None
    renumbered: Callable[[int, int], None] | None = None
    way: Way | None = None
    grant: Grant | None = attrs.field(default=None, init=False)
    _proxy: ProducerProxy | None = attrs.field(default=None, init=False, repr=False)
    # Whether the producer may know of the present number.
    _isAsked: bool = attrs.field(default=False, init=False, repr=False)
    # When it was known to be there; None before it was granted.
    _known: float | None = attrs.field(default=None, init=False, repr=False)
    # Since when it goes a way on which nothing came yet, as far as is known; None when something did.
    _silent: float | None = attrs.field(default=None, init=False, repr=False)

    async def take(self) -> float:
        """See L{Held <gma_twisted.client.holding.Held>}."""
        self.grant = None
        if self._proxy is None:
            self._proxy = await ProducerProxy.connect(self.url, self.caller, self.timeout)
        if self._isAsked:
            self._renumber()
        started = self._now()
        dataUrl, past, isSilent = self.dataUrl, self._past(started), False
        if self.way is not None:
            features = await self._proxy.getFeatures()
            chosen, isKnown = await self.way.choose(self.callerId, features.dataSchemes)
            dataUrl, past = chosen or dataUrl, None if isKnown else past
            if isKnown or chosen is None:
                self._silent = None
            elif self._silent is None:
                isSilent = True
            else:
                past = self._all(started - self._silent)
        self._isAsked = True
        try:
            self.grant = await self._proxy.begin(
                self.template,
                dataUrl,
                self.filter,
                self.encoding,
                self.lease,
                past,
                self.rateLimit,
                self.callerId,
            )
        except (RequestError, NotImplementedException):
            # There is none under this number, as the producer says.
            self._isAsked = False
            raise
        self._known = started
        if isSilent:
            self._silent = started
        return self.grant.lease

    async def renew(self) -> float:
        """See L{Held <gma_twisted.client.holding.Held>}."""
        proxy, grant = self._held()
        started = self._now()
        granted = await proxy.renew(grant.producerId, self.lease)
        self._known = started
        return granted

    async def leave(self) -> None:
        """See L{Held <gma_twisted.client.holding.Held>}."""
        if self.grant is not None:
            proxy, grant = self._held()
            self.grant = None
            await proxy.unsubscribe(grant.producerId)

    def _renumber(self) -> None:
        old, new = self.callerId, newId()
        if self.renumbered is not None:
            self.renumbered(old, new)
        self.callerId = new

    def _now(self) -> float:
        return 0.0 if self.clock is None else self.clock.seconds()

    def _past(self, now: float) -> float | None:
        """Seconds of the past to ask for."""
        if self._known is None:
            return self.lookBack
        return None if self.clock is None else now - self._known + _MARGIN

    def _all(self, since: float) -> float | None:
        """Seconds of the past to ask for when nothing came of what was granted so many seconds ago."""
        return None if self.clock is None else since + _MARGIN + (self.lookBack or 0.0)

    def _held(self) -> tuple[ProducerProxy, Grant]:
        if self._proxy is None or self.grant is None:
            raise PeerError(f"{self} is not granted")
        return self._proxy, self.grant

    def __str__(self) -> str:
        name = self.template if isinstance(self.template, str) else self.template.name
        return f"the subscription to {name} at {self.url}"
