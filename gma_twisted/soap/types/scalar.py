"""Simple types: text in one element."""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import OGSI, XSD
from gma_twisted.markup.xsd import (
    readBoolean,
    readDateTime,
    readExtendedDateTime,
    readQName,
    readSeconds,
    writeBoolean,
    writeDateTime,
    writeExtendedDateTime,
    writeSeconds,
)
from gma_twisted.model import Handle, QName

__all__ = [
    "BOOLEAN",
    "DATETIME",
    "HANDLE",
    "INTEGER",
    "QNAME",
    "SECONDS",
    "STRING",
    "WHEN",
    "Scalar",
]

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_INT_RANGE = 2**31


@attrs.frozen(slots=True, eq=False)
class Scalar:
    """
    Text of one simple type.

    @ivar xsd: schema type
    @ivar fromText: raises ParameterError
    @ivar toText: unescaped
    """

    xsd: QName
    fromText: Callable[[str], Any]
    toText: Callable[[Any], str]

    def read(self, element: Element) -> Any:
        """The value of the element's text. @raise ParameterError: malformed, or elements in it"""
        if len(element):
            raise ParameterError(f"{nameOf(element).localName} holds text, no elements")
        try:
            return self.fromText(element.text or "")
        except ParameterError as error:
            raise ParameterError(f"{nameOf(element).localName}: {error}") from None

    def write(self, tag: str, value: Any) -> bytes:
        """One element with the value as text."""
        return f"<{tag}>{escapeText(self.toText(value))}</{tag}>".encode()


def _integer(text: str) -> int:
    value = text.strip()
    if not _INTEGER.match(value) or not -_INT_RANGE <= int(value) < _INT_RANGE:
        raise ParameterError(f'"{cut(value, 40)}" is not a whole number of 32 bits')
    return int(value)


def _same(text: str) -> str:
    return text


STRING = Scalar(QName(XSD, "string"), _same, str)
BOOLEAN = Scalar(QName(XSD, "boolean"), readBoolean, writeBoolean)
INTEGER = Scalar(QName(XSD, "int"), _integer, str)
SECONDS = Scalar(QName(XSD, "decimal"), readSeconds, writeSeconds)
DATETIME = Scalar(QName(XSD, "dateTime"), readDateTime, writeDateTime)
WHEN = Scalar(QName(OGSI, "ExtendedDateTimeType"), readExtendedDateTime, writeExtendedDateTime)
HANDLE = Scalar(QName(XSD, "anyURI"), Handle.parse, attrgetter("url"))


class _QNameType:
    """
    xsd:QName in text, or Clark notation (WIRE 1).

    Written as a prefixed name with its declaration on the element itself: GT3's shape.
    """

    xsd = QName(XSD, "QName")

    def read(self, element: Element) -> QName:
        """The name, its prefix resolved where it stands."""
        return readQName(element.text or "", element.nsmap)

    def write(self, tag: str, value: QName) -> bytes:
        """One element with the name as text."""
        if not value.namespace:
            return f"<{tag}>{escapeText(value.localName)}</{tag}>".encode()
        uri = escapeAttribute(value.namespace)
        return f'<{tag} xmlns:q="{uri}">q:{escapeText(value.localName)}</{tag}>'.encode()


QNAME = _QNameType()
