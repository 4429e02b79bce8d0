"""Transfer-Encoding: chunked alone, and never beside Content-Length (RFC 9112, 6.1 and 6.3)."""

from tests.corpus.shorthand import NEXT, OPEN, accepted, refused

__all__ = ["CASES"]

_CHUNKS = b"\r\n$CHUNK0\r\n\r\n"


def _with(*values: bytes) -> bytes:
    fields = b"".join(b"Transfer-Encoding:%s\r\n" % value for value in values)
    return OPEN + fields + _CHUNKS


CASES = (
    accepted("chunked", "RFC 9112 7.1; Http11Probe COMP-CHUNKED-BODY", _with(b" chunked")),
    accepted(
        "chunked in upper case",
        "RFC 9112 7: case-insensitive; Http11Probe SMUG-TE-CASE-MISMATCH",
        _with(b" CHUNKED"),
    ),
    accepted("chunked in mixed case", "RFC 9112 7: case-insensitive", _with(b" cHuNkEd")),
    accepted(
        "tab before chunked",
        "RFC 9112 5: OWS; Http11Probe SMUG-TE-TAB-BEFORE-VALUE",
        _with(b"\tchunked"),
    ),
    accepted("blank after chunked", "RFC 9112 5: OWS", _with(b" chunked ")),
    refused("gzip, chunked", "RELIABILITY HTTP: no other coding", _with(b" gzip, chunked")),
    refused(
        "gzip in a field of its own",
        "RELIABILITY HTTP: no other coding",
        _with(b" gzip", b" chunked"),
    ),
    refused(
        "identity",
        "RELIABILITY HTTP: no TE identity; Http11Probe SMUG-TE-IDENTITY",
        _with(b" identity"),
    ),
    refused(
        "chunked, identity",
        "RFC 9112 6.3; Http11Probe SMUG-TE-NOT-FINAL-CHUNKED",
        _with(b" chunked, identity"),
    ),
    refused(
        "identity, chunked",
        "RELIABILITY HTTP: no TE identity",
        _with(b" identity, chunked"),
    ),
    refused(
        "chunked, gzip",
        "RFC 9112 6.3; Http11Probe SMUG-TE-NOT-FINAL-CHUNKED",
        _with(b" chunked, gzip"),
    ),
    refused(
        "chunked, chunked",
        "RFC 9112 6.1; Http11Probe SMUG-TE-DOUBLE-CHUNKED",
        _with(b" chunked, chunked"),
    ),
    refused(
        "chunked twice",
        "RFC 9112 6.1; Http11Probe SMUG-TE-DUPLICATE-HEADERS",
        _with(b" chunked", b" chunked"),
    ),
    refused(
        "chunked then identity",
        "Http11Probe SMUG-TE-DUPLICATE-HEADERS",
        _with(b" chunked", b" identity"),
    ),
    refused("xchunked", "Http11Probe SMUG-TE-XCHUNKED", _with(b" xchunked")),
    refused("chunkedx", "Http11Probe SMUG-TE-XCHUNKED", _with(b" chunkedx")),
    refused("unknown coding", "Http11Probe COMP-UNKNOWN-TE-501", _with(b" br")),
    refused("quoted chunked", "RFC 9112 7: a token", _with(b' "chunked"')),
    refused(
        "parameter of chunked",
        "RFC 9112 7.1; Http11Probe SMUG-CHUNKED-WITH-PARAMS",
        _with(b" chunked;a=b"),
    ),
    refused("leading comma", "Http11Probe SMUG-TE-LEADING-COMMA", _with(b" , chunked")),
    refused("trailing comma", "Http11Probe SMUG-TE-TRAILING-COMMA", _with(b" chunked,")),
    refused("empty coding", "Http11Probe SMUG-TE-EMPTY-VALUE", _with(b"")),
    refused("vertical tab before chunked", "Http11Probe SMUG-TE-VTAB", _with(b" \x0bchunked")),
    refused("form feed before chunked", "Http11Probe SMUG-TE-FORMFEED", _with(b" \x0cchunked")),
    refused("NUL after chunked", "Http11Probe SMUG-TE-NULL", _with(b" chunked\x00")),
    refused("coding by obs-fold", "Http11Probe SMUG-TE-OBS-FOLD", _with(b"\r\n chunked")),
    refused(
        "blank before the colon",
        "Http11Probe SMUG-TE-SP-BEFORE-COLON",
        OPEN + b"Transfer-Encoding : chunked\r\n" + _CHUNKS,
    ),
    refused(
        "length, then chunked",
        "RELIABILITY HTTP: CL and TE conflict; Http11Probe SMUG-CL-TE-BOTH",
        OPEN + b"Content-Length: $LENGTH\r\nTransfer-Encoding: chunked\r\n" + _CHUNKS,
    ),
    refused(
        "chunked, then length",
        "RELIABILITY HTTP: CL and TE conflict; Http11Probe SMUG-TECL-PIPELINE",
        OPEN + b"Transfer-Encoding: chunked\r\nContent-Length: $LENGTH\r\n" + _CHUNKS,
    ),
    refused(
        "length and chunked around a request",
        "Http11Probe SMUG-CLTE-SMUGGLED-GET",
        OPEN
        + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(NEXT) + 5)
        + NEXT,
    ),
    refused(
        "length and xchunked around a request",
        "Http11Probe SMUG-TE-XCHUNKED",
        OPEN + b"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT,
    ),
    refused(
        "chunked in HTTP/1.0",
        "RELIABILITY HTTP: no TE with HTTP/1.0; Http11Probe SMUG-TE-HTTP10",
        b"POST $PATH HTTP/1.0\r\nHost: gate\r\nContent-Type: $TYPE\r\nTransfer-Encoding: chunked\r\n"
        + _CHUNKS,
    ),
    accepted(
        "underscore in the name",
        "Http11Probe SMUG-TRANSFER_ENCODING: another field, without meaning",
        OPEN + b"Transfer_Encoding: chunked\r\nContent-Length: $LENGTH\r\n\r\n$BODY",
    ),
)
