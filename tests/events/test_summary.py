"""Summaries: one event for many."""

from typing import Any
from unittest import TestCase

from gma_twisted.events.summary import LEFT, Summariser, SummaryRule
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.bp import write

SECOND = 10**9
NOW = 1_700_000_000 * SECOND


def event(name: str = "host.load", at: float = 0.0, **fields: Any) -> Event:
    """Of a moment after that."""
    made = Event(name, Timestamp(NOW + round(at * SECOND)))
    for key, value in fields.items():
        made.add(EventField(key, value))
    return made


class SummaryTests(TestCase):
    """By one rule."""

    def told(self, rule: SummaryRule, *events: Event) -> list[Event]:
        """What is told of events, when time goes on."""
        made = Summariser(rule)
        over = [one for each in events for one in made.take(each, each.timestamp.nanoseconds)]
        over += made.close(NOW + 10_000 * SECOND)
        return [made.summary(one) for one in over]

    def test_groups(self) -> None:
        """Each name, and each value of a field, has summaries of its own; a number is no text."""
        rule = SummaryRule(name="r", events="host.*", by=["HOST"])
        found = self.told(
            rule,
            *(event(HOST="a"), event(HOST="a"), event(HOST="b"), event(HOST=1), event(HOST="1")),
            *(event(), event("host.disk", HOST="a"), event("other", HOST="a")),
        )
        self.assertEqual(
            [(one.name, one.get("HOST"), one.get("count")) for one in found],
            [
                *(("summary.host.load", "a", 2), ("summary.host.load", "b", 1)),
                *(("summary.host.load", 1, 1), ("summary.host.load", "1", 1)),
                *(("summary.host.load", None, 1), ("summary.host.disk", "a", 1)),
            ],
        )

    def test_contained(self) -> None:
        """What is in a container is named by its path, with dots, as lines name it; a line can say all of it."""
        one = event()
        inner = EventContainer("cpu")
        inner.add(EventField("load", 2.0))
        inner.add(EventField("host", "x y"))
        one.add(inner)
        rule = SummaryRule(name="r", fields=["cpu/load"], by=["cpu/host"], values=["mean", "p99.9"])
        (found,) = self.told(rule, one, event(load=3.0))[:1]
        self.assertEqual((found.get("cpu.load.mean"), found.get("cpu.host")), (2.0, "x y"))
        self.assertEqual(found.get("cpu.load.p99.9"), 2.0)
        self.assertIn(b"cpu.load.p99.9=2", write(found))

    def test_absent(self) -> None:
        """Of a field that no event had nothing is told; the events are counted."""
        (found,) = self.told(SummaryRule(name="r", fields=["x"], values=["count", "mean"]), event())
        self.assertEqual([one.name for one in found.items], ["window", "count"])

    def test_unfit(self) -> None:
        """What is no number is counted beside those that are."""
        rule = SummaryRule(name="r", fields=["x"], values=["sum"])
        (found,) = self.told(rule, event(x=1), event(x="a"), event(x=2))
        told = {one.name: one.value for one in found.fields}
        self.assertEqual(told, {"window": 60, "x.unfit": 1, "x.sum": 3, "x.samples": 2})

    def test_name(self) -> None:
        """The operator says what a summary is called; a name that is too long is refused."""
        (found,) = self.told(SummaryRule(name="r", title="*.1m"), event("a"))
        self.assertEqual(found.name, "a.1m")
        made = Summariser(SummaryRule(name="r"))
        made.take(event("a" * 256), NOW)
        (window,) = made.close(NOW + 1000 * SECOND)
        with self.assertRaises(Exception) as caught:
            made.summary(window)
        self.assertIn("256", str(caught.exception))

    def test_long(self) -> None:
        """Events are not told apart by what is long: they are counted, and left out."""
        made = Summariser(SummaryRule(name="r", by=["text"]))
        made.take(event(text="x" * 1025), NOW)
        self.assertEqual((made.left["unfit"], len(made)), (1, 0))

    def test_notANumber(self) -> None:
        """Events of a value that is not equal to itself are one group."""
        found = self.told(
            SummaryRule(name="r", by=["x"]), *(event(x=float("nan")) for _ in range(3))
        )
        self.assertEqual([one.get("count") for one in found], [3])


class LeftTests(TestCase):
    """What no summary tells of."""

    def test_told(self) -> None:
        """How many, and why, at once and then once in the time of a window."""
        made = Summariser(SummaryRule(name="r", window=10.0, late=1.0, groups=1))
        made.take(event("a"), NOW)
        self.assertIsNone(made.leftOut(NOW))
        made.take(event("b"), NOW)
        left = made.leftOut(NOW)
        assert left is not None
        self.assertEqual((left.name, left.get("rule"), left.get("crowded")), (LEFT, "r", 1))
        made.take(event("c"), NOW)
        made.take(event("a", 100.0), NOW)
        self.assertIsNone(made.leftOut(NOW + 9 * SECOND))
        again = made.leftOut(NOW + 10 * SECOND)
        assert again is not None
        found = {one.name: one.value for one in again.fields}
        self.assertEqual(found, {"rule": "r", "late": 0, "early": 1, "crowded": 1, "unfit": 0})
        self.assertIsNone(made.leftOut(NOW + 100 * SECOND))
