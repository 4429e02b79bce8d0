"""What a created service needs of other rooms: a store, queries over it, and to be reachable."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Handle, QName
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData

__all__ = ["Lodge", "Lodging"]


class Lodging(Protocol):
    """Of one created service, and its alone."""

    @property
    def store(self) -> IServiceDataStore:
        """Its service data."""

    @property
    def queries(self) -> Sequence[QName]:
        """Expressions its C{findServiceData} reads."""

    def start(self) -> Awaitable[None]:
        """Begin to keep service data; nobody can reach the service yet."""

    def publish(self, parts: Sequence[object]) -> None:
        """Answer for it from now on. @param parts: roles, before the one that reads and sets service data"""

    def withdraw(self) -> None:
        """Answer for it no longer; also called when nothing was published."""

    def stop(self) -> Awaitable[None]:
        """Give everything back."""


class Lodge(Protocol):
    """Whoever has lodgings."""

    def __call__(
        self,
        handle: Handle,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
        owner: str,
    ) -> Lodging:
        """
        Prepare one; nothing is started.

        @param handle: of the service
        @param portTypes: of the service, GridService among them
        @param serviceData: what it has beside that of its port types
        @param owner: who had it made, see L{Caller.owner <gma_twisted.model.Caller>}
        """
