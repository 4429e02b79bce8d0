"""Who is let in while a node cannot answer everybody, told by the Gate itself."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.interfaces import Reply, Request
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.timing import Ready
from gma_twisted.transport import GateLimits
from gma_twisted.transport.urgency import Urgency
from tests.transport.stand import Client, Stand, get, post

_READ = f'SOAPAction: "{OGSI}#findServiceData"'
_WRITE = f'SOAPAction: "{OGSI}#setServiceData"'
_KEEP = f'SOAPAction: "{OGSI}#requestTerminationAfter"'


def statuses(client: Client) -> list[int]:
    """Of all answers."""
    return [answer.status for answer in client.answers()]


class OverloadCase(SynchronousTestCase):
    """A node whose reactor comes late."""

    limits = GateLimits()

    def setUp(self) -> None:
        """It has come late twice; each caller has four requests saved up, and one a round, which is not over."""
        self.stand = Stand(limits=self.limits)
        self.keeper = self.stand.factory.listener.keeper
        self.stand.warm(*(post(b"", one) for one in (_READ, _WRITE, _KEEP)))
        self.client = self.stand.connect()
        self.late(2)

    def late(self, times: int) -> None:
        """Come late so many times in a row."""
        for _ in range(times):
            self.stand.comeLate()

    def ask(self, field: str, times: int = 1, client: Client | None = None) -> None:
        """Send so many requests, one by one, each where a client reads on."""
        for _ in range(times):
            (client or self.client).send(post(b"x", field))


class BeginTests(SynchronousTestCase):
    """When there is too much to do."""

    def setUp(self) -> None:
        """A node with one connection."""
        self.stand = Stand(limits=GateLimits(bodies=100_000, answers=100, underWay=1, slice=50))
        self.keeper = self.stand.factory.listener.keeper
        self.client = self.stand.connect()

    def test_stall(self) -> None:
        """One short stall is no overload."""
        self.stand.comeLate()
        self.stand.wait(1)
        self.assertFalse(self.keeper.isOver)

    def test_longStall(self) -> None:
        """After a long one nobody is refused who asks no more than before."""
        self.client.send(*[post(b"x")] * 10)
        self.stand.time.advance(0.25 + 1)
        self.assertTrue(self.keeper.isOver)
        for _ in range(20):
            self.client.send(post(b"x"))
            self.stand.wait(0.25, 0.05)
        self.assertEqual(statuses(self.client), [200] * 30)

    def test_idle(self) -> None:
        """A disk that does not answer, or a machine that slept, is none: nothing was worked meanwhile."""
        self.keeper.worked = lambda: 0.4 * self.stand.time.seconds()
        for _ in range(4):
            self.stand.comeLate(60.0)
        self.assertFalse(self.keeper.isOver)

    def test_few(self) -> None:
        """Late because of something else than those who ask: there is nobody to turn away."""
        for _ in range(4):
            self.client.send(*[post(b"x")] * 4)
            self.stand.time.advance(1.0)
        self.assertFalse(self.keeper.isOver)

    def test_late(self) -> None:
        """Two in a row are, and five seconds without any end it."""
        self.stand.comeLate()
        self.stand.comeLate()
        self.assertTrue(self.keeper.isOver)
        self.stand.wait(4.5, 0.05)
        self.assertTrue(self.keeper.isOver)
        self.stand.wait(1, 0.05)
        self.assertFalse(self.keeper.isOver)
        self.client.send(post(b"x"))
        self.assertEqual(statuses(self.client), [200])

    def test_pause(self) -> None:
        """A node nobody was connected to for an hour is not late."""
        self.client.line.vanish()
        self.stand.time.advance(3600)
        self.stand.connect()
        self.stand.wait(1)
        self.assertFalse(self.keeper.isOver)

    def test_underWay(self) -> None:
        """Too many requests that wait for their answers are too much to do."""
        self.stand.scripted.answer = lambda request: Deferred()
        for _ in range(2):
            self.stand.connect().send(post(b"x"))
        self.stand.wait(0.5)
        self.assertTrue(self.keeper.isOver)

    def test_answered(self) -> None:
        """Those that were answered do not count, also when nobody is there any more to read it."""
        waiting: list[Deferred[Reply]] = [Deferred(), Deferred()]
        left = iter(waiting)
        self.stand.scripted.answer = lambda request: next(left)
        clients = [self.stand.connect(), self.stand.connect()]
        for client in clients:
            client.send(post(b"x"))
        clients[0].line.vanish()
        for one in waiting:
            one.callback(Reply(200, b""))
        self.stand.wait(1)
        self.assertFalse(self.keeper.isOver)
        self.assertEqual(self.stand.factory.listener.underWay, 0)

    def test_answers(self) -> None:
        """Big answers that nobody reads are; of connections that are gone they do not count."""
        self.client.line.isSlow = True
        size = 200_000
        self.stand.scripted.answer = lambda request: Ready(Reply(200, b"x" * size))
        self.client.send(post(b"x"))
        self.stand.wait(0.5)
        self.assertTrue(self.keeper.isOver)
        self.client.line.vanish()
        self.assertEqual(self.stand.factory.listener.unsent, 0)

    def test_bodies(self) -> None:
        """Bodies that are not whole yet are, at half of what is refused for itself."""
        self.client.send(post(b"x" * 90_000)[:60_000])
        self.stand.wait(0.5)
        self.assertTrue(self.keeper.isOver)


class TurnedTests(OverloadCase):
    """What becomes of a request when there is too much to do."""

    def test_refused(self) -> None:
        """Above its share it is refused with 503 and Retry-After; nobody looks at it, and the connection goes on."""
        self.ask(_WRITE, 5)
        self.assertEqual(statuses(self.client), [200] * 4 + [503])
        self.assertEqual(len(self.stand.scripted.requests), 4)
        refused = self.client.answers()[4]
        self.assertIn(int(refused.fields["retry-after"]), range(1, 31))
        self.assertNotIn("connection", refused.fields)
        self.assertFalse(self.client.line.isEnded)
        self.assertEqual(self.keeper.turned[Urgency.WRITING, "load"], 1)
        listener = self.stand.factory.listener
        self.assertEqual((listener.refusals[503], listener.counters["refused"]), (1, 1))

    def test_hushed(self) -> None:
        """Who was refused is not read for half a second at least, and after a second at most it is."""
        self.ask(_WRITE, 5)
        self.assertTrue(self.client.line.isPaused)
        self.stand.wait(0.45, 0.05)
        self.assertTrue(self.client.line.isPaused)
        self.stand.wait(0.6, 0.05)
        self.assertFalse(self.client.line.isPaused)
        self.ask(_WRITE)
        self.assertEqual(statuses(self.client)[5:], [200])

    def test_hushedAndGone(self) -> None:
        """A connection that ends while it is not read is not told."""
        self.ask(_WRITE, 5)
        self.client.line.vanish()
        self.stand.wait(1.5, 0.05)

    def test_order(self) -> None:
        """In one pipeline each has its answer in its place, and a renewal is let in among refused ones."""
        pieces = [post(b"w%d" % number, _WRITE) for number in range(6)]
        self.client.send(b"".join([*pieces, post(b"k", _KEEP), post(b"w", _WRITE)]))
        bodies = self.client.bodies()
        self.assertEqual(bodies[:4], [b"w0", b"w1", b"w2", b"w3"])
        self.assertEqual(statuses(self.client), [200] * 4 + [503, 503, 200, 503])
        self.assertEqual(bodies[6], b"k")

    def test_afterWaiting(self) -> None:
        """So it is behind a request that was waited for."""
        waiting: Deferred[Reply] = Deferred()
        self.stand.scripted.answer = lambda request: waiting
        self.client.send(post(b"first", _WRITE) + post(b"x", _WRITE) * 5 + post(b"k", _KEEP))
        self.stand.scripted.answer = lambda request: Ready(Reply(200, request.body))
        waiting.callback(Reply(200, b"first"))
        self.assertEqual(statuses(self.client), [200] * 4 + [503, 503, 200])
        self.assertEqual(self.client.bodies()[6], b"k")

    def test_unknownHead(self) -> None:
        """A head that was never seen, or names who asks, is judged alike."""
        self.ask("Authorization: Bearer x", 5)
        self.assertEqual(statuses(self.client), [200] * 4 + [503])
        self.assertFalse(self.client.line.isEnded)

    def test_closing(self) -> None:
        """Where the connection was to end it ends: said so, and not at once, so that the answer is read."""
        self.ask(_WRITE, 4)
        self.client.send(post(b"x", _WRITE, "Connection: close"))
        refused = self.client.answers()[4]
        self.assertEqual((refused.status, refused.fields["connection"]), (503, "close"))
        self.assertFalse(self.client.line.isEnded)
        self.client.send(post(b"ignored", _KEEP))
        self.assertEqual(len(self.client.answers()), 5)
        self.stand.wait(3)
        self.assertTrue(self.client.line.isEnded)

    def test_bigBody(self) -> None:
        """A big body is refused by its head; it is not asked for, and not read."""
        request = post(b"x" * 100_000, _WRITE, "Expect: 100-continue")
        self.client.send(request.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        answers = self.client.answers()
        self.assertEqual([one.status for one in answers], [503])
        self.assertEqual(answers[0].fields["connection"], "close")
        self.client.send(b"x" * 100_000)
        self.assertEqual(self.stand.factory.listener.held, 0)
        self.assertEqual(self.keeper.turned[Urgency.WRITING, "size"], 1)

    def test_unknownLength(self) -> None:
        """So is a body of a length nobody knows."""
        head = post(b"", _READ).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        self.client.send(head)
        self.assertEqual(statuses(self.client), [503])

    def test_bigNotice(self) -> None:
        """A big notice is let in: it would come again anyway."""
        head = post(b"x" * 100_000, f'SOAPAction: "{OGSI}#deliverNotification"')
        self.client.send(head)
        self.assertEqual(statuses(self.client), [200])


class OrderTests(OverloadCase):
    """What is put off first."""

    def test_readsBeforeWrites(self) -> None:
        """A share is kept for writes, and one more from pages."""
        self.ask(_READ, 3)
        self.client.send(get("/"))
        self.assertEqual(statuses(self.client), [200, 200, 200, 503])
        others = self.stand.connect()
        self.ask(_READ, 1, others)
        self.ask(_WRITE, 1, others)
        self.assertEqual(statuses(others), [503, 200])

    def test_health(self) -> None:
        """Whether the node is well is told for as long as it can be."""
        self.ask(_WRITE, 5)
        others = self.stand.connect()
        others.send(get("/-/healthy"), get("/metrics"))
        self.assertEqual(statuses(others), [404, 404])

    def test_renewals(self) -> None:
        """Renewals have nothing to do with the share."""
        self.ask(_WRITE, 5)
        others = self.stand.connect()
        self.ask(_KEEP, 50, others)
        self.assertEqual(statuses(others), [200] * 50)


class LiarTests(OverloadCase):
    """Who calls everything a renewal."""

    limits = GateLimits(urgentRate=1, urgentBurst=3)

    def test_bounded(self) -> None:
        """It has as many as are for renewals, and the rest of its share; more comes with the time."""
        self.ask(_KEEP, 8)
        self.assertEqual(statuses(self.client), [200] * 7 + [503])
        honest = self.stand.connect("192.0.2.2")
        self.ask(_KEEP, 3, honest)
        self.assertEqual(statuses(honest), [200] * 3)


class CallerTests(OverloadCase):
    """Whose requests are counted together."""

    def test_otherAddress(self) -> None:
        """Another address has a share of its own."""
        self.ask(_WRITE, 5)
        other = self.stand.connect("192.0.2.2")
        self.ask(_WRITE, 4, other)
        self.assertEqual(statuses(other), [200] * 4)

    def test_sameAddress(self) -> None:
        """More connections are no more share."""
        self.ask(_WRITE, 4)
        other = self.stand.connect()
        self.ask(_WRITE, 1, other)
        self.assertEqual(statuses(other), [503])

    def test_newConnection(self) -> None:
        """Nor are new ones."""
        self.ask(_WRITE, 5)
        self.client.line.vanish()
        other = self.stand.connect()
        self.ask(_WRITE, 1, other)
        self.assertEqual(statuses(other), [503])

    def test_identity(self) -> None:
        """One who was identified is one caller from every address, and not the others of an address."""

        def identified(request: Request) -> Ready[Reply]:
            request.identity = "alice"
            return Ready(Reply(200, b""))

        self.stand.scripted.answer = identified
        second = self.stand.connect("192.0.2.2")
        self.ask(_WRITE, 1)
        self.ask(_WRITE, 1, second)
        self.ask(_WRITE, 4)
        self.assertEqual(statuses(self.client), [200] * 5)
        self.ask(_WRITE, 1, second)
        self.assertEqual(statuses(second), [200, 503])
        self.stand.scripted.answer = lambda request: Ready(Reply(200, b""))
        neighbour = self.stand.connect()
        self.ask(_WRITE, 3, neighbour)
        self.assertEqual(statuses(neighbour), [200] * 3)


class RateTests(SynchronousTestCase):
    """What one caller may ask of a node that has nothing to do."""

    def test_rate(self) -> None:
        """Above its burst a caller is told 429 and when to come again; with the time it may again."""
        stand = Stand(limits=GateLimits(callerRate=2, callerBurst=3))
        client = stand.connect()
        for _ in range(4):
            client.send(post(b"x"))
        self.assertEqual(statuses(client), [200, 200, 200, 429])
        self.assertIn("retry-after", client.answers()[3].fields)
        other = stand.connect("192.0.2.2")
        other.send(post(b"x"))
        self.assertEqual(statuses(other), [200])
        stand.wait(1.25)
        client.send(post(b"x"))
        self.assertEqual(statuses(client)[4:], [200])
        turned = stand.factory.listener.keeper.turned
        self.assertEqual(turned, {(Urgency.WRITING, "rate"): 1})
