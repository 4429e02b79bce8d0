"""Lines of events on their way to who is subscribed to a producer."""

from collections.abc import Callable, Iterable, Sequence

from gma_twisted.console.families.family import Family, Value
from gma_twisted.console.families.reading import Reading

__all__ = ["SENDING"]

_SCHEME = ("scheme",)


def _each(name: str) -> Callable[[Reading], Iterable[Value]]:
    """Of each scheme of data URLs the node has a way for."""
    return lambda reading: [
        ((scheme,), counts.get(name, 0)) for scheme, counts in reading.sentLines.items()
    ]


SENDING: Sequence[Family] = (
    Family(
        "gma_stream_lines_total",
        "counter",
        "Events that were written as a line, once for all subscriptions that ask for the same.",
        _each("lines"),
        _SCHEME,
    ),
    Family(
        "gma_stream_sent_lines_total",
        "counter",
        "Lines that were handed to connections, datagrams and files.",
        _each("sent"),
        _SCHEME,
    ),
    Family(
        "gma_stream_sent_bytes_total",
        "counter",
        "Bytes of those lines.",
        _each("bytes"),
        _SCHEME,
    ),
    Family(
        "gma_stream_missed_events_total",
        "counter",
        "Events that were left out, once for each subscription that did not get them; numbered ones ask for them.",
        _each("missed"),
        _SCHEME,
    ),
    Family(
        "gma_stream_unwritable_events_total",
        "counter",
        "Events that the lines that were asked for cannot hold; missed counts them, too.",
        _each("unwritable"),
        _SCHEME,
    ),
    Family(
        "gma_stream_connections_total",
        "counter",
        "Connections, sockets and files that were opened.",
        _each("connected"),
        _SCHEME,
    ),
    Family(
        "gma_stream_reconnections_total",
        "counter",
        "Of these, connections that took the place of one that was lost.",
        _each("reconnected"),
        _SCHEME,
    ),
    Family(
        "gma_stream_failures_total",
        "counter",
        "Attempts to connect or to write that failed; they are made again.",
        _each("failed"),
        _SCHEME,
    ),
    Family(
        "gma_stream_subscriptions",
        "gauge",
        "Subscriptions that are sent lines.",
        _each("members"),
        _SCHEME,
    ),
    Family(
        "gma_stream_open_connections",
        "gauge",
        "Connections, sockets and files that are open for lines; fewer than subscriptions while some are away.",
        _each("connections"),
        _SCHEME,
    ),
    Family(
        "gma_stream_waiting_bytes",
        "gauge",
        "Bytes of lines that are kept for who has not got them yet.",
        _each("held"),
        _SCHEME,
    ),
)
