"""What stands behind the paths of a family: one set of operations for services that are only rows."""

from collections.abc import Callable
from typing import Any

from gma_twisted.errors import ServiceHasTerminated
from gma_twisted.interfaces import IServiceFamily, IUnreadCounter
from gma_twisted.markup import escapeAttribute
from gma_twisted.soap import Operation
from gma_twisted.transport.service import BoundOperation, Service

__all__ = ["Family", "RowDocuments", "RowOperation"]


class Family:
    """
    A family as the Exchange keeps it: selection, writers and descriptions are there once for all of its services.

    @ivar family: makes roles
    @ivar service: what they share; nothing answers at its path
    """

    __slots__ = ("_counter", "family", "service")

    def __init__(self, family: IServiceFamily) -> None:
        """@param family: published"""
        self.family = family
        self.service = Service(family.path, family.handle, None, family.portTypes)
        self._counter: IUnreadCounter | None = IUnreadCounter(family, None)

    def bound(self, id: str, operation: Operation) -> "RowOperation":
        """An operation of the service with this id, which need not be there."""
        return RowOperation(self.family, id, self.service.bound[operation.name])

    def unread(self, id: str) -> None:
        """A message to the service with this id could not be read: see L{IUnreadCounter}."""
        if self._counter is not None:
            self._counter.unread(id)

    def url(self, id: str) -> str:
        """The handle of the service with this id, as text."""
        return f"{self.service.handle.url}/{id}"

    def documents(self, id: str) -> "RowDocuments":
        """
        What describes the service with this id; of one whose life is over it says that instead.

        @raise UnknownId: there never was one, or too long ago
        """
        ended = ""
        try:
            self.family.role(id)
        except ServiceHasTerminated as error:
            ended = error.message
        return RowDocuments(self.service, self.url(id), ended)


class RowOperation:
    """
    An operation of a service that is a row. It holds the row's id, never the row: who calls L{method} finds out
    whether it is still there.

    @ivar operation: the declaration
    @ivar name: as in L{BoundOperation}
    @ivar access: as in L{BoundOperation}
    @ivar also: as in L{BoundOperation}
    @ivar isOwners: as in L{BoundOperation}
    @ivar isOneWay: as in L{BoundOperation}
    @ivar write: as in L{BoundOperation}
    """

    __slots__ = (
        "_bound",
        "_family",
        "_id",
        "access",
        "also",
        "isOneWay",
        "isOwners",
        "name",
        "operation",
        "write",
    )

    def __init__(self, family: IServiceFamily, id: str, bound: BoundOperation) -> None:
        """@param bound: shared by all of the family; its method says that there is none"""
        self._family = family
        self._id = id
        self._bound = bound
        self.operation = bound.operation
        self.name = bound.name
        self.access = bound.access
        self.also = bound.also
        self.isOwners = bound.isOwners
        self.isOneWay = bound.isOneWay
        self.write = bound.write

    @property
    def method(self) -> Callable[..., Any]:
        """
        The method of a role made for this call.

        @raise UnknownId: there never was such a service, or too long ago
        @raise ServiceHasTerminated: its life is over
        """
        role = self._family.role(self._id)
        return getattr(role, self.operation.name, None) or self._bound.method

    def owner(self) -> str | None:
        """
        As L{BoundOperation.owner}.

        @raise UnknownId: there never was such a service, or too long ago
        @raise ServiceHasTerminated: its life is over
        """
        return self._family.owner(self._id)


class RowDocuments:
    """
    The descriptions of one service of a family: the family's, but for the address.

    @ivar ended: that its life is over, in a sentence; empty for one that lives
    """

    __slots__ = ("_service", "_url", "ended")

    def __init__(self, service: Service, url: str, ended: str = "") -> None:
        """@param url: handle of the one service"""
        self._service = service
        self._url = url
        self.ended = ended

    @property
    def isSink(self) -> bool:
        """As L{Service.isSink}."""
        return self._service.isSink

    def wsdl(self, withSoap12: bool) -> bytes:
        """As L{Service.wsdl}."""
        shared, own = (
            f' location="{escapeAttribute(url)}"'.encode()
            for url in (self._service.handle.url, self._url)
        )
        return self._service.wsdl(withSoap12).replace(shared, own)

    def gwsdl(self) -> bytes:
        """As L{Service.gwsdl}: it names no address."""
        return self._service.gwsdl()
