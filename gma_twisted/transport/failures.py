"""Why a connection failed, in words for people: libraries say it in their own, or several times."""

import os
from collections.abc import Sequence

from OpenSSL.SSL import Error as TLSError
from twisted.internet.error import ConnectError

from gma_twisted.errors import cut

__all__ = ["whyOf"]

# What OpenSSL says of a peer that answers in plain text.
_PLAIN = frozenset({"wrong version number", "packet length too long"})


def whyOf(error: BaseException | None) -> str:
    """One phrase, without a full stop."""
    if isinstance(error, TLSError):
        return _whyOfTLS(error)
    if isinstance(error, ConnectError) and isinstance(error.osError, int):
        return os.strerror(error.osError)
    return str(error).rstrip(".")


def _whyOfTLS(error: TLSError) -> str:
    reasons: list[str] = []
    # A list of (library, function, reason), the innermost first; empty where OpenSSL knows none.
    for one in error.args[0] if error.args and isinstance(error.args[0], Sequence) else ():
        if isinstance(one, tuple) and one:
            reasons.append(cut(one[-1]))
    if _PLAIN.intersection(reasons):
        return "it does not speak TLS"
    return f"TLS failed: {', '.join(reasons)}" if reasons else "TLS failed"
