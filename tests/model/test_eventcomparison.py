"""The filter language of comparisons: what is true of an event, what is refused, and how much work it may make."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.model import Event, EventContainer, EventField, Timestamp
from gma_twisted.model.comparisonparser import MAX_TESTS
from gma_twisted.model.event import MAX_ITEMS
from gma_twisted.model.eventcomparison import MAX_EXPRESSION, compileComparison, fieldsOf
from gma_twisted.model.eventview import MAX_WORK
from tests.model.events import EVENTS

_WORDS = (
    'a host/load @ts @name @odd and or not ( ) = != < >= ~ 5 -1.5e3 Mb/s kb/s furlong "text" \'*\' "'
    " true / é 2026-11-21T20:00:00Z $ \ud800"
)
_TOKENS = st.sampled_from([*_WORDS.split(), "`x y`", "\n"])


def _event() -> Event:
    made = Event("gma.app", "2026-11-21T20:00:00Z", "one", 7)
    for field in (
        EventField("Program", "GridFTP"),
        EventField("Bandwidth", 100.0, "Mb/s"),
        EventField("n", 1),
        EventField("n", 5),
        EventField("ok", True),
        EventField("began", Timestamp.parse("2026-11-21T19:00:00Z")),
        EventField("raw", b"a"),
        EventField("none"),
        EventField("odd name", 'a"b'),
        EventField("x-y.z", -2.5),
    ):
        made.add(field)
    for load in (0.5, 0.95):
        host = EventContainer("host")
        host.add(EventField("load", load))
        disk = EventContainer("disk")
        disk.add(EventField("free", 10, "GiB"))
        host.add(disk)
        made.add(host)
    return made


class TruthTests(SynchronousTestCase):
    """What is true of one event."""

    def _true(self, *expressions: str) -> None:
        for one in expressions:
            self.assertTrue(compileComparison(one)(_event()), one)

    def _false(self, *expressions: str) -> None:
        for one in expressions:
            self.assertFalse(compileComparison(one)(_event()), one)

    def test_numbers(self) -> None:
        """Numbers are compared by their worth."""
        self._true("n = 1", "n == 5.0", "n > 4", "n >= 5", "n < 2", "n<=1", "x-y.z = -2.5", "n=1e0")
        self._false("n = 3", "n > 5", "n < 1", "n = 1.0000000000000002", "ok = 1", "Program > 0")

    def test_units(self) -> None:
        """Units are converted; without them the number is compared as it is."""
        self._true(
            "Bandwidth = 100 Mb/s",
            "Bandwidth = 100000 kb/s",
            "Bandwidth=12.5MB/s",
            "Bandwidth > 99.9 Mb/s",
            "Bandwidth >= 0.1 Gb/s and Bandwidth <= 0.1 Gb/s",
            "Bandwidth = 100",
            "host/disk/free > 10 GB",
        )
        self._false(
            "Bandwidth < 100000 kb/s",
            "Bandwidth > 100000 kb/s",
            "Bandwidth = 100 Mb",
            "n = 1 s",
            "Bandwidth = 100 %",
        )

    def test_texts(self) -> None:
        """Texts are equal, ordered by their characters, or as a glob."""
        self._true(
            'Program = "GridFTP"',
            "Program = 'GridFTP'",
            'Program ~ "Grid*"',
            'Program ~ "?rid???"',
            'Program < "Grie"',
            '`odd name` = "a\\"b"',
            "`odd name` = 'a\"b'",
        )
        self._false('Program = "gridftp"', 'Program ~ "rid*"', 'n = "1"', 'n ~ "*"', 'raw = "a"')

    def test_others(self) -> None:
        """Truth values, timestamps, and what the event is itself."""
        self._true(
            "ok = true",
            "ok != false",
            "began < 2026-11-21T20:00:00Z",
            "began = 2026-11-21T20:00:00+01:00",
            "@ts >= 2026-11-21T20:00:00Z",
            '@name ~ "gma.*"',
            '@id = "one"',
            "@seq = 7",
        )
        self._false("ok = false", "n = true", "began = 0", "@seq > 7")

    def test_absent(self) -> None:
        """A name alone asks whether there is one; what is not there is neither equal nor unequal."""
        self._true("n", "none", "host", "host/disk", "host/disk/free", "not nothing", "@id")
        self._false("nothing", "nothing = 1", "nothing != 1", "none != 1", "none = 1", "host = 1")
        self._false("load", "disk/free", "n/load")
        bare = Event("e")
        for name in ("@id", "@seq", "@id != 'x'"):
            self.assertFalse(compileComparison(name)(bare))

    def test_any(self) -> None:
        """Of several any one will do, for unequal too; not turns that around."""
        self._true("n = 1 and n = 5", "n != 1", "host/load > 0.9", "host/load < 0.9")
        self._true('n != "1"', "Bandwidth != 100 s")
        self._false("not n = 1", "Program != 'GridFTP'")

    def test_words(self) -> None:
        """And binds closer than or, not closest; parentheses and quoted names part from them."""
        self._true("n = 1 or n = 2 and n = 3", "not n = 2 and n = 1", "not (n = 2 or n = 3)")
        self._false("(n = 1 or n = 2) and n = 3", "not (n = 1) or nothing", "not not nothing")
        self._false("`and` = 1", "n > 100 and n > 0", "n > 100 or nothing")
        self._true(" n\n=\t1 ", "n>0and n<9")

    @given(EVENTS)
    def test_names(self, event: Event) -> None:
        """Every name can be written, but for one with a backquote or a line end."""
        for item in event.items:
            if "`" not in item.name:
                self.assertTrue(compileComparison(f"`{item.name}`")(event))


class FieldsTests(SynchronousTestCase):
    """L{fieldsOf}."""

    def test_named(self) -> None:
        """Each once, in a way that asks for it alone; what is the event's own is none."""
        self.assertEqual(
            fieldsOf("a > 1 and (`b c`/`not`/d.e or not a = 2) and @name = 'x' and ä"),
            ["a", "`b c`/`not`/d.e", "ä"],
        )
        self.assertRaises(ParameterError, fieldsOf, "a >")


