"""Answers that nobody reads: whoever leaves too many is refused, and nobody else."""

from collections.abc import Awaitable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import Reply, Request
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.timing import Ready
from gma_twisted.transport import GateLimits
from gma_twisted.transport.urgency import Urgency
from tests.transport.stand import Answer, Client, Stand, post

_PART = 1_000_000
_LIMITS = GateLimits(answers=8 * _PART, slice=100_000)
# Two of them are more than one caller may leave.
_SIZE = 700_000
_BIG = b"%d" % _SIZE
_KEEP = f'SOAPAction: "{OGSI}#requestTerminationAfter"'


class UnreadCase(SynchronousTestCase):
    """A node that answers as many bytes as it is asked for; who sends C{Authorization}, or a sign, is alice."""

    def setUp(self) -> None:
        """Nobody has left anything."""
        self.stand = Stand(limits=_LIMITS)
        self.listener = self.stand.factory.listener
        self.waiting: list[Deferred[Reply]] = []
        self.stand.scripted.answer = self._answer

    def _answer(self, request: Request) -> Awaitable[Reply]:
        if request.authorization or request.body.startswith(b"+"):
            request.identity = "alice"
        if request.body == b"late":
            self.waiting.append(Deferred())
            return self.waiting[-1]
        return Ready(Reply(200, b"x" * int(request.body.lstrip(b"x") or 0)))

    def slow(self, host: str = "192.0.2.1") -> Client:
        """A connection of one who does not read."""
        client = self.stand.connect(host)
        client.line.isSlow = True
        return client

    def leave(self, times: int, host: str = "192.0.2.1", *fields: str) -> list[Client]:
        """Ask for so many big answers, each on a connection of its own, and read none."""
        clients = [self.slow(host) for _ in range(times)]
        for client in clients:
            client.send(post(_BIG, *fields))
        return clients

    def ask(self, host: str = "192.0.2.1", size: bytes = b"1", *fields: str) -> Answer:
        """Ask on a new connection, and read."""
        client = self.stand.connect(host)
        client.send(post(size, *fields))
        (answer,) = client.answers()
        client.line.vanish()
        return answer

    def unread(self, key: str) -> int:
        """Bytes counted for a caller, of answers not read to the end."""
        accounts = self.listener.keeper.accounts
        account = accounts.enter(key)
        accounts.leave(account)
        return account.unread

    def asked(self) -> int:
        """Requests that were looked at."""
        return len(self.stand.scripted.requests)


