"""Lists of C{ogsi:name}, which queries and subscriptions share: strict but for the tolerances of WIRE 3."""

import re
from collections.abc import Iterable, Mapping

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge, cut
from gma_twisted.markup import Element, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import GMA, OGSI, XML, XSI
from gma_twisted.markup.xsd import readBoolean, readQName
from gma_twisted.model import Freshness, NameQuery, NameSelector, QName

__all__ = [
    "NAME_LISTS",
    "checkAttributes",
    "readFlag",
    "readFreshness",
    "readName",
    "readSelectors",
    "writeNameQuery",
    "writeSelectors",
]

NAME_LISTS = ("names", f"{{{OGSI}}}names")
"""Attributes that list names beside the children, or instead of them."""

_NAME = f"{{{OGSI}}}name"
_KEY = f"{{{GMA}}}key"
_ORIGINATOR = f"{{{GMA}}}originator"
_NAME_ATTRIBUTES = frozenset((_KEY, _ORIGINATOR))
# xsi:type comes or not, xml:lang from some toolkits; neither changes what is asked.
_IGNORED = (f"{{{XSI}}}", f"{{{XML}}}")
_FRESHNESS = f"{{{GMA}}}freshness"
_WILDCARD = re.compile(r"(?:\{([^{}]*)\}|([^\s:{}]+):)\*\Z")
_LONGEST_URI = 1024


def readSelectors(
    expression: Element, known: frozenset[str], maxNames: int, noun: str
) -> tuple[NameSelector, ...]:
    """
    Read what an expression names, attribute lists first; the same selector twice counts once.

    @param known: attributes the expression may have, in Clark notation, L{NAME_LISTS} among them
    @param noun: what it is, for messages
    @raise ExtensibilityTypeError: malformed, another attribute, or no name; the message says what
    @raise TooLarge: more than C{maxNames} names
    """
    checkAttributes(expression, known)
    _checkText(expression.text)
    selectors: dict[NameSelector, None] = {}
    for attribute in NAME_LISTS:
        for text in expression.get(attribute, "").split():
            selectors[NameSelector(readName(text, expression.nsmap))] = None
            if len(selectors) > maxNames:
                raise _tooMany(maxNames, noun)
    for node in expression:
        selectors[_selector(node, expression)] = None
        if len(selectors) > maxNames:
            raise _tooMany(maxNames, noun)
        _checkText(node.tail)
    if not selectors:
        raise ExtensibilityTypeError(f"{_shown(expression)} names nothing; add an ogsi:name")
    return tuple(selectors)


def readName(text: str, namespaces: Mapping[str | None, str]) -> QName:
    """
    Read one name: a QName, or C{{uri}*} or C{prefix:*} for every name of a namespace.

    @param namespaces: as in L{readQName}
    @raise ExtensibilityTypeError: malformed
    """
    wildcard = _WILDCARD.match(text.strip())
    try:
        if wildcard is None:
            return readQName(text, namespaces)
        namespace, prefix = wildcard.groups()
        if namespace is None:
            # The prefix is resolved as that of any name would be.
            namespace = readQName(f"{prefix}:any", namespaces).namespace
    except ParameterError as error:
        raise ExtensibilityTypeError(f"ogsi:name: {error.message}") from None
    if len(namespace) > _LONGEST_URI:
        raise ExtensibilityTypeError(f'the namespace "{cut(namespace, 60)}" is too long')
    return QName(namespace, "*")


def readFreshness(expression: Element) -> Freshness:
    """
    Which values are meant, by their lifetime (C{gma:freshness}); any, when nothing is said.

    @raise ExtensibilityTypeError: malformed
    """
    text = expression.get(_FRESHNESS)
    try:
        return Freshness.ANY if text is None else Freshness(text.strip())
    except ValueError:
        raise ExtensibilityTypeError(
            f'gma:freshness="{cut(text, 40)}" is none of fresh, stale, any'
        ) from None


def readFlag(expression: Element, name: str) -> bool:
    """
    An attribute in the namespace gma that is true or false; false, when it is not there.

    @raise ExtensibilityTypeError: malformed
    """
    try:
        return readBoolean(expression.get(f"{{{GMA}}}{name}", "false"))
    except ParameterError as error:
        raise ExtensibilityTypeError(f"gma:{name}: {error.message}") from None


def _tooMany(maxNames: int, noun: str) -> TooLarge:
    return TooLarge(f"one {noun} may have {maxNames} names")


def _shown(node: Element) -> str:
    return "ogsi:name" if node.tag == _NAME else nameOf(node).localName


def checkAttributes(node: Element, known: frozenset[str]) -> None:
    """
    See that a node has no attributes but those, and those that say nothing of what is asked.

    @param known: in Clark notation
    @raise ExtensibilityTypeError: it has another one, named
    """
    for name in node.keys():  # noqa: SIM118  (a tree is no mapping: this is the quickest way to its attributes)
        if name not in known and not name.startswith(_IGNORED):
            raise ExtensibilityTypeError(f'{_shown(node)} has no attribute "{cut(name)}"')


def _checkText(text: str | None) -> None:
    if text is not None and text.strip():
        raise ExtensibilityTypeError(
            f'"{cut(text.strip(), 40)}" stands between the names; each goes into an ogsi:name'
        )


def _selector(node: Element, expression: Element) -> NameSelector:
    if node.tag != _NAME:
        raise ExtensibilityTypeError(
            f'{_shown(expression)} has no child "{cut(node.tag)}"; names are ogsi:name, {{{OGSI}}}name'
        )
    if len(node):
        raise ExtensibilityTypeError("an ogsi:name holds a name and no elements")
    checkAttributes(node, _NAME_ATTRIBUTES)
    return NameSelector(
        readName(node.text or "", node.nsmap), node.get(_ORIGINATOR), node.get(_KEY)
    )


def writeNameQuery(query: NameQuery) -> bytes:
    """The C{ogsi:queryByServiceDataNames} element; needs the prefixes ogsi and gma around it."""
    attributes = ""
    if query.freshness is not Freshness.ANY:
        attributes += f' gma:freshness="{query.freshness.value}"'
    if query.limit is not None:
        attributes += f' gma:limit="{query.limit}"'
    if query.cursor is not None:
        attributes += f' gma:cursor="{escapeAttribute(query.cursor)}"'
    names = writeSelectors(query.selectors)
    return (
        f"<ogsi:queryByServiceDataNames{attributes}>{names}</ogsi:queryByServiceDataNames>".encode()
    )


def writeSelectors(selectors: Iterable[NameSelector]) -> str:
    """The C{ogsi:name} elements; they need the prefixes ogsi and gma around them, and no default namespace."""
    return "".join(map(_written, selectors))


def _written(selector: NameSelector) -> str:
    name = selector.name
    attributes, text = "", name.localName
    if name.namespace == "*":
        # Only expressions have such names, which no prefix stands for.
        text = "*" if selector.isWildcard else f"*:{name.localName}"
    elif selector.isWildcard:
        text = f"{{{name.namespace}}}*"
    elif name.namespace:
        # A prefix is what OGSI asks for and every service reads; Clark notation is ours.
        attributes = f' xmlns:q="{escapeAttribute(name.namespace)}"'
        text = f"q:{name.localName}"
    if selector.originator is not None:
        attributes += f' gma:originator="{escapeAttribute(selector.originator)}"'
    if selector.key is not None:
        attributes += f' gma:key="{escapeAttribute(selector.key)}"'
    return f"<ogsi:name{attributes}>{escapeText(text)}</ogsi:name>"
