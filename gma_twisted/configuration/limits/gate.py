"""Bounds of connections and requests."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["GateBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class GateBounds:
    """Of the engine C{gate}."""

    connections: int = key(COUNT, "connections in all", 4096, bound="gate.connections")
    connectionsPerAddress: int = key(
        COUNT,
        "connections of one address, of IPv6 of a /64",
        256,
        name="connections_per_address",
        bound="gate.connectionsPerAddress",
    )
    handshakes: int = key(
        COUNT,
        "TLS handshakes a second of one address, of IPv6 of a /64; `connections_per_address` more at once",
        50,
        bound="gate.handshakes",
    )
    maxHead: int = key(
        SIZE, "request line and header fields", 16 * _KIB, name="max_head", bound="gate.head"
    )
    maxTarget: int = key(SIZE, "request target", 8 * _KIB, name="max_target", bound="gate.target")
    maxFields: int = key(
        COUNT, "header fields of a request", 100, name="max_fields", bound="gate.fields"
    )
    maxBody: int = key(SIZE, "body of a request", 8 * _MIB, name="max_body", bound="gate.body")
    maxChunkLine: int = key(
        SIZE,
        "size line of a chunk, and trailers",
        _KIB,
        name="max_chunk_line",
        bound="gate.chunkLine",
    )
    headTimeout: float = key(
        DURATION,
        "time for the head of a request",
        10.0,
        name="head_timeout",
        bound="gate.headSeconds",
    )
    bodyTimeout: float = key(
        DURATION,
        "time for the body of a request, beside what `body_rate` gives",
        10.0,
        name="body_timeout",
        bound="gate.bodySeconds",
    )
    bodyRate: int = key(
        SIZE, "least a second of a body", 500, name="body_rate", bound="gate.bodyRate"
    )
    idleTimeout: float = key(
        DURATION, "time between two requests", 60.0, name="idle_timeout", bound="gate.idleSeconds"
    )
    writeTimeout: float = key(
        DURATION,
        "time a reader has for each slice of an answer",
        30.0,
        name="write_timeout",
        bound="gate.writeSeconds",
    )
    lingerTimeout: float = key(
        DURATION,
        "time input is read away after a refusal",
        2.0,
        name="linger_timeout",
        bound="gate.lingerSeconds",
    )
    answerSlice: int = key(
        SIZE,
        "slice in which an answer is written",
        256 * _KIB,
        name="answer_slice",
        bound="gate.slice",
    )
    readAhead: int = key(
        SIZE,
        "input kept while a request is answered",
        64 * _KIB,
        name="read_ahead",
        bound="gate.ahead",
    )
    bodies: int = key(
        SIZE,
        "requests not yet whole, of all connections together",
        256 * _MIB,
        name="max_bodies",
        bound="gate.bodies",
    )
    perTurn: int = key(
        COUNT,
        "requests of one connection answered before the others have their turn",
        16,
        name="per_turn",
        bound="gate.perTurn",
    )
    maxLateness: float = key(
        DURATION,
        "how late the node may come to what is due before there is too much to do and requests are refused",
        0.05,
        name="max_lateness",
        bound="gate.lateness",
    )
    maxAnswers: int = key(
        SIZE,
        "answers that readers have not taken, of all connections together, before there is too much to do; a caller "
        "that has left more than an eighth of it unread is answered 429",
        128 * _MIB,
        name="max_answers",
        bound="gate.answers",
    )
    maxUnderWay: int = key(
        COUNT,
        "requests that wait for their answer before there is too much to do",
        2048,
        name="max_under_way",
        bound="gate.underWay",
    )
    callerRate: int = key(
        COUNT,
        "requests a second of one caller in the long run, by name or else by address (of IPv6 a /64); of more, 429 is "
        "answered",
        50_000,
        name="caller_rate",
        bound="gate.callerRate",
    )
    callerBurst: int = key(
        COUNT,
        "requests of one caller at once, about",
        100_000,
        name="caller_burst",
        bound="gate.callerBurst",
    )
    urgentRate: int = key(
        COUNT,
        "renewals and the like a second of one caller that are let in when there is too much to do",
        250,
        name="urgent_rate",
        bound="gate.urgentRate",
    )
    urgentBurst: int = key(
        COUNT,
        "the same at once",
        1000,
        name="urgent_burst",
        bound="gate.urgentBurst",
    )
