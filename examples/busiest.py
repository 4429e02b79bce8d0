"""A query language of one's own: which value of a name has the largest number in an attribute."""

import math
from collections.abc import Awaitable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.interfaces import IQueryLanguage, IServiceDataStore
from gma_twisted.markup import Element, XMLGate, escapeAttribute
from gma_twisted.model import NameQuery, NameSelector, QName
from gma_twisted.soap.selectors import readName
from gma_twisted.timing import Ready


@attrs.frozen
class Busiest:
    """
    What is asked.

    @ivar query: the values it is about
    @ivar attribute: of theirs, in which the number is
    """

    query: NameQuery
    attribute: str


@implementer(IQueryLanguage)
class BusiestLanguage:
    """C{<b:busiest xmlns:b="urn:example:busiest" name="{urn:example:vo}Host" attribute="load"/>}."""

    dialects: Sequence[QName] = (QName("urn:example:busiest", "busiest"),)

    def __init__(self, store: IServiceDataStore) -> None:
        """@param store: the node fills it in, because the constructor has it"""
        self._store = store
        self._gate = XMLGate()

    def read(self, expression: Element) -> Busiest:
        """See L{IQueryLanguage}."""
        name, attribute = expression.get("name"), expression.get("attribute")
        if not name or not attribute:
            raise ExtensibilityTypeError("busiest needs the attributes name and attribute")
        selector = NameSelector(readName(name, expression.nsmap))
        return Busiest(NameQuery((selector,)), attribute)

    def answer(self, query: Busiest) -> Awaitable[bytes]:
        """See L{IQueryLanguage}."""
        largest, key = -math.inf, ""
        for one in self._store.find(query.query).elements:
            root = self._gate.parse(one.head + one.tail)
            try:
                number = float(root.get(query.attribute, ""))
            except ValueError:
                continue  # it has no such number
            if number > largest:
                largest, key = number, one.key.key
        if largest == -math.inf:
            return Ready(b'<busiest xmlns="urn:example:busiest"/>')
        told = f'<busiest xmlns="urn:example:busiest" key="{escapeAttribute(key)}">{largest:g}</busiest>'
        return Ready(told.encode())
