"""Aggregation: copies of other services' data (WIRE 4; the original's WSDL is lost)."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import IAggregator
from gma_twisted.markup.namespaces import SUB
from gma_twisted.model import Access, Handle, QName, UpstreamState, UpstreamStatus
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.gridservice import FIND_SERVICE_DATA
from gma_twisted.soap.porttypes.nametypes import nameType
from gma_twisted.soap.types import DATETIME, HANDLE, INTEGER, SECONDS, STRING, Part, Struct

__all__ = ["AGGREGATOR", "MAX_NAMES"]

MAX_NAMES = 1000
"""Most names of one subscription."""

_NAME = nameType(QName(SUB, "NameType"), allowsAll=True)


def _status(
    subscriptionId: str,
    source: Handle,
    name: list[QName],
    state: str,
    reason: str | None,
    lastNotice: float | None,
    values: int,
) -> UpstreamStatus:
    return UpstreamStatus(
        subscriptionId, source, name, _stateOf(state), reason or "", lastNotice, values
    )


def _stateOf(text: str) -> UpstreamState:
    try:
        return UpstreamState(text.strip())
    except ValueError:
        raise ParameterError(f'"{cut(text, 40)}" is no state of a subscription') from None


def _statusParts(status: UpstreamStatus) -> Mapping[str, Any]:
    return {
        "subscriptionId": status.subscriptionId,
        "source": status.source,
        "name": status.names,
        "state": status.state.value,
        "reason": status.reason or None,
        "lastNotice": status.lastNotice,
        "values": status.values,
    }


_SUBSCRIPTION = Struct(
    QName(SUB, "SubscriptionType"),
    (
        Part("subscriptionId", STRING),
        Part("source", HANDLE),
        Part("name", _NAME, 0, MAX_NAMES),
        Part("state", STRING),
        Part.optional("reason", STRING),
        Part.optional("lastNotice", DATETIME),
        Part("values", INTEGER),
    ),
    _status,
    _statusParts,
)

AGGREGATOR = PortType(
    name=QName(SUB, "AggregatorPortType"),
    interface=IAggregator,
    operations=(
        Operation(
            SUB,
            "addSubscription",
            (
                Part("source", HANDLE),
                Part("name", _NAME, 1, MAX_NAMES),
                Part.optional("lifetime", SECONDS),
                Part.optional("mode", STRING),
                Part.optional("interval", SECONDS),
            ),
            (Part("subscriptionId", STRING), Part("lifetime", SECONDS)),
            access=Access.AGGREGATE,
            alsoNeeds=FIND_SERVICE_DATA,
            takesCaller=True,
            documentation="Begins to copy a source's service data; for a known source it renews.",
        ),
        Operation(
            SUB,
            "removeSubscription",
            (Part("subscriptionId", STRING),),
            (),
            access=Access.AGGREGATE,
            takesCaller=True,
            documentation="Ends a subscription; its values stay until their lifetime ends.",
        ),
        Operation(
            SUB,
            "listSubscriptions",
            (),
            (Part.many("subscription", _SUBSCRIPTION),),
            access=Access.READ,
            isRead=True,
            documentation="Tells every source and where its session stands.",
        ),
    ),
)
