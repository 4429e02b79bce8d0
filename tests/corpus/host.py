"""Host: exactly one valid in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112, 3.2; RELIABILITY, HTTP)."""

from tests.corpus.case import Answer, Case
from tests.corpus.shorthand import BODY, accepted, refused

__all__ = ["CASES"]


def _with(*hosts: bytes) -> bytes:
    fields = b"".join(b"Host:%s\r\n" % host for host in hosts)
    return b"POST $PATH HTTP/1.1\r\n" + fields + b"Content-Type: $TYPE\r\n" + BODY


_OLD = b"POST $PATH HTTP/1.0\r\n%sContent-Type: $TYPE\r\n" + BODY

CASES = (
    refused("no Host", "RFC 9112 3.2; Http11Probe RFC9112-7.1-MISSING-HOST", _with()),
    refused(
        "empty Host",
        "RELIABILITY HTTP: one valid Host; Http11Probe COMP-HOST-EMPTY-VALUE",
        _with(b" "),
    ),
    refused(
        "two Hosts",
        "RFC 9112 3.2; Http11Probe RFC9110-5.4-DUPLICATE-HOST",
        _with(b" gate", b" other"),
    ),
    refused(
        "the same Host twice",
        "RFC 9112 3.2; Http11Probe COMP-DUPLICATE-HOST-SAME",
        _with(b" gate", b" gate"),
    ),
    refused(
        "Host with user", "RFC 9110 7.2; Http11Probe COMP-HOST-WITH-USERINFO", _with(b" user@gate")
    ),
    refused(
        "Host with path", "RFC 9110 7.2; Http11Probe COMP-HOST-WITH-PATH", _with(b" gate/path")
    ),
    refused("Host with query", "RFC 9110 7.2", _with(b" gate?a")),
    refused("Host with scheme", "RFC 9110 7.2", _with(b" http://gate")),
    refused("Host with comma", "Http11Probe SMUG-MULTIPLE-HOST-COMMA", _with(b" gate, other")),
    refused("Host with blank", "RFC 9110 7.2", _with(b" gate other")),
    refused("Host with bad port", "RFC 3986 3.2.3: digits", _with(b" gate:80a")),
    refused("Host with two ports", "RFC 3986 3.2.3", _with(b" gate:80:80")),
    refused("Host of a port alone", "RFC 3986 3.2: a host before the port", _with(b" :80")),
    refused("Host with open bracket", "RFC 3986 3.2.2", _with(b" [::1")),
    refused("Host with markup", "RFC 3986 3.2.2: no < or >", _with(b" <gate>")),
    refused("Host with backslash", "RFC 3986 3.2.2", _with(b" gate\\other")),
    refused(
        "Host above ASCII",
        "RFC 3986 3.2.2; RELIABILITY HTTP: no byte >= 0x80",
        _with(b" g\xc3\xa4te"),
    ),
    accepted("Host with port", "RFC 9110 7.2", _with(b" gate:8480")),
    accepted("Host as IPv6 address", "RFC 3986 3.2.2", _with(b" [::1]:8480")),
    accepted("Host as IPv4 address", "RFC 3986 3.2.2", _with(b" 127.0.0.1:8480")),
    accepted("Host without blank after colon", "RFC 9112 5: OWS is optional", _with(b"gate")),
    accepted(
        "Host in odd case",
        "RFC 9110 5.1: names are case-insensitive",
        _with(b" gate").replace(b"Host", b"hOsT"),
    ),
    Case(
        "HTTP/1.0 without Host",
        "RELIABILITY HTTP: HTTP/1.0 at most one; Http11Probe COMP-HTTP10-NO-HOST",
        (_OLD % b"",),
        (Answer(200, carries=(b"$PROOF",)),),
        True,
    ),
    refused(
        "HTTP/1.0 with two Hosts", "RELIABILITY HTTP: at most one", _OLD % b"Host: a\r\nHost: b\r\n"
    ),
    refused("HTTP/1.0 with a bad Host", "RELIABILITY HTTP: a valid one", _OLD % b"Host: a/b\r\n"),
)
