"""The verdict on heads that httptools lets pass."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport import GateLimits
from gma_twisted.transport.head import Head, judgeHead
from gma_twisted.transport.refusal import Refusal

_HOST = (b"Host", b"gate:8480")
_XML = (b"Content-Type", b"text/xml; charset=utf-8")
_SOAP12 = (b"Content-Type", b'application/soap+xml; charset=utf-8; action="urn:a#op"')
_LIMITS = GateLimits(target=100, fields=10, body=1000)
_Field = tuple[bytes, bytes]


def judge(
    *fields: _Field,
    method: bytes = b"POST",
    target: bytes = b"/services/index",
    version: bytes = b"HTTP/1.1",
    **others: Any,
) -> Head:
    """The verdict."""
    return judgeHead(method, target, version, fields, True, _LIMITS, **others)


class RefusedTests(SynchronousTestCase):
    """What does not pass, with its status."""

    def _refused(self, status: int, *fields: _Field, **others: Any) -> None:
        refusal = self.assertRaises(Refusal, judge, *fields, **others)
        self.assertEqual(refusal.status, status, (fields, others, refusal.why))

    def test_host(self) -> None:
        """HTTP/1.1 has exactly one valid Host, HTTP/1.0 at most one."""
        self._refused(400, _XML)
        self._refused(400, _HOST, _HOST, _XML)
        self._refused(400, _HOST, _HOST, _XML, version=b"HTTP/1.0")
        for host in (b"", b"a b", b"a/b", b"u@a", b"a:b", b"a:123456", b"[::1", b"a?"):
            self._refused(400, (b"Host", host), _XML)

    def test_authorization(self) -> None:
        """Who asks says once who it is; so do pages."""
        shown = (b"Authorization", b"Bearer a"), (b"authorization", b"Bearer b")
        self._refused(400, _HOST, _XML, *shown)
        self._refused(400, _HOST, *shown, method=b"GET", target=b"/")
        head = judge(_HOST, _XML, shown[0])
        self.assertEqual(head.authorization, b"Bearer a")
        self.assertNotIn("Bearer a", repr(head))

    def test_coding(self) -> None:
        """The one transfer coding is chunked, with HTTP/1.1, without a length."""
        chunked = (b"Transfer-Encoding", b"chunked")
        self._refused(400, _HOST, _XML, chunked, (b"Content-Length", b"1"))
        self._refused(400, _HOST, _XML, chunked, chunked)
        self._refused(400, _HOST, _XML, (b"Transfer-Encoding", b"gzip, chunked"))
        self._refused(400, _HOST, _XML, (b"Transfer-Encoding", b"identity"))
        self._refused(400, _HOST, _XML, chunked, version=b"HTTP/1.0")

    def test_length(self) -> None:
        """Content-Length is one decimal number up to the cap."""
        for value in (b"+1", b"-1", b"1,1", b"0x1", b"", b"\xb2", b"1" * 20):
            self._refused(400, _HOST, _XML, (b"Content-Length", value))
        self._refused(400, _HOST, _XML, (b"Content-Length", b"1"), (b"Content-Length", b"1"))
        self._refused(413, _HOST, _XML, (b"Content-Length", b"1001"))
        self._refused(413, _HOST, _XML, (b"Content-Length", b"9223372036854775808"))

    def test_target(self) -> None:
        """A target is a path in ASCII, without fragment, of bounded length."""
        for target in (b"*", b"http://a/services/x", b"services", b"/a#b", b"/\xc3\xa9", b""):
            self._refused(400, _HOST, _XML, target=target)
        self._refused(414, _HOST, _XML, target=b"/" + b"a" * 100)

    def test_method(self) -> None:
        """Three methods pass."""
        for method in (b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"post"):
            self._refused(405, _HOST, _XML, method=method)

    def test_version(self) -> None:
        """Two versions pass."""
        for version in (b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0"):
            self._refused(505, _HOST, _XML, version=version)

    def test_fields(self) -> None:
        """Fields are few and ASCII."""
        self._refused(431, _HOST, _XML, *[(b"X", b"1")] * 9)
        self._refused(400, _HOST, _XML, (b"X", b"\xc3\xa9"))

    def test_expect(self) -> None:
        """One expectation is met."""
        self._refused(417, _HOST, _XML, (b"Expect", b"magic"))
        self._refused(417, _HOST, _XML, *[(b"Expect", b"100-continue")] * 2)

    def test_upgrade(self) -> None:
        """No connection changes its protocol."""
        self._refused(400, _HOST, _XML, (b"Upgrade", b"h2c"))

    def test_media(self) -> None:
        """A service takes SOAP's two media types, in Unicode, without content coding."""
        length = (b"Content-Length", b"1")
        self._refused(415, _HOST)
        self._refused(415, _HOST, _XML, _XML)
        for value in (b"text/plain", b"text/xml; charset=latin-1", b"text/xml charset=utf-8", b""):
            self._refused(415, _HOST, (b"Content-Type", value))
        self._refused(415, _HOST, _XML, length, (b"Content-Encoding", b"gzip"))

    def test_action(self) -> None:
        """SOAPAction stands once."""
        self._refused(400, _HOST, _XML, *[(b"SOAPAction", b"a")] * 2)

    def test_isService(self) -> None:
        """A refusal on a service path says so, and one elsewhere does not."""
        refusal = self.assertRaises(Refusal, judge, _XML)
        self.assertTrue(refusal.isService)
        refusal = self.assertRaises(Refusal, judge, _XML, target=b"/page")
        self.assertFalse(refusal.isService)
        refusal = self.assertRaises(Refusal, judge, _XML, hasServices=False)
        self.assertFalse(refusal.isService)


