"""What one connection, and all of them together, may ask of a node, and what a node asks of others."""

import attrs

__all__ = ["DEFAULT_GATE_LIMITS", "SINK_LIMITS", "CallerLimits", "DialLimits", "GateLimits"]


@attrs.frozen(slots=True)
class GateLimits:
    """
    Bounds of the Gate; the absolute deadlines do not move with the bytes that arrive.

    @ivar head: bytes of request line and header fields together; 431
    @ivar target: bytes of the request target; 414
    @ivar fields: header fields; 431
    @ivar body: bytes of a body; 413
    @ivar chunkLine: bytes of a chunk's size line with its extensions, and of the trailer section; 400
    @ivar headSeconds: from the first byte of a request, or from the connection, to the end of its head
    @ivar bodySeconds: from the end of the head to the end of the body, beside the time its bytes take
    @ivar bodyRate: bytes a second a body must arrive with at least, after C{bodySeconds}
    @ivar idleSeconds: from an answer to the first byte of the next request
    @ivar writeSeconds: for every C{slice} of an answer to be taken by the reader
    @ivar lingerSeconds: how long input is read away after a refusal, so that the peer can read why
    @ivar slice: bytes of an answer in the transport's buffer at most
    @ivar ahead: bytes of the next requests kept while one is answered
    @ivar bodies: bytes of requests not yet whole, of all connections together; 503
    @ivar perTurn: requests of one connection answered before the others have their turn
    @ivar connectionsPerAddress: connections of one address, of IPv6 of a /64; 503
    @ivar connections: connections in all; 503
    @ivar handshakes: of TLS, a second, that one address may begin in the long run; C{connectionsPerAddress} more at
        once
    @ivar lateness: seconds the reactor may come late before there is too much to do; see L{Gatekeeper}
    @ivar answers: bytes of big answers that readers have not taken, of all connections together, before there is; a
        caller that has left an eighth of it unread is refused, 429
    @ivar underWay: requests that wait for their answer before there is
    @ivar callerRate: requests a second of one caller, in the long run; 429
    @ivar callerBurst: requests of one caller at once, about
    @ivar urgentRate: renewals and the like a second of one caller that are let in when there is too much to do,
        whatever else it asks
    @ivar urgentBurst: the same at once
    """

    head: int = 16 * 1024
    target: int = 8 * 1024
    fields: int = 100
    body: int = 8 * 1024 * 1024
    chunkLine: int = 1024
    headSeconds: float = 10.0
    bodySeconds: float = 10.0
    bodyRate: float = 500.0
    idleSeconds: float = 60.0
    writeSeconds: float = 30.0
    lingerSeconds: float = 2.0
    slice: int = 256 * 1024
    ahead: int = 64 * 1024
    bodies: int = 256 * 1024 * 1024
    perTurn: int = 16
    connectionsPerAddress: int = 256
    connections: int = 4096
    handshakes: int = 50
    lateness: float = 0.05
    answers: int = 128 * 1024 * 1024
    underWay: int = 2048
    callerRate: int = 50_000
    callerBurst: int = 100_000
    urgentRate: int = 250
    urgentBurst: int = 1000


DEFAULT_GATE_LIMITS = GateLimits()


@attrs.frozen(slots=True)
class CallerLimits:
    """
    Bounds of calls to other nodes.

    @ivar connections: to one peer (address and port) at once
    @ivar waiting: calls that wait for a connection to one peer
    @ivar answer: bytes of an answer
    @ivar head: bytes of its head, and of what frames it
    @ivar idleSeconds: how long an unused connection is kept: shorter than the peer's own patience
    """

    connections: int = 2
    waiting: int = 256
    answer: int = 64 * 1024 * 1024
    head: int = 64 * 1024
    idleSeconds: float = 30.0


SINK_LIMITS = CallerLimits(answer=4 * 1024, head=16 * 1024)
"""For calls of sinks: whatever they answer, their status is all that is needed."""


@attrs.frozen(slots=True)
class DialLimits:
    """
    Bounds of finding a peer by the name it supplied, for all peers together where nothing else is said.

    @ivar lookups: names looked up at once; each takes a thread of the reactor for as long as its name servers like
    @ivar waiting: names that wait to be looked up
    @ivar lookupSeconds: for one name, with its wait
    @ivar addresses: of one name that are tried; the others are not looked at
    @ivar connectSeconds: for each of its addresses
    """

    lookups: int = 4
    waiting: int = 4096
    lookupSeconds: float = 5.0
    addresses: int = 8
    connectSeconds: float = 3.0
