"""What a part of a message can be: one object reads it, writes it and describes it in the WSDL.

Written elements use the fixed prefixes of L{gma_twisted.markup.namespaces}; what is read may bind any.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from gma_twisted.errors import ExtensibilityTypeError, GMAError, ParameterError, cut
from gma_twisted.markup import Element, XMLGate, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import OGSI, PREFIXES, XSD, XSI
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
from gma_twisted.model import Expression, Handle, Locator, QName, TerminationTime

__all__ = [
    "BOOLEAN",
    "DATETIME",
    "EXTENSIBILITY",
    "HANDLE",
    "INTEGER",
    "LOCATOR",
    "QNAME",
    "SECONDS",
    "STRING",
    "TERMINATION_TIME",
    "WHEN",
    "Part",
    "PartType",
    "Scalar",
    "Struct",
    "elements",
    "prefixOf",
    "prefixed",
    "readParts",
    "writeParts",
]

_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}
_UNBOUNDED = 100_000
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_INT_RANGE = 2**31
_NIL = f"{{{XSI}}}nil"


def prefixOf(namespace: str) -> str:
    """Our prefix of a namespace; one that is not ours has C{svc}, which every message declares where it starts."""
    return _PREFIX_OF.get(namespace, "svc")


def prefixed(name: QName) -> str:
    """The name with its prefix, C{ogsi:result}."""
    return f"{prefixOf(name.namespace)}:{name.localName}"


def elements(parent: Element) -> Iterator[Element]:
    """Child elements; comments never get here, processing instructions neither."""
    return (node for node in parent if isinstance(node.tag, str))


class PartType(Protocol):
    """
    One type on the wire.

    @ivar xsd: name of the schema type
    """

    @property
    def xsd(self) -> QName:
        """Name of the schema type the WSDL refers to."""

    def read(self, element: Element) -> Any:
        """The value of an element. @raise ParameterError: malformed; names the element"""

    def write(self, tag: str, value: Any) -> bytes:
        """The whole element, C{tag} being its prefixed name."""


@attrs.frozen(slots=True, eq=False)
class Part:
    """
    A child of a message or structure.

    @ivar name: local name; its namespace is the message's
    @ivar type: what it holds
    @ivar least: how often it must be there
    @ivar most: how often it may; above one the value is a list
    """

    name: str
    type: PartType
    least: int = 1
    most: int = 1

    @property
    def isMany(self) -> bool:
        """Whether the value is a list."""
        return self.most > 1

    @classmethod
    def optional(cls, name: str, type: PartType) -> "Part":
        """A part that may be missing; its value is then C{None}."""
        return cls(name, type, 0, 1)

    @classmethod
    def many(cls, name: str, type: PartType, least: int = 0) -> "Part":
        """A part that repeats; at most 100,000 times."""
        return cls(name, type, least, _UNBOUNDED)


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
HANDLE = Scalar(QName(XSD, "anyURI"), Handle.parse, str)


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


class _ExtensibilityType:
    """ogsi:ExtensibilityType: exactly one child of any name; an escaped string is read too (WIRE 3, tolerances)."""

    xsd = QName(OGSI, "ExtensibilityType")

    def read(self, element: Element) -> Expression:
        """The one child, unread."""
        if len(element) == 1:
            child = element[0]
            return Expression(nameOf(child), child)
        if len(element) == 0 and (element.text or "").lstrip().startswith("<"):
            child = self._escaped((element.text or "").strip())
            return Expression(nameOf(child), child)
        raise ExtensibilityTypeError(
            f"{nameOf(element).localName} needs exactly one child element, it has {len(element)}"
        )

    def _escaped(self, text: str) -> Element:
        # Old clients send the expression as a string without declarations: ours are assumed around it.
        declarations = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
        try:
            root = XMLGate().parse(
                f"<wrapped {declarations}>{text}</wrapped>".encode(), "expression"
            )
        except GMAError as error:
            raise ExtensibilityTypeError(str(error)) from None
        if len(root) != 1:
            raise ExtensibilityTypeError("an expression given as text needs exactly one element")
        return root[0]

    def write(self, tag: str, value: bytes) -> bytes:
        """The element around bytes that are one element."""
        return b"<%b>%b</%b>" % (tag.encode(), value, tag.encode())


EXTENSIBILITY = _ExtensibilityType()


class _LocatorType:
    """ogsi:LocatorType: handles, references (left alone), interfaces (OGSI 1.0, 7.5.3)."""

    xsd = QName(OGSI, "LocatorType")

    def read(self, element: Element) -> Locator:
        """Handles and interfaces of the locator."""
        handles: list[Handle] = []
        interfaces: list[QName] = []
        for child in elements(element):
            name = nameOf(child).localName
            if name == "handle":
                handles.append(Handle.parse(child.text or ""))
            elif name == "interface":
                interfaces.append(QNAME.read(child))
            elif name != "reference":
                raise ParameterError(f'"{cut(name)}" does not belong into a locator')
        return Locator(tuple(handles), tuple(interfaces))

    def write(self, tag: str, value: Locator) -> bytes:
        """One locator element."""
        handles = b"".join(HANDLE.write("ogsi:handle", handle) for handle in value.handles)
        interfaces = b"".join(QNAME.write("ogsi:interface", name) for name in value.interfaces)
        return b"<%b>%b%b</%b>" % (tag.encode(), handles, interfaces, tag.encode())


LOCATOR = _LocatorType()


class _TerminationTimeType:
    """ogsi:TerminationTimeType: three attributes, read qualified or not, written qualified."""

    xsd = QName(OGSI, "TerminationTimeType")
    _NAMES = ("after", "before", "timestamp")

    def read(self, element: Element) -> TerminationTime:
        """The times that are there."""
        texts = [element.get(f"{{{OGSI}}}{name}", element.get(name)) for name in self._NAMES]
        after, before, timestamp = (
            None if text is None else readExtendedDateTime(text) for text in texts
        )
        return TerminationTime(after, before, timestamp)

    def write(self, tag: str, value: TerminationTime) -> bytes:
        """One empty element with the times as attributes."""
        times = (value.after, value.before, value.timestamp)
        attributes = "".join(
            f' ogsi:{name}="{writeExtendedDateTime(time)}"'
            for name, time in zip(self._NAMES, times, strict=True)
            if time is not None
        )
        return f"<{tag}{attributes}/>".encode()


TERMINATION_TIME = _TerminationTimeType()


@attrs.frozen(slots=True, eq=False)
class Struct:
    """
    A sequence of parts as one value.

    @ivar xsd: name of the complex type; its namespace is that of the parts
    @ivar parts: in written order
    @ivar make: takes the parts by name, gives the value
    @ivar take: gives the parts of a value by name
    """

    xsd: QName
    parts: Sequence[Part]
    make: Callable[..., Any]
    take: Callable[[Any], Mapping[str, Any]]

    def read(self, element: Element) -> Any:
        """The value the parts make. @raise ParameterError: names the part"""
        return self.make(**readParts(element, self.xsd.namespace, self.parts))

    def write(self, tag: str, value: Any) -> bytes:
        """One element with the parts in order."""
        content = writeParts(self.xsd.namespace, self.parts, self.take(value))
        return b"<%b>%b</%b>" % (tag.encode(), content, tag.encode())


def readParts(parent: Element, namespace: str, parts: Sequence[Part]) -> dict[str, Any]:
    """
    Read the children of a message or structure, in any order, qualified or not.

    @return: by part name; a missing optional part is C{None}, a repeating one a list
    @raise ParameterError: an unknown, missing or repeated child
    """
    byName = {part.name: part for part in parts}
    values: dict[str, Any] = {part.name: [] if part.isMany else None for part in parts}
    seen = set()
    for child in elements(parent):
        name = nameOf(child)
        part = byName.get(name.localName)
        if part is None or name.namespace not in (namespace, ""):
            raise ParameterError(f'"{cut(name)}" does not belong into {nameOf(parent).localName}')
        if not part.least and child.get(_NIL, "").strip() in ("true", "1"):
            continue  # node soap and .NET write what is absent so
        if part.isMany:
            values[part.name].append(part.type.read(child))
            if len(values[part.name]) > part.most:
                raise ParameterError(f"{part.name} is there more than {part.most} times")
        elif part.name in seen:
            raise ParameterError(f"{part.name} is there twice in {nameOf(parent).localName}")
        else:
            values[part.name] = part.type.read(child)
        seen.add(part.name)
    for part in parts:
        if part.least and part.name not in seen:
            raise ParameterError(f"{part.name} is missing in {nameOf(parent).localName}")
    return values


def writeParts(namespace: str, parts: Sequence[Part], values: Mapping[str, Any]) -> bytes:
    """Write parts in declared order; C{None} leaves an optional one out."""
    pieces: list[bytes] = []
    for part in parts:
        value = values[part.name]
        tag = prefixed(QName(namespace, part.name))
        if part.isMany:
            pieces.extend(part.type.write(tag, item) for item in value)
        elif value is not None:
            pieces.append(part.type.write(tag, value))
    return b"".join(pieces)
