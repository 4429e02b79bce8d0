"""Whether an element's text is a value of one of XML Schema's own simple types; libxml2 decides."""

from functools import lru_cache

from lxml import etree

from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import XSD
from gma_twisted.markup.parse import Element
from gma_twisted.markup.xsd import readQName

__all__ = ["SIMPLE_TYPES", "isOfType"]

# Not ID, IDREF, ENTITY, NOTATION: they mean something within a document with a DTD only.
SIMPLE_TYPES = frozenset(
    (
        "NCName",
        "NMTOKEN",
        "NMTOKENS",
        "Name",
        "QName",
        "anySimpleType",
        "anyURI",
        "base64Binary",
        "boolean",
        "byte",
        "date",
        "dateTime",
        "decimal",
        "double",
        "duration",
        "float",
        "gDay",
        "gMonth",
        "gMonthDay",
        "gYear",
        "gYearMonth",
        "hexBinary",
        "int",
        "integer",
        "language",
        "long",
        "negativeInteger",
        "nonNegativeInteger",
        "nonPositiveInteger",
        "normalizedString",
        "positiveInteger",
        "short",
        "string",
        "time",
        "token",
        "unsignedByte",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
    )
)
"""Local names of the types."""

_LONGEST = 4096
_UNBOUNDED = frozenset(
    ("anySimpleType", "anyURI", "base64Binary", "hexBinary", "normalizedString", "string", "token")
)


def isOfType(element: Element, local: str) -> bool:
    """
    Whether the element holds text of a simple type, and no elements; its attributes are not looked at.

    Numbers, dates, names and lists of them have at most 4096 characters. A QName may be in Clark notation (WIRE 1).

    @param local: one of L{SIMPLE_TYPES}
    """
    if len(element):
        return False
    text = element.text or ""
    if local not in _UNBOUNDED and len(text) > _LONGEST:
        return False
    if local == "QName":
        try:
            readQName(text, element.nsmap)
        except ParameterError:
            return False
        return True
    value = etree.Element("value")
    value.text = text
    return _schema(local).validate(value)


@lru_cache(maxsize=len(SIMPLE_TYPES))
def _schema(local: str) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring(
            f'<xs:schema xmlns:xs="{XSD}"><xs:element name="value" type="xs:{local}"/></xs:schema>'
        )
    )
