"""Bounds of lines of events: on their way to who asked for them, and where they are listened for."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["StreamBounds"]

_KIB = 1024
_MIB = 1024**2
_GIB = 1024**3


@attrs.frozen(slots=False)
class StreamBounds:
    """Of the engines C{streams}, C{listening} and C{order}. How long lines are gathered is under C{[streams]}."""

    streamLines: int = key(
        COUNT,
        "lines that wait for who is slow, of all that ask for the same together; of more the oldest are left out, and "
        "that is told",
        10_000,
        name="stream_lines",
        bound="streams.lines",
    )
    streamSize: int = key(
        SIZE,
        "the same in bytes",
        8 * _MIB,
        name="stream_size",
        bound="streams.bytes",
    )
    streamsSize: int = key(
        SIZE,
        "lines that wait for all subscribers together; above it, the owner who has most waiting loses the oldest",
        256 * _MIB,
        name="streams_size",
        bound="streams.allBytes",
    )
    streamConnectTimeout: float = key(
        DURATION,
        "one attempt to connect to where lines go",
        10.0,
        name="stream_connect_timeout",
        bound="streams.connectSeconds",
    )
    streamClosing: float = key(
        DURATION,
        "how long a connection has to take what it was handed, when it is closed",
        5.0,
        name="stream_closing",
        bound="streams.closingSeconds",
    )
    streamHanded: int = key(
        SIZE,
        "lines handed to one connection before it has taken those before, but for one longer line",
        64 * _KIB,
        name="stream_handed_size",
        bound="streams.handedBytes",
    )
    streamDatagram: int = key(
        SIZE,
        "one datagram; longer lines are left out, and that is told",
        65_000,
        name="stream_datagram_size",
        bound="streams.datagramBytes",
    )
    streamFiles: int = key(
        COUNT,
        "files and directories below `files` of `[streams]`, whoever made them; of more none is made",
        1_000,
        name="stream_files",
        bound="streams.files",
    )
    streamFilesSize: int = key(
        SIZE,
        "bytes of these files; above them nothing is appended until some are taken away",
        4 * _GIB,
        name="stream_files_size",
        bound="streams.filesBytes",
    )
    lineConnections: int = key(
        COUNT,
        "connections at one address where lines are listened for",
        1_000,
        name="line_connections",
        bound="listening.connections",
    )
    lineConnectionsPerAddress: int = key(
        COUNT,
        "those of them from one address",
        100,
        name="line_connections_per_address",
        bound="listening.perAddress",
    )
    lineSize: int = key(
        SIZE,
        "one line; a longer one is left out",
        _MIB,
        name="line_size",
        bound="listening.lineBytes",
    )
    linesHeld: int = key(
        SIZE,
        "lines of all connections that have no end yet; above it, who gets more of one loses it",
        64 * _MIB,
        name="lines_held_size",
        bound="listening.heldBytes",
    )
    lineIdle: float = key(
        DURATION,
        "after how long a connection is closed that brought no whole line",
        3600.0,
        name="line_idle",
        bound="listening.idleSeconds",
    )
    lineBatch: int = key(
        COUNT,
        "lines that are handed on at once; no more than `notified_events`",
        500,
        name="line_batch",
        bound="listening.batchLines",
    )
    linesBad: int = key(
        COUNT,
        "lines that are no events, one after the other, before their connection is closed",
        100,
        name="lines_bad",
        bound="listening.badLines",
    )
    datagrams: int = key(
        COUNT,
        "datagrams of lines that wait to be read; what comes then is left out",
        10_000,
        name="line_datagrams",
        bound="listening.datagrams",
    )
    datagramsSize: int = key(
        SIZE,
        "the same in bytes",
        16 * _MIB,
        name="line_datagrams_size",
        bound="listening.datagramBytes",
    )
    lineLast: float = key(
        DURATION,
        "how long what a connection brought is still offered when it has ended, or the node stops",
        10.0,
        name="line_last",
        bound="listening.lastSeconds",
    )
    streamsTaken: int = key(
        COUNT,
        "numbered streams that come at once",
        10_000,
        name="streams_taken",
        bound="order.streams",
    )
    streamFillTime: float = key(
        DURATION,
        "how long what is missing in a stream is asked for without an answer, before it is told as missed",
        300.0,
        name="stream_fill_time",
        bound="order.fillSeconds",
    )
