"""The children of messages: how often each may stand there, and structures made of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import XSI
from gma_twisted.model import QName
from gma_twisted.soap.types.names import elements, prefixed

__all__ = ["Part", "PartType", "Struct", "readParts", "writeParts"]

_UNBOUNDED = 100_000
_NIL = f"{{{XSI}}}nil"


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
