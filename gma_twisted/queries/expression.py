"""Reading C{ogsi:queryByServiceDataNames}: strict but for the tolerances of WIRE 3."""

import re
from collections.abc import Mapping
from functools import lru_cache

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge, cut
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA, OGSI, XML, XSI
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import Freshness, NameQuery, NameSelector, QName

__all__ = ["readNameQuery"]

_ROOT = f"{{{OGSI}}}queryByServiceDataNames"
_NAME = f"{{{OGSI}}}name"
_KEY = f"{{{GMA}}}key"
_ORIGINATOR = f"{{{GMA}}}originator"
_FRESHNESS = f"{{{GMA}}}freshness"
_LIMIT = f"{{{GMA}}}limit"
_CURSOR = f"{{{GMA}}}cursor"
_NAMES = ("names", f"{{{OGSI}}}names")
_ROOT_ATTRIBUTES = frozenset((_FRESHNESS, _LIMIT, _CURSOR, *_NAMES))
_NAME_ATTRIBUTES = frozenset((_KEY, _ORIGINATOR))
# xsi:type comes or not, xml:lang from some toolkits; neither changes what is asked.
_IGNORED = (f"{{{XSI}}}", f"{{{XML}}}")
_COUNT = re.compile(r"[0-9]{1,9}\Z")
_WILDCARD = re.compile(r"(?:\{([^{}]*)\}|([^\s:{}]+):)\*\Z")
_LONGEST_URI = 1024


def readNameQuery(expression: Element, maxNames: int) -> NameQuery:
    """
    Read a query by names; the same selector twice counts once.

    @raise ExtensibilityTypeError: malformed; the message says what
    @raise TooLarge: more than C{maxNames} names
    """
    if expression.tag != _ROOT:
        raise ExtensibilityTypeError(f'"{cut(expression.tag)}" is not ogsi:queryByServiceDataNames')
    if len(expression) == 1 and not (expression.keys() or expression.text):
        plain = _plain(expression[0])
        if plain is not None:
            return plain
    _checkAttributes(expression, _ROOT_ATTRIBUTES, "queryByServiceDataNames")
    _checkText(expression.text)
    selectors: dict[NameSelector, None] = {}
    for attribute in _NAMES:
        for text in expression.get(attribute, "").split():
            _add(selectors, NameSelector(_name(text, expression.nsmap)), maxNames)
    for node in expression:
        _add(selectors, _selector(node), maxNames)
        _checkText(node.tail)
    if not selectors:
        raise ExtensibilityTypeError("queryByServiceDataNames names nothing; add an ogsi:name")
    return NameQuery(
        tuple(selectors),
        _freshness(expression.get(_FRESHNESS)),
        _limit(expression.get(_LIMIT)),
        expression.get(_CURSOR),
    )


def _plain(node: Element) -> NameQuery | None:
    """The query of one name in Clark notation and nothing else, which most queries are, read once per name."""
    text = node.text
    if (
        text is None
        or text[:1] != "{"
        or len(node)
        or node.tag != _NAME
        or node.keys()
        or node.tail
    ):
        return None
    return _namedIn(text)


@lru_cache(maxsize=1024)
def _namedIn(text: str) -> NameQuery:
    return NameQuery((NameSelector(_name(text, {})),))


def _add(selectors: dict[NameSelector, None], selector: NameSelector, maxNames: int) -> None:
    selectors[selector] = None
    if len(selectors) > maxNames:
        raise TooLarge(f"one query may have {maxNames} names")


def _checkAttributes(node: Element, known: frozenset[str], what: str) -> None:
    for attribute in node.attrib:
        name = str(attribute)
        if name not in known and not name.startswith(_IGNORED):
            raise ExtensibilityTypeError(f'{what} has no attribute "{cut(name)}"')


def _checkText(text: str | None) -> None:
    if text is not None and text.strip():
        raise ExtensibilityTypeError(
            f'"{cut(text.strip(), 40)}" stands between the names; each goes into an ogsi:name'
        )


def _selector(node: Element) -> NameSelector:
    if node.tag != _NAME:
        raise ExtensibilityTypeError(
            f'queryByServiceDataNames has no child "{cut(node.tag)}"; names are ogsi:name, {{{OGSI}}}name'
        )
    if len(node):
        raise ExtensibilityTypeError("an ogsi:name holds a name and no elements")
    _checkAttributes(node, _NAME_ATTRIBUTES, "ogsi:name")
    return NameSelector(_name(node.text or "", node.nsmap), node.get(_ORIGINATOR), node.get(_KEY))


def _name(text: str, namespaces: Mapping[str | None, str]) -> QName:
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


def _freshness(text: str | None) -> Freshness:
    try:
        return Freshness.ANY if text is None else Freshness(text.strip())
    except ValueError:
        raise ExtensibilityTypeError(
            f'gma:freshness="{cut(text, 40)}" is none of fresh, stale, any'
        ) from None


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.strip()
    if not _COUNT.match(digits) or int(digits) < 1:
        raise ExtensibilityTypeError(
            f'gma:limit="{cut(text, 40)}" is not a whole number from 1 to 999999999'
        )
    return int(digits)
