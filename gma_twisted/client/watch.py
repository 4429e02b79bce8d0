"""A watch at a directory for as long as a program wants it."""

from collections.abc import Callable

import attrs
from twisted.logger import Logger

from gma_twisted.client.gma import Attributes, RegistryProxy, Watching
from gma_twisted.client.gmacomponent import Template, asTemplate, newId
from gma_twisted.errors import GMAError, PeerError, UnknownId
from gma_twisted.interfaces import ICaller
from gma_twisted.model.gma import GMARole

__all__ = ["Watch"]

log = Logger()


@attrs.define(slots=True, eq=False)
class Watch:
    """
    Held by a L{Holding <gma_twisted.client.holding.Holding>}: a consumer is told of the entries of a directory, also of
    one that was restarted, which tells everything anew, under another number.

    @ivar url: of the directory
    @ivar caller: sends
    @ivar consumer: URL of the consumer that is told
    @ivar role: of the entries; C{None} for any
    @ivar template: what one of their event types could match; C{None} for any
    @ivar attributes: that each must have; values may be globs
    @ivar lease: seconds asked; C{None} for the usual ones
    @ivar timeout: seconds for one exchange
    @ivar callerId: under which the consumer is told now
    @ivar renumbered: told the old and the new number before it is asked for anew, for the consumer; what it raises is
        the error of that attempt
    @ivar watching: what was granted last; C{None} while there is none
    """

    url: str
    caller: ICaller
    consumer: str
    role: GMARole | str | None = None
    # Once: what renews it asks for the very same.
    template: Template | None = attrs.field(
        default=None, converter=attrs.converters.optional(asTemplate)
    )
    attributes: Attributes = ()
    lease: float | None = None
    timeout: float = 30.0
    callerId: int = attrs.field(factory=newId)
    renumbered: Callable[[int, int], None] | None = None
    watching: Watching | None = attrs.field(default=None, init=False)
    _proxy: RegistryProxy | None = attrs.field(default=None, init=False, repr=False)
    # Whether the directory may know of the present number.
    _isAsked: bool = attrs.field(default=False, init=False, repr=False)

    async def take(self) -> float:
        """See L{Held <gma_twisted.client.holding.Held>}."""
        self.watching = None
        if self._proxy is None:
            self._proxy = await RegistryProxy.connect(self.url, self.caller, self.timeout)
        if self._isAsked:
            self._renumber()
        self._isAsked = True
        self.watching = await self._ask(self._proxy)
        return self.watching.lease

    async def renew(self) -> float:
        """See L{Held <gma_twisted.client.holding.Held>}: asked again, the same watch is renewed."""
        proxy, before = self._held()
        watching = await self._ask(proxy)
        if watching.watchId != before.watchId:
            # Another one, which counts from 1 again; under this number the consumer knows what came by the first.
            self.watching = None
            await _unwatch(proxy, watching)
            raise UnknownId(f"{self} was lost")
        self.watching = watching
        return watching.lease

    async def leave(self) -> None:
        """See L{Held <gma_twisted.client.holding.Held>}."""
        if self.watching is not None:
            proxy, watching = self._held()
            self.watching = None
            await proxy.unwatch(watching.watchId)

    async def _ask(self, proxy: RegistryProxy) -> Watching:
        return await proxy.watch(
            self.consumer, self.role, self.template, self.attributes, self.callerId, self.lease
        )

    def _renumber(self) -> None:
        old, new = self.callerId, newId()
        if self.renumbered is not None:
            self.renumbered(old, new)
        self.callerId = new

    def _held(self) -> tuple[RegistryProxy, Watching]:
        if self._proxy is None or self.watching is None:
            raise PeerError(f"{self} is not granted")
        return self._proxy, self.watching

    def __str__(self) -> str:
        return f"the watch of {self.url} for {self.consumer}"


async def _unwatch(proxy: RegistryProxy, watching: Watching) -> None:
    try:
        await proxy.unwatch(watching.watchId)
    except GMAError as error:
        # Its lease ends there by itself.
        log.info("a watch is left to its lease: {reason}", reason=error.message)
