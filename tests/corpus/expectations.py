"""Expect and Upgrade: what a client may ask of the connection (RFC 9110, 10.1.1 and 7.8)."""

from tests.corpus.case import Answer, Case
from tests.corpus.shorthand import BODY, CHUNKED, GET, NEXT, OPEN, fetched, refused

__all__ = ["CASES"]

_EXPECT = b"Expect: 100-continue\r\n"
_HEAD = b"Content-Length: $LENGTH\r\n\r\n"
_GO_ON = (Answer(100), Answer(200, carries=(b"$PROOF",)))


def _upgrade(name: str, why: str, fields: bytes) -> Case:
    return refused(name, why, OPEN + fields + BODY)


CASES = (
    Case(
        "100-continue",
        "RFC 9110 10.1.1; WIRE 1: clients send it",
        (OPEN + _EXPECT + _HEAD, b"$BODY"),
        _GO_ON,
        False,
        waits=True,
    ),
    Case(
        "100-continue, chunked",
        "RFC 9110 10.1.1",
        (OPEN + _EXPECT + b"Transfer-Encoding: chunked\r\n\r\n", b"$CHUNK0\r\n\r\n"),
        _GO_ON,
        False,
        waits=True,
    ),
    Case(
        "100-Continue in another case",
        "RFC 9110 10.1.1: case-insensitive",
        (OPEN + b"Expect: 100-Continue\r\n" + _HEAD, b"$BODY"),
        _GO_ON,
        False,
        waits=True,
    ),
    Case(
        "100-continue in HTTP/1.0",
        "RFC 9110 10.1.1: must be ignored; Http11Probe COMP-NO-1XX-HTTP10",
        (b"POST $PATH HTTP/1.0\r\nHost: gate\r\nContent-Type: $TYPE\r\n" + _EXPECT + BODY,),
        (Answer(200, carries=(b"$PROOF",)),),
        True,
    ),
    fetched(
        "100-continue without a body",
        "RFC 9110 10.1.1: nothing to wait for",
        GET + _EXPECT + b"\r\n",
    ),
    refused(
        "another expectation",
        "RFC 9110 10.1.1; Http11Probe COMP-EXPECT-UNKNOWN",
        OPEN + b"Expect: 200-ok\r\n" + BODY,
        status=417,
    ),
    refused(
        "two expectations",
        "RFC 9110 10.1.1: each must be met",
        OPEN + b"Expect: 100-continue, magic\r\n" + BODY,
        status=417,
    ),
    refused(
        "100-continue over the cap",
        "RFC 9110 10.1.1: the final answer instead of 100",
        OPEN + _EXPECT + b"Content-Length: 999999999\r\n\r\n",
        status=413,
    ),
    refused(
        "100-continue with a bad Host",
        "RFC 9110 10.1.1: the final answer instead of 100",
        b"POST $PATH HTTP/1.1\r\nHost: a/b\r\nContent-Type: $TYPE\r\n" + _EXPECT + _HEAD,
    ),
    _upgrade(
        "h2c",
        "RELIABILITY HTTP: refuse Upgrade; RFC 9113 3.1",
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
    ),
    _upgrade(
        "websocket by POST",
        "Http11Probe COMP-UPGRADE-POST",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    ),
    _upgrade(
        "unknown protocol",
        "Http11Probe COMP-UPGRADE-UNKNOWN",
        b"Connection: Upgrade\r\nUpgrade: totally/1\r\n",
    ),
    _upgrade(
        "Upgrade without Connection",
        "Http11Probe COMP-UPGRADE-MISSING-CONN",
        b"Upgrade: websocket\r\n",
    ),
    refused(
        "Upgrade in front of a request",
        "RELIABILITY HTTP: Upgrade skips the body and still completes the message",
        OPEN
        + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % len(NEXT)
        + NEXT,
    ),
    refused(
        "Upgrade in HTTP/1.0",
        "RELIABILITY HTTP: refuse Upgrade; Http11Probe COMP-UPGRADE-HTTP10",
        b"POST $PATH HTTP/1.0\r\nHost: gate\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Type: $TYPE\r\n"
        + BODY,
    ),
    refused(
        "Upgrade with chunks",
        "RELIABILITY HTTP: refuse Upgrade at the end of the head",
        CHUNKED[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n$CHUNK0\r\n\r\n",
    ),
)
