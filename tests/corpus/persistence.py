"""One connection, several requests: persistence, pipelines and splitting (RFC 9112, 9.3)."""

from tests.corpus.case import BOTH, WEB, Answer, Case
from tests.corpus.shorthand import CHUNKED, GET, GOOD, NEXT, OPEN, fetched

__all__ = ["CASES"]

_OK = Answer(200, carries=(b"$PROOF",))
_KEPT = Answer(200, headers=(b"connection: keep-alive",), carries=(b"$PROOF",))
_LAST = Answer(200, headers=(b"connection: close",), carries=(b"$PROOF",))
_BAD = Answer(400, headers=(b"connection: close",), lacks=(b"smuggled",))
_OLD = b"POST $PATH HTTP/1.0\r\nHost: gate\r\nContent-Type: $TYPE\r\n%sContent-Length: $LENGTH\r\n\r\n$BODY"
_CLOSING = OPEN + b"Connection: close\r\nContent-Length: $LENGTH\r\n\r\n$BODY"


def _pieces(raw: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(raw[at : at + size] for at in range(0, len(raw), size))


def _split(name: str, why: str, size: int, raw: bytes) -> list[Case]:
    # Cut after the markers are replaced, so a case a face.
    return [
        Case(f"{name} to {face.name}", why, _pieces(face.render(raw), size), (_OK,), False, (face,))
        for face in BOTH
    ]


CASES = (
    Case(
        "Connection: close",
        "RFC 9112 9.6; Http11Probe COMP-CONNECTION-CLOSE",
        (_CLOSING,),
        (_LAST,),
        True,
    ),
    Case(
        "Connection: Close among others",
        "RFC 9110 7.6.1: a list, case-insensitive",
        (OPEN + b"Connection: te, Close\r\nContent-Length: $LENGTH\r\n\r\n$BODY",),
        (_LAST,),
        True,
    ),
    Case(
        "a request behind Connection: close",
        "RFC 9112 9.6: no further request is processed",
        (_CLOSING + NEXT,),
        (_LAST,),
        True,
    ),
    fetched(
        "Connection: close on a request without a body",
        "RFC 9112 9.6: PHP fetches its WSDL like this and waits for the end",
        GET + b"Connection: close\r\n\r\n",
        closes=True,
    ),
    Case(
        "Connection: keep-alive",
        "RFC 9112 9.3",
        (OPEN + b"Connection: keep-alive\r\nContent-Length: $LENGTH\r\n\r\n$BODY",),
        (_OK,),
        False,
    ),
    Case(
        "HTTP/1.0 closes",
        "RFC 9112 9.3; Http11Probe COMP-HTTP10-DEFAULT-CLOSE",
        (_OLD % b"",),
        (_OK,),
        True,
    ),
    Case(
        "HTTP/1.0 keep-alive",
        "RFC 9112 9.3, C.2.2: the answer must say it",
        (_OLD % b"Connection: keep-alive\r\n",),
        (_KEPT,),
        False,
    ),
    Case(
        "two requests in one write",
        "RFC 9112 9.3.2; Http11Probe SMUG-PIPELINE-SAFE",
        (GOOD + GOOD,),
        (_OK, _OK),
        False,
    ),
    Case(
        "ten requests in one write",
        "RFC 9112 9.3.2: answered in order",
        (GOOD * 10,),
        (_OK,) * 10,
        False,
    ),
    Case(
        "a hundred requests in one write",
        "RELIABILITY HTTP: one feed yields many messages: queue, bounded",
        (GOOD * 100,),
        (_OK,) * 100,
        False,
    ),
    Case(
        "both faces in one write",
        "ARCHITECTURE transport: a connection never changes owner; RFC 9112 9.3.2: in order",
        (GOOD + GET + b"\r\n" + GOOD + b"GET /echo?two HTTP/1.1\r\nHost: gate\r\n\r\n",),
        (_OK, Answer(200, carries=(b"echo:",)), _OK, Answer(200, carries=(b"echo:",))),
        False,
    ),
    Case(
        "lengths and chunks in one write",
        "RFC 9112 6.3: each message ends where it says",
        (GOOD + CHUNKED + b"$CHUNK0\r\n\r\n" + GOOD,),
        (_OK,) * 3,
        False,
    ),
    Case(
        "CRLF between requests",
        "RFC 9112 2.2: old clients send one after a body",
        (GOOD + b"\r\n" + GOOD,),
        (_OK, _OK),
        False,
    ),
    Case(
        "good, then no Host",
        "RFC 9112 9.3.2",
        (GOOD + b"GET /echo HTTP/1.1\r\n\r\n",),
        (_OK, _BAD),
        True,
    ),
    Case(
        "good, then garbage",
        "RFC 9112 9.3.2: what was good is answered",
        (GOOD + GOOD + b"\x00\x01\x02\r\n\r\n" + NEXT,),
        (_OK, _OK, _BAD),
        True,
    ),
    Case(
        "bad, then good",
        "RFC 9112 9.6: nothing is read behind a refusal",
        (OPEN + b"Content-Length: 5, 6\r\n\r\n" + NEXT,),
        (_BAD,),
        True,
    ),
    Case(
        "good, then bad chunks",
        "RFC 9112 9.3.2",
        (GOOD + CHUNKED + b"zz\r\n" + NEXT,),
        (_OK, _BAD),
        True,
    ),
    Case(
        "an answer in pieces, then a request",
        "RFC 9112 9.3.2: a slow answer holds back the next",
        (b"GET /slow HTTP/1.1\r\nHost: gate\r\n\r\n" + GOOD,),
        (Answer(200, carries=(b"slow answer",)), _OK),
        False,
    ),
    Case(
        "a late answer, then two requests",
        "RFC 9112 9.3.2: order holds although the first is not ready",
        (b"GET /late HTTP/1.1\r\nHost: gate\r\n\r\n" + GOOD + GOOD,),
        (Answer(200, carries=(b"late answer",)), _OK, _OK),
        False,
    ),
    Case(
        "a late answer, then garbage",
        "RFC 9112 9.3.2: order holds although the second is refused at once",
        (b"GET /late HTTP/1.1\r\nHost: gate\r\n\r\n\x00\x01\r\n\r\n",),
        (Answer(200, carries=(b"late answer",)), _BAD),
        True,
        (WEB,),
    ),
    *_split("seven bytes at a time", "RFC 9112 2.2: a stream has no segments", 7, GOOD),
    *_split("one byte at a time", "RFC 9112 2.2: a stream has no segments", 1, GOOD),
    *_split(
        "chunks one byte at a time", "RFC 9112 7.1", 1, CHUNKED + b"$CHUNK0\r\nX-Sum: a\r\n\r\n"
    ),
)
