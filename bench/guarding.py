"""Who asks a node that wants to know it: the bearer tokens of the load, and what shows them."""

from bench import workload
from bench.talk import Talk

__all__ = ["CALLERS", "SHOWING", "finds", "tokenOf"]

CALLERS = 64
"""How many identities there are; connection n is caller n modulo this."""

SHOWING = "gate-token"
"""The one server whose callers show who they are."""


def tokenOf(caller: int) -> str:
    """The bearer token of a caller, as long as one that C{gma token} makes."""
    return f"gma_{caller:043d}"


def finds(server: str, load: str, connection: int) -> Talk:
    """findServiceData of one host; where callers are known, with the token of the connection in every head."""
    token = tokenOf(connection % CALLERS) if server == SHOWING else ""
    return workload.finds(load, connection, token)
