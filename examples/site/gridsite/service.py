"""A board of announcements: a service that clients have made, write on, and subscribe to."""

from collections.abc import Awaitable

from gma_twisted.errors import Busy, NotImplementedException, ParameterError
from gma_twisted.interfaces import ICreatedService, ServicePlace
from gma_twisted.markup import valueFromTree
from gma_twisted.markup.build import element
from gma_twisted.markup.namespaces import XSD
from gma_twisted.model import FOREVER, Access, ElementKey, Put, QName, Remove
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.declaration import Cardinality, Mutability, ServiceDataDeclaration
from gma_twisted.soap.types import INTEGER, STRING, Part
from zope.interface import Interface, implementer

__all__ = ["ANNOUNCEMENT", "BOARD", "Board", "IBoard"]

_URI = "urn:example:gridsite"

ANNOUNCEMENT = QName(_URI, "Announcement")
"""Service data name of what is announced."""


class IBoard(Interface):
    """Tells everybody one thing at a time."""

    def announce(text: str) -> Awaitable[int]:
        """
        Announce something, in the place of what was announced before.

        @return: how many announcements there were since the board began
        @raise ParameterError: empty or too long
        """

    def withdraw() -> Awaitable[None]:
        """Announce nothing. @raise Busy: nothing is announced"""

    def translate(language: str) -> Awaitable[str]:
        """What is announced in another language."""


BOARD = PortType(
    QName(_URI, "Board"),
    IBoard,
    (
        Operation(
            _URI,
            "announce",
            (Part("text", STRING),),
            (Part("count", INTEGER),),
            access=Access.WRITE,
        ),
        Operation(_URI, "withdraw", (), (), access=Access.WRITE),
        Operation(
            _URI,
            "translate",
            (Part("language", STRING),),
            (Part("text", STRING),),
            access=Access.READ,
        ),
    ),
    (
        ServiceDataDeclaration(
            ANNOUNCEMENT, QName(XSD, "string"), Cardinality(0, 1), Mutability.MUTABLE
        ),
    ),
)


@implementer(ICreatedService, IBoard)
class Board:
    """
    One board. What is announced is its service data, so subscribers hear of it.

    It is nowhere else: a node that keeps service data brings it back, and this object is a new one then.
    """

    portTypes = (BOARD,)
    serviceData = ()
    operatorOnly = frozenset({"longest"})

    def __init__(self, longest: int = 200) -> None:
        """@param longest: characters of an announcement"""
        self._longest = longest
        self._count = 0
        self._place: ServicePlace | None = None

    async def start(self, place: ServicePlace) -> None:
        """See L{ICreatedService}."""
        self._place = place

    async def stop(self) -> None:
        """See L{ICreatedService}; there is nothing to give back."""

    async def announce(self, text: str) -> int:
        """See L{IBoard}."""
        if not 0 < len(text) <= self._longest:
            raise ParameterError(f"an announcement has 1 to {self._longest} characters")
        assert self._place is not None, "start comes first"
        root = element(ANNOUNCEMENT, text=text)
        await self._place.store.commit([Put(valueFromTree(root, self._key(), FOREVER))])
        self._count += 1
        return self._count

    async def withdraw(self) -> None:
        """See L{IBoard}."""
        assert self._place is not None
        if self._place.store.get(self._key()) is None:
            raise Busy("nothing is announced")
        await self._place.store.commit([Remove(self._key())])

    async def translate(self, language: str) -> str:
        """See L{IBoard}; nobody here knows languages yet."""
        raise NotImplementedException("this board does not translate")

    def _key(self) -> ElementKey:
        assert self._place is not None
        return ElementKey(ANNOUNCEMENT, self._place.handle.url)
