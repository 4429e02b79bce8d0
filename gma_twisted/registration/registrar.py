"""Registration by handle: registerService, unregisterService, renewServices (WIRE 4)."""

from collections.abc import Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import UnknownId, cut
from gma_twisted.interfaces import IRegistration
from gma_twisted.model import OURSELVES, Caller, Expression, Handle, Locator, QName, RenewalResult
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.content import readContent
from gma_twisted.registration.ending import Ending

__all__ = ["ServiceRegistrar"]


@implementer(IRegistration)
@attrs.frozen(slots=True, eq=False)
class ServiceRegistrar:
    """
    The registration face of a catalogue; what L{GroupRegistration
    <gma_twisted.registration.group.GroupRegistration>} adds is seen here too.

    @ivar catalogue: of the service
    """

    catalogue: Catalogue

    async def registerService(
        self,
        handle: Handle,
        interface: Sequence[QName],
        name: str | None,
        attribute: Sequence[tuple[str, str]],
        content: Expression | None,
        lifetime: float | None,
        caller: Caller = OURSELVES,
    ) -> tuple[Handle, float]:
        """See L{IRegistration}; further errors as L{Catalogue.keep}."""
        row, granted = await self.catalogue.keep(
            Locator((handle,), tuple(interface)),
            caller.owner,
            name or "",
            attribute,
            readContent(content),
            lifetime,
        )
        return self.catalogue.handleOf(row.entry), granted

    async def unregisterService(self, handle: Handle, caller: Caller = OURSELVES) -> None:
        """See L{IRegistration}."""
        owned = self.catalogue.owned(handle.url, caller)
        if not await self.catalogue.end([row.entry for row in owned], Ending.UNREGISTERED):
            raise UnknownId(f"{cut(caller.owner)} has no entry of {cut(handle)} here")

    async def renewServices(
        self, entry: Sequence[Handle], lifetime: float | None, caller: Caller = OURSELVES
    ) -> Sequence[RenewalResult]:
        """See L{IRegistration}. @raise TooLarge: more entries than one call takes"""
        ids = [self.catalogue.entryOf(handle) for handle in entry]
        granted = await self.catalogue.renew(ids, lifetime, caller)
        return [
            RenewalResult(handle, seconds) for handle, seconds in zip(entry, granted, strict=True)
        ]
