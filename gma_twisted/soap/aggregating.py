"""Which service data shall be aggregated: as the content of an entry says it, and as GT 3.2 said it (WIRE 4)."""

from collections.abc import Sequence

import attrs

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ParameterError,
    cut,
)
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import AGG32, GMA, OGSI
from gma_twisted.model import QName
from gma_twisted.soap.porttypes.aggregation import MAX_NAMES
from gma_twisted.soap.porttypes.nametypes import nameType
from gma_twisted.soap.selectors import NAME_LISTS, readSelectors
from gma_twisted.soap.types import INTEGER, Part, readParts, writeParts

__all__ = [
    "SERVICE_DATA_NAMES",
    "AggregationSubscription",
    "readAggregationSubscription",
    "readServiceDataNames",
    "writeServiceDataNames",
]

SERVICE_DATA_NAMES = QName(GMA, "serviceDataNames")
"""The element in the content of an entry whose service data shall be aggregated where it is registered."""

_NAMES = (Part("name", nameType(QName(GMA, "NameType"), allowsAll=True), 0, MAX_NAMES),)
_SUBSCRIPTION = QName(AGG32, "AggregationSubscription")
_LISTS = frozenset(NAME_LISTS)


def writeServiceDataNames(names: Sequence[QName]) -> bytes:
    """C{gma:serviceDataNames} of some names; local name C{*} for every name of a namespace."""
    inside = writeParts(GMA, _NAMES, {"name": names})
    return b"<gma:serviceDataNames>%b</gma:serviceDataNames>" % inside


def readServiceDataNames(content: Element) -> Sequence[QName]:
    """
    What L{writeServiceDataNames} wrote, as the root of a content or right below it, each name once.

    @return: none when there is no such element, or an empty one
    @raise ParameterError: malformed
    """
    if nameOf(content) == SERVICE_DATA_NAMES:
        found = [content]
    else:
        found = content.findall(SERVICE_DATA_NAMES.clark)
    names = [name for one in found for name in readParts(one, GMA, _NAMES)["name"]]
    return tuple(dict.fromkeys(names))


@attrs.frozen(slots=True)
class AggregationSubscription:
    """
    C{agg32:AggregationSubscription}: how GT 3.2 shall aggregate.

    @ivar names: what; local name C{*} for every name of a namespace
    @ivar lifetime: seconds asked; C{None} for the usual ones
    """

    names: Sequence[QName]
    lifetime: float | None = None


def readAggregationSubscription(root: Element) -> AggregationSubscription:
    """
    Read the C{params} of a C{DataAggregation}; its children in its own namespace, in OGSI's or in none.

    @raise ExtensibilityNotSupported: another element
    @raise ExtensibilityTypeError: malformed; the message says what
    @raise TooLarge: too many names
    """
    if nameOf(root) != _SUBSCRIPTION:
        raise ExtensibilityNotSupported(
            f'"{cut(nameOf(root))}" is no way to aggregate here; there is {_SUBSCRIPTION.clark}'
        )
    names: Sequence[QName] = ()
    lifetime = None
    for child in root:
        name = nameOf(child)
        isKnown = name.namespace in (AGG32, OGSI, "")
        if isKnown and name.localName == "serviceDataNames" and not names:
            names = _namesIn(child)
        elif isKnown and name.localName == "lifetime" and lifetime is None:
            lifetime = _secondsIn(child)
        else:
            raise ExtensibilityTypeError(
                f'"{cut(name)}" does not belong into AggregationSubscription, or not twice'
            )
    if not names:
        raise ExtensibilityTypeError("AggregationSubscription has no serviceDataNames")
    return AggregationSubscription(names, lifetime)


def _namesIn(element: Element) -> Sequence[QName]:
    selectors = readSelectors(element, _LISTS, MAX_NAMES, "subscription")
    if any(one.originator is not None or one.key is not None for one in selectors):
        raise ExtensibilityTypeError("names are aggregated whole, without originator and key")
    return tuple(one.name for one in selectors)


def _secondsIn(element: Element) -> float:
    try:
        return float(INTEGER.read(element))
    except ParameterError as error:
        raise ExtensibilityTypeError(error.message) from None
