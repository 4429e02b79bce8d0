"""Chunks: sizes, extensions, ends and trailers (RFC 9112, 7.1)."""

from tests.corpus.case import WEB, Answer, Case
from tests.corpus.shorthand import CHUNKED, NEXT, accepted, refused

__all__ = ["CASES"]

_WEB = (WEB,)


def _echoed(name: str, why: str, chunks: bytes, body: bytes) -> Case:
    return Case(
        name, why, (CHUNKED + chunks,), (Answer(200, carries=(b"echo:" + body,)),), False, _WEB
    )


def _bad(name: str, why: str, chunks: bytes) -> Case:
    return refused(name, why, CHUNKED + chunks)


CASES = (
    _echoed(
        "several chunks",
        "Http11Probe COMP-CHUNKED-MULTI",
        b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"hello",
    ),
    _echoed(
        "upper-case size",
        "Http11Probe COMP-CHUNKED-HEX-UPPERCASE",
        b"A\r\n0123456789\r\n0\r\n\r\n",
        b"0123456789",
    ),
    _echoed("lower-case size", "RFC 9112 7.1", b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    _echoed(
        "size with leading zeros", "RFC 9112 7.1: 1*HEXDIG", b"0005\r\nhello\r\n0\r\n\r\n", b"hello"
    ),
    _echoed(
        "last chunk of many zeros", 'RFC 9112 7.1: 1*("0")', b"5\r\nhello\r\n000\r\n\r\n", b"hello"
    ),
    _echoed("no chunk but the last", "Http11Probe COMP-CHUNKED-EMPTY", b"0\r\n\r\n", b""),
    _echoed(
        "body that looks like a chunk", "RFC 9112 7.1", b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"
    ),
    accepted(
        "extension",
        "RFC 9112 7.1.1: ignored; Http11Probe COMP-CHUNKED-EXTENSION",
        CHUNKED + b"$CHUNK0;a=b\r\n\r\n",
    ),
    _echoed(
        "extension before data",
        "RFC 9112 7.1.1: ignored",
        b'5;a=b;c="d e"\r\nhello\r\n0\r\n\r\n',
        b"hello",
    ),
    _bad(
        "bare semicolon",
        "RELIABILITY HTTP; Http11Probe SMUG-CHUNK-BARE-SEMICOLON",
        b"5;\r\nhello\r\n0\r\n\r\n",
    ),
    _bad(
        "extension with a bad token",
        "Http11Probe SMUG-CHUNK-EXT-INVALID-TOKEN",
        b"5;bad[=x\r\nhello\r\n0\r\n\r\n",
    ),
    _bad("LF in an extension", "Http11Probe SMUG-CHUNK-EXT-LF", b"5;a\nhello\r\n0\r\n\r\n"),
    _bad("bare semicolon and LF", "Http11Probe SMUG-CHUNK-EXT-LF", b"5;\nhello\r\n0\r\n\r\n"),
    _bad(
        "NUL in an extension", "Http11Probe SMUG-CHUNK-EXT-CTRL", b"5;a\x00b\r\nhello\r\n0\r\n\r\n"
    ),
    _bad(
        "bare CR in an extension", "Http11Probe SMUG-CHUNK-EXT-CR", b"5;a\rX\r\nhello\r\n0\r\n\r\n"
    ),
    _bad(
        "extension of 64 KiB",
        "RELIABILITY HTTP; Http11Probe MAL-CHUNK-EXT-64K (CVE-2023-39326)",
        b"5;a=" + b"b" * 65_536 + b"\r\nhello\r\n0\r\n\r\n",
    ),
    _bad("no size", "RFC 9112 7.1", b"\r\nhello\r\n0\r\n\r\n"),
    _bad("letter as size", "RFC 9112 7.1", b"g\r\nhello\r\n0\r\n\r\n"),
    _bad("hexadecimal prefix", "Http11Probe SMUG-CHUNK-HEX-PREFIX", b"0x5\r\nhello\r\n0\r\n\r\n"),
    _bad("plus before the size", "Http11Probe SMUG-CHUNK-SIZE-PLUS", b"+5\r\nhello\r\n0\r\n\r\n"),
    _bad("minus before the size", "Http11Probe SMUG-CHUNK-NEGATIVE", b"-1\r\nhello\r\n0\r\n\r\n"),
    _bad(
        "underscore in the size",
        "Http11Probe SMUG-CHUNK-UNDERSCORE",
        b"1_0\r\nhello world!!!!!\r\n0\r\n\r\n",
    ),
    _bad("blank before the size", "Http11Probe SMUG-CHUNK-LEADING-SP", b" 5\r\nhello\r\n0\r\n\r\n"),
    _bad(
        "blank after the size",
        "Http11Probe SMUG-CHUNK-SIZE-TRAILING-OWS",
        b"5 \r\nhello\r\n0\r\n\r\n",
    ),
    refused(
        "size of 64 ones",
        "RELIABILITY HTTP: chunk ffffffffffffffff is over the body cap",
        CHUNKED + b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        status=413,
    ),
    _bad(
        "size of 17 digits",
        "Http11Probe MAL-CHUNK-SIZE-OVERFLOW",
        b"ffffffffffffffff0\r\nhello\r\n0\r\n\r\n",
    ),
    _bad("bare LF after the size", "RELIABILITY HTTP: no bare LF", b"5\nhello\r\n0\r\n\r\n"),
    _bad("bare CR after the size", "Http11Probe SMUG-CHUNK-BARE-CR-TERM", b"5\rhello\r\n0\r\n\r\n"),
    _bad(
        "no CRLF after the data",
        "Http11Probe SMUG-CHUNK-MISSING-TRAILING-CRLF",
        b"5\r\nhello0\r\n\r\n",
    ),
    _bad("bare LF after the data", "Http11Probe SMUG-CHUNK-LF-TERM", b"5\r\nhello\n0\r\n\r\n"),
    _bad("more data than the size", "Http11Probe SMUG-CHUNK-SPILL", b"5\r\nhello!!\r\n0\r\n\r\n"),
    _bad("bare LF at the end", "Http11Probe SMUG-CHUNK-LF-TRAILER", b"5\r\nhello\r\n0\r\n\n"),
    _bad(
        "plus before the last size",
        "Http11Probe SMUG-CHUNK-INVALID-SIZE-DESYNC",
        b"5\r\nhello\r\n+0\r\n\r\n" + NEXT,
    ),
    accepted(
        "trailer",
        "RFC 9112 7.1.2; Http11Probe COMP-CHUNKED-TRAILER-VALID",
        CHUNKED + b"$CHUNK0\r\nX-Sum: a\r\n\r\n",
    ),
    accepted(
        "trailer Host",
        "RFC 9110 6.5.1: not merged; Http11Probe SMUG-TRAILER-HOST",
        CHUNKED + b"$CHUNK0\r\nHost: other/bad\r\n\r\n",
    ),
    accepted(
        "trailer Authorization",
        "RFC 9110 6.5.1: not merged; Http11Probe SMUG-TRAILER-AUTH",
        CHUNKED + b"$CHUNK0\r\nAuthorization: Bearer x\r\n\r\n",
    ),
    accepted(
        "trailer Content-Type",
        "RFC 9110 6.5.1: not merged; Http11Probe SMUG-TRAILER-CONTENT-TYPE",
        CHUNKED + b"$CHUNK0\r\nContent-Type: application/x-evil\r\n\r\n",
    ),
    accepted(
        "trailer Connection",
        "RFC 9110 6.5.1: not merged, the connection stays",
        CHUNKED + b"$CHUNK0\r\nConnection: close\r\n\r\n",
    ),
    accepted(
        "trailer Expect",
        "RFC 9110 6.5.1: not merged",
        CHUNKED + b"$CHUNK0\r\nExpect: nonsense\r\n\r\n",
    ),
    accepted(
        "trailer Upgrade",
        "RFC 9110 6.5.1: not merged",
        CHUNKED + b"$CHUNK0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ),
    _bad(
        "trailer Content-Length",
        "RFC 9110 6.5.1; Http11Probe SMUG-TRAILER-CL: a framing field in a trailer is an attack",
        b"$CHUNK0\r\nContent-Length: 50\r\n\r\n" + NEXT,
    ),
    _bad(
        "trailer Transfer-Encoding",
        "RFC 9110 6.5.1; Http11Probe SMUG-TRAILER-TE: a framing field in a trailer is an attack",
        b"$CHUNK0\r\nTransfer-Encoding: chunked\r\n\r\n" + NEXT,
    ),
    _bad("obs-fold in a trailer", "RFC 9112 5.2", b"$CHUNK0\r\nX-Sum: a\r\n b\r\n\r\n"),
    _bad("control byte in a trailer", "RFC 9110 5.5", b"$CHUNK0\r\nX-Sum: a\x00\r\n\r\n"),
    refused(
        "trailers of 100 KB",
        "RELIABILITY HTTP: every part of a message is bounded",
        CHUNKED + b"$CHUNK0\r\n" + b"X-Sum: aaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3200 + b"\r\n",
    ),
)
