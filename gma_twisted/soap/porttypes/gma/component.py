"""What producers, consumers and directories have in common: features, numbers, leases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces.gma import IGMAComponent
from gma_twisted.markup.namespaces import GMA, XSD
from gma_twisted.model import Access, QName
from gma_twisted.model.gma import Features
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.types import SECONDS, STRING, Part, Scalar, Struct
from gma_twisted.soap.types.event import EVENT, TIMESTAMP

__all__ = ["COMPONENT", "GRANTED", "ID", "LEASE", "Side", "taken"]

_MOST = 2**53
"""JavaScript, which some clients are written in, has no more whole numbers."""


def _long(text: str) -> int:
    value = text.strip()
    if not (value.isascii() and value.isdigit() and len(value) < 17 and int(value) < _MOST):
        raise ParameterError(f'"{cut(value, 40)}" is not a whole number from 0 to 2**53')
    return int(value)


ID = Scalar(QName(XSD, "long"), _long, str)


def taken(*names: str) -> Callable[[Any], Mapping[str, Any]]:
    """The parts of a value that is called by the names of its attributes."""
    return lambda value: {name: getattr(value, name) for name in names}


def _features(
    instanceId: str,
    startTime: Any,
    software: str,
    role: Sequence[str],
    feature: Sequence[str],
    dataScheme: Sequence[str],
    encoding: Sequence[str],
    maxLease: float,
    eventType: Sequence[Any],
) -> Features:
    return Features(
        instanceId, startTime, software, role, feature, dataScheme, encoding, maxLease, eventType
    )


def _featureParts(value: Features) -> Mapping[str, Any]:
    return {
        "instanceId": value.instanceId,
        "startTime": value.startTime,
        "software": value.software,
        "role": value.roles,
        "feature": value.features,
        "dataScheme": value.dataSchemes,
        "encoding": value.encodings,
        "maxLease": value.maxLease,
        "eventType": value.eventTypes,
    }


_FEATURES = Struct(
    QName(GMA, "FeaturesType"),
    (
        Part("instanceId", STRING),
        Part("startTime", TIMESTAMP),
        Part("software", STRING),
        Part.many("role", STRING),
        Part.many("feature", STRING),
        Part.many("dataScheme", STRING),
        Part.many("encoding", STRING),
        Part("maxLease", SECONDS),
        Part.many("eventType", EVENT),
    ),
    _features,
    _featureParts,
)


COMPONENT = PortType(
    name=QName(GMA, "ComponentPortType"),
    interface=IGMAComponent,
    operations=(
        Operation(
            GMA,
            "getFeatures",
            (),
            (Part("features", _FEATURES),),
            access=Access.READ,
            documentation="Tells which operations it implements, and which data it has or wants.",
        ),
        Operation(
            GMA,
            "ping",
            (),
            (Part("now", TIMESTAMP),),
            access=Access.READ,
            documentation="Tells what time it is there.",
        ),
    ),
)

LEASE = Part.optional("lease", SECONDS)
GRANTED = Part("grantedLease", SECONDS)


@attrs.frozen
class Side:
    """The operations on one subscription, which both sides have in the same words."""

    namespace: str
    id: str

    def operation(
        self, name: str, more: Sequence[Part], response: Sequence[Part], documentation: str
    ) -> Operation:
        return Operation(
            self.namespace,
            name,
            (Part(self.id, ID), *more),
            response,
            access=Access.SUBSCRIBE,
            takesCaller=True,
            target=self.id,
            documentation=documentation,
        )
