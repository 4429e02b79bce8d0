"""The operations of a producer (WIRE 6; GFD-I.7, 3)."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces.gma import IProducer
from gma_twisted.markup.namespaces import GMAE, GMAP, XSD
from gma_twisted.model import Access, QName
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.gma import EventAnswer, EventFilter, EventSource, FilterLanguage
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.gma.component import COMPONENT, GRANTED, ID, LEASE, Side, taken
from gma_twisted.soap.types import BOOLEAN, INTEGER, SECONDS, STRING, Part, Scalar, Struct
from gma_twisted.soap.types.event import EVENT, TIMESTAMP

__all__ = ["PRODUCER"]


def _language(text: str) -> FilterLanguage:
    try:
        return FilterLanguage(text.strip())
    except ValueError:
        raise ParameterError(
            f'"{cut(text, 40)}" is no language of filters', cure='write "comparison" or "xpath"'
        ) from None


_LANGUAGE = Scalar(QName(XSD, "string"), _language, attrgetter("value"))

_FILTER = Struct(
    QName(GMAE, "FilterType"),
    (Part("language", _LANGUAGE), Part("expression", STRING)),
    EventFilter,
    taken("language", "expression"),
)
_SOURCE = Struct(
    QName(GMAE, "SourceType"),
    (Part("name", STRING), Part.optional("newest", TIMESTAMP), Part("state", STRING)),
    EventSource,
    taken("name", "newest", "state"),
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

_PRODUCER = Side(GMAP, "producerId")

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


def _estimate(
    eventsPerSecond: float, bytesPerSecond: float, basis: str, seconds: float, events: int
) -> Estimate:
    return Estimate(eventsPerSecond, bytesPerSecond, basis, seconds, events)


_ESTIMATE = Struct(
    QName(GMAP, "EstimateType"),
    (
        Part("eventsPerSecond", SECONDS),
        Part("bytesPerSecond", SECONDS),
        Part("basis", STRING),
        Part("seconds", SECONDS),
        Part("events", INTEGER),
    ),
    _estimate,
    taken("eventsPerSecond", "bytesPerSecond", "basis", "seconds", "events"),
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
                Part("callerId", ID),
                LEASE,
                Part.optional("lookBack", SECONDS),
                Part.optional("rateLimit", SECONDS),
            ),
            (Part("producerId", ID), GRANTED, Part("firstSequence", ID)),
            access=Access.SUBSCRIBE,
            takesCaller=True,
            target="dataUrl",
            alsoNeeds=_QUERY,
            documentation="Sends the events a template is true of to a data URL, for as long as the lease is renewed.",
        ),
        _PRODUCER.operation("unsubscribe", (), (Part("producerId", ID),), "Ends a subscription."),
        _PRODUCER.operation("renew", (LEASE,), (GRANTED,), "Renews a subscription."),
        _PRODUCER.operation(
            "modify",
            (Part.optional("filter", _FILTER), Part.optional("rateLimit", SECONDS), LEASE),
            (GRANTED,),
            "Gives a subscription another filter, rate limit or lease.",
        ),
        _PRODUCER.operation("pause", (), (GRANTED,), "Sends nothing until it is resumed."),
        _PRODUCER.operation("resume", (), (GRANTED,), "Sends again."),
        Operation(
            GMAP,
            "estimate",
            (
                Part("template", EVENT),
                Part.optional("filter", _FILTER),
                Part.optional("encoding", STRING),
                Part.optional("rateLimit", SECONDS),
            ),
            (Part("estimate", _ESTIMATE),),
            access=Access.READ,
            takesCaller=True,
            # How many events pass a filter says what is in them.
            alsoNeeds=_QUERY,
            documentation="Tells how many events and bytes a second a subscription would bring; nobody is subscribed.",
        ),
    ),
)
