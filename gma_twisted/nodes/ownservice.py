"""A service of an operator's class, C{[services.NAME]}, with what every service of a node has."""

from gma_twisted.interfaces import ServicePlace
from gma_twisted.nodes.grounding import Grounding
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.kind import pathOf
from gma_twisted.nodes.notifying import Notifying
from gma_twisted.nodes.ownclasses import OwnClass
from gma_twisted.nodes.ownparts import OwnPart, PlacedService
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.transport import Exchange

__all__ = ["hostOwnService"]


def hostOwnService(
    name: str, ownClass: OwnClass, grounding: Grounding, notifying: Notifying, exchange: Exchange
) -> HostedService:
    """
    Make such a service.

    @param name: NAME
    @param ownClass: the class
    @param grounding: gives it a store
    @param notifying: makes it tell of its changes
    @param exchange: answers for it
    @raise GMAError: the class cannot be made
    """
    service = ownClass.service(grounding.runtime)
    ground = grounding.lay(
        pathOf(name),
        (GRID_SERVICE, NOTIFICATION_SOURCE, *service.portTypes),
        service.serviceData,
        # No name of a section begins so, and no other store of a node is called after one.
        f"_service-{name}",
    )
    notification = notifying.host(ground.handle, ground.store, standing=ground.standing)
    place = ServicePlace(ground.handle, name, ground.store)
    part = OwnPart(PlacedService(service, place), ownClass.what, grounding.clock)
    return ground.hosted(
        exchange,
        [*notification.roles, service],
        [part, notification],
        families=[notification.family],
    )
