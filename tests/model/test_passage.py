"""The way of events through compound nodes."""

from unittest import TestCase

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.passage import MAX_HOPS, VIA, Passages, isCircling, markOf, passed


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


class PassagesTests(TestCase):
    """Of what is made of many events."""

    def field(self, *ways: object) -> object:
        """What is told of these."""
        passages = Passages()
        for way in ways:
            event = Event("e", 0)
            if way is not None:
                event.add(EventField(VIA, way))  # type: ignore[arg-type]
            passages.add(event)
        field = passages.field()
        return None if field is None else (field.name, field.value)

    def test_all(self) -> None:
        """It came through every node that one of them came through."""
        self.assertIsNone(self.field())
        self.assertIsNone(self.field(None, 3, ""))
        self.assertEqual(self.field(None, "a,b", "a,b", "c", "b,d"), (VIA, "a,b,c,d"))

    def test_many(self) -> None:
        """Where these are too many it came the longest way: what is made of much may be handed on too."""
        wide = [f"n{one}" for one in range(50)]
        self.assertEqual(self.field(*wide), (VIA, "n0"))
        self.assertEqual(self.field(*wide, "a,b,c", *wide), (VIA, "a,b,c"))
        long = ",".join(f"n{one}" for one in range(12))
        self.assertEqual(
            self.field("n3", long), (VIA, long.replace("n3,", "").replace("n0", "n3,n0"))
        )
        self.assertEqual(self.field("x", long), (VIA, long))
        self.assertIsNone(self.field("x" * 1000))
