"""Providers, each by its name."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from gma_twisted.console.families.family import Family, Value, instant
from gma_twisted.console.families.reading import Reading

__all__ = ["PROVIDERS", "PROVIDER_STATES"]

PROVIDER_STATES = ("idle", "running", "failed", "backoff", "hung", "resting", "stopped")
"""What a provider can be doing."""


def _providers(
    key: str, number: Callable[[str], float] = float
) -> Callable[[Reading], Iterable[Value]]:
    """Of each provider that has it: one that never ran has no duration."""

    def values(reading: Reading) -> Iterator[Value]:
        for row in reading.providers:
            text = row.get(key, "")
            if text:
                yield (row["name"],), number(text)

    return values


def _providerStates(reading: Reading) -> Iterator[Value]:
    for row in reading.providers:
        for state in PROVIDER_STATES:
            yield (row["name"], state), row["state"] == state


PROVIDERS: Sequence[Family] = (
    Family(
        "gma_provider_state",
        "gauge",
        "1 for the state a provider is in, 0 for the others.",
        _providerStates,
        ("provider", "state"),
    ),
    Family(
        "gma_provider_runs_total",
        "counter",
        "Runs of a provider that began.",
        _providers("runs"),
        ("provider",),
    ),
    Family(
        "gma_provider_failures_total",
        "counter",
        "Runs of a provider that failed.",
        _providers("failures"),
        ("provider",),
    ),
    Family(
        "gma_provider_skips_total",
        "counter",
        "Runs of a provider that were left out, because the one before went on or the machine slept.",
        _providers("skips"),
        ("provider",),
    ),
    Family(
        "gma_provider_last_duration_seconds",
        "gauge",
        "How long the last run of a provider took; none before the first.",
        _providers("lastDuration"),
        ("provider",),
    ),
    Family(
        "gma_provider_last_success_timestamp_seconds",
        "gauge",
        "When the last good run of a provider began, seconds since 1970; none before the first.",
        _providers("lastSuccess", instant),
        ("provider",),
    ),
)
