"""Lines of events that come to a consumer, and the numbered streams among them."""

from collections.abc import Mapping, Sequence

from gma_twisted.console.families.family import Family, ifTold, told
from gma_twisted.console.families.reading import Reading

__all__ = ["LISTENING"]

_OUTCOMES = {
    "plain": "plain",
    "delivered": "delivered",
    "repeated": "repeated",
    "unnumbered": "unnumbered",
    "left_out": "leftOut",
    "missed": "missed",
}
_ENDS = {"closed": "closed", "unknown": "unknown", "superseded": "superseded"}


def _lines(reading: Reading) -> Mapping[str, int]:
    return reading.lines


LISTENING: Sequence[Family] = (
    Family(
        "gma_listen_connections_total",
        "counter",
        "Connections for lines that were taken.",
        ifTold(_lines, "connections"),
    ),
    Family(
        "gma_listen_refused_total",
        "counter",
        "Connections for lines, and datagrams, of who may not send any, or that were too many.",
        ifTold(_lines, "refused"),
    ),
    Family(
        "gma_listen_ended_connections_total",
        "counter",
        "Connections for lines that were ended here: closed, for what they sent or did not send; unknown, for a stream "
        "nobody asked for, or a beginning that says nothing usable; superseded, their stream came by another one.",
        told(_lines, _ENDS),
        ("reason",),
    ),
    Family(
        "gma_listen_datagrams_total",
        "counter",
        "Datagrams with a line that came.",
        ifTold(_lines, "datagrams"),
    ),
    Family(
        "gma_listen_dropped_datagrams_total",
        "counter",
        "Datagrams there was no room for.",
        ifTold(_lines, "dropped"),
    ),
    Family(
        "gma_listen_read_events_total",
        "counter",
        "Events that were read from lines and handed on.",
        ifTold(_lines, "events"),
    ),
    Family(
        "gma_listen_bad_lines_total",
        "counter",
        "Lines that are no events, and lines called as the beginning of a stream that begin none.",
        ifTold(_lines, "bad"),
    ),
    Family(
        "gma_listen_long_lines_total",
        "counter",
        "Of these, lines that are longer than a line may be.",
        ifTold(_lines, "tooLong"),
    ),
    Family(
        "gma_listen_retries_total",
        "counter",
        "How often events were offered again, because they were not taken.",
        ifTold(_lines, "retried"),
    ),
    Family(
        "gma_listen_events_total",
        "counter",
        "Events of lines, by what became of them.",
        told(_lines, _OUTCOMES),
        ("outcome",),
    ),
    Family(
        "gma_listen_streams_total",
        "counter",
        "How often a numbered stream began, or went on over another connection.",
        ifTold(_lines, "begun"),
    ),
    Family(
        "gma_listen_gaps_total",
        "counter",
        "How often something was missing in a numbered stream, and was asked for.",
        ifTold(_lines, "gaps"),
    ),
    Family(
        "gma_listen_filled_events_total",
        "counter",
        "Events that were missing and were given when they were asked for; delivered counts them, too.",
        ifTold(_lines, "filled"),
    ),
    Family(
        "gma_listen_losses_total",
        "counter",
        "How often events of a numbered stream may be missing for good, and nobody knows how many.",
        ifTold(_lines, "lost"),
    ),
)
