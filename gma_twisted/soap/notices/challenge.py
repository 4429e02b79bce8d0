"""How a sink shows that it wants notices: it answers a GET with the token in the query (WIRE 3, subscribe)."""

import re

from gma_twisted.model import Handle

__all__ = ["challenged", "tokenIn"]

_NAME = "gma-challenge"
# Nothing in it means anything to whoever shows the answer.
_TOKEN = re.compile(r"[0-9A-Za-z._~-]{1,128}")


def challenged(sink: Handle, token: str) -> Handle:
    """What is fetched to challenge a sink."""
    return Handle(f"{sink.url}{'&' if '?' in sink.url else '?'}{_NAME}={token}")


def tokenIn(query: bytes) -> bytes | None:
    """
    The token of a challenge.

    @param query: what follows on the question mark of the target
    @return: C{None} when it is no challenge, or one that nobody answers; also when it has several, for whoever put the
        other one there may not be who asks
    """
    arguments = [one.partition("=") for one in query.decode("latin-1").split("&")]
    tokens = [value for name, _, value in arguments if name == _NAME]
    if len(tokens) != 1 or not _TOKEN.fullmatch(tokens[0]):
        return None
    return tokens[0].encode()
