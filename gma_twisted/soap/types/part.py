"""The children of messages: how often each may stand there, and structures made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import XSI
from gma_twisted.model import QName
from gma_twisted.soap.types.names import prefixed

__all__ = ["Layout", "Part", "PartType", "Struct", "readParts", "writeParts"]

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


# What reading one child takes: the part's name, its type's read, how often it may come, whether it may be absent.
_Place = tuple[str, Callable[[Element], Any], int, bool]


class Layout:
    """
    The parts of one message or structure as its children: what reading and writing them takes is computed once.

    @ivar parts: in written order
    """

    __slots__ = ("_byTag", "_writers", "parts")

    def __init__(self, namespace: str, parts: Sequence[Part], alsoRead: Sequence[str] = ()) -> None:
        """
        @param namespace: of the children; those without any are read too
        @param alsoRead: namespaces in which they are read besides
        """
        self.parts = tuple(parts)
        # By the tag as lxml gives it, which it has no narrower type for.
        self._byTag: dict[object, _Place] = {}
        for part in parts:
            place = (part.name, part.type.read, part.most, not part.least)
            self._byTag[part.name] = place
            for one in (namespace, *alsoRead):
                self._byTag[QName(one, part.name).clark] = place
        self._writers = [
            (prefixed(QName(namespace, part.name)), part.type.write, part.isMany) for part in parts
        ]

    def read(self, parent: Element) -> dict[str, Any]:
        """
        Read the children of an element, in any order, qualified or not.

        @return: by part name; a missing optional part is C{None}, a repeating one a list
        @raise ParameterError: an unknown, missing or repeated child
        """
        byTag = self._byTag
        values: dict[str, Any] = {}
        # A list of all takes less time than a walk from one to the next.
        for child in parent[:]:
            try:
                name, read, most, isOptional = byTag[child.tag]
            except KeyError:
                raise ParameterError(
                    f'"{cut(nameOf(child))}" does not belong into {nameOf(parent).localName}'
                ) from None
            # That there are no attributes is told sooner than that one is not among them.
            if isOptional and child.keys() and child.get(_NIL, "").strip() in ("true", "1"):
                continue  # node soap and .NET write what is absent so
            if most > 1:
                several = values.setdefault(name, [])
                if len(several) == most:
                    raise ParameterError(f"{name} is there more than {most} times")
                several.append(read(child))
            elif name in values:
                raise ParameterError(f"{name} is there twice in {nameOf(parent).localName}")
            else:
                values[name] = read(child)
        if len(values) < len(self.parts):
            self._fill(values, parent)
        return values

    def _fill(self, values: dict[str, Any], parent: Element) -> None:
        for part in self.parts:
            if part.name in values:
                continue
            if part.least:
                raise ParameterError(f"{part.name} is missing in {nameOf(parent).localName}")
            values[part.name] = [] if part.isMany else None

    def write(self, values: Iterable[Any]) -> bytes:
        """
        Write the parts.

        @param values: one a part, in declared order; C{None} leaves an optional one out
        @raise ValueError: more or fewer values than parts
        """
        pieces: list[bytes] = []
        for (tag, write, isMany), value in zip(self._writers, values, strict=True):
            if isMany:
                pieces.extend([write(tag, item) for item in value])
            elif value is not None:
                pieces.append(write(tag, value))
        return b"".join(pieces)

    def writeNamed(self, values: Mapping[str, Any]) -> bytes:
        """The same with the values by part name. @raise KeyError: one is missing"""
        return self.write([values[part.name] for part in self.parts])


@attrs.frozen(slots=True, eq=False)
class Struct:
    """
    A sequence of parts as one value.

    @ivar xsd: name of the complex type; its namespace is that of the parts
    @ivar parts: in written order
    @ivar make: takes the parts by name, gives the value
    @ivar take: gives the parts of a value by name
    @ivar alsoRead: namespaces of the parts that are read besides that of C{xsd}
    """

    xsd: QName
    parts: Sequence[Part]
    make: Callable[..., Any]
    take: Callable[[Any], Mapping[str, Any]]
    alsoRead: Sequence[str] = ()
    _layout: Layout = attrs.field(init=False, repr=False)

    @_layout.default
    def _layoutOfParts(self) -> Layout:
        return Layout(self.xsd.namespace, self.parts, self.alsoRead)

    def read(self, element: Element) -> Any:
        """The value the parts make. @raise ParameterError: names the part"""
        return self.make(**self._layout.read(element))

    def write(self, tag: str, value: Any) -> bytes:
        """One element with the parts in order."""
        content = self._layout.writeNamed(self.take(value))
        return b"<%b>%b</%b>" % (tag.encode(), content, tag.encode())


@lru_cache(maxsize=4096)
def _layoutOf(namespace: str, parts: tuple[Part, ...]) -> Layout:
    return Layout(namespace, parts)


def readParts(parent: Element, namespace: str, parts: Sequence[Part]) -> dict[str, Any]:
    """As L{Layout.read}, for parts that come without a layout."""
    return _layoutOf(namespace, tuple(parts)).read(parent)


def writeParts(namespace: str, parts: Sequence[Part], values: Mapping[str, Any]) -> bytes:
    """As L{Layout.writeNamed}, for parts that come without a layout."""
    return _layoutOf(namespace, tuple(parts)).writeNamed(values)
