"""Requests turned away for as little work as can be: answers written out beforehand."""

from collections.abc import Sequence

import attrs

from gma_twisted.transport.refusal import REASONS

__all__ = ["LONGEST", "TOO_BIG", "TOO_MUCH", "TOO_OFTEN", "UNREAD", "Turned"]

LONGEST = 30
"""Seconds after which one who is turned away may come again, at most."""


@attrs.frozen(slots=True, eq=False)
class Turned:
    """
    A refusal, written out.

    @ivar status: 503 when the node has too much to do, 429 when this caller asks too much (RFC 6585, 4)
    @ivar reason: C{load}, C{size}, C{rate} or C{unread}
    @ivar keeping: the answer on a connection that goes on
    @ivar closing: the answer on one that ends
    """

    status: int
    reason: str
    keeping: bytes
    closing: bytes


def _turned(status: int, reason: str, why: str) -> Sequence[Turned]:
    """One for each number of seconds, from 1."""
    body = why.encode() + b"\n"
    rest = b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    found = []
    for seconds in range(1, LONGEST + 1):
        head = b"HTTP/1.1 %d %b\r\nRetry-After: %d\r\n" % (status, REASONS[status], seconds)
        found.append(Turned(status, reason, head + rest, head + b"Connection: close\r\n" + rest))
    return found


TOO_MUCH = _turned(503, "load", "the node has too much to do; come again later")
TOO_BIG = _turned(503, "size", "the node has too much to do for so big a message; come again later")
TOO_OFTEN = _turned(429, "rate", "too many requests came from there; come again later")
UNREAD = _turned(429, "unread", "too much that was answered is not read; read it and come again")
