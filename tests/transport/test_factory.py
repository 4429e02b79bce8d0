"""How many connections there may be."""

from twisted.internet.address import IPv4Address
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from gma_twisted.transport import GateFactory, GateLimits, QuietSite, gated
from tests.transport.stand import Client, Stand, get, post

_LIMITS = GateLimits(connections=100, connectionsPerAddress=10)
_HARD = 64


class CapTests(SynchronousTestCase):
    """Above the caps a connection is refused, far above them dropped."""

    def setUp(self) -> None:
        """A server."""
        self.stand = Stand(limits=_LIMITS)
        self.listener = self.stand.factory.listener

    def _refused(self, client: Client) -> bool:
        return [answer.status for answer in client.answers()] == [503]

    def test_perAddress(self) -> None:
        """One address has its share; another still gets in, and so does the first when one has gone."""
        first = [self.stand.connect() for _ in range(10)]
        self.assertTrue(self._refused(self.stand.connect()))
        self.assertFalse(self._refused(self.stand.connect("192.0.2.2")))
        first[0].line.vanish()
        self.assertTrue(self._refused(self.stand.connect()))
        self.stand.wait(3.0)
        self.assertFalse(self._refused(self.stand.connect()))

    def test_perNetwork(self) -> None:
        """Of IPv6 all addresses of a network have one share, whichever they are, and it is free again."""
        clients = [self.stand.connect(f"2001:db8::{number:x}") for number in range(10)]
        self.assertTrue(self._refused(self.stand.connect("2001:db8::ffff:1")))
        self.assertFalse(self._refused(self.stand.connect("2001:db8:0:1::1")))
        for client in clients:
            client.line.vanish()
        self.stand.wait(3.0)
        self.assertFalse(self._refused(self.stand.connect("2001:db8::ffff:2")))

    def test_inAll(self) -> None:
        """All together have their share."""
        for number in range(100):
            self.assertFalse(self._refused(self.stand.connect(f"192.0.2.{number % 50}")))
        self.assertTrue(self._refused(self.stand.connect("192.0.2.77")))

    def test_answer(self) -> None:
        """The refusal is plain, says when to come again, and comes before anything is asked."""
        for _ in range(10):
            self.stand.connect()
        client = self.stand.connect()
        client.send(post(b"<a/>"))
        (answer,) = client.answers()
        self.assertEqual((answer.status, answer.fields["retry-after"]), (503, "1"))
        self.assertEqual(answer.fields["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(self.stand.scripted.requests, [])
        self.assertTrue(client.line.isEnded)

    def test_flood(self) -> None:
        """Far above the cap nothing is made for a connection."""
        for _ in range(10 + _HARD):
            self.stand.connect()
        address = IPv4Address("TCP", "192.0.2.1", 1)
        self.assertIsNone(self.stand.factory.buildProtocol(address))
        self.assertEqual(self.listener.counters["dropped"], 1)

    def test_nothingIsLeft(self) -> None:
        """When all have gone, nothing is counted or kept."""
        clients = [self.stand.connect(f"192.0.2.{number % 20}") for number in range(100)]
        for client in clients:
            client.line.vanish()
        self.assertEqual((self.listener.gates, dict(self.listener.perAddress)), (set(), {}))
        self.assertEqual(self.listener.counters["connections"], 100)


class GatedTests(SynchronousTestCase):
    """The Gate before any Site."""

    def test_gated(self) -> None:
        """Every path is the Site's, with the Gate's bounds before it."""
        stand = Stand()

        class Page(Resource):
            isLeaf = True

            def render_POST(self, request: object) -> bytes:
                return b"the site's"

        stand.factory = gated(QuietSite(Page()), stand.clock, GateLimits(body=100))
        self.assertIsInstance(stand.factory, GateFactory)
        client = stand.connect()
        client.send(post(b"<a/>"))
        self.assertEqual(client.bodies(), [b"the site's"])
        client.send(post(b"a" * 101))
        self.assertEqual([answer.status for answer in client.answers()], [200, 413])
        other = stand.connect()
        other.send(get("/services/x#y"))
        self.assertEqual(other.bodies()[0][:9], b"the targe")
