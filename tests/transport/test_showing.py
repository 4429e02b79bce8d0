"""Callers that show who they are, before an Exchange."""

from collections.abc import Awaitable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from gma_twisted.interfaces import Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.markup.namespaces import SOAP11, SOAP12
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Access, UsernameToken
from gma_twisted.security import (
    AccessPolicy,
    AccessRule,
    Anonymous,
    Attempts,
    Identities,
    Known,
    Nonces,
    tokenDigest,
)
from gma_twisted.soap.usernametoken import passwordDigest, writeSecurity
from gma_twisted.timing import NodeClock, Ready
from gma_twisted.transport import Exchange, GateLimits
from gma_twisted.transport.listener import Listener
from gma_twisted.transport.site import QuietSite
from tests.transport.probe import Guard, Role, envelope, service
from tests.transport.stand import Stand, post

_PATH = "/services/probe"
_START = 1_700_000_000.0
_WORD = "correct horse"
_TOKEN = "gma_a-token-of-alice"
_OTHERS = (("bob", _TOKEN), ("carol", "gma_a-token-of-carol"))


class ShowingTests(SynchronousTestCase):
    """One service that reads and writes, and one who is known."""

    def setUp(self) -> None:
        self.clock = NodeClock(Clock(), lambda: _START)
        self.guard = Guard()
        self.exchange = self.exchangeOf(self.known())

    def known(self) -> Identities:
        """Knows alice; two failures may come at once."""
        alice = Known("alice", (tokenDigest(_TOKEN),), _WORD)
        return Identities([alice], self.clock, Attempts(self.clock, 2, 10.0), Nonces(self.clock))

    def exchangeOf(self, identify: Identities | Anonymous) -> Exchange:
        """In front of the service."""
        exchange = Exchange(self.clock, self.guard, identify, self.guard, DEFAULT_LIMITS)
        exchange.publish(service(Role()))
        return exchange

    def reply(self, answer: Awaitable[Reply]) -> Reply:
        """It is there at once."""
        assert isinstance(answer, Ready)
        found: Reply = answer.value
        return found

    def ask(
        self, header: bytes = b"", operation: str = "ask", token: str = "", soap: str = SOAP11
    ) -> Reply:
        """Send a message over TLS."""
        blocks = header.decode().replace("soapenv:", "s:")
        whole = f"<s:Header>{blocks}</s:Header>" if header else ""
        body = envelope(operation, isSoap12=soap == SOAP12, header=whole)
        shown = f"Bearer {token}".encode() if token else None
        asked = Request(_PATH, None, False, body, "192.0.2.1", shown, None, True)
        return self.reply(self.exchange.receive(asked))

    def security(self, word: str = _WORD, nonce: bytes = b"n" * 16) -> bytes:
        """The block of a password's digest, made now."""
        created = writeDateTime(_START)
        digest = passwordDigest(nonce, created, word)
        return writeSecurity(UsernameToken("alice", digest, True, nonce, created, _START))

    def identities(self) -> list[str]:
        """Who asked the policy."""
        return [one[0] for one in self.guard.asked]

    def test_shown(self) -> None:
        """A header that must be understood is, in both versions; so is a token."""
        for number, soap in enumerate((SOAP11, SOAP12)):
            nonce = b"%016d" % number
            self.assertEqual(self.ask(self.security(nonce=nonce), soap=soap).status, 200)
        self.assertEqual(self.ask(token=_TOKEN).status, 200)
        self.assertEqual(self.ask().status, 200)
        self.assertEqual(self.identities(), ["alice"] * 3 + ["anonymous"])

    def test_notUnderstood(self) -> None:
        """Where nobody is known, it is refused as any other."""
        self.exchange = self.exchangeOf(Anonymous())
        self.assertIn(b"MustUnderstand", self.ask(self.security()).body)

    def test_notRemembered(self) -> None:
        """The very same message is never taken for the one before: its nonce was used."""
        header = self.security()
        self.assertEqual(self.ask(header).status, 200)
        for _ in range(2):
            reply = self.ask(header)
            self.assertIn(b"wsse:FailedAuthentication", reply.body)
            self.assertEqual(reply.status, 500)
        self.assertEqual(self.identities(), ["alice"])

    def test_malformed(self) -> None:
        """What nobody reads is a fault of its own, before anything is done."""
        block = self.security().replace(b"wsse:UsernameToken", b"wsse:Unknown")
        self.assertIn(b"wsse:InvalidSecurity", self.ask(block, "change").body)
        self.assertEqual((self.guard.asked, self.guard.recorded), ([], []))

    def test_audited(self) -> None:
        """Who shows what is wrong is written down, also when it wanted to read."""
        self.ask(token="gma_not-a-token-of-anybody")
        self.ask(self.security("wrong"), "change")
        self.assertEqual(
            [(one[0], one[2].rpartition("}")[2], one[4]) for one in self.guard.recorded],
            [("", "ask", "FailedAuthentication"), ("", "change", "FailedAuthentication")],
        )

    def test_withdrawn(self) -> None:
        """A head that was seen before lets nobody in: a token that is withdrawn, or another's now, counts at once."""
        identities = self.known()
        self.exchange = self.exchangeOf(identities)
        client = Stand(exchange=self.exchange).connect()
        asked = post(envelope("ask"), f"Authorization: Bearer {_TOKEN}", path=_PATH)
        other, spare = (Known(name, [tokenDigest(token)]) for name, token in _OTHERS)
        client.send(asked, asked)
        identities.know([other, spare])
        client.send(asked)
        identities.know([spare])
        client.send(asked)
        statuses = [answer.status for answer in client.answers()]
        self.assertEqual(statuses, [200, 200, 200, 500])
        self.assertEqual(self.identities(), ["alice", "alice", "bob"])

    def test_otherRules(self) -> None:
        """Other rules, and other groups, count for the very next request of a connection, whatever was allowed."""
        rules = [AccessRule("r", ["@readers"], [Access.READ], [_PATH])]
        readers = AccessPolicy(rules, {"alice": ["readers"]})
        client = Stand(exchange=self.exchange).connect()
        shown = f"Authorization: Bearer {_TOKEN}"
        for policy, times in (
            (readers, 4),
            (AccessPolicy(rules, {"alice": ["writers"]}), 2),
            (readers, 2),
            (AccessPolicy([], {"alice": ["readers"]}), 1),
            (readers, 1),
        ):
            self.exchange.obey(policy)
            for number in range(times):
                client.send(post(envelope("ask", f"word {number}"), shown, path=_PATH))
        statuses = [answer.status for answer in client.answers()]
        self.assertEqual(statuses, [200] * 4 + [500] * 2 + [200] * 2 + [500, 200])

    def test_throttled(self) -> None:
        """Beyond what may come at once it is 503, which says when to come again, over HTTP too; a good token passes."""
        wrong = "gma_not-a-token-of-anybody"
        for _ in range(2):
            self.assertEqual(self.ask(token=wrong).status, 500)
        for operation in ("ask", "change", "tell"):
            reply = self.ask(operation=operation, token=wrong)
            self.assertEqual((reply.status, reply.retryAfter), (503, 10))
        self.assertEqual(self.ask(token=_TOKEN).status, 200)
        listener = Listener(self.clock, self.exchange, QuietSite(Resource()), GateLimits())
        for _ in range(2):
            written = listener.answer(reply, b"").split(b"\r\n\r\n", 1)[0].split(b"\r\n")
            self.assertEqual(written[0], b"HTTP/1.1 503 Service Unavailable")
            self.assertEqual(written.count(b"Retry-After: 10"), 1)
        self.assertEqual(self.ask().status, 200)
        self.assertNotIn(b"Retry-After", listener.answer(self.ask(), b""))
