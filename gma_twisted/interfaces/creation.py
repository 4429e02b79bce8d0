"""Services of classes that a configuration names: the kinds there are, and what a class adds to GridService."""

from collections.abc import Awaitable, Sequence
from typing import Any

import attrs
from zope.interface import Attribute, Interface

from gma_twisted.interfaces.stores import IServiceDataStore
from gma_twisted.model import Handle

__all__ = ["ICreatedService", "IServiceKind", "ServicePlace"]


@attrs.frozen(slots=True, eq=False)
class ServicePlace:
    """
    What such a service finds where it lives.

    @ivar handle: its own; originator of the values it publishes
    @ivar name: what its maker calls it; empty for nothing. Of C{[services.NAME]}, NAME
    @ivar store: its service data, its own and nobody else's
    """

    handle: Handle
    name: str
    store: IServiceDataStore


class ICreatedService(Interface):
    """
    What a class adds to GridService; an object is made for every service of its kind (GT3's ServiceSkeleton).

    The same class serves both: C{[factory.NAME]} is a kind of services that clients have made by request, each with an
    end; C{[services.NAME]} is one service, there from the start of the node to its end.

    It also provides the interfaces of its port types. Arguments are constructor keywords; the signature is the
    declaration. What the class names in C{operatorOnly} is for the configuration alone. GridService itself, the
    service's end included, is the node's business, and so is NotificationSource of C{[services.NAME]}. The constructor
    opens nothing: of C{[services.NAME]} one is made whenever a configuration is checked.
    """

    portTypes: Sequence[Any] = Attribute(
        "declarations of what it offers beside GridService; an attribute of the class, a tuple"
    )
    serviceData: Sequence[Any] = Attribute(
        "what it has beside that of its port types, L{InitialServiceData"
        " <gma_twisted.soap.declaration.InitialServiceData>}; what is modifiable there, clients may set"
    )

    def start(place: ServicePlace) -> Awaitable[None]:
        """
        Begin, once, before the first request; it has 10 seconds.

        @raise GMAError: it cannot. C{createService} answers that, and there is no service; of C{[services.NAME]} the
            node does not start, and says why
        """

    def stop() -> Awaitable[None]:
        """End, once, after the last request; it has 10 seconds. Also called when C{start} failed."""


class IServiceKind(Interface):
    """A kind of service that a Factory makes."""

    name: str = Attribute("what C{gma:kind} says")
    portTypes: Sequence[Any] = Attribute("as in L{ICreatedService}")

    def make(arguments: Sequence[tuple[str, str]]) -> ICreatedService:
        """
        Make what one service adds to GridService; nothing is started.

        @param arguments: (name, value) pairs as they came; names may repeat
        @raise ParameterError: the kind does not take them
        """
