"""Parts of messages, structures and faults as elements of a schema."""

from collections.abc import Sequence

from gma_twisted.soap.types import Part, prefixed

__all__ = ["writeSequence"]

_MANY = 100_000


def writeSequence(parts: Sequence[Part]) -> str:
    """C{xsd:sequence} with an element for each part."""
    return f"<xsd:sequence>{''.join(map(_element, parts))}</xsd:sequence>"


def _element(part: Part) -> str:
    least = "" if part.least == 1 else f' minOccurs="{part.least}"'
    most = ""
    if part.isMany:
        most = f' maxOccurs="{"unbounded" if part.most >= _MANY else part.most}"'
    return f'<xsd:element name="{part.name}" type="{prefixed(part.type.xsd)}"{least}{most}/>'