class RefusalTests(SynchronousTestCase):
    """What is wrong is refused, with the column."""

    def test_numbers(self) -> None:
        """Numbers that no event could have are refused before any event comes; the column is theirs."""
        for number in ("1" + "0" * 38, "-" + "9" * 39, "1" + "0" * 400, "1e309", "-1e99999"):
            for rest in ("", " Gb/s", " or y"):
                error = self.assertRaises(ParameterError, compileComparison, f"x > {number}{rest}")
                self.assertIn("column 5:", error.message)
                self.assertLess(len(error.message), 200)
        for number in ("9" * 38, "-" + "9" * 38, "0" * 50 + "1", "1e308", "1e-400"):
            self.assertFalse(compileComparison(f"n = {number} Gb/s")(_event()))

    @given(
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.integers(-(10**45), 10**45).map(str) | st.from_regex(r"[+-]?\d{1,5}e\d{1,5}\Z"),
        st.sampled_from(["", "Gb/s", "EB", "ns", "d", "Celsius", "F", "%", "rpm"]),
        EVENTS,
    )
    def test_anyNumber(self, sign: str, number: str, units: str, event: Event) -> None:
        """Whatever number it is, it is refused by one of the two errors, or every event can be judged."""
        for value in (10**38 - 1, 1e308, math.inf, -math.inf, math.nan):
            for own in ("b/s", "B", "d", "ns", "K", "F", "ratio", "rpm"):
                event.add(EventField("x", value, own))
        try:
            judge = compileComparison(f"x {sign} {number} {units}")
        except (ParameterError, TooLarge):
            return
        self.assertIsInstance(judge(event), bool)

    def test_malformed(self) -> None:
        """The column is that of what is wrong."""
        for expression, column in (
            ("", 1),
            ("   ", 1),
            ("n =", 4),
            ("n = and", 5),
            ("n = 1 and", 10),
            ("(n = 1", 7),
            ("n = 1)", 6),
            ("n 1", 3),
            ("n = 1 2", 7),
            ("= 1", 1),
            ("n = $", 5),
            ("n/ = 1", 4),
            ('n = "open', 5),
            ("@odd = 1", 1),
            ("n ~ 5", 5),
            ("ok > true", 6),
            ("n > 5 mb/s", 7),
            ("n > 5 KB", 7),
            ("n > 2026-02-30T00:00:00Z", 5),
            ('"n" = 1', 1),
            ("and", 1),
            ("n = \ud800", 5),
        ):
            error = self.assertRaises(ParameterError, compileComparison, expression)
            self.assertIn(f"column {column}:", error.message, expression)

    def test_bounds(self) -> None:
        """Length, comparisons, nesting, paths and globs are bounded."""
        compileComparison(" or ".join(["n"] * MAX_TESTS))
        for expression in (
            "n" + " " * MAX_EXPRESSION,
            " or ".join(["n"] * (MAX_TESTS + 1)),
            "(" * 33 + "n" + ")" * 33,
            "not " * 33 + "n",
            "/".join(["a"] * 18),
            f'n ~ "{"*" * 257}"',
        ):
            self.assertRaises(TooLarge, compileComparison, expression)

    @given(st.lists(_TOKENS, max_size=12).map(" ".join) | st.text(max_size=20), EVENTS)
    def test_anything(self, expression: str, event: Event) -> None:
        """Any text is a filter or refused by one of the two errors."""
        try:
            self.assertIsInstance(compileComparison(expression)(event), bool)
        except (ParameterError, TooLarge):
            pass


class WorkTests(SynchronousTestCase):
    """The largest event takes no longer than the bound of work."""

    def test_repeated(self) -> None:
        """Two comparisons with all fields of the largest event pass; more are refused, and the event named."""
        event = Event("large")
        for number in range(MAX_ITEMS):
            event.add(EventField("a", number))
        self.assertFalse(compileComparison("a < 0 or a > 10000")(event))
        self.assertEqual(MAX_WORK, 2 * MAX_ITEMS)
        error = self.assertRaises(TooLarge, compileComparison("a < 0 or a < 1 and a < 0"), event)
        self.assertIn('"large"', error.message)
        self.assertIn(str(MAX_WORK), error.message)

    def test_globs(self) -> None:
        """A long text costs a glob more than a short one."""
        event = Event("large")
        event.add(EventField("a", "x" * 60_000))
        self.assertFalse(compileComparison('a ~ "*error*"')(event))
        self.assertRaises(TooLarge, compileComparison(f'a ~ "{"*x" * 40}y"'), event)
