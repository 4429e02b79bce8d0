"""The operations of a directory (WIRE 6; GFD-I.7, 3)."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces.gma import IDirectory
from gma_twisted.markup.namespaces import GMAR, XSD
from gma_twisted.model import Access, QName
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.gma.component import COMPONENT, GRANTED, ID, LEASE
from gma_twisted.soap.types import INTEGER, SECONDS, STRING, Part, Scalar, Struct
from gma_twisted.soap.types.event import EVENT

__all__ = ["DIRECTORY"]


def _role(text: str) -> GMARole:
    try:
        return GMARole(text.strip())
    except ValueError:
        raise ParameterError(
            f'"{cut(text, 40)}" is no role', cure='write "producer", "consumer" or "registry"'
        ) from None


_ROLE = Scalar(QName(XSD, "string"), _role, attrgetter("value"))


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
            (Part("entry", _ENTRY), LEASE),
            (_ENTRY_ID, GRANTED, _MATCHES),
            "Adds a producer or consumer, and tells whom it could talk to.",
            "entry",
        ),
        _registering(
            "update",
            (_ENTRY_ID, Part("entry", _ENTRY), LEASE),
            (GRANTED, _MATCHES),
            "Puts another entry in the place of one.",
            "entryId",
        ),
        _registering("remove", (_ENTRY_ID,), (), "Ends an entry.", "entryId"),
        _registering("renew", (_ENTRY_ID, LEASE), (GRANTED,), "Renews an entry.", "entryId"),
        _registering(
            "renewMany",
            (Part.many("entryId", STRING, least=1), LEASE),
            (Part.many("result", _RENEWAL),),
            "Renews many entries, and tells which are unknown.",
            "entryId",
        ),
        _SEARCH,
        _registering(
            "watch",
            (*_WANTED, _ATTRIBUTES, Part("consumer", STRING), Part("callerId", ID), LEASE),
            (Part("watchId", ID), GRANTED),
            "Tells a consumer of entries that come, change and go.",
            "consumer",
            Access.SUBSCRIBE,
            _SEARCH,
        ),
        _registering(
            "unwatch",
            (Part("watchId", ID),),
            (Part("watchId", ID),),
            "Ends a watch.",
            "watchId",
            Access.SUBSCRIBE,
        ),
    ),
)
