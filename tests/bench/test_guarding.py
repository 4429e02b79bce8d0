"""What the guards are asked: callers with tokens, rules, and the server that has neither."""

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from bench.guarding import CALLERS, SHOWING, finds, tokenOf
from bench.servers.guarded import RULES, knownCallers
from bench.servers.lean import LeanFactory, lean, unguarded
from bench.subjects import GUARDS
from bench.workload import PATH, Requests, hostName
from gma_twisted.errors import Refused
from gma_twisted.markup import XMLGate
from gma_twisted.model import Access, Declare, QName
from gma_twisted.queries import NameQueries
from gma_twisted.security import AccessPolicy, isToken, tokenDigest
from gma_twisted.soap import openEnvelope
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.framing import Framer
from gma_twisted.transport.head import Head
from gma_twisted.transport.limits import DEFAULT_GATE_LIMITS


def _headOf(data: bytes) -> Head:
    framer = Framer(DEFAULT_GATE_LIMITS)
    framer.receive(data)
    message = framer.next()
    assert message is not None
    return message.head


class TalkTests(SynchronousTestCase):
    """L{finds}."""

    def test_token(self) -> None:
        """Each connection shows the token of a caller that is known, in every request."""
        known = {digest for one in knownCallers() for digest in one.tokens}
        self.assertEqual(len(known), CALLERS)
        for connection in (0, 7, CALLERS + 7):
            token = tokenOf(connection % CALLERS)
            self.assertTrue(isToken(token))
            self.assertIn(tokenDigest(token), known)
            make = finds(SHOWING, "varied", connection).make
            for number in (1, 2):
                shown = _headOf(make(number)).authorization
                self.assertEqual(shown, f"Bearer {token}".encode())

    def test_others(self) -> None:
        """Nobody shows anything to the other servers; what is asked is the same."""
        shown = finds(SHOWING, "varied", 3).make(5).partition(b"\r\n\r\n")[2]
        for server in GUARDS.servers:
            made = finds(server, "varied", 3).make(5)
            self.assertEqual(made.partition(b"\r\n\r\n")[2], shown)
            self.assertEqual(_headOf(made).authorization is None, server != SHOWING)


class RulesTests(SynchronousTestCase):
    """The rules."""

    def test_reads(self) -> None:
        """Everybody reads, whoever shows nothing does nothing else."""
        policy = AccessPolicy(RULES, {})
        for who in ("anonymous", "caller-5"):
            policy.check(who, "{urn:a}findServiceData", PATH, Access.READ)
        policy.check("caller-5", "{urn:a}registerService", PATH, Access.REGISTER)
        with self.assertRaises(Refused):
            policy.check("anonymous", "{urn:a}registerService", PATH, Access.REGISTER)


class LeanTests(SynchronousTestCase):
    """What answers without looking."""

    answering = staticmethod(lean)

    def setUp(self) -> None:
        clock = NodeClock(Clock(), lambda: 1_700_000_000.0)
        store = MemoryStore(clock)
        self.successResultOf(toDeferred(store.start()))
        namespace, _, local = hostName(1)[1:].partition("}")
        declare = Declare([QName(namespace, local)])
        self.successResultOf(toDeferred(store.commit([declare])))
        self.transport = StringTransport()
        self.protocol = LeanFactory(self.answering(NameQueries(store, clock))).buildProtocol(None)
        self.protocol.makeConnection(self.transport)

    def answers(self) -> int:
        """How many came since, each an envelope of its length."""
        data = self.transport.value()
        self.transport.clear()
        count = 0
        while data:
            head, _, data = data.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 200 OK\r\n"))
            size = int(head.rpartition(b"Content-Length: ")[2])
            opened = openEnvelope(XMLGate().parse(data[:size]))
            self.assertTrue(str(opened.content.tag).endswith("}findServiceDataResponse"))
            data = data[size:]
            count += 1
        return count

    def test_pieces(self) -> None:
        """A request is answered when it is whole, two that come at once one after the other."""
        first, second = (Requests(1, True).make(number) for number in (1, 2))
        for at in (10, len(first) - 5):
            self.protocol.dataReceived(first[:at])
            self.assertEqual(self.answers(), 0)
            self.protocol.dataReceived(first[at:])
            self.assertEqual(self.answers(), 1)
        self.protocol.dataReceived(first + second)
        self.assertEqual(self.answers(), 2)


class UnguardedTests(LeanTests):
    """What answers as the node does, without its guards."""

    answering = staticmethod(unguarded)
