"""What an entry says of its member: read from a message, bounded, kept as bytes that stand for themselves."""

from collections.abc import Sequence
from functools import lru_cache

import attrs

from gma_twisted.errors import ExtensibilityTypeError, GMAError, ParameterError, cut
from gma_twisted.markup import MESSAGE_LIMITS, Element, XMLGate, nameOf
from gma_twisted.markup.build import canonicalElement, escapeAttribute, escapeText
from gma_twisted.markup.namespaces import GMA
from gma_twisted.markup.xsd import checkedQName
from gma_twisted.model import Expression, Locator, QName, Registration

__all__ = [
    "DESCRIPTION",
    "MAX_DEPTH",
    "EntryContent",
    "checkMember",
    "contentOf",
    "describe",
    "readContent",
]

DESCRIPTION = QName(GMA, "registration")
"""
C{gma:registration}: what a member told of itself with registerService, C{gma:name} and any number of
C{<gma:attribute name="...">value</gma:attribute>}.
"""

MAX_DEPTH = 32
"""
Most elements on the way from the root of a content, or of a reference, to a leaf: it stands deeper in answers than
it came, and what asks must be able to read them.
"""

_LIMITS = attrs.evolve(MESSAGE_LIMITS, depth=MAX_DEPTH, namespaces=32)
_GATE = XMLGate(_LIMITS)


@attrs.frozen(slots=True)
class EntryContent:
    """
    The content given for an entry.

    @ivar data: one element, self-contained canonical bytes; empty for none
    @ivar names: of the element and its children: what a membershipContentRule can ask for
    """

    data: bytes = b""
    names: frozenset[QName] = frozenset()


_NONE = EntryContent()


def readContent(expression: Expression | None) -> EntryContent:
    """
    The content of a message.

    @raise ExtensibilityTypeError: deeper than L{MAX_DEPTH}, or otherwise more than can be shown
    """
    return _NONE if expression is None else expression.read(_content)


def _content(root: Element) -> EntryContent:
    data = canonicalElement(root)
    try:
        parsed = _GATE.parse(data, "content")
    except GMAError as error:
        raise ExtensibilityTypeError(error.message) from None
    return EntryContent(data, frozenset([nameOf(parsed), *(nameOf(child) for child in parsed)]))


def checkMember(member: Locator) -> None:
    """
    See that a locator can be shown and read again: one that cannot would spoil every answer it stands in.

    @raise ParameterError: an interface is no name; or a reference is deeper than L{MAX_DEPTH}, or otherwise more than
        can be shown
    """
    for interface in member.interfaces:
        _checkInterface(interface.namespace, interface.localName)
    for reference in member.references:
        try:
            _GATE.parse(reference, "reference")
        except GMAError as error:
            raise ParameterError(error.message) from None


# The members of a registry claim few different ones; what is refused is not kept.
@lru_cache(maxsize=1024)
def _checkInterface(namespace: str, localName: str) -> None:
    # Namespaces come as any text in registerService, and texts of QName have seen no parser.
    name = QName(namespace, localName)
    try:
        checkedQName(QName.parse(name.clark))
    except GMAError:
        raise ParameterError(f'"{cut(name)}" cannot name an interface') from None


def describe(name: str, attributes: Sequence[tuple[str, str]]) -> bytes:
    """The L{DESCRIPTION} element of a member; empty when it told nothing of itself."""
    if not name and not attributes:
        return b""
    parts = [f'<gma:registration xmlns:gma="{GMA}">']
    if name:
        parts.append(f"<gma:name>{escapeText(name)}</gma:name>")
    parts += [
        f'<gma:attribute name="{escapeAttribute(key)}">{escapeText(value)}</gma:attribute>'
        for key, value in attributes
    ]
    return "".join([*parts, "</gma:registration>"]).encode()


def contentOf(row: Registration) -> bytes:
    """
    What stands in the content of an entry: what was given for it, then what its member told of itself.

    EntryContentType holds any number of elements (OGSI 1.0, 12.2).
    """
    return row.content + describe(row.name, row.attributes)
