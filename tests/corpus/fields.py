"""Header section: its syntax and its bounds (RFC 9112, 5; RFC 9110, 5)."""

from tests.corpus.shorthand import BODY, GET, OPEN, accepted, fetched, refused

__all__ = ["CASES"]


def _with(line: bytes) -> bytes:
    return OPEN + line + BODY


CASES = (
    refused(
        "obs-fold", "RFC 9112 5.2; Http11Probe RFC9112-5.1-OBS-FOLD", _with(b"X-Test: a\r\n b\r\n")
    ),
    refused("obs-fold by tab", "RFC 9112 5.2", _with(b"X-Test: a\r\n\tb\r\n")),
    refused(
        "blank before first field",
        "RFC 9112 2.2; Http11Probe COMP-WHITESPACE-BEFORE-HEADERS",
        b"POST $PATH HTTP/1.1\r\n Host: gate\r\nContent-Type: $TYPE\r\n" + BODY,
    ),
    refused(
        "bare LF after a field",
        "RELIABILITY HTTP: no bare LF; Http11Probe RFC9112-2.2-BARE-LF-HEADER",
        _with(b"X-Test: a\n"),
    ),
    refused(
        "bare LF at the end of the head",
        "RELIABILITY HTTP: no bare LF",
        OPEN + b"Content-Length: $LENGTH\r\n\n$BODY",
    ),
    refused(
        "bare CR in a value",
        "RFC 9112 2.2; Http11Probe SMUG-BARE-CR-HEADER-VALUE",
        _with(b"X-Test: a\rb\r\n"),
    ),
    refused(
        "blank before colon",
        "RFC 9112 5.1; Http11Probe RFC9110-5.6.2-SP-BEFORE-COLON",
        _with(b"X-Test : a\r\n"),
    ),
    refused("tab before colon", "RFC 9112 5.1", _with(b"X-Test\t: a\r\n")),
    refused(
        "empty name", "RFC 9110 5.1; Http11Probe RFC9112-5-EMPTY-HEADER-NAME", _with(b": a\r\n")
    ),
    refused(
        "no colon", "RFC 9112 5; Http11Probe RFC9112-5-HEADER-NO-COLON", _with(b"NoColonHere\r\n")
    ),
    refused(
        "bracket in name",
        "RFC 9110 5.1; Http11Probe RFC9112-5-INVALID-HEADER-NAME",
        _with(b"Bad[Name: a\r\n"),
    ),
    refused("control byte in name", "RFC 9110 5.1; RELIABILITY HTTP", _with(b"X-\x01Test: a\r\n")),
    refused("NUL in name", "RFC 9110 5.1; RELIABILITY HTTP", _with(b"X-\x00Test: a\r\n")),
    refused(
        "byte above ASCII in name",
        "RFC 9110 5.1; Http11Probe MAL-NON-ASCII-HEADER-NAME",
        _with(b"X-T\xc3\xabst: a\r\n"),
    ),
    refused(
        "NUL in value",
        "RFC 9110 5.5; Http11Probe MAL-NUL-IN-HEADER-VALUE",
        _with(b"X-Test: a\x00b\r\n"),
    ),
    refused(
        "control byte in value",
        "RFC 9110 5.5; Http11Probe MAL-CONTROL-CHARS-HEADER",
        _with(b"X-Test: a\x07b\r\n"),
    ),
    refused("escape in value", "RFC 9110 5.5: terminals read logs", _with(b"X-Test: \x1b[31m\r\n")),
    refused("DEL in value", "RFC 9110 5.5", _with(b"X-Test: a\x7fb\r\n")),
    refused(
        "byte above ASCII in value",
        "RELIABILITY HTTP: bytes >= 0x80 in values",
        _with(b"X-Test: \xe9\r\n"),
    ),
    refused(
        "UTF-8 in value",
        "RELIABILITY HTTP: bytes >= 0x80 in values",
        _with(b"X-Test: \xc3\xa9\r\n"),
    ),
    accepted("tab in value", "RFC 9110 5.5: HTAB is allowed", _with(b"X-Test: a\tb\r\n")),
    accepted("empty value", "RFC 9110 5.5", _with(b"X-Test:\r\n")),
    accepted(
        "blanks around a value",
        "RFC 9112 5.1: OWS is no part of it",
        _with(b"X-Test: \t a \t \r\n"),
    ),
    accepted("every token byte in a name", "RFC 9110 5.6.2", _with(b"!#$&'*+-.^_`|~09azAZ: a\r\n")),
    fetched(
        "forty fields",
        "a browser behind proxies sends so many",
        GET + b"".join(b"X-%d: a\r\n" % n for n in range(40)) + b"\r\n",
    ),
    refused(
        "value of 100 KB",
        "RELIABILITY HTTP: header cap 431; Http11Probe MAL-LONG-HEADER-VALUE",
        _with(b"X-Test: " + b"a" * 100_000 + b"\r\n"),
        status=431,
    ),
    refused(
        "name of 100 KB",
        "RELIABILITY HTTP: header cap 431; Http11Probe MAL-LONG-HEADER-NAME",
        _with(b"a" * 100_000 + b": a\r\n"),
        status=431,
    ),
    refused(
        "10,000 fields",
        "RELIABILITY HTTP: header cap 431; Http11Probe MAL-MANY-HEADERS",
        _with(b"".join(b"X-%d: a\r\n" % n for n in range(10_000))),
        status=431,
    ),
    refused(
        "150 short fields",
        "RELIABILITY HTTP: header cap 431, by number too",
        _with(b"".join(b"X-%d: a\r\n" % n for n in range(150))),
        status=431,
    ),
    refused(
        "a head that never ends",
        "RELIABILITY HTTP: header cap 431, unbounded heads",
        GET + b"X-Test: " + b"a" * 70_000,
        status=431,
    ),
)
