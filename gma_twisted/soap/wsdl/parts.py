"""Parts of messages, structures and faults as elements of a schema."""

from collections.abc import Callable, Sequence

from gma_twisted.model import QName
from gma_twisted.soap.types import Part

__all__ = ["writeSequence"]

_MANY = 100_000


def writeSequence(parts: Sequence[Part], written: Callable[[QName], str]) -> str:
    """
    C{xsd:sequence} with an element for each part.

    @param written: gives a name its prefix
    """
    return f"<xsd:sequence>{''.join(_element(part, written) for part in parts)}</xsd:sequence>"


def _element(part: Part, written: Callable[[QName], str]) -> str:
    least = "" if part.least == 1 else f' minOccurs="{part.least}"'
    most = ""
    if part.isMany:
        most = f' maxOccurs="{"unbounded" if part.most >= _MANY else part.most}"'
    return f'<xsd:element name="{part.name}" type="{written(part.type.xsd)}"{least}{most}/>'
