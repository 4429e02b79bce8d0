"""An expression put to service data: XPath to each value by itself, XQuery to all of them (OGSI 1.0, 9.2; WIRE 3)."""

import enum

import attrs

from gma_twisted.model.lifetime import Freshness
from gma_twisted.model.query import NameSelector

__all__ = ["Language", "Question"]


class Language(enum.Enum):
    """What an expression is written in; the values are what users call them."""

    XPATH = "xpath"
    """XPath 1.0, evaluated on each value by itself."""
    XQUERY = "xquery"
    """XQuery 3.1 over all values together."""


@attrs.frozen(slots=True, cache_hash=True)
class Question:
    """
    An expression and what it is about.

    @ivar language: what it is written in
    @ivar text: the expression
    @ivar selectors: the values it sees, those that one of them selects; empty for all there are. The namespace of a
        name may be C{*}, see L{NameSelector.covers}
    @ivar namespaces: of the prefixes in it, beside those every expression knows; sorted, each prefix once
    @ivar freshness: which of the values, by C{goodUntil}
    """

    language: Language
    text: str
    selectors: tuple[NameSelector, ...] = ()
    namespaces: tuple[tuple[str, str], ...] = ()
    freshness: Freshness = Freshness.ANY
