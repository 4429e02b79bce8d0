"""Events of plain lines, the fields of which are made late."""

import copy
import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, NotRepresentable, ParameterError
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import bp
from gma_twisted.netlogger.lineevent import LineEvent
from tests.netlogger.fuzz import fuzz
from tests.netlogger.representable import events
from tests.netlogger.ways import InPython

WHEN = "2009-12-08T17:43:30.123456Z"
LINE = f'ts={WHEN} event=App a=1 b="x y" a=2 c=1.5 c._units=Mb/s d=1.10 e=007 f="" g="3"'
FIELDS = [
    EventField("a", 2),
    EventField("b", "x y"),
    EventField("c", 1.5, "Mb/s"),
    EventField("d", 1.1),
    EventField("e", "007"),
    EventField("f", ""),
    EventField("g", "3"),
]
# A blank more makes a line that is not plain, and says the same.
OTHER = LINE.replace(" ", "  ", 1)


class LateTests(InPython, SynchronousTestCase):
    """They are as any other event."""

    def test_same(self) -> None:
        """What is made late is what is made at once, whatever is looked at first."""
        self.assertIsInstance(bp.read(LINE), LineEvent)
        other = bp.read(OTHER)
        self.assertIs(type(other), Event)
        self.assertEqual(other.items, FIELDS)
        self.assertEqual(bp.read(LINE), other)
        self.assertEqual(other, bp.read(LINE))
        read = bp.read(LINE)
        self.assertEqual((read.name, read.id, read.sequence), ("App", None, None))
        self.assertEqual(str(read.timestamp), WHEN)
        self.assertEqual(read.fields, FIELDS)
        self.assertEqual(read, bp.read(LINE))
        self.assertRaises(TypeError, hash, read)
        self.assertNotEqual(read, bp.read(LINE.replace("a=2", "a=3")))

    def test_repr(self) -> None:
        """It shows itself as any other."""
        self.assertEqual(repr(bp.read(LINE)), repr(bp.read(OTHER)))

    def test_changed(self) -> None:
        """What was set before fields are made stays."""
        read = bp.read(LINE)
        read.timestamp, read.sequence, read.name = Timestamp(5), 7, "n"
        read.add(EventField("z", 1))
        self.assertEqual((read.timestamp, read.sequence, read.name), (Timestamp(5), 7, "n"))
        self.assertEqual(read.items, [*FIELDS, EventField("z", 1)])
        read = bp.read(LINE)
        read.items = []
        self.assertEqual(str(read.timestamp), WHEN)
        self.assertEqual(read.items, [])

    def test_copied(self) -> None:
        """Copies are plain events, with fields of their own where the copy is deep; before and after a look."""
        for looks in (False, True):
            for one in (copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))):
                read = bp.read(LINE)
                if looks:
                    self.assertEqual(len(read.items), 7)
                made = one(read)
                self.assertIs(type(made), Event)
                self.assertEqual(made, read)
                self.assertEqual(made.items is read.items, one is copy.copy)

    def test_numbers(self) -> None:
        """Its id and number are not fields, units or not."""
        for line in (
            f"ts={WHEN} event=e k=1 gma.prev=6 gma.id=x gma.seq=7",
            f'ts={WHEN} event=e k=1 k._units=s gma.id="5" gma.seq=7',
            f"ts={WHEN} event=e gma.seq=-1",
            f"ts={WHEN} event=e gma.id=1.50 gma.seq=x",
            f'ts={WHEN} event=e k=" gma.seq=5"',
        ):
            self.assertEqual(bp.read(line), bp.read(line.replace(" ", "  ", 1)))
        self.assertEqual(bp.read(f"ts={WHEN} event=e gma.id=x gma.seq=7").sequence, 7)

    def test_unknown(self) -> None:
        """What no event has it has neither."""
        self.assertFalse(hasattr(bp.read(LINE), "value"))

    def test_atOnce(self) -> None:
        """What is wrong is refused when it is read, not when it is looked at."""
        long = "v" * 257
        for wrong in (
            "ts=2009-13-08T17:43:30.123456Z event=e",
            f"ts={WHEN} event=e ts=never",
            f"ts={WHEN} event={long}",
            f"ts={WHEN} event=e k=1 k._units={long}",
            f"ts={WHEN} event=e gma.id={long}",
            f"ts={WHEN} event=e {long}=1",
            f"ts={WHEN} event=e k=\x01",
            f"ts={WHEN} event=e k={long * 256}",
            f"ts={WHEN} event=e" + "".join(f" k{number}=1" for number in range(10_001)),
        ):
            self.assertRaises(GMAError, bp.read, wrong)
        self.assertEqual(bp.read(f"ts={WHEN} event=e k={long}").get("k"), long)
        many = "".join(f" k{number}=1" for number in range(9_000))
        self.assertEqual(len(bp.read(f"ts={WHEN} event=e{many}").items), 9_000)
        error = self.assertRaises(ParameterError, bp.read, f"ts={WHEN} event=e k=a event=")
        self.assertIn("event=", error.message)

    @settings(max_examples=300, deadline=None)
    @given(events())
    def test_written(self, made: Event) -> None:
        """A line that is written is read the same, plain or not."""
        try:
            line = bp.write(made).decode()
        except NotRepresentable:
            return
        self.assertEqual(bp.read(line), bp.read(f" {line}"))

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ("a", "b", "b._units", "a.b", "tsx", "events", "gma.id", "gma.seq")
                ),
                st.text(st.sampled_from('01.9-e"a=+'), min_size=1, max_size=9),
            )
        )
    )
    def test_numeric(self, pairs: list[tuple[str, str]]) -> None:
        """Numbers are told from texts in the same way, plain or not; and so is what is refused."""
        line = f"ts={WHEN} event=e" + "".join(f" {name}={value}" for name, value in pairs)
        try:
            read = bp.read(line)
        except ParameterError:
            self.assertRaises(ParameterError, bp.read, f" {line}")
            return
        self.assertEqual(read, bp.read(f" {line}"))


class FuzzTests(SynchronousTestCase):
    """A few of the lines of C{python -m tests.netlogger.fuzz}."""

    timeout = 120

    def test_thinned(self) -> None:
        """Only named errors; and all ways end well at times, and at times not."""
        ended = fuzz(40_000, seed=3)
        self.assertEqual(ended.total(), 40_000)
        for way in ("bp", "ulm", "line", "url"):
            self.assertGreater(ended[f"{way}: read"], 100)
            self.assertGreater(ended[f"{way}: ParameterError"], 100)
