"""What callers showed to say who they are."""

from collections.abc import Sequence

from gma_twisted.console.families.family import Family, counted

__all__ = ["IDENTITY"]

IDENTITY: Sequence[Family] = (
    Family(
        "gma_authentication_failures_total",
        "counter",
        "Requests that showed a token, a password or certificates that are nobody's: wrong, compared with all there "
        "are; throttled, not looked at, because too much from there was wrong before.",
        counted(
            lambda reading: reading.node.attempts(),
            {"wrong": "failed", "throttled": "refused"},
        ),
        ("outcome",),
    ),
)
