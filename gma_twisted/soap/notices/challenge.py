"""How a sink shows that it wants notices: it answers a GET with the token in the query (WIRE 3, subscribe)."""

import re

from gma_twisted.model import Handle

__all__ = ["challenged", "tokenIn"]

_NAME = "gma-challenge"
# Nothing in it means anything to whoever shows the answer.
_TOKEN = re.compile(rf"(?:.*&)?{_NAME}=([0-9A-Za-z._~-]{{1,128}})(?:&.*)?", re.DOTALL)


def challenged(sink: Handle, token: str) -> Handle:
    """What is fetched to challenge a sink."""
    return Handle(f"{sink.url}{'&' if '?' in sink.url else '?'}{_NAME}={token}")


def tokenIn(query: bytes) -> bytes | None:
    """
    The token of a challenge.

    @param query: what follows on the question mark of the target
    @return: C{None} when it is no challenge, or one that nobody answers
    """
    found = _TOKEN.fullmatch(query.decode("latin-1"))
    return None if found is None else found[1].encode()
