"""Bounds over all connections: turns, bodies together, names of a loopback node, the date."""

from email.utils import parsedate_to_datetime

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport import GateLimits
from gma_twisted.transport.names import localNames
from tests.transport.stand import WALL, Stand, get, post


class TurnTests(SynchronousTestCase):
    """A pipeline of thousands must not hold the reactor."""

    def setUp(self) -> None:
        """Three requests a turn."""
        self.stand = Stand(limits=GateLimits(perTurn=3))

    def test_framed(self) -> None:
        """Of ten pages asked for at once three are answered at once, the rest turn by turn, all in order."""
        client = self.stand.connect()
        client.send(b"".join(get(f"/{number}") for number in range(10)))
        self.assertEqual(len(client.answers()), 3)
        self.stand.time.advance(0)
        self.assertEqual(len(client.answers()), 10)

    def test_lean(self) -> None:
        """Requests whose head was seen before have turns too, and keep their order."""
        client = self.stand.connect()
        client.send(post(b"0"))
        client.send(b"".join(post(b"%d" % number) for number in range(1, 9)))
        self.assertEqual(len(client.answers()), 4)
        for _ in range(3):
            self.stand.time.advance(0)
        bodies = [answer.body for answer in client.answers()]
        self.assertEqual(bodies, [b"%d" % number for number in range(9)])

    def test_moreMeanwhile(self) -> None:
        """What arrives while a request waits for its turn is answered after it."""
        client = self.stand.connect()
        client.send(b"".join(post(b"%d" % number) for number in range(4)))
        client.send(post(b"4"))
        for _ in range(3):
            self.stand.time.advance(0)
        bodies = [answer.body for answer in client.answers()]
        self.assertEqual(bodies, [b"%d" % number for number in range(5)])

    def test_othersBetween(self) -> None:
        """Another client is answered before the pipeline is through."""
        greedy, other = self.stand.connect(), self.stand.connect()
        greedy.send(b"".join(post(b"%d" % number) for number in range(10)))
        other.send(post(b"mine"))
        self.assertEqual([answer.body for answer in other.answers()], [b"mine"])
        self.assertLess(len(greedy.answers()), 10)

    def test_slowMeanwhile(self) -> None:
        """A reader that turns out slow before the turn keeps its deadline, and is answered on when it has caught up."""
        pipeline = b"".join(post(b"%d" % number) for number in range(5))
        client = self.stand.connect()
        client.send(pipeline)
        client.line.fill()
        self.stand.time.advance(0)
        self.assertEqual(len(client.answers()), 3)
        client.line.drain()
        self.stand.time.advance(0)
        self.assertEqual(client.bodies(), [b"%d" % number for number in range(5)])
        stuck = self.stand.connect()
        stuck.send(pipeline)
        stuck.line.fill()
        self.stand.wait(self.stand.limits.writeSeconds + 1)
        self.assertTrue(stuck.line.isAborted)

    def test_goneMeanwhile(self) -> None:
        """A client that leaves before its turn leaves no timer and no answer behind."""
        client = self.stand.connect()
        client.send(b"".join(post(b"%d" % number) for number in range(10)))
        client.line.vanish()
        self.assertEqual(self.stand.time.getDelayedCalls(), [])


class BodiesTests(SynchronousTestCase):
    """Bodies under way are bounded all together."""

    def test_together(self) -> None:
        """The body that passes the bound is refused with 503; when the others end, there is room again."""
        stand = Stand(limits=GateLimits(bodies=1000))
        slow = stand.connect()
        slow.send(post(b"x" * 900)[:-100])
        late = stand.connect()
        late.send(post(b"y" * 400)[:-50])
        (refused,) = late.answers()
        self.assertEqual(refused.status, 503)
        self.assertEqual(refused.fields["retry-after"], "1")
        slow.send(b"x" * 100)
        self.assertEqual(slow.answers()[0].status, 200)
        late.line.vanish()
        self.assertEqual(stand.factory.listener.held, 0)
        again = stand.connect()
        again.send(post(b"y" * 990)[:-50])
        again.send(b"y" * 50)
        self.assertEqual(again.answers()[0].status, 200)


class NamesTests(SynchronousTestCase):
    """Under which names a loopback node answers."""

    def test_names(self) -> None:
        """Names of this machine and those given; nobody else's, whatever they resolve to."""
        admits = localNames(("vo.example",))
        for good in (
            "",
            "localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "a.localhost",
            "vo.example",
        ):
            self.assertTrue(admits(good), good)
        for bad in ("attacker.example", "127.0.0.1.attacker.example", "192.0.2.1", "[2001:db8::1]"):
            self.assertFalse(admits(bad), bad)

    def test_gate(self) -> None:
        """A request under another name is refused with 421, SOAP or page, and never reaches anybody."""
        stand = Stand(admits=localNames())
        for raw in (post(b"q"), get("/")):
            client = stand.connect()
            client.send(raw)
            (answer,) = client.answers()
            self.assertEqual(answer.status, 421)
        client = stand.connect()
        client.send(post(b"q").replace(b"Host: gate", b"Host: LocalHost:8480"))
        self.assertEqual(client.answers()[0].status, 200)


class DateTests(SynchronousTestCase):
    """The Date field."""

    def test_afterPause(self) -> None:
        """After a minute without any connection the date is that of the answer."""
        stand = Stand()
        dates = []
        for _ in range(2):
            client = stand.connect()
            client.send(post(b"q"))
            dates.append(parsedate_to_datetime(client.answers()[0].fields["date"]).timestamp())
            client.line.vanish()
            stand.time.advance(60.0)
        self.assertEqual(dates, [WALL + 1000.0, WALL + 1060.0])
