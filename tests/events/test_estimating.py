"""Dry runs: what is expected follows from what was published, and nothing begins."""

from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.events import EngineLimits
from gma_twisted.markup.events import writeEvent
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.gma import EventFilter
from gma_twisted.netlogger import bp, ulm
from gma_twisted.timing import toDeferred
from tests.events.stand import WALL, EngineStand, comparison, made

NOTHING: Mapping[str, float | None] = {}


class EstimateCase(EngineStand):
    """An engine that is asked."""

    def estimate(
        self,
        name: str = "*",
        filter: EventFilter | None = None,
        encoding: str | None = None,
        rateLimit: float | None = None,
        expected: Mapping[str, float | None] = NOTHING,
    ) -> Estimate:
        """Ask."""
        asked = self.engine.estimate(Event(name), filter, encoding, rateLimit, expected)
        return self.result(asked)

    def steady(self, seconds: int, name: str = "load", source: str = "") -> None:
        """Two events a second."""
        for _ in range(2 * seconds):
            self.time.advance(0.5)
            self.engine.publish(made(name, 1, WALL + self.time.seconds()), source)


class EstimatingTests(EstimateCase, SynchronousTestCase):
    """From the past."""

    def test_rate(self) -> None:
        """What came in the seconds there were is what is expected; so are its bytes, as XML."""
        self.steady(100)
        found = self.estimate()
        self.assertEqual((found.eventsPerSecond, found.seconds, found.events), (2.0, 100.0, 200))
        size = len(writeEvent(made("load", 1, WALL + 100)))
        self.assertAlmostEqual(found.bytesPerSecond / 2.0, size)
        self.assertEqual(found.basis, "200 events of the last 100 s")

    def test_matching(self) -> None:
        """Only what template and filter let through counts, in the seconds in which anything could come."""
        self.steady(50)
        for number in range(50):
            self.time.advance(1.0)
            self.publish(number, name="cpu")
        self.assertEqual(self.estimate("cpu").eventsPerSecond, 0.5)
        self.assertEqual(self.estimate("l*").eventsPerSecond, 1.0)
        self.assertEqual(self.estimate("cpu", comparison("number >= 40")).eventsPerSecond, 0.1)
        none = self.estimate("other")
        self.assertEqual((none.eventsPerSecond, none.bytesPerSecond, none.events), (0.0, 0.0, 0))

    def test_nothing(self) -> None:
        """An engine that has begun just now expects nothing."""
        found = self.estimate()
        self.assertEqual((found.eventsPerSecond, found.bytesPerSecond), (0.0, 0.0))

    def test_encodings(self) -> None:
        """Bytes are those of the encoding, the end of the line among them."""
        self.steady(10)
        event = made("load", 1, WALL + 10)
        for encoding, size in (
            ("bp", len(bp.write(event)) + 1),
            ("ULM", len(ulm.write(event)) + 1),
            ("xml", len(writeEvent(event))),
        ):
            found = self.estimate(encoding=encoding)
            self.assertAlmostEqual(found.bytesPerSecond / 2.0, size)

    def test_unwritable(self) -> None:
        """What cannot be written so is left out, and that is said."""
        for number in range(10):
            event = made("load", number, WALL)
            if number % 2:
                inner = EventContainer("a b")
                inner.add(EventField("not a name", 1))
                event.add(inner)
            self.engine.publish(event)
        self.time.advance(10.0)
        found = self.estimate(encoding="bp")
        self.assertEqual(found.eventsPerSecond, 0.5)
        self.assertIn("5 of 10 events cannot be written so", found.basis)
        self.assertEqual(self.estimate().eventsPerSecond, 1.0)

    def test_rateLimit(self) -> None:
        """No more than is asked for, in events and in bytes."""
        self.steady(100)
        whole, half = self.estimate(), self.estimate(rateLimit=1.0)
        self.assertEqual(half.eventsPerSecond, 1.0)
        self.assertAlmostEqual(half.bytesPerSecond, whole.bytesPerSecond / 2.0)
        self.assertIn("no more than the 1 events a second asked for", half.basis)
        self.assertEqual(self.estimate(rateLimit=50.0), whole)

    def test_refused(self) -> None:
        """What a subscription would be refused for is refused."""
        for rate in (0.0, -1.0, float("nan")):
            self.failureResultOf(
                toDeferred(self.engine.estimate(Event("a"), None, None, rate, {})), ParameterError
            )
        for filter, encoding in ((comparison("a >"), None), (None, "json")):
            self.failureResultOf(
                toDeferred(self.engine.estimate(Event("a"), filter, encoding, None, {})),
                ParameterError,
            )

    def test_nobody(self) -> None:
        """Nobody is subscribed, and nothing is sent."""
        self.steady(10)
        before = self.engine.counts()
        self.estimate()
        self.assertEqual(self.engine.counts(), before)
        self.assertEqual(self.plane.attempts, [])

    def test_aged(self) -> None:
        """Of what is older than is kept nothing is expected."""
        self.steady(100)
        self.time.advance(3601.0)
        found = self.estimate()
        self.assertEqual((found.eventsPerSecond, found.seconds), (0.0, 3600.0))


class BoundedTests(EstimateCase, SynchronousTestCase):
    """A history that is full."""

    limits = EngineLimits(history=40)

    def test_full(self) -> None:
        """The seconds are those from which all is kept."""
        self.steady(100)
        found = self.estimate()
        self.assertEqual(found.events, 40)
        # Of 40 events there are 39 pauses between.
        self.assertEqual(found.eventsPerSecond, 40 / 19.5)


class ExpectedTests(EstimateCase, SynchronousTestCase):
    """Sources that would run otherwise than they did."""

    def give(self, *names: str, source: str = "disk") -> None:
        """A source gives some events at once."""
        for name in names:
            self.engine.publish(made(name, 1, WALL + self.time.seconds()), source)

    def test_resting(self) -> None:
        """Of one that rests what it gave last is expected once a period, however long ago that was."""
        self.give("a", "a", "b")
        self.time.advance(100.0)
        self.give("a", "a", "a", "b")
        self.time.advance(900.0)
        found = self.estimate("a", expected={"disk": 2.0})
        self.assertEqual((found.eventsPerSecond, found.events), (1.5, 3))
        self.assertEqual(
            found.basis,
            "0 events of the last 1000 s; 3 events that disk gave last, every 2 s",
        )
        self.time.advance(10_000.0)
        # Then of each name the last is known.
        self.assertEqual(self.estimate("a", expected={"disk": 2.0}).eventsPerSecond, 0.5)
        self.assertEqual(self.estimate("*", expected={"disk": 2.0}).eventsPerSecond, 1.0)

    def test_beside(self) -> None:
        """Others count as they did."""
        for _ in range(100):
            self.time.advance(1.0)
            self.give("a")
            self.give("a", source="cpu")
        found = self.estimate("a", expected={"disk": 0.25})
        self.assertEqual(found.eventsPerSecond, 1.0 + 4.0)

    def test_neverRan(self) -> None:
        """Of one that never ran nothing is expected, and that is said."""
        found = self.estimate(expected={"disk": None})
        self.assertEqual((found.eventsPerSecond, found.bytesPerSecond), (0.0, 0.0))
        self.assertIn("disk never ran, nobody knows what it gives", found.basis)

    def test_many(self) -> None:
        """Few sources are named; the others are counted."""
        found = self.estimate(expected={f"s{number}": None for number in range(12)})
        self.assertTrue(found.basis.endswith("; 7 more sources that run on demand"), found.basis)
