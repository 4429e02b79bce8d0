"""Request line and target: what is no HTTP/1.x request for this server (RFC 9112, 2 and 3)."""

from tests.corpus.case import SOAP, WEB, Answer, Case
from tests.corpus.shorthand import BODY, GET, GOOD, NEXT, accepted, fetched, refused

__all__ = ["CASES"]

_REST = b"\r\nHost: gate\r\nContent-Type: $TYPE\r\n" + BODY
_ALLOW = b"allow"


def _notAllowed(method: bytes, why: str) -> Case:
    return refused(
        f"method {method.decode()}",
        why,
        method + b" $PATH HTTP/1.1\r\nHost: gate\r\n\r\n",
        status=405,
        headers=(_ALLOW,),
    )


CASES = (
    fetched("plain GET", "RFC 9112 3; Http11Probe COMP-BASELINE", GET + b"\r\n"),
    accepted("plain POST", "RFC 9112 6.2; Http11Probe COMP-POST-CL-BODY", GOOD),
    fetched(
        "long target allowed",
        "RFC 9112 3: request lines of 8000 octets; Http11Probe COMP-LONG-URL-OK",
        b"GET /echo?" + b"a" * 7900 + b" HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    refused(
        "target too long",
        "RELIABILITY HTTP: target 414; RFC 9110 15.5.15; Http11Probe MAL-LONG-URL",
        b"POST $PATH?" + b"a" * 12000 + b" HTTP/1.1" + _REST,
        status=414,
    ),
    refused(
        "target of 100 KB",
        "RELIABILITY HTTP: target 414 before the head is whole; Http11Probe MAL-LONG-URL",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: gate\r\n\r\n",
        status=414,
    ),
    refused(
        "absolute-form",
        "RELIABILITY HTTP: no absolute-form; Http11Probe COMP-ABSOLUTE-FORM",
        b"POST http://gate$PATH HTTP/1.1" + _REST,
    ),
    refused(
        "absolute-form of another host",
        "RELIABILITY HTTP: no absolute-form; Http11Probe SMUG-ABSOLUTE-URI-HOST-MISMATCH",
        b"POST http://other$PATH HTTP/1.1" + _REST,
    ),
    refused(
        "authority-form with GET",
        "RFC 9112 3.2.3: authority-form is for CONNECT",
        b"GET gate:80 HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    refused(
        "asterisk-form with GET",
        "RFC 9112 3.2.4; Http11Probe COMP-ASTERISK-WITH-GET",
        b"GET * HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    refused(
        "fragment in target",
        "RFC 9112 3.2: no fragment; Http11Probe RFC9112-3.2-FRAGMENT-IN-TARGET",
        b"POST $PATH#part HTTP/1.1" + _REST,
    ),
    refused(
        "fragment after query",
        "RFC 9112 3.2: no fragment",
        b"POST $PATH?a=b#part HTTP/1.1" + _REST,
    ),
    refused(
        "blank in target",
        "RFC 9112 3.2; Http11Probe COMP-SPACE-IN-TARGET",
        b"POST $PATH a HTTP/1.1" + _REST,
    ),
    refused(
        "control byte in target", "RFC 3986 2; RELIABILITY HTTP", b"POST $PATH\x01 HTTP/1.1" + _REST
    ),
    refused(
        "NUL in target",
        "RFC 3986 2; Http11Probe MAL-NUL-IN-URL",
        b"POST $PATH\x00 HTTP/1.1" + _REST,
    ),
    refused("DEL in target", "RFC 3986 2; RELIABILITY HTTP", b"POST $PATH\x7f HTTP/1.1" + _REST),
    refused(
        "byte above ASCII in target",
        "RFC 3986 2; Http11Probe MAL-NON-ASCII-URL",
        b"POST $PATH\xc3\xa9 HTTP/1.1" + _REST,
    ),
    refused(
        "overlong UTF-8 in target",
        "RFC 3629 10; Http11Probe MAL-URL-OVERLONG-UTF8",
        b"POST $PATH\xc0\xaf HTTP/1.1" + _REST,
    ),
    refused(
        "no target",
        "RFC 9112 3; Http11Probe RFC9112-3-MISSING-TARGET",
        b"GET HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    refused(
        "target without a slash",
        "RFC 9112 3.2.1: origin-form",
        b"GET echo HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    refused(
        "tab between parts",
        "RFC 9112 3; Http11Probe COMP-REQUEST-LINE-TAB",
        b"POST\t$PATH\tHTTP/1.1" + _REST,
    ),
    refused("blank before method", "RFC 9112 3", b" POST $PATH HTTP/1.1" + _REST),
    refused("blank after version", "RFC 9112 3", b"POST $PATH HTTP/1.1 " + _REST),
    refused(
        "HTTP/0.9",
        "RELIABILITY HTTP: HTTP/0.9 refused; Http11Probe RFC9112-2.3-HTTP09-REQUEST",
        b"GET /echo\r\n",
    ),
    refused(
        "version 0.9",
        "RELIABILITY HTTP: HTTP/0.9 refused",
        b"GET /echo HTTP/0.9\r\n\r\n",
        status=505,
    ),
    refused(
        "version 2.0",
        "RFC 9110 15.6.6; RELIABILITY HTTP: HTTP/2.0 refused",
        b"POST $PATH HTTP/2.0" + _REST,
        status=505,
    ),
    refused(
        "HTTP/2 preface",
        "RFC 9113 3.4; Http11Probe MAL-H2-PREFACE",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        status=505,
    ),
    refused(
        "version 9.9",
        "RFC 9110 15.6.6; Http11Probe RFC9112-2.3-INVALID-VERSION",
        b"POST $PATH HTTP/9.9" + _REST,
        status=505,
    ),
    refused(
        "version 1.2",
        "RELIABILITY HTTP: 1.0 and 1.1 only",
        b"POST $PATH HTTP/1.2" + _REST,
        status=505,
    ),
    refused(
        "version without minor",
        "RFC 9112 2.3; Http11Probe COMP-VERSION-MISSING-MINOR",
        b"POST $PATH HTTP/1" + _REST,
    ),
    refused(
        "version with leading zeros",
        "RFC 9112 2.3; Http11Probe COMP-VERSION-LEADING-ZEROS",
        b"POST $PATH HTTP/01.01" + _REST,
    ),
    refused("version of two digits", "RFC 9112 2.3", b"POST $PATH HTTP/1.10" + _REST),
    refused(
        "blank in version",
        "RFC 9112 2.3; Http11Probe COMP-VERSION-WHITESPACE",
        b"POST $PATH HTTP/ 1.1" + _REST,
    ),
    refused(
        "version in lower case",
        "RFC 9112 2.3: case-sensitive; Http11Probe COMP-VERSION-CASE",
        b"POST $PATH http/1.1" + _REST,
    ),
    refused(
        "RTSP version",
        "RELIABILITY HTTP: RTSP refused",
        b"GET /echo RTSP/1.0\r\nHost: gate\r\n\r\n",
        status=505,
    ),
    refused(
        "RTSP method",
        "RELIABILITY HTTP: RTSP refused",
        b"DESCRIBE /echo RTSP/1.0\r\nHost: gate\r\n\r\n",
        status=505,
    ),
    refused(
        "ICE version",
        "RELIABILITY HTTP: ICE refused",
        b"SOURCE /echo ICE/1.0\r\nHost: gate\r\n\r\n",
        status=505,
    ),
    refused(
        "bare LF after request line",
        "RELIABILITY HTTP: no bare LF; Http11Probe RFC9112-2.2-BARE-LF-REQUEST-LINE",
        b"POST $PATH HTTP/1.1\nHost: gate\r\nContent-Type: $TYPE\r\n" + BODY,
    ),
    refused(
        "bare CR after request line",
        "RFC 9112 2.2; Http11Probe RFC9112-3-CR-ONLY-LINE-ENDING",
        b"POST $PATH HTTP/1.1\rHost: gate\r\nContent-Type: $TYPE\r\n" + BODY,
    ),
    refused(
        "TLS hello on a plain stream",
        "Http11Probe MAL-BINARY-GARBAGE",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ),
    refused(
        "binary garbage",
        "Http11Probe MAL-BINARY-GARBAGE",
        b"\x00\x01\x02\xfe\xff\xfd\x80\x90\r\n\r\n",
    ),
    refused("blank line of spaces", "Http11Probe MAL-WHITESPACE-ONLY-LINE", b"   \r\n\r\n"),
    fetched(
        "one leading CRLF",
        "RFC 9112 2.2: ignore at least one; Http11Probe COMP-LEADING-CRLF",
        b"\r\n" + GET + b"\r\n",
    ),
    refused(
        "endless leading CRLFs",
        "RELIABILITY HTTP: leading CRLFs are bounded",
        b"\r\n" * 20_000 + GET + b"\r\n",
    ),
    refused(
        "method in lower case",
        "RFC 9110 9.1: case-sensitive; Http11Probe COMP-METHOD-CASE",
        b"post $PATH HTTP/1.1" + _REST,
        status=405,
    ),
    refused(
        "unknown method",
        "RFC 9110 9.1, 15.6.2; Http11Probe COMP-UNKNOWN-METHOD",
        b"FOOBAR $PATH HTTP/1.1\r\nHost: gate\r\n\r\n",
        status=405,
    ),
    refused(
        "method of 100 KB",
        "Http11Probe MAL-LONG-METHOD",
        b"A" * 100_000 + b" / HTTP/1.1\r\nHost: gate\r\n\r\n",
        status=414,
    ),
    _notAllowed(b"PUT", "RELIABILITY HTTP: method allow-list; Http11Probe COMP-405-ALLOW"),
    _notAllowed(b"DELETE", "RELIABILITY HTTP: method allow-list"),
    _notAllowed(b"PATCH", "RELIABILITY HTTP: method allow-list"),
    _notAllowed(b"OPTIONS", "RELIABILITY HTTP: OPTIONS is not on the list"),
    _notAllowed(b"TRACE", "RELIABILITY HTTP: no TRACE; Http11Probe COMP-METHOD-TRACE"),
    _notAllowed(b"PROPFIND", "RELIABILITY HTTP: method allow-list"),
    refused(
        "OPTIONS *",
        "RELIABILITY HTTP: OPTIONS is not on the list; Http11Probe COMP-OPTIONS-STAR",
        b"OPTIONS * HTTP/1.1\r\nHost: gate\r\n\r\n",
        status=405,
        headers=(_ALLOW,),
    ),
    refused(
        "OPTIONS with a body",
        "Http11Probe SMUG-OPTIONS-CL-BODY-DESYNC: the body is no request",
        b"OPTIONS $PATH HTTP/1.1\r\nHost: gate\r\nContent-Length: %d\r\n\r\n" % len(NEXT) + NEXT,
        status=405,
        headers=(_ALLOW,),
    ),
    refused(
        "CONNECT",
        "RELIABILITY HTTP: no CONNECT; Http11Probe COMP-METHOD-CONNECT",
        b"CONNECT gate:443 HTTP/1.1\r\nHost: gate:443\r\n\r\n" + NEXT,
        status=405,
        headers=(_ALLOW,),
    ),
    Case(
        "GET of a service without wsdl",
        "RELIABILITY HTTP: GET without ?wsdl 405 + Allow",
        (b"GET /services/index HTTP/1.1\r\nHost: gate\r\n\r\n",),
        (Answer(405, headers=(_ALLOW,)),),
        False,
        (SOAP,),
    ),
    Case(
        "HEAD of a service",
        "RELIABILITY HTTP: only POST on a service path",
        (b"HEAD /services/index HTTP/1.1\r\nHost: gate\r\n\r\n",),
        (Answer(405, headers=(_ALLOW,), head=True),),
        False,
        (SOAP,),
    ),
    Case(
        "HEAD",
        "RFC 9110 9.3.2: no content; Http11Probe COMP-HEAD-NO-BODY",
        (b"HEAD /echo HTTP/1.1\r\nHost: gate\r\n\r\n",),
        (Answer(200, headers=(b"content-length",), head=True),),
        False,
        (WEB,),
    ),
    fetched(
        "percent-encoded NUL in query",
        "Http11Probe MAL-URL-PERCENT-NULL: opaque to the Gate",
        b"GET /echo?%00 HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
    fetched(
        "percent-encoded CRLF in query",
        "Http11Probe MAL-URL-PERCENT-CRLF: never becomes a field",
        b"GET /echo?%0d%0aX:%20smuggled2 HTTP/1.1\r\nHost: gate\r\n\r\n",
    ),
)