class PassedTests(SynchronousTestCase):
    """What passes, and what is made of it."""

    def test_soap11(self) -> None:
        """SOAPAction comes quoted, unquoted, empty or not at all."""
        for value, action in ((b'"urn:a#op"', "urn:a#op"), (b"urn:a#op", "urn:a#op"), (b'""', "")):
            head = judge(_HOST, _XML, (b"SOAPAction", value))
            self.assertEqual((head.soapAction, head.isSoap12, head.isWeb), (action, False, False))
        self.assertIsNone(judge(_HOST, _XML).soapAction)

    def test_soap12(self) -> None:
        """The action is a parameter of the media type."""
        head = judge(_HOST, _SOAP12)
        self.assertEqual((head.soapAction, head.isSoap12), ("urn:a#op", True))

    def test_charsets(self) -> None:
        """Charsets are quoted or not, in any case."""
        for value in (b'text/xml;charset="UTF-8"', b"Text/XML ; charset=utf-16", b"text/xml;"):
            self.assertFalse(judge(_HOST, (b"content-type", value)).isWeb)

    def test_length(self) -> None:
        """A length, none for chunks, zero without either."""
        self.assertEqual(judge(_HOST, _XML, (b"content-length", b" 007 ")).length, 7)
        self.assertIsNone(judge(_HOST, _XML, (b"Transfer-Encoding", b"Chunked")).length)
        self.assertEqual(judge(_HOST, _XML).length, 0)

    def test_expects(self) -> None:
        """Only a client of HTTP/1.1 that has a body waits for us."""
        expect = (b"Expect", b"100-Continue")
        length = (b"Content-Length", b"3")
        self.assertTrue(judge(_HOST, _XML, expect, length).expects)
        self.assertFalse(judge(_HOST, _XML, expect).expects)
        self.assertFalse(judge(_HOST, _XML, expect, length, version=b"HTTP/1.0").expects)

    def test_path(self) -> None:
        """The path is decoded, the query left out."""
        self.assertEqual(judge(_HOST, _XML, target=b"/services/a%20b?x=%20").path, "/services/a b")

    def test_isWeb(self) -> None:
        """The Site has what is no POST below the services."""
        self.assertTrue(judge(_HOST, method=b"GET").isWeb)
        self.assertTrue(judge(_HOST, target=b"/service").isWeb)
        self.assertTrue(judge(_HOST, hasServices=False).isWeb)
        self.assertFalse(judge(_HOST, _XML).isWeb)

    def test_hosts(self) -> None:
        """Names, addresses and ports."""
        for host in (b"a", b"a.b-c:80", b"127.0.0.1:1", b"[::1]", b"[::1]:8480", b"a_b"):
            self.assertEqual(judge((b"Host", host), _XML).path, "/services/index")
        self.assertEqual(judge(_XML, version=b"HTTP/1.0").path, "/services/index")

    def test_connectionField(self) -> None:
        """An answer says what its client cannot know."""
        self.assertEqual(judge(_HOST, _XML).connectionField, b"")
        old = judge(_XML, version=b"HTTP/1.0")
        self.assertEqual(old.connectionField, b"Connection: keep-alive\r\n")
        ends = judgeHead(b"GET", b"/", b"HTTP/1.1", [_HOST], False, _LIMITS)
        self.assertEqual(ends.connectionField, b"Connection: close\r\n")
