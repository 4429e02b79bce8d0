"""Content-Length: one plain number (RFC 9110, 8.6; RFC 9112, 6.2)."""

from tests.corpus.case import Answer, Case
from tests.corpus.shorthand import NEXT, OPEN, accepted, fetched, refused

__all__ = ["CASES"]


def _with(*values: bytes) -> bytes:
    fields = b"".join(b"Content-Length:%s\r\n" % value for value in values)
    return OPEN + fields + b"\r\n$BODY"


CASES = (
    refused(
        "twice the same length",
        "httptools refuses; Http11Probe SMUG-CL-COMMA-SAME",
        _with(b" $LENGTH", b" $LENGTH"),
    ),
    refused(
        "two lengths", "RFC 9112 6.3; Http11Probe SMUG-DUPLICATE-CL", _with(b" $LENGTH", b" 1")
    ),
    refused(
        "two lengths around a request",
        "Http11Probe SMUG-DUPLICATE-CL-SMUGGLED-GET",
        OPEN + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(NEXT) + NEXT,
    ),
    refused(
        "plus sign",
        "RFC 9110 8.6: digits; Http11Probe RFC9112-6.1-CL-PLUS-SIGN",
        _with(b" +$LENGTH"),
    ),
    refused("minus sign", "RFC 9110 8.6: digits; Http11Probe SMUG-CL-NEGATIVE", _with(b" -1")),
    refused("minus zero", "RFC 9110 8.6: digits; Http11Probe SMUG-CL-NEGATIVE-ZERO", _with(b" -0")),
    refused(
        "list of one value",
        "RELIABILITY HTTP: odd CL; Http11Probe SMUG-CL-COMMA-SAME",
        _with(b" $LENGTH, $LENGTH"),
    ),
    refused(
        "list of two values",
        "RFC 9112 6.3; Http11Probe SMUG-CL-COMMA-DIFFERENT",
        _with(b" $LENGTH, 1"),
    ),
    refused("hexadecimal", "RFC 9110 8.6; Http11Probe SMUG-CL-HEX-PREFIX", _with(b" 0x5")),
    refused("octal", "RFC 9110 8.6; Http11Probe SMUG-CL-OCTAL", _with(b" 0o5")),
    refused("underscore", "RFC 9110 8.6; Http11Probe SMUG-CL-UNDERSCORE", _with(b" 1_0")),
    refused("blank inside", "RFC 9110 8.6; Http11Probe SMUG-CL-INTERNAL-SPACE", _with(b" 1 0")),
    refused("letters", "RFC 9110 8.6; Http11Probe RFC9112-6.1-CL-NON-NUMERIC", _with(b" abc")),
    refused("fraction", "RFC 9110 8.6", _with(b" 5.0")),
    refused("empty length", "RFC 9110 8.6; Http11Probe MAL-CL-EMPTY", _with(b"")),
    refused("digits of another script", "RFC 9110 8.6: ASCII digits", _with(b" \xd9\xa5")),
    refused(
        "2^63", "RELIABILITY HTTP: CL 2^63 refused", _with(b" 9223372036854775808"), status=413
    ),
    refused(
        "more than 64 bits",
        "RFC 9112 6.2: anticipate overflow; Http11Probe MAL-CL-OVERFLOW",
        _with(b" 99999999999999999999999999"),
    ),
    refused(
        "huge without a body",
        "RELIABILITY HTTP: 413 by header; Http11Probe MAL-POST-CL-HUGE-NO-BODY",
        OPEN + b"Content-Length: 999999999\r\n\r\n",
        status=413,
    ),
    accepted(
        "leading zeros",
        "RFC 9110 8.6: 1*DIGIT; Http11Probe SMUG-CL-LEADING-ZEROS",
        _with(b" 00$LENGTH"),
    ),
    accepted(
        "tab before the value",
        "RFC 9112 5: OWS; Http11Probe MAL-CL-TAB-BEFORE-VALUE",
        _with(b"\t$LENGTH"),
    ),
    accepted(
        "blank after the value",
        "RFC 9112 5: OWS; Http11Probe SMUG-CL-TRAILING-SPACE",
        _with(b" $LENGTH "),
    ),
    fetched(
        "GET with a body",
        "RFC 9110 9.3.1; Http11Probe SMUG-GET-CL-BODY-DESYNC: the body is no request",
        b"GET /echo HTTP/1.1\r\nHost: gate\r\nContent-Length: %d\r\n\r\n" % len(NEXT) + NEXT,
    ),
    Case(
        "length of zero, bytes behind",
        "RFC 9112 6.3; Http11Probe SMUG-CL0-BODY-POISON: bytes behind are the next request",
        (b"GET /echo HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n\r\nX\r\n\r\n",),
        (Answer(200, carries=(b"echo:",)), Answer(400)),
        True,
    ),
)
