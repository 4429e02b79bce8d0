"""The Exchange in a foreign Site answers as it does behind the Gate."""

from collections.abc import Iterable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from gma_twisted.errors import ServiceHasTerminated, UnknownId
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Handle
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, GateLimits, Service, SOAPResource
from tests.transport.probe import PROBE, Guard, Role, envelope, service
from tests.transport.stand import Answer, Stand, answersIn, get, post

_LIMITS = GateLimits(body=5000)
_SOAP12 = 'Content-Type: application/soap+xml; action="urn:example:probe#ask"'


def _soap12(body: bytes) -> bytes:
    return post(body).replace(b"Content-Type: text/xml", _SOAP12.encode())


@implementer(IServiceFamily)
class _Over:
    """A family of which all that ever was is over, and that was one service."""

    handle = Handle("http://gate/services/probe/rows")
    path = handle.path
    portTypes = (PROBE,)

    def role(self, id: str) -> object:
        """See L{IServiceFamily}."""
        if id == "once":
            raise ServiceHasTerminated("once ended at noon: its time passed")
        raise UnknownId(f"there is no {id}")

    def owner(self, id: str) -> str | None:
        """See L{IServiceFamily}."""
        self.role(id)
        return None


class SOAPResourceTests(SynchronousTestCase):
    """One Exchange behind a Gate, and behind twisted.web's own channel."""

    def setUp(self) -> None:
        """Both ways to it."""
        self.role = Role()
        self.guard = Guard()
        time = Clock()
        clock = NodeClock(time, lambda: 1_700_000_000.0 + time.seconds())
        self.exchange = Exchange(clock, self.guard, self.guard, self.guard, DEFAULT_LIMITS)
        self.exchange.publish(service(self.role))
        root = Resource()
        root.putChild(b"services", SOAPResource(self.exchange, _LIMITS))
        self.site = Site(root, reactor=Clock())
        self.stand = Stand(root, _LIMITS, self.exchange)

    def _foreign(self, data: bytes, heads: Iterable[int] = ()) -> Answer:
        channel = self.site.buildProtocol(None)
        assert channel is not None
        self.transport = StringTransport()
        channel.makeConnection(self.transport)
        channel.dataReceived(data)
        answers = answersIn(self.transport.value(), heads)
        return answers[-1] if answers else Answer(0, {}, b"")

    def _gate(self, data: bytes) -> Answer:
        client = self.stand.connect()
        client.send(data)
        return client.answers()[-1]

    def _same(self, data: bytes, status: int) -> Answer:
        one, other = self._gate(data), self._foreign(data)
        kind = "content-type"
        self.assertEqual(
            (other.status, other.fields[kind]), (one.status, one.fields[kind]), one.body[:500]
        )
        self.assertEqual(one.status, status)
        return other

    def test_good(self) -> None:
        """Good requests have the same answers to the byte."""
        ask = envelope("ask")
        for data in (
            post(ask, path="/services/probe"),
            post(ask, 'SOAPAction: "urn:example:probe#ask"', path="/services/probe"),
            post(ask, path="/services/%70robe?x=1"),
            _soap12(envelope("ask", isSoap12=True)).replace(b"/echo", b"/probe"),
            post(ask, path="/services/probe")
            .replace(b"Host: gate\r\n", b"")
            .replace(b"/1.1", b"/1.0"),
        ):
            one, other = self._gate(data), self._foreign(data)
            self.assertEqual((other.status, other.body), (one.status, one.body), data)
            self.assertEqual(other.fields["content-type"], one.fields["content-type"])
            self.assertEqual(one.status, 200)

    def test_oneWay(self) -> None:
        """So has a one-way message."""
        self._same(post(envelope("tell"), path="/services/probe"), 202)

    def test_faults(self) -> None:
        """Faults have the same status and kind."""
        for data, status in (
            (post(b"<a", path="/services/probe"), 500),
            (post(envelope("ask"), path="/services/nobody"), 404),
            (post(envelope("missing"), path="/services/probe"), 500),
            (post(envelope("ask"), path="/services/probe").replace(b"text/xml", b"text/html"), 415),
            (post(b"x" * 5001, path="/services/probe"), 413),
            (post(envelope("ask"), "Content-Encoding: gzip", path="/services/probe"), 415),
        ):
            fault = self._same(data, status)
            self.assertIn(b"Fault>", fault.body)
            self.assertIn(b"2023-11-14T22:", fault.body)

    def test_chunked(self) -> None:
        """A chunked message is one like others."""
        ask = envelope("ask")
        head = b"POST /services/probe HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n"
        data = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(ask), ask)
        self._same(data, 200)

    def test_late(self) -> None:
        """A late answer comes when it is there."""
        answer: Deferred[str] = Deferred()
        self.role.does = lambda word: answer
        self._foreign(post(envelope("ask"), path="/services/probe"))
        self.assertEqual(self.transport.value(), b"")
        answer.callback("late")
        (late,) = answersIn(self.transport.value())
        self.assertIn(b">late</", late.body)

    def test_gone(self) -> None:
        """When the client has gone meanwhile, nothing is written and nothing fails."""
        answer: Deferred[str] = Deferred()
        self.role.does = lambda word: answer
        client = self.stand.connect()
        data = post(envelope("ask"), path="/other")
        client.send(data.replace(b"/other", b"/services/probe"))
        client.line.vanish()
        answer.callback("late")
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_wsdl(self) -> None:
        """GET ?wsdl is the WSDL, ?wsdl=soap12 has both bindings; HEAD has its length."""
        plain = self._foreign(get("/services/probe?wsdl"))
        self.assertEqual(plain.fields["content-type"], "text/xml; charset=utf-8")
        self.assertIn(b'location="http://gate/services/probe"', plain.body)
        self.assertNotIn(b"schemas.xmlsoap.org/wsdl/soap12/", plain.body)
        both = self._gate(get("/services/probe?WSDL=soap12"))
        self.assertIn(b"schemas.xmlsoap.org/wsdl/soap12/", both.body)
        head = self._foreign(get("/services/probe?wsdl", method="HEAD"), [0])
        self.assertEqual(head.fields["content-length"], str(len(plain.body)))

    def test_asked(self) -> None:
        """Whoever asks for a description is asked about, in any Site: what the policy refuses is not shown."""
        queries = ("?wsdl", "?wsdl=soap12", "?gwsdl", "?gma-challenge=0aF1", "")
        for query in queries:
            self._foreign(get(f"/services/probe{query}"))
        self.assertEqual(self.guard.asked, [("nobody", "GET", "/services/probe")] * len(queries))
        self.guard.refuses |= {"GET", "HEAD", "PUT"}
        for path in (*(f"/services/probe{query}" for query in queries), "/services/nobody"):
            self.assertNotIn(b"definitions", self._same(get(path), 403).body)
        for method, heads in (("HEAD", [0]), ("PUT", ())):
            data = get("/services/probe?wsdl", method=method)
            self.assertEqual(self._foreign(data, heads).status, 403)
        self.assertIn(
            "www-authenticate",
            self._same(get("/services/probe?wsdl", "Authorization: wrong"), 401).fields,
        )

    def test_unasked(self) -> None:
        """Of calls the Exchange asks, once; of a sink's challenge nobody does."""
        self._foreign(post(envelope("ask"), path="/services/probe"))
        self.assertEqual(len(self.guard.asked), 1)
        self.guard.refuses.add("GET")
        handle = Handle("http://127.0.0.1/services/sink")
        self.exchange.publish(Service(handle.path, handle, object(), [NOTIFICATION_SINK]))
        self._same(get("/services/sink?gma-challenge=0aF1"), 200)
        self._same(get("/services/sink?wsdl"), 403)

    def test_challenge(self) -> None:
        """A sink answers a challenge with its token; a service that takes no notices does not."""
        handle = Handle("http://127.0.0.1/services/sink")
        self.exchange.publish(Service(handle.path, handle, object(), [NOTIFICATION_SINK]))
        answer = self._same(get("/services/sink?gma-challenge=0aF1"), 200)
        self.assertEqual(answer.body, b"0aF1")
        self.assertEqual(answer.fields["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(answer.fields["x-content-type-options"], "nosniff")
        self._same(get("/services/sink?gma-challenge=<b>"), 405)
        self._same(get("/services/probe?gma-challenge=0aF1"), 405)

    def test_gwsdl(self) -> None:
        """GET ?gwsdl is the GWSDL, in a foreign Site and behind the Gate."""
        answer = self._same(get("/services/probe?gwsdl"), 200)
        self.assertEqual(answer.fields["content-type"], "text/xml; charset=utf-8")
        self.assertIn(b"<gwsdl:portType ", answer.body)

    def test_ended(self) -> None:
        """A service whose life is over is 410 and when and why, whatever of it is asked; one that never was is 404."""
        self.exchange.publishFamily(_Over())
        for query in ("?wsdl", "?wsdl=soap12", "?gwsdl", ""):
            answer = self._same(get(f"/services/probe/rows/once{query}"), 410)
            self.assertEqual(answer.fields["content-type"], "text/plain; charset=utf-8")
            self.assertEqual(answer.body, b"once ended at noon: its time passed\n")
            self._same(get(f"/services/probe/rows/never{query}"), 404)

    def test_get(self) -> None:
        """Another GET is 405, and 404 where there is no service, with those there are."""
        answer = self._same(get("/services/probe"), 405)
        self.assertEqual(answer.fields["allow"], "POST")
        self.assertIn(b"/services/probe", self._same(get("/services/nobody"), 404).body)
