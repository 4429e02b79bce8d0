"""The way of events through compound nodes."""

from unittest import TestCase

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.passage import MAX_HOPS, VIA, isCircling, markOf, passed


class PassageTests(TestCase):
    """What is written of it, and read."""

    def setUp(self) -> None:
        """An event."""
        self.event = Event("host.load", 5, "id", 7)
        self.event.add(EventField("load", 1.0, "1/s"))

    def test_mark(self) -> None:
        """A node is called by the beginning of its id."""
        self.assertEqual(markOf("0f8fad5b-d9cb-469f-a165-70867728950e"), "0f8fad5bd9cb")

    def test_way(self) -> None:
        """An event says which nodes it went through, in their order; the event that came is as it was."""
        made = passed(self.event, "a")
        assert made is not None
        again = passed(made, "b")
        assert again is not None
        self.assertEqual(again.get(VIA), "a,b")
        self.assertEqual([one.name for one in again.items], ["load", VIA])
        self.assertEqual(
            (again.name, again.timestamp, again.id, again.sequence),
            ("host.load", self.event.timestamp, "id", 7),
        )
        self.assertEqual((len(self.event.items), made.get(VIA)), (1, "a"))

    def test_circle(self) -> None:
        """Where it has been it does not go again."""
        made = passed(self.event, "aa")
        assert made is not None
        self.assertTrue(isCircling(made, "aa"))
        self.assertIsNone(passed(made, "aa"))
        self.assertFalse(isCircling(made, "a"))

    def test_bound(self) -> None:
        """It goes through so many nodes and no more, also when somebody else wrote the field."""
        made: Event | None = self.event
        for count in range(MAX_HOPS):
            assert made is not None, count
            made = passed(made, f"{count:012x}")
        assert made is not None
        self.assertIsNone(passed(made, "x"))
        self.event.add(EventField(VIA, "x" * 1000))
        self.assertIsNone(passed(self.event, "a"))

    def test_strange(self) -> None:
        """A field of that name that is no text says nothing, and is replaced."""
        self.event.add(EventField(VIA, 3))
        made = passed(self.event, "a")
        assert made is not None
        self.assertEqual([one.value for one in made.fields if one.name == VIA], ["a"])
