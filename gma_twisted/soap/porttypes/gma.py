"""Producer, consumer and directory of the Grid Monitoring Architecture (WIRE 6; GFD-I.7, 3)."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces.gma import IConsumer, IDirectory, IGMAComponent, IProducer
from gma_twisted.markup.namespaces import GMA, GMAC, GMAE, GMAP, GMAR, XSD
from gma_twisted.model import Access, QName
from gma_twisted.model.gma import (
    EventAnswer,
    EventFilter,
    EventSource,
    Features,
    FilterLanguage,
    GMAEntry,
    GMARole,
    SearchAnswer,
)
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.types import BOOLEAN, INTEGER, SECONDS, STRING, Part, Scalar, Struct
from gma_twisted.soap.types.event import EVENT, TIMESTAMP

__all__ = ["COMPONENT", "CONSUMER", "DIRECTORY", "PRODUCER"]

_MOST = 2**53
"""JavaScript, which some clients are written in, has no more whole numbers."""


def _long(text: str) -> int:
    value = text.strip()
    if not (value.isascii() and value.isdigit() and len(value) < 17 and int(value) < _MOST):
        raise ParameterError(f'"{cut(value, 40)}" is not a whole number from 0 to 2**53')
    return int(value)


_ID = Scalar(QName(XSD, "long"), _long, str)


def _taken(*names: str) -> Callable[[Any], Mapping[str, Any]]:
    """The parts of a value that is called by the names of its attributes."""
    return lambda value: {name: getattr(value, name) for name in names}


def _role(text: str) -> GMARole:
    try:
        return GMARole(text.strip())
    except ValueError:
        raise ParameterError(
            f'"{cut(text, 40)}" is no role', cure='write "producer", "consumer" or "registry"'
        ) from None


def _language(text: str) -> FilterLanguage:
    try:
        return FilterLanguage(text.strip())
    except ValueError:
        raise ParameterError(
            f'"{cut(text, 40)}" is no language of filters', cure='write "comparison" or "xpath"'
        ) from None


_ROLE = Scalar(QName(XSD, "string"), _role, attrgetter("value"))
_LANGUAGE = Scalar(QName(XSD, "string"), _language, attrgetter("value"))

_FILTER = Struct(
    QName(GMAE, "FilterType"),
    (Part("language", _LANGUAGE), Part("expression", STRING)),
    EventFilter,
    _taken("language", "expression"),
)
_SOURCE = Struct(
    QName(GMAE, "SourceType"),
    (Part("name", STRING), Part.optional("newest", TIMESTAMP), Part("state", STRING)),
    EventSource,
    _taken("name", "newest", "state"),
)


def _answer(
    event: Sequence[Any],
    complete: bool,
    warning: Sequence[str],
    source: Sequence[EventSource],
    cursor: str | None,
) -> EventAnswer:
    return EventAnswer(event, complete, warning, source, cursor)


def _answerParts(value: EventAnswer) -> Mapping[str, Any]:
    return {
        "event": value.events,
        "complete": value.isComplete,
        "warning": value.warnings,
        "source": value.sources,
        "cursor": value.cursor,
    }


_ANSWER = Struct(
    QName(GMAE, "AnswerType"),
    (
        Part.many("event", EVENT),
        Part("complete", BOOLEAN),
        Part.many("warning", STRING),
        Part.many("source", _SOURCE),
        Part.optional("cursor", STRING),
    ),
    _answer,
    _answerParts,
)


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


def _attribute(name: str, value: str) -> tuple[str, str]:
    return name, value


def _attributeParts(value: tuple[str, str]) -> Mapping[str, Any]:
    return {"name": value[0], "value": value[1]}


_ATTRIBUTE = Struct(
    QName(GMAR, "AttributeType"),
    (Part("name", STRING), Part("value", STRING)),
    _attribute,
    _attributeParts,
)


def _entry(
    role: GMARole,
    endpoint: str,
    eventType: Sequence[Any],
    attribute: Sequence[tuple[str, str]],
    entryId: str | None,
    lifetime: float | None,
) -> GMAEntry:
    return GMAEntry(role, endpoint, eventType, attribute, entryId or "", lifetime)


def _entryParts(value: GMAEntry) -> Mapping[str, Any]:
    return {
        "role": value.role,
        "endpoint": value.endpoint,
        "eventType": value.eventTypes,
        "attribute": value.attributes,
        "entryId": value.entry or None,
        "lifetime": value.lifetime,
    }


_ENTRY = Struct(
    QName(GMAR, "EntryType"),
    (
        Part("role", _ROLE),
        Part("endpoint", STRING),
        Part.many("eventType", EVENT),
        Part.many("attribute", _ATTRIBUTE),
        Part.optional("entryId", STRING),
        Part.optional("lifetime", SECONDS),
    ),
    _entry,
    _entryParts,
)


def _page(entry: Sequence[GMAEntry], cursor: str | None) -> SearchAnswer:
    return SearchAnswer(entry, cursor)


def _pageParts(value: SearchAnswer) -> Mapping[str, Any]:
    return {"entry": value.entries, "cursor": value.cursor}


_PAGE = Struct(
    QName(GMAR, "PageType"),
    (Part.many("entry", _ENTRY), Part.optional("cursor", STRING)),
    _page,
    _pageParts,
)


def _renewal(entryId: str, lifetime: float | None) -> tuple[str, float | None]:
    return entryId, lifetime


def _renewalParts(value: tuple[str, float | None]) -> Mapping[str, Any]:
    return {"entryId": value[0], "lifetime": value[1]}


_RENEWAL = Struct(
    QName(GMAR, "RenewalType"),
    (Part("entryId", STRING), Part.optional("lifetime", SECONDS)),
    _renewal,
    _renewalParts,
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

_LEASE = Part.optional("lease", SECONDS)
_GRANTED = Part("grantedLease", SECONDS)


@attrs.frozen
class _Side:
    """The operations on one subscription, which both sides have in the same words."""

    namespace: str
    id: str

    def operation(
        self, name: str, more: Sequence[Part], response: Sequence[Part], documentation: str
    ) -> Operation:
        return Operation(
            self.namespace,
            name,
            (Part(self.id, _ID), *more),
            response,
            access=Access.SUBSCRIBE,
            takesCaller=True,
            target=self.id,
            documentation=documentation,
        )


_PRODUCER = _Side(GMAP, "producerId")
_CONSUMER = _Side(GMAC, "consumerId")

_QUERY = Operation(
    GMAP,
    "query",
    (
        Part("template", EVENT),
        Part.optional("filter", _FILTER),
        Part("mode", STRING),
        Part.optional("interval", SECONDS),
        Part.optional("maxEvents", INTEGER),
        Part.optional("cursor", STRING),
    ),
    (Part("answer", _ANSWER),),
    access=Access.READ,
    takesCaller=True,
    documentation="Answers the latest events, or those of the past, that a template is true of.",
)

PRODUCER = PortType(
    name=QName(GMAP, "ProducerPortType"),
    interface=IProducer,
    extends=(COMPONENT,),
    operations=(
        _QUERY,
        Operation(
            GMAP,
            "subscribe",
            (
                Part("template", EVENT),
                Part.optional("filter", _FILTER),
                Part("dataUrl", STRING),
                Part.optional("encoding", STRING),
                Part("callerId", _ID),
                _LEASE,
                Part.optional("lookBack", SECONDS),
                Part.optional("rateLimit", SECONDS),
            ),
            (Part("producerId", _ID), _GRANTED, Part("firstSequence", _ID)),
            access=Access.SUBSCRIBE,
            takesCaller=True,
            target="dataUrl",
            alsoNeeds=_QUERY,
            documentation="Sends the events a template is true of to a data URL, for as long as the lease is renewed.",
        ),
        _PRODUCER.operation("unsubscribe", (), (Part("producerId", _ID),), "Ends a subscription."),
        _PRODUCER.operation("renew", (_LEASE,), (_GRANTED,), "Renews a subscription."),
        _PRODUCER.operation(
            "modify",
            (Part.optional("filter", _FILTER), Part.optional("rateLimit", SECONDS), _LEASE),
            (_GRANTED,),
            "Gives a subscription another filter, rate limit or lease.",
        ),
        _PRODUCER.operation("pause", (), (_GRANTED,), "Sends nothing until it is resumed."),
        _PRODUCER.operation("resume", (), (_GRANTED,), "Sends again."),
    ),
)

CONSUMER = PortType(
    name=QName(GMAC, "ConsumerPortType"),
    interface=IConsumer,
    extends=(COMPONENT,),
    operations=(
        Operation(
            GMAC,
            "notify",
            (
                Part.optional("callerId", _ID),
                Part.optional("sequence", _ID),
                Part.optional("missed", _ID),
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
            (Part("template", EVENT), Part("callerId", _ID), _LEASE),
            (
                Part("consumerId", _ID),
                Part("dataUrl", STRING),
                Part("encoding", STRING),
                _GRANTED,
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
                Part("callerId", _ID),
                Part.optional("producer", STRING),
            ),
            (Part.many("wanted", EVENT),),
            access=Access.SUBSCRIBE,
            takesCaller=True,
            documentation="Tells a producer which of its events are wanted now; it brings them in one notify.",
        ),
        _CONSUMER.operation("renew", (_LEASE,), (_GRANTED,), "Renews a subscription."),
        _CONSUMER.operation("unsubscribe", (), (Part("consumerId", _ID),), "Ends a subscription."),
    ),
)


def _registering(
    name: str,
    request: Sequence[Part],
    response: Sequence[Part],
    documentation: str,
    target: str,
    access: Access = Access.REGISTER,
    alsoNeeds: Operation | None = None,
) -> Operation:
    return Operation(
        GMAR,
        name,
        request,
        response,
        access=access,
        alsoNeeds=alsoNeeds,
        takesCaller=True,
        target=target,
        documentation=documentation,
    )


_ENTRY_ID = Part("entryId", STRING)
_MATCHES = Part.many("match", _ENTRY)
_WANTED = (Part.optional("role", STRING), Part.optional("template", EVENT))
_ATTRIBUTES = Part.many("attribute", _ATTRIBUTE)

_SEARCH = _registering(
    "search",
    (
        *_WANTED,
        Part.optional("xpath", STRING),
        _ATTRIBUTES,
        Part.optional("limit", INTEGER),
        Part.optional("cursor", STRING),
    ),
    (Part("page", _PAGE),),
    "Tells which producers and consumers there are.",
    "",
    Access.READ,
)

DIRECTORY = PortType(
    name=QName(GMAR, "RegistryPortType"),
    interface=IDirectory,
    extends=(COMPONENT,),
    operations=(
        _registering(
            "add",
            (Part("entry", _ENTRY), _LEASE),
            (_ENTRY_ID, _GRANTED, _MATCHES),
            "Adds a producer or consumer, and tells whom it could talk to.",
            "entry",
        ),
        _registering(
            "update",
            (_ENTRY_ID, Part("entry", _ENTRY), _LEASE),
            (_GRANTED, _MATCHES),
            "Puts another entry in the place of one.",
            "entryId",
        ),
        _registering("remove", (_ENTRY_ID,), (), "Ends an entry.", "entryId"),
        _registering("renew", (_ENTRY_ID, _LEASE), (_GRANTED,), "Renews an entry.", "entryId"),
        _registering(
            "renewMany",
            (Part.many("entryId", STRING, least=1), _LEASE),
            (Part.many("result", _RENEWAL),),
            "Renews many entries, and tells which are unknown.",
            "entryId",
        ),
        _SEARCH,
        _registering(
            "watch",
            (*_WANTED, _ATTRIBUTES, Part("consumer", STRING), Part("callerId", _ID), _LEASE),
            (Part("watchId", _ID), _GRANTED),
            "Tells a consumer of entries that come, change and go.",
            "consumer",
            Access.SUBSCRIBE,
            _SEARCH,
        ),
        _registering(
            "unwatch",
            (Part("watchId", _ID),),
            (Part("watchId", _ID),),
            "Ends a watch.",
            "watchId",
            Access.SUBSCRIBE,
        ),
    ),
)
