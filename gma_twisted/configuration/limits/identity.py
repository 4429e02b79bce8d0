"""Bounds of what callers show to say who they are."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION

__all__ = ["IdentityBounds"]


@attrs.frozen(slots=False)
class IdentityBounds:
    """Of the engines C{attempts} and C{nonces}."""

    failures: int = key(
        COUNT,
        "wrong tokens and passwords that may come at once from one address (of IPv6 a /64; of a /56 four times, of a "
        "/48 16 times as many), or for one name from addresses that failed before; of more no password is compared, "
        "and what is wrong is answered with 503 and Retry-After",
        10,
        bound="attempts.burst",
    )
    failureInterval: float = key(
        DURATION,
        "after which one more may come",
        6.0,
        name="failure_interval",
        bound="attempts.interval",
    )
    failingCallers: int = key(
        COUNT,
        "addresses and names whose failures are remembered",
        10_000,
        name="failing_callers",
        bound="attempts.callers",
    )
    nonces: int = key(
        COUNT,
        "nonces of passwords' digests that are remembered, for one identity half of them; of more, none is taken",
        100_000,
        bound="nonces.most",
    )
    nonceWindow: float = key(
        DURATION,
        "how far the time a message was made may be from that of the node, either way",
        300.0,
        name="nonce_window",
        bound="nonces.window",
    )
