"""Providers on demand in a whole node: what a client is answered, and who keeps them awake."""

from collections.abc import Awaitable
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.client.gma import ProducerProxy
from gma_twisted.configuration import Mistakes
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.model import QName
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.kind import PRODUCER
from gma_twisted.timing import Ready, toDeferred
from tests.nodes.plans import planOf
from tests.nodes.test_aggregating import AggregatingCase
from tests.nodes.test_gmanodes import CONSUMER_URL, PRODUCER_URL, GMACase

NAME = QName("urn:example", "Counted")
SECTION = """
[providers.counted]
class = "tests.nodes.test_demand:Counted"
interval = "2s"
"""


@implementer(ISimpleDataProvider)
class Counted:
    """
    Says how often it ran.

    @cvar runs: how often
    """

    name = "counted"
    description = "how often it ran"
    runs: ClassVar[int] = 0

    def provide(self) -> Awaitable[bytes]:
        """How often."""
        Counted.runs += 1
        return Ready(f'<Counted xmlns="urn:example">{self.runs}</Counted>'.encode())


class DemandTests(AggregatingCase):
    """An index with one provider on demand."""

    def setUp(self) -> None:
        """It runs."""
        super().setUp()
        Counted.runs = 0

    def test_asked(self) -> None:
        """It rests until somebody asks, who is answered with what is so now."""
        self.node(INDEX, SECTION + "demand = true\n")
        self.turn(100.0)
        self.assertEqual(Counted.runs, 1)
        (value,) = self.values(INDEX, NAME)
        self.assertIn(b">2<", value.head + value.tail)
        self.turn(60.0)
        self.assertGreater(Counted.runs, 20)
        self.turn(100.0)
        before = Counted.runs
        self.turn(100.0)
        self.assertEqual(Counted.runs, before)

    def test_always(self) -> None:
        """Without the key it runs all the time."""
        self.node(INDEX, SECTION)
        self.turn(100.0)
        self.assertGreater(Counted.runs, 40)

    def test_mistakes(self) -> None:
        """What does not run again and again cannot rest."""
        text = SECTION.replace('interval = "2s"', 'interval = "0s"') + "demand = true\n"
        error = self.assertRaises(Mistakes, planOf, text, kind=INDEX)
        self.assertIn("only what runs again and again can rest in between", str(error))
        text = SECTION + "demand = true\nasync = true\n"
        error = self.assertRaises(Mistakes, planOf, text, kind=INDEX)
        self.assertIn("a provider that decides itself when there is news", str(error))

    def test_fastest(self) -> None:
        """How fast is said where somebody can ask for it, and is no less than the interval allows."""
        for keys, why in (
            ("fastest = '1s'\n", "only what runs on demand runs faster"),
            ("demand = true\nfastest = '50ms'\n", 'less than "100ms"'),
            ("demand = true\nfastest = '3s'\n", "longer than the interval"),
        ):
            error = self.assertRaises(Mistakes, planOf, SECTION + keys, kind=PRODUCER)
            self.assertIn(why, str(error))


