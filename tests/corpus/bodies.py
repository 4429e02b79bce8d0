"""Bodies: caps, codings and media types (RELIABILITY, HTTP; RFC 9110, 8)."""

from tests.corpus.case import SOAP, WEB, Answer, Case
from tests.corpus.messages import FIND, SOAP11, SOAP12, envelope
from tests.corpus.shorthand import BODY, CHUNKED, OPEN, accepted, refused

__all__ = ["CAP", "CASES"]

CAP = 2 * 1024 * 1024
"""Body cap of the corpus's server, bytes."""

_HOST = b"POST $PATH HTTP/1.1\r\nHost: gate\r\n"
_SOAP = (SOAP,)
_FOUND = Answer(200, headers=(b"content-type: text/xml",), carries=(b">1.5</",))
_FOUND12 = Answer(200, headers=(b"content-type: application/soap+xml",), carries=(b">1.5</",))


def _typed(name: str, why: str, mediaType: bytes, answer: Answer, soap: bytes = SOAP11) -> Case:
    message = envelope(FIND, soap=soap)
    head = b"POST /services/index HTTP/1.1\r\nHost: gate\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return Case(name, why, (head % (mediaType, len(message)) + message,), (answer,), False, _SOAP)


def _unsupported(name: str, why: str, fields: bytes) -> Case:
    return refused(name, why, _HOST + fields + BODY, status=415, faces=_SOAP)


CASES = (
    refused(
        "over the cap by header",
        "RELIABILITY HTTP: body cap by header 413; RFC 9110 15.5.14",
        OPEN + b"Content-Length: %d\r\n\r\n" % (CAP + 1),
        status=413,
    ),
    refused(
        "over the cap by header, sent all the same",
        "RFC 9112 9.6: the refusal arrives although bytes are under way",
        OPEN + b"Content-Length: %d\r\n\r\n" % (CAP + 1) + b"a" * (CAP + 1),
        status=413,
    ),
    refused(
        "over the cap by byte",
        "RELIABILITY HTTP: body cap by byte 413",
        CHUNKED
        + (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * (CAP // 0x10000)
        + b"1\r\na\r\n0\r\n\r\n",
        status=413,
    ),
    refused(
        "one chunk over the cap",
        "RELIABILITY HTTP: body cap by byte 413",
        CHUNKED + b"%x\r\n" % (CAP + 1) + b"a" * (CAP + 1) + b"\r\n0\r\n\r\n",
        status=413,
    ),
    Case(
        "exactly the cap",
        "RELIABILITY HTTP: the cap itself is allowed",
        (
            b"POST /echo?size HTTP/1.1\r\nHost: gate\r\nContent-Length: %d\r\n\r\n" % CAP
            + b"a" * CAP,
        ),
        (Answer(200, carries=(b"size:%d" % CAP,)),),
        False,
        (WEB,),
    ),
    refused(
        "Content-Encoding gzip",
        "RELIABILITY HTTP: no request Content-Encoding 415",
        OPEN + b"Content-Encoding: gzip\r\n" + BODY,
        status=415,
    ),
    refused(
        "Content-Encoding deflate",
        "RELIABILITY HTTP: no request Content-Encoding 415",
        OPEN + b"Content-Encoding: deflate\r\n" + BODY,
        status=415,
    ),
    _unsupported("no Content-Type", "RELIABILITY HTTP: Content-Type checked 415", b""),
    _unsupported(
        "empty Content-Type", "RELIABILITY HTTP: Content-Type checked 415", b"Content-Type:\r\n"
    ),
    _unsupported(
        "Content-Type of a form",
        "RELIABILITY HTTP; a page of another origin may send it",
        b"Content-Type: application/x-www-form-urlencoded\r\n",
    ),
    _unsupported(
        "Content-Type text/plain",
        "RELIABILITY HTTP; a page of another origin may send it",
        b"Content-Type: text/plain\r\n",
    ),
    _unsupported(
        "Content-Type application/json",
        "Http11Probe COMP-POST-UNSUPPORTED-CT",
        b"Content-Type: application/json\r\n",
    ),
    _unsupported(
        "Content-Type text/xmlx", "RFC 9110 8.3.1: whole token", b"Content-Type: text/xmlx\r\n"
    ),
    _unsupported(
        "charset UTF-7",
        "RELIABILITY XML: UTF-8/UTF-16 only",
        b"Content-Type: text/xml; charset=utf-7\r\n",
    ),
    _unsupported(
        "charset ISO-8859-1",
        "RELIABILITY XML: UTF-8/UTF-16 only",
        b"Content-Type: text/xml; charset=iso-8859-1\r\n",
    ),
    _unsupported(
        "charset unknown",
        "RELIABILITY XML: UTF-8/UTF-16 only",
        b"Content-Type: text/xml; charset=x-none\r\n",
    ),
    _unsupported(
        "Content-Type twice",
        "Http11Probe COMP-DUPLICATE-CT",
        b"Content-Type: text/xml\r\nContent-Type: text/plain\r\n",
    ),
    _typed("no charset", "RFC 7303 8.8: the document says", b"text/xml", _FOUND),
    _typed(
        "charset in upper case",
        "RFC 9110 8.3.2: case-insensitive",
        b"text/xml; charset=UTF-8",
        _FOUND,
    ),
    _typed(
        "charset quoted",
        "RFC 9110 8.3.1: Java clients send it so",
        b'text/xml;charset="utf-8"',
        _FOUND,
    ),
    _typed(
        "media type in upper case",
        "RFC 9110 8.3.1: case-insensitive",
        b"Text/XML; Charset=utf-8",
        _FOUND,
    ),
    _typed(
        "SOAP 1.2 media type",
        "SOAP 1.2 part 2, 7.1.4; the same version out",
        b"application/soap+xml; charset=utf-8",
        _FOUND12,
        SOAP12,
    ),
    _typed(
        "SOAP 1.2 with action=",
        "RFC 3902; WIRE 1: action= accepted",
        b'application/soap+xml; charset=utf-8; action="findServiceData"',
        _FOUND12,
        SOAP12,
    ),
    accepted(
        "Accept of nonsense",
        "RFC 9110 12.4.1; Http11Probe COMP-ACCEPT-NONSENSE",
        OPEN + b"Accept: nonsense/x\r\n" + BODY,
    ),
    accepted(
        "Range on POST",
        "RFC 9110 14.2; Http11Probe COMP-RANGE-POST",
        OPEN + b"Range: bytes=0-1\r\n" + BODY,
    ),
    accepted(
        "Accept-Encoding",
        "RFC 9110 12.5.3: identity is always good",
        OPEN + b"Accept-Encoding: gzip, br\r\n" + BODY,
    ),
)
