"""Services that are only rows: subscriptions, entries, sinks. A million of them may exist (WIRE 1)."""

from collections.abc import Awaitable, Sequence
from typing import Any

from zope.interface import Attribute, Interface

from gma_twisted.markup.parse import Element
from gma_twisted.model import Handle, QName, ServiceDataElement

__all__ = [
    "IEndingService",
    "IRowQueries",
    "IServiceFamily",
    "IServiceRow",
    "IServiceRows",
    "IUnreadCounter",
]


class IServiceFamily(Interface):
    """
    The services below one path, C{/services/index/entries/ID}: nothing of them is kept but their row.

    Their role is made for one request and forgotten with it.
    """

    path: str = Attribute("what stands before the id, C{/services/index/entries}")
    handle: Handle = Attribute(
        "the same as a handle; nobody answers there, handles of rows begin so"
    )
    portTypes: Sequence[Any] = Attribute("declarations of what each of them offers")

    def role(id: str) -> object:
        """
        What answers for the service of this id; it provides the interfaces of the port types.

        @raise UnknownId: there never was one, or too long ago
        @raise ServiceHasTerminated: its life is over
        """

    def owner(id: str) -> str | None:
        """
        Who may move the end of the service of this id when not everybody may, see L{Caller.owner
        <gma_twisted.model.Caller>}; C{None} when it is nobody's.

        @raise UnknownId: as L{role}
        @raise ServiceHasTerminated: as L{role}
        """


class IUnreadCounter(Interface):
    """A family that counts messages which never come to a role, because they cannot be read."""

    def unread(id: str) -> None:
        """A message to the service of this id, which need not be there, could not be read."""


class IEndingService(Interface):
    """A service with an end that requests may move."""

    until: float = Attribute("instant on the node's clock at which it ends; C{inf} for never")

    def endAt(until: float) -> Awaitable[float]:
        """
        Move its end.

        @param until: instant in the future; C{inf} for as late as is allowed
        @return: the instant granted. An end earlier than the one before is taken as it is; of a later one as much
            as is allowed, never less than there was
        @raise ServiceHasTerminated: it has ended meanwhile
        """

    def end() -> Awaitable[None]:
        """End it now. @raise ServiceHasTerminated: it has ended meanwhile"""


class IServiceRow(IEndingService):
    """One service that is only a row, as it is during one request."""

    handle: Handle = Attribute("of the service")
    created: float = Attribute("wall time it was made, seconds since 1970")
    owner: str | None = Attribute("as L{IServiceFamily.owner}")

    def values() -> Sequence[ServiceDataElement]:
        """Its service data beside what every service has; the originator is its handle."""


class IServiceRows(Interface):
    """Whoever owns rows that are services."""

    def row(id: str) -> IServiceRow:
        """
        The row of an id.

        @raise UnknownId: there never was one, or too long ago
        @raise ServiceHasTerminated: its life is over
        """


class IRowQueries(Interface):
    """C{findServiceData} over values that are made for one request; otherwise as L{IQueryLanguage}."""

    dialects: Sequence[QName] = Attribute("root elements of the expressions it reads")

    def read(expression: Element) -> object:
        """See L{IQueryLanguage.read <gma_twisted.interfaces.queries.IQueryLanguage>}."""

    def answer(query: object, values: Sequence[ServiceDataElement]) -> Awaitable[bytes]:
        """See L{IQueryLanguage.answer <gma_twisted.interfaces.queries.IQueryLanguage>}."""
