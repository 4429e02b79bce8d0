"""OGSI's own types: expressions of any kind, locators, termination times (OGSI 1.0, 7.5-7.7)."""

from collections.abc import Sequence
from functools import lru_cache

from gma_twisted.errors import ExtensibilityTypeError, GMAError, ParameterError, TooLarge, cut
from gma_twisted.markup import Element, XMLGate, nameOf, serialise
from gma_twisted.markup.build import canonicalElement
from gma_twisted.markup.namespaces import OGSI, PREFIXES
from gma_twisted.markup.xsd import readExtendedDateTime, writeExtendedDateTime
from gma_twisted.model import Expression, Locator, QName, TerminationTime
from gma_twisted.soap.types.names import elements
from gma_twisted.soap.types.scalar import HANDLE, QNAME

__all__ = ["EXTENSIBILITY", "LOCATOR", "MAX_LOCATOR", "MAX_REFERENCES", "TERMINATION_TIME"]

MAX_LOCATOR = 64
"""Most handles of a locator; of its references and its interfaces there may be as many each."""

MAX_REFERENCES = 64 * 1024
"""Most bytes of its references together, each with what the message declares around it."""

_REFERENCE = f"{{{OGSI}}}reference"


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
    """
    ogsi:LocatorType: handles, references, interfaces (OGSI 1.0, 7.5.3).

    References are kept in canonical bytes and never followed.
    """

    xsd = QName(OGSI, "LocatorType")

    def read(self, element: Element) -> Locator:
        """
        The whole locator, its children in any order.

        @raise TooLarge: more than L{MAX_LOCATOR} handles, references or interfaces, or L{MAX_REFERENCES} bytes
        """
        found: dict[str, list[Element]] = {"handle": [], "reference": [], "interface": []}
        for child in elements(element):
            name = nameOf(child)
            same = found.get(name.localName) if name.namespace in (OGSI, "") else None
            if same is None:
                raise ParameterError(f'"{cut(name)}" does not belong into a locator')
            if len(same) >= MAX_LOCATOR:
                raise TooLarge(f"a locator has more than {MAX_LOCATOR} {name.localName}s")
            same.append(child)
        return Locator(
            tuple(HANDLE.read(child) for child in found["handle"]),
            tuple(QNAME.read(child) for child in found["interface"]),
            _references(found["reference"]),
        )

    def write(self, tag: str, value: Locator) -> bytes:
        """One locator element, its children in the schema's order."""
        handles = b"".join(HANDLE.write("ogsi:handle", handle) for handle in value.handles)
        references = b"".join(value.references)
        interfaces = _interfaces(tuple(value.interfaces)) if value.interfaces else b""
        return b"<%b>%b%b%b</%b>" % (tag.encode(), handles, references, interfaces, tag.encode())


# The members of a registry have few different lists of interfaces.
@lru_cache(maxsize=128)
def _interfaces(names: tuple[QName, ...]) -> bytes:
    return b"".join([QNAME.write("ogsi:interface", name) for name in names])


def _references(found: Sequence[Element]) -> Sequence[bytes]:
    if sum(len(serialise(one)) for one in found) > MAX_REFERENCES:
        raise TooLarge(f"the references of a locator are larger than {MAX_REFERENCES} bytes")
    for one in found:
        # One that came unqualified is written qualified, as everything of ours is.
        one.tag = _REFERENCE
    return tuple(canonicalElement(one) for one in found)


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
