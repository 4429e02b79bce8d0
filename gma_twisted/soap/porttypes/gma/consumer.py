"""The operations of a consumer (WIRE 6; GFD-I.7, 3)."""

from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.markup.namespaces import GMAC
from gma_twisted.model import Access, QName
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.gma.component import COMPONENT, GRANTED, ID, LEASE, Side
from gma_twisted.soap.types import INTEGER, STRING, Part
from gma_twisted.soap.types.event import EVENT

__all__ = ["CONSUMER"]

_CONSUMER = Side(GMAC, "consumerId")

CONSUMER = PortType(
    name=QName(GMAC, "ConsumerPortType"),
    interface=IConsumer,
    extends=(COMPONENT,),
    operations=(
        Operation(
            GMAC,
            "notify",
            (
                Part.optional("callerId", ID),
                Part.optional("sequence", ID),
                Part.optional("missed", ID),
                Part.many("event", EVENT, least=1),
            ),
            (Part("accepted", INTEGER),),
            access=Access.NOTIFY,
            isRoutine=True,
            takesCaller=True,
            documentation="Takes events.",
        ),
        Operation(
            GMAC,
            "subscribe",
            (Part("template", EVENT), Part("callerId", ID), LEASE),
            (
                Part("consumerId", ID),
                Part("dataUrl", STRING),
                Part("encoding", STRING),
                GRANTED,
            ),
            access=Access.SUBSCRIBE,
            takesCaller=True,
            documentation="Tells a producer where to send what it has.",
        ),
        Operation(
            GMAC,
            "query",
            (
                Part("template", EVENT),
                Part("callerId", ID),
                Part.optional("producer", STRING),
            ),
            (Part.many("wanted", EVENT),),
            access=Access.SUBSCRIBE,
            takesCaller=True,
            documentation="Tells a producer which of its events are wanted now; it brings them in one notify.",
        ),
        _CONSUMER.operation("renew", (LEASE,), (GRANTED,), "Renews a subscription."),
        _CONSUMER.operation("unsubscribe", (), (Part("consumerId", ID),), "Ends a subscription."),
    ),
)
