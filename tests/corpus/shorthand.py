"""How the families write their cases: a good request with one flaw, and the usual outcomes."""

from tests.corpus.case import BOTH, SOAP, WEB, Answer, Case, Face

__all__ = [
    "BODY",
    "CHUNKED",
    "GET",
    "GOOD",
    "NEXT",
    "OPEN",
    "accepted",
    "exchanged",
    "fetched",
    "refused",
]

OPEN = b"POST $PATH HTTP/1.1\r\nHost: gate\r\nContent-Type: $TYPE\r\n"
"""A good head but for its framing; further fields follow."""

BODY = b"Content-Length: $LENGTH\r\n\r\n$BODY"
"""Ends a head begun with C{OPEN} and gives the face's good body."""

CHUNKED = OPEN + b"Transfer-Encoding: chunked\r\n\r\n"
"""A good head whose body comes in chunks; C{$CHUNK} is the whole body as one."""

GOOD = OPEN + BODY
"""A good request; what it must bring back is the face's proof."""

GET = b"GET /echo HTTP/1.1\r\nHost: gate\r\n"
"""A good head for the Site; an empty line ends it."""

NEXT = b"GET /echo?smuggled HTTP/1.1\r\nHost: gate\r\n\r\n"
"""What a smuggler hides behind a request: it must never be answered."""

_PROVED = Answer(200, carries=(b"$PROOF",))
_FETCHED = Answer(200, carries=(b"echo:",), lacks=(b"smuggled",))


def refused(
    name: str,
    why: str,
    *send: bytes,
    status: int = 400,
    faces: tuple[Face, ...] = BOTH,
    headers: tuple[bytes, ...] = (),
) -> Case:
    """One refusal, then the connection ends: nothing behind it is read as a request."""
    answer = Answer(status, headers=(b"connection: close", *headers), lacks=(b"smuggled",))
    return Case(name, why, send, (answer,), True, faces)


def accepted(name: str, why: str, *send: bytes, faces: tuple[Face, ...] = BOTH) -> Case:
    """A good POST: the face's proof comes back and the connection stays."""
    return Case(name, why, send, (_PROVED,), False, faces)


def fetched(name: str, why: str, *send: bytes, closes: bool = False) -> Case:
    """A good GET of the Site: answered."""
    return Case(name, why, send, (_FETCHED,), closes, (WEB,))


def exchanged(
    name: str,
    why: str,
    message: bytes,
    answer: Answer,
    mediaType: bytes = b"text/xml; charset=utf-8",
    action: bytes | None = None,
    path: bytes = b"/services/index",
    closes: bool = False,
) -> Case:
    """A well framed POST of C{message} to a service; what differs is the message."""
    fields = b"Content-Type: %s\r\n" % mediaType
    if action is not None:
        fields += b"SOAPAction: %s\r\n" % action
    head = b"POST %s HTTP/1.1\r\nHost: gate\r\n%sContent-Length: %d\r\n\r\n"
    return Case(
        name, why, (head % (path, fields, len(message)) + message,), (answer,), closes, (SOAP,)
    )
