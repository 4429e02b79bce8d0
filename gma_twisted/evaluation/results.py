"""What an answer of a language looks like: one element, whose children are the results in order."""

import math
import re
from collections.abc import Iterable, Sequence

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.markup import escapeAttribute, escapeText

__all__ = [
    "AROUND",
    "XPATH_RESULTS",
    "XQUERY_RESULTS",
    "Results",
    "resultElement",
    "tooLarge",
    "withoutLifetimes",
    "writeBoolean",
    "writeNumber",
    "writeResult",
    "writeString",
]

# Of what is written on a value: when it was made, how long it holds, and whether that is over.
_LIFETIMES = re.compile(
    rb' (?:ogsi:(?:goodFrom|goodUntil|availableUntil)|gma:(?:created|sequence|freshness))="[^"]*"'
)
XPATH_RESULTS = "ogsi:XPathQueryResults"
"""The element of an answer in XPath, with a prefix of the envelope."""

XQUERY_RESULTS = "gma:XQueryResults"
"""The element of an answer in XQuery, likewise."""

AROUND = 96
"""Bytes that are counted for the start tag and the end tag of an answer."""


@attrs.define(slots=True, eq=False)
class Results:
    """
    Results as they are found, and how many bytes they have.

    @ivar most: bytes of the whole answer
    @ivar count: results so far
    """

    most: int
    count: int = attrs.field(default=0, init=False)
    _size: int = attrs.field(default=AROUND, init=False)
    _written: list[bytes] = attrs.field(factory=list, init=False, repr=False)

    def add(self, written: bytes, count: int = 1) -> None:
        """
        Take what comes next.

        @param written: with the prefixes of the envelope, and all others declared in it
        @param count: results it has
        @raise TooLarge: the answer would have more than C{most} bytes
        """
        self._size += len(written)
        if self._size > self.most:
            raise tooLarge(self.most)
        self.count += count
        self._written.append(written)

    @property
    def items(self) -> Sequence[bytes]:
        """What was added, each by itself."""
        return self._written

    def written(self, name: str) -> bytes:
        """
        The answer.

        @param name: of its element, with a prefix of the envelope
        @raise TooLarge: as L{add}
        """
        if self._size > self.most:
            raise tooLarge(self.most)  # not even one without a result
        return resultElement(name, self.count, self._written)


def resultElement(name: str, count: int, written: Iterable[bytes]) -> bytes:
    """The element of an answer. Parameters as of L{Results}"""
    start = f'<{name} resultCount="{count}">'.encode()
    return b"".join((start, *written, f"</{name}>".encode()))


def withoutLifetimes(answer: bytes) -> bytes:
    """What two answers have in common that differ only in when a value was made and how long it holds."""
    return _LIFETIMES.sub(b"", answer)


def tooLarge(most: int) -> TooLarge:
    """The error of an answer that would have more bytes."""
    return TooLarge(
        f"the answer would have more than {most} bytes ([limits] query_max_result); narrow the expression"
    )


def writeResult(kind: str, text: str, attributes: str = "") -> bytes:
    """
    A result that is no node: C{gma:result}.

    @param kind: its type, with a prefix of the envelope; empty for none
    @param text: its value as that type is written
    @param attributes: more of them, escaped, a blank before each
    """
    typed = f' xsi:type="{kind}"' if kind else ""
    return f"<gma:result{typed}{attributes}>{escapeText(text)}</gma:result>".encode()


def writeString(text: str, attribute: str | None = None) -> bytes:
    """A text. @param attribute: name of the attribute it is the value of, in Clark notation"""
    named = "" if attribute is None else f' gma:attribute="{escapeAttribute(attribute)}"'
    return writeResult("xsd:string", text, named)


def writeNumber(number: float) -> bytes:
    """A number of XPath 1.0, a double: whole ones without a point, as XPath writes them."""
    if number != number:
        text = "NaN"
    elif number in (math.inf, -math.inf):
        text = "INF" if number > 0 else "-INF"
    elif number == int(number) and abs(number) < 1e15:
        text = str(int(number))
    else:
        text = repr(number)
    return f'<gma:result xsi:type="xsd:double">{text}</gma:result>'.encode()


def writeBoolean(value: bool) -> bytes:
    """A truth value."""
    return b'<gma:result xsi:type="xsd:boolean">%s</gma:result>' % (b"true" if value else b"false")