class UnreadTests(UnreadCase):
    """One address."""

    def test_alone(self) -> None:
        """Above its part a caller is refused by the head, with 429 and when to come again; others are not."""
        self.leave(2)
        answer = self.ask()
        self.assertEqual(answer.status, 429)
        self.assertIn(int(answer.fields["retry-after"]), range(1, 31))
        self.assertEqual(self.asked(), 2)
        turned = self.listener.keeper.turned
        self.assertEqual(turned, {(Urgency.WRITING, "unread"): 1})
        self.assertEqual(self.ask("192.0.2.2", _BIG).status, 200)

    def test_many(self) -> None:
        """However many connections it has, it does not make the node refuse everybody."""
        self.leave(28)
        self.assertLess(self.listener.unsent, _PART + _SIZE)
        self.stand.wait(1)
        self.assertFalse(self.listener.keeper.isOver)
        self.assertEqual(self.ask("192.0.2.2").status, 200)

    def test_total(self) -> None:
        """Many callers together still are too much to do."""
        for number in range(8):
            self.leave(2, f"192.0.2.{number}")
        self.stand.wait(1)
        self.assertTrue(self.listener.keeper.isOver)

    def test_whole(self) -> None:
        """One answer may be larger than the part; once it is read the next is answered."""
        client = self.slow()
        client.send(post(b"%d" % (3 * _PART)))
        self.assertEqual(self.ask().status, 429)
        for _ in range(10):
            client.line.drain()
        self.assertEqual(self.ask().status, 429)
        for _ in range(30):
            client.line.drain()
        self.assertEqual([len(body) for body in client.bodies()], [3 * _PART])
        self.assertEqual(self.unread("192.0.2.1"), 0)
        self.assertEqual(self.ask().status, 200)

    def test_almost(self) -> None:
        """Who reads all but the end of each answer holds each: they stay in memory."""
        for client in self.leave(2):
            for _ in range(6):
                client.line.drain()
        self.assertLess(self.listener.unsent, _PART // 4)
        self.assertEqual(self.ask().status, 429)

    def test_seen(self) -> None:
        """Heads that were seen before are judged alike, also in a pipeline of one who reads."""
        self.stand.warm(post(b"1"))
        self.leave(2)
        client = self.stand.connect()
        client.send(post(b"1") * 3)
        self.assertEqual([answer.status for answer in client.answers()], [429] * 3)

    def test_again(self) -> None:
        """So is who has sent nothing but that head for long."""
        client = self.stand.connect()
        client.send(*[post(b"1")] * 4)
        self.leave(2)
        client.send(post(b"1"))
        self.assertEqual([answer.status for answer in client.answers()], [200] * 4 + [429])

    def test_bigBody(self) -> None:
        """A big body is not read first."""
        self.leave(2)
        client = self.stand.connect()
        client.send(post(b"1" * 100_000).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        self.assertEqual([answer.status for answer in client.answers()], [429])

    def test_gone(self) -> None:
        """Connections that end give back what they held, also when time cuts them."""
        clients = self.leave(2)
        clients[0].line.vanish()
        self.assertEqual(self.ask().status, 200)
        self.stand.wait(_LIMITS.writeSeconds + 1)
        self.assertTrue(clients[1].line.isAborted)
        self.assertEqual((self.unread("192.0.2.1"), self.listener.unsent), (0, 0))

    def test_urgent(self) -> None:
        """Renewals are let in; who calls a big question one is not sent its answer."""
        self.leave(2)
        self.assertEqual(self.ask("192.0.2.1", b"1", _KEEP).status, 200)
        self.assertEqual(self.ask("192.0.2.1", _BIG, _KEEP).status, 429)

    def test_together(self) -> None:
        """Of answers that were waited for at the same time, those above its part are not sent."""
        clients = [self.slow() for _ in range(5)]
        for client in clients:
            client.send(post(b"late"))
        for one in self.waiting:
            one.callback(Reply(200, b"x" * _SIZE))
        for client in clients:
            for _ in range(20):
                client.line.drain()
        found = [client.answers()[0].status for client in clients]
        self.assertEqual(found, [200] * 2 + [429] * 3)
        self.assertEqual(self.unread("192.0.2.1"), 0)

    def test_closing(self) -> None:
        """A connection that was to end after such an answer says so, and ends."""
        self.leave(2)
        client = self.stand.connect()
        client.send(post(_BIG, _KEEP, "Connection: close"))
        (answer,) = client.answers()
        self.assertEqual((answer.status, answer.fields["connection"]), (429, "close"))
        self.assertTrue(client.line.isEnded)

    def test_notOver(self) -> None:
        """A caller that is refused for itself does not keep the node from calming down."""
        self.leave(2)
        for _ in range(2):
            self.stand.comeLate()
        self.assertTrue(self.listener.keeper.isOver)
        for _ in range(12):
            self.assertEqual(self.ask().status, 429)
            self.stand.wait(0.5, 0.05)
        self.assertFalse(self.listener.keeper.isOver)


class IdentityTests(UnreadCase):
    """Who shows a name."""

    def test_name(self) -> None:
        """One name is one caller from every address, on connections that are new as well; its neighbours are not it."""
        for number in range(1, 29):
            self.leave(1, f"192.0.2.{number}", "Authorization: alice")
        self.assertLess(self.listener.unsent, _PART + _SIZE)
        self.assertEqual(self.unread("192.0.2.1"), 0)
        self.assertGreater(self.unread("@alice"), 2 * _SIZE)
        self.assertEqual(self.ask("192.0.2.1", _BIG).status, 200)
        answer = self.ask("192.0.2.200", _BIG, "Authorization: alice")
        self.assertEqual(answer.status, 429)
        self.assertIn("retry-after", answer.fields)

    def test_known(self) -> None:
        """A connection on which the name was shown is refused by the head."""
        client = self.stand.connect()
        client.send(post(b"1", "Authorization: alice"))
        self.leave(2, "192.0.2.2", "Authorization: alice")
        client.send(post(b"1"))
        self.assertEqual([answer.status for answer in client.answers()], [200, 429])
        self.assertEqual(self.asked(), 3)

    def test_knownLater(self) -> None:
        """So is one whose name was in a message, not in the head, that it has sent as before."""
        client = self.stand.connect()
        client.send(*[post(b"11")] * 4, post(b"+1"))
        self.leave(2, "192.0.2.2", "Authorization: alice")
        client.send(post(b"11"))
        self.assertEqual([answer.status for answer in client.answers()], [200] * 5 + [429])

    def test_moved(self) -> None:
        """What a connection holds goes with it when a name is shown, and nothing is left of it in the end."""
        request = post(b"90000", "Authorization: alice")
        self.stand.warm(request)
        client = self.slow()
        client.send(request * 2)
        self.assertEqual(self.unread("192.0.2.1"), 0)
        self.assertGreater(self.unread("@alice"), 180_000)
        self.assertLess(self.listener.unsent, 90_000)
        client.line.vanish()
        self.assertEqual((self.unread("@alice"), self.unread("192.0.2.1")), (0, 0))
