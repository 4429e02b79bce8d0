"""The children of messages: how often each may stand there, and structures made of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import XSI
from gma_twisted.model import QName
from gma_twisted.soap.types.names import prefixed

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


@attrs.frozen(slots=True, eq=False)
class _Layout:
    """What reading and writing the same parts needs each time, computed once."""

    byTag: Mapping[str, Part]
    required: Sequence[Part]
    many: Sequence[str]
    blank: Mapping[str, None]
    tags: Sequence[tuple[Part, str]]


@lru_cache(maxsize=4096)
def _layoutOf(namespace: str, parts: tuple[Part, ...]) -> _Layout:
    qualified = {QName(namespace, part.name).clark: part for part in parts}
    return _Layout(
        {part.name: part for part in parts} | qualified,
        [part for part in parts if part.least],
        [part.name for part in parts if part.isMany],
        dict.fromkeys([part.name for part in parts]),
        [(part, prefixed(QName(namespace, part.name))) for part in parts],
    )


def readParts(parent: Element, namespace: str, parts: Sequence[Part]) -> dict[str, Any]:
    """
    Read the children of a message or structure, in any order, qualified or not.

    @return: by part name; a missing optional part is C{None}, a repeating one a list
    @raise ParameterError: an unknown, missing or repeated child
    """
    layout = _layoutOf(namespace, tuple(parts))
    values: dict[str, Any] = {**layout.blank}
    for name in layout.many:
        values[name] = []
    seen = set()
    for child in parent:
        part = layout.byTag.get(str(child.tag))
        if part is None:
            raise ParameterError(
                f'"{cut(nameOf(child))}" does not belong into {nameOf(parent).localName}'
            )
        name = part.name
        if not part.least and child.get(_NIL, "").strip() in ("true", "1"):
            continue  # node soap and .NET write what is absent so
        if part.most > 1:
            values[name].append(part.type.read(child))
            if len(values[name]) > part.most:
                raise ParameterError(f"{name} is there more than {part.most} times")
        elif name in seen:
            raise ParameterError(f"{name} is there twice in {nameOf(parent).localName}")
        else:
            values[name] = part.type.read(child)
        seen.add(name)
    for part in layout.required:
        if part.name not in seen:
            raise ParameterError(f"{part.name} is missing in {nameOf(parent).localName}")
    return values


def writeParts(namespace: str, parts: Sequence[Part], values: Mapping[str, Any]) -> bytes:
    """Write parts in declared order; C{None} leaves an optional one out."""
    pieces: list[bytes] = []
    for part, tag in _layoutOf(namespace, tuple(parts)).tags:
        value = values[part.name]
        if part.most > 1:
            pieces.extend([part.type.write(tag, item) for item in value])
        elif value is not None:
            pieces.append(part.type.write(tag, value))
    return b"".join(pieces)
