"""Query languages: how C{findServiceData} reads and answers one kind of expression (OGSI 1.0, 9.2)."""

from collections.abc import Awaitable, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.markup.parse import Element
from gma_twisted.model import QName

__all__ = ["IQueryLanguage"]


class IQueryLanguage(Interface):
    """
    One dialect over one service's data.

    Reading is apart from answering so that an expression that comes again to the byte is read once
    (PERFORMANCE, the way, 4).
    """

    dialects: Sequence[QName] = Attribute(
        "root elements of the expressions it reads; the first one is advertised"
    )

    def read(expression: Element) -> object:
        """
        Check an expression whose root is one of C{dialects}; pure.

        @return: the query, immutable, for L{answer}
        @raise ExtensibilityTypeError: malformed; the message says where
        """

    def answer(query: object) -> Awaitable[bytes]:
        """
        @param query: what L{read} gave
        @return: the one element that goes into C{ogsi:result}; may use the prefixes the envelope declares
            (L{gma_twisted.soap.envelope})
        @raise TargetInvalid: a named service data element is not known
        @raise TooLarge: the answer would pass C{[limits] max_answer}; the message names the cursor way
        """