class ProducerTests(GMACase):
    """A producer with one provider on demand, every two seconds and up to five a second, and a consumer."""

    def setUp(self) -> None:
        """Both have run for a while."""
        super().setUp()
        Counted.runs = 0
        file = self.path / "events"
        self.consumer(f"[consumer]\noutput = 'store'\nfile = '{file}'\nopen = true\n")
        self.node = self.producer(SECTION + "demand = true\nfastest = '200ms'\n")
        self.remote = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.turn(10.0)

    def runs(self, seconds: float) -> int:
        """How often it runs meanwhile."""
        before = Counted.runs
        self.turn(seconds)
        return Counted.runs - before

    def begin(self, name: str = "Counted", rate: float | None = None, lease: float = 600.0) -> int:
        """Subscribe. @return: the producer's id"""
        begun = self.remote.begin(name, CONSUMER_URL, rateLimit=rate, lease=lease)
        id: int = self.result(begun).producerId
        return id

    def state(self) -> str:
        """What the node says of it."""
        return str(self.status(self.node)["providers"][0]["state"])

    def test_rests(self) -> None:
        """It never runs while nobody asks, and says so; a dry run changes nothing of that."""
        self.assertEqual((Counted.runs, self.state()), (0, "resting"))
        found = self.result(self.remote.estimate("Counted"))
        self.assertEqual(found.eventsPerSecond, 0.0)
        self.assertIn("counted never ran", found.basis)
        self.assertEqual(self.runs(20.0), 0)

    def test_subscribed(self) -> None:
        """A subscription starts it at once; its rate makes it faster, its end slower, the end of all makes it rest."""
        slow = self.begin()
        self.assertEqual(Counted.runs, 1)
        self.assertEqual(self.runs(20.0), 10)
        fast = self.begin(rate=2.0)
        self.assertEqual(self.runs(10.0), 20)
        self.result(self.remote.modify(fast, rateLimit=1000.0))
        self.assertEqual(self.runs(10.0), 50)
        self.result(self.remote.unsubscribe(fast))
        self.assertEqual(self.runs(20.0), 10)
        self.result(self.remote.unsubscribe(slow))
        self.turn(2.0)
        self.assertEqual((self.runs(20.0), self.state()), (0, "resting"))

    def test_lease(self) -> None:
        """With the end of the lease it rests; answers are not incomplete because of that."""
        self.begin(lease=10.0)
        self.assertEqual(self.runs(9.0), 4)
        self.turn(200.0)
        self.assertEqual(self.state(), "resting")
        answer = self.result(self.remote.query("Other"))
        self.assertEqual((answer.isComplete, answer.warnings), (True, []))

    def test_slow(self) -> None:
        """One that runs as seldom as it is asked for is not stale in between, and its values do not end."""
        self.begin(rate=0.005)
        self.turn(190.0)
        self.assertEqual(Counted.runs, 1)
        answers = [self.result(self.remote.query("Other"))]
        answers.append(self.result(self.remote.query("Counted", mode="history")))
        self.assertEqual([one.isComplete for one in answers], [True, True])
        changes = [one.containers[0].get("change") for one in answers[1].events]
        self.assertEqual(changes, ["added"])

    def test_reloaded(self) -> None:
        """A reload that makes it faster takes effect for who is subscribed; so does one that takes demand away."""
        self.begin(rate=1000.0)
        self.assertEqual(self.runs(10.1), 50)
        node = self.node
        node.configuration = node.configuration.replace("200ms", "500ms")
        self.result(node.service.control.reloader.reload())
        self.assertEqual(self.runs(10.1), 20)
        node.configuration = SECTION
        self.result(node.service.control.reloader.reload())
        self.assertEqual(self.runs(10.1), 5)

    def test_others(self) -> None:
        """What is asked for under another name does not start it, once it is known what it gives."""
        self.result(self.remote.unsubscribe(self.begin()))
        self.turn(5.0)
        self.begin("Something.else")
        self.assertEqual(self.runs(20.0), 0)
        self.begin("Count*")
        self.assertEqual(self.runs(21.0), 10)

    def test_query(self) -> None:
        """A query is answered with what is so now, and keeps it awake for a minute."""
        work = toDeferred(self.remote.query("Counted"))
        self.turn(0.5)
        (event,) = self.successResultOf(work).events
        self.assertEqual(event.get("value"), 1)
        self.turn(100.0)
        self.assertEqual(self.runs(100.0), 0)
        work = toDeferred(self.remote.query("Counted"))
        self.turn(0.5)
        (event,) = self.successResultOf(work).events
        self.assertEqual(event.get("value"), Counted.runs)

    def test_estimate(self) -> None:
        """Once it ran, a dry run tells what it would bring at the rate asked for, and starts nothing."""
        self.result(self.remote.unsubscribe(self.begin()))
        self.turn(100.0)
        before = Counted.runs
        for rate, expected in ((None, 0.5), (2.0, 2.0), (1000.0, 5.0)):
            found = self.result(self.remote.estimate("Counted", rateLimit=rate))
            self.assertAlmostEqual(found.eventsPerSecond, expected)
            self.assertGreater(found.bytesPerSecond, 50.0 * expected)
        self.assertIn("that counted gave last, every 0.2 s", found.basis)
        self.assertEqual(self.runs(20.0), 0)
        self.assertEqual(Counted.runs, before)
