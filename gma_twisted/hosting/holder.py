"""The kind of service that comes with the node: it holds what clients put into it."""

from collections.abc import Awaitable, Sequence

from zope.interface import implementer

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import ICreatedService, ServicePlace
from gma_twisted.markup.namespaces import XSD
from gma_twisted.markup.xsd import checkedQName
from gma_twisted.model import QName
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import ANY, InitialServiceData, Mutability, ServiceDataDeclaration
from gma_twisted.timing import Ready

__all__ = ["ServiceDataHolder"]


@implementer(ICreatedService)
class ServiceDataHolder:
    """
    A GridService with service data that clients set, replace and delete by C{setServiceData}; any number of values
    of any type.
    """

    portTypes: tuple[PortType, ...] = ()

    def __init__(self, serviceDataName: Sequence[str] = ()) -> None:
        """
        @param serviceDataName: names, C{{uri}local}
        @raise ParameterError: one is malformed, or its namespace is no URI
        """
        names = dict.fromkeys(_read(text) for text in serviceDataName)
        self.serviceData = tuple(
            InitialServiceData(
                ServiceDataDeclaration(
                    name, QName(XSD, "anyType"), ANY, Mutability.MUTABLE, isModifiable=True
                )
            )
            for name in names
        )

    def start(self, place: ServicePlace) -> Awaitable[None]:
        """See L{ICreatedService}; the node does all there is to do."""
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """See L{ICreatedService}."""
        return Ready(None)


def _read(text: str) -> QName:
    try:
        return checkedQName(QName.parse(text))
    except ParameterError as error:
        raise ParameterError(f"serviceDataName: {error.message}") from None
