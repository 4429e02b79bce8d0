"""Expressions in XPath and XQuery: how many, how long, and what became of them; and standing queries."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from gma_twisted.console.families.family import Family, Value
from gma_twisted.console.families.reading import Reading

__all__ = ["QUERIES"]

_REFUSED = {
    "expression": "extensibilityTypeFault",
    "size": "TooLarge",
    "busy": "Busy",
    "time": "TimedOut",
    "worker": "Failed",
}


def _each(name: str) -> Callable[[Reading], Iterable[Value]]:
    """A figure of each language."""
    return lambda reading: [
        ((language,), figures.get(name, 0)) for language, figures in reading.queries.items()
    ]


def _refused(reading: Reading) -> Iterator[Value]:
    for language, figures in reading.queries.items():
        for shown, code in _REFUSED.items():
            yield (language, shown), figures.get(f"refused.{code}", 0)


QUERIES: Sequence[Family] = (
    Family(
        "gma_query_answers_total",
        "counter",
        "Expressions that were answered, once each.",
        _each("answered"),
        ("language",),
    ),
    Family(
        "gma_query_seconds_total",
        "counter",
        "Seconds from when they were asked to when they were answered.",
        _each("seconds"),
        ("language",),
    ),
    Family(
        "gma_query_refused_total",
        "counter",
        "Expressions that were not answered, by why: the expression itself, a size, too much to do, the time it took, "
        "the end of its process.",
        _refused,
        ("language", "reason"),
    ),
    Family(
        "gma_query_waiting",
        "gauge",
        "Expressions that wait for a process.",
        _each("queued"),
        ("language",),
    ),
    Family(
        "gma_query_running",
        "gauge",
        "Expressions that are being answered.",
        _each("running"),
        ("language",),
    ),
    Family(
        "gma_query_workers",
        "gauge",
        "Processes that can be asked; none before the first expression.",
        _each("workers"),
        ("language",),
    ),
    Family(
        "gma_query_restarts_total",
        "counter",
        "Processes that took the place of one that had ended.",
        _each("restarts"),
        ("language",),
    ),
    Family(
        "gma_standing_queries",
        "gauge",
        "Standing queries; those that are the same count once.",
        _each("kept"),
        ("language",),
    ),
    Family(
        "gma_standing_looks_total",
        "counter",
        "How often standing queries were looked at, all those of a service at once.",
        _each("looks"),
        ("language",),
    ),
    Family(
        "gma_standing_seconds_total",
        "counter",
        "Seconds of processor time that took.",
        _each("lookSeconds"),
        ("language",),
    ),
)
