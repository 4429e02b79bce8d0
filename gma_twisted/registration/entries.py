"""Entries as services of their own, C{ServiceGroupEntry}: read, moved and ended by their handle (OGSI 1.0, 12.1)."""

from collections.abc import Awaitable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IServiceRow, IServiceRows
from gma_twisted.model import Handle, Registration, ServiceDataElement
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.entryvalues import ownValues

__all__ = ["Entries", "EntryService"]


@implementer(IServiceRows)
@attrs.frozen(slots=True, eq=False)
class Entries:
    """
    The entries of a catalogue by id.

    @ivar catalogue: keeps them
    """

    catalogue: Catalogue

    def row(self, id: str) -> "EntryService":
        """See L{IServiceRows}."""
        return EntryService(self.catalogue, self.catalogue.find(id))


@implementer(IServiceRow)
@attrs.frozen(slots=True, eq=False)
class EntryService:
    """
    One entry during one request.

    @ivar catalogue: keeps it
    @ivar registration: as it was when the request came
    """

    catalogue: Catalogue
    registration: Registration

    @property
    def handle(self) -> Handle:
        """See L{IServiceRow}."""
        return self.catalogue.handleOf(self.registration.entry)

    @property
    def until(self) -> float:
        """See L{IServiceRow}."""
        return self.registration.until

    @property
    def created(self) -> float:
        """See L{IServiceRow}."""
        return self.registration.since

    @property
    def owner(self) -> str | None:
        """See L{IServiceRow}."""
        return self.registration.owner

    def values(self) -> Sequence[ServiceDataElement]:
        """See L{IServiceRow}."""
        return ownValues(self.handle, self.registration, self.catalogue.clock.seconds())

    def endAt(self, until: float) -> Awaitable[float]:
        """See L{IServiceRow}."""
        return self.catalogue.move(self.registration.entry, until)

    def end(self) -> Awaitable[None]:
        """See L{IServiceRow}."""
        return self.catalogue.destroy(self.registration.entry)
