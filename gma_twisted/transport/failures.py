"""Why a connection failed, in words for people: libraries say it in their own, or several times."""

import os
from collections.abc import Sequence

from OpenSSL.SSL import Error as TLSError
from twisted.internet.error import ConnectError

from gma_twisted.errors import cut

__all__ = ["whyOf"]

# What OpenSSL says of a peer that answers in plain text.
_PLAIN = frozenset({"wrong version number", "packet length too long"})

# What a node says that turns away the certificate it was shown, and what that means for us.
_TURNED_AWAY = (
    (
        "certificate required",
        "it wants a certificate, and none is shown; set certificate under [tls]",
    ),
    ("alert unknown ca", "it does not know the authority of our certificate"),
    ("alert certificate expired", "it says that our certificate has ended"),
    ("alert certificate revoked", "it says that our certificate was revoked"),
    ("alert bad certificate", "it does not take our certificate"),
)


def whyOf(error: BaseException | None) -> str:
    """One phrase, without a full stop."""
    if isinstance(error, TLSError):
        return _whyOfTLS(error)
    if isinstance(error, ConnectError) and isinstance(error.osError, int):
        return os.strerror(error.osError)
    return str(error).rstrip(".")


def _reasonsOf(error: TLSError) -> list[str]:
    # A list of (library, function, reason), the innermost first; empty where OpenSSL knows none.
    told = error.args[0] if error.args and isinstance(error.args[0], Sequence) else ()
    return [cut(one[-1]) for one in told if isinstance(one, tuple) and one]


def _whyOfTLS(error: TLSError) -> str:
    reasons = _reasonsOf(error)
    if _PLAIN.intersection(reasons):
        return "it does not speak TLS"
    for part, why in _TURNED_AWAY:
        if any(part in one for one in reasons):
            return why
    return f"TLS failed: {', '.join(reasons)}" if reasons else "TLS failed"
