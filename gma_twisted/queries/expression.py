"""Reading C{ogsi:queryByServiceDataNames}: strict but for the tolerances of WIRE 3."""

import re
from functools import lru_cache

from gma_twisted.errors import ExtensibilityTypeError, cut
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import NameQuery, NameSelector
from gma_twisted.soap.selectors import NAME_LISTS, readFreshness, readName, readSelectors

__all__ = ["readNameQuery"]

_ROOT = f"{{{OGSI}}}queryByServiceDataNames"
_NAME = f"{{{OGSI}}}name"
_FRESHNESS = f"{{{GMA}}}freshness"
_LIMIT = f"{{{GMA}}}limit"
_CURSOR = f"{{{GMA}}}cursor"
_ATTRIBUTES = frozenset((_FRESHNESS, _LIMIT, _CURSOR, *NAME_LISTS))
_COUNT = re.compile(r"[0-9]{1,9}\Z")


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
    return NameQuery(
        readSelectors(expression, _ATTRIBUTES, maxNames, "query"),
        readFreshness(expression),
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
    return NameQuery((NameSelector(readName(text, {})),))


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.strip()
    if not _COUNT.match(digits) or int(digits) < 1:
        raise ExtensibilityTypeError(
            f'gma:limit="{cut(text, 40)}" is not a whole number from 1 to 999999999'
        )
    return int(digits)
