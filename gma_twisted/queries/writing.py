"""Answers of name queries as bytes: after the head that says when, stored values with fresh lifetimes, and an end."""

from collections.abc import Sequence

from gma_twisted.errors import TooLarge
from gma_twisted.markup import escapeAttribute, writeValue
from gma_twisted.model import Answer, ServiceDataElement
from gma_twisted.soap.values import CLOSE

__all__ = ["bounded", "measured", "opening", "writeRest", "written"]

# ogsi:goodFrom and gma:originator are written with every value.
_LEAST = len(' gma:originator="" ogsi:goodFrom="2026-01-01T00:00:00Z"')


def writeRest(answer: Answer, now: float, offset: float, most: int) -> bytes:
    """
    All that follows L{writeHead <gma_twisted.soap.values.writeHead>}.

    @param now: instant on the node's clock
    @param offset: wall time minus the node's clock, seconds
    @param most: bytes
    @raise TooLarge: it would be longer
    """
    measured(answer.elements, 0, most)
    rest = opening(answer.cursor) + written(answer.elements, now, offset) + CLOSE
    bounded(len(rest), most)
    return rest


def opening(cursor: str | None) -> bytes:
    """The end of the start tag. @param cursor: of the next page, C{None} when there is none"""
    return b">" if cursor is None else f' gma:cursor="{escapeAttribute(cursor)}">'.encode()


def written(elements: Sequence[ServiceDataElement], now: float, offset: float) -> bytes:
    """The values; parameters as in L{writeRest}."""
    return b"".join([writeValue(element, now, offset) for element in elements])


def measured(elements: Sequence[ServiceDataElement], size: int, most: int) -> int:
    """
    What the values will take at least, before any is written.

    @param size: bytes so far
    @raise TooLarge: more than C{most}
    """
    for element in elements:
        size += element.size + len(element.key.originator) + _LEAST
    bounded(size, most)
    return size


def bounded(size: int, most: int) -> None:
    """Refuse an answer that is too large. @raise TooLarge: says how to ask for pages"""
    if size > most:
        raise TooLarge(
            f"the answer would be larger than {most} bytes; ask for pages with"
            " gma:limit, and for the next one with the gma:cursor of the one before"
        )
