"""Filters of events in both languages; what XPath must not do here, and how large an event it may be put to."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.markup.eventpath import MAX_PATH, MAX_PATH_ITEMS, MAX_PATH_TEXT, MAX_STEPS
from gma_twisted.model import Event, EventContainer, EventField, EventFilter, FilterLanguage
from gma_twisted.model.event import MAX_ITEMS
from tests.model.events import EVENTS

_WORDS = (
    "gmae:field field * @name @* // / [ ] ( ) = != < and or div - + 5 'a' count contains position() . .."
    " | $x , self:: last() text() node() not( string(.) id('a') odd:x \" \ud800"
)
_TOKENS = st.sampled_from(_WORDS.split())


def _event() -> Event:
    made = Event("gma.app", "2026-11-21T20:00:00Z", "one", 7)
    made.add(EventField("Program", "GridFTP"))
    made.add(EventField("Bandwidth", 100.0, "Mb/s"))
    for load in (0.5, 0.95):
        host = EventContainer("host")
        host.add(EventField("load", load))
        made.add(host)
    return made


def _passes(expression: str, event: Event | None = None) -> bool:
    test = compileFilter(EventFilter(FilterLanguage.XPATH, expression))
    return test(_event() if event is None else event)


class FilterTests(SynchronousTestCase):
    """A filter is read in the language it says."""

    def test_languages(self) -> None:
        """The same question in both."""
        for language, expression in (
            (FilterLanguage.COMPARISON, 'Bandwidth > 0.05 Gb/s and Program = "GridFTP"'),
            (FilterLanguage.XPATH, 'gmae:field[@name="Bandwidth"] > 50 and gmae:field = "GridFTP"'),
        ):
            test = compileFilter(EventFilter(language, expression))
            self.assertTrue(test(_event()))
            self.assertFalse(test(Event("e")))


class XPathTests(SynchronousTestCase):
    """XPath 1.0 on the event as XML."""

    def test_true(self) -> None:
        """The event is the context node, and the only thing in its document."""
        for expression in (
            "gmae:field",
            "*[@name = 'Program']",
            "/gmae:event/gmae:field[@name='Program'] = 'GridFTP'",
            "gmae:container[@name='host']/gmae:field[@name='load'] > 0.9",
            "//gmae:field[@name='load'][. < 0.6]",
            "@seq = 7 and @id = 'one' and starts-with(@ts, '2026-11-21T20')",
            "count(//gmae:field) = 4",
            "sum(gmae:container/gmae:field) = 1.45",
            "not(gmae:field[@name='absent'])",
            "gmae:field[2]/@units = 'Mb/s'",
            "gmae:field[position() = last()]/@type = 'double'",
            "contains(gmae:field[@name='Program'], 'FTP')",
            "string-length(normalize-space(gmae:field)) = 7",
            "-gmae:field[@name='Bandwidth'] * 2 + 1 = -199",
            "(1 + 2) * 3 = 9",
            "translate(@name, 'gma', 'GMA') = 'GMA.App'",
            "5 mod 2 = 1 and 4 div 2 = 2",
            "//text() = 'GridFTP'",
            ".",
            "'text'",
            "gmae:*[self = 1] or true()",
        ):
            self.assertTrue(_passes(expression), expression)

    def test_false(self) -> None:
        """No nodes, nothing, an empty text and what is not a number are false."""
        for expression in (
            "field",
            "gmae:field[@name='absent']",
            "0",
            "''",
            "number('x')",
            "count(gmae:field) - 2",
            "gmae:field > 100",
            "//@name = 'absent'",
        ):
            self.assertFalse(_passes(expression), expression)

    def test_refused(self) -> None:
        """What could take long is refused, with the column of what it is and what to write."""
        for expression, column, said in (
            ("//*//*", 4, '"//"'),
            ("gmae:field//@name", 11, '"//"'),
            ("*[//gmae:field]", 3, "absolute"),
            ("*[/]", 3, "absolute"),
            ("../*", 3, "around"),
            ("*[../@name]", 5, "around"),
            ("ancestor::*", 1, "ancestor"),
            ("following-sibling :: *", 1, "axis"),
            ("//* | //@*", 5, "unions"),
            ("//* = //@*", 7, "nodes"),
            ("//@name < (//@units)", 11, "nodes"),
            ("(//*)[1]", 6, "parentheses"),
            ("string(.)/*", 10, "parentheses"),
            ("concat('a', 'b')", 1, "concat"),
            ("id('a')", 1, "id"),
            ("$x", 1, "variables"),
            ("contains(., string(.))", 13, "literal"),
            (f"contains(., '{'a' * 65}')", 13, "64"),
            ("count(5)", 8, "nodes"),
        ):
            error = self.assertRaises(ParameterError, _passes, expression)
            self.assertIn(f"column {column}:", error.message, expression)
            self.assertIn(said, error.message, expression)

    def test_malformed(self) -> None:
        """What is no XPath is refused too."""
        for expression in (
            "",
            " ",
            "gmae:field[",
            "gmae:field]",
            "@",
            "1 +",
            "odd:field",
            "contains('a')",
            "true(1)",
            "not()",
            "'open",
            "a b",
            "gmae:field)) or ((1",
            "comment()",
            "\ud800",
            "'\x00'",
            "#",
        ):
            error = self.assertRaises(ParameterError, _passes, expression)
            self.assertIn("filter: XPath", error.message)

    def test_bounds(self) -> None:
        """Length, steps and nesting are bounded."""
        self.assertFalse(_passes(" and ".join(["odd"] * MAX_STEPS)))
        for expression in (
            "." + " " * MAX_PATH,
            " and ".join(["odd"] * (MAX_STEPS + 1)),
            "(" * 17 + "1" + ")" * 17,
            " and ".join(["contains(., 'a')"] * 4),
        ):
            self.assertRaises(TooLarge, _passes, expression)

    def test_largeEvents(self) -> None:
        """The largest event it is put to passes; a larger one is refused and named, with what to do."""
        event = Event("large")
        for _ in range(MAX_PATH_ITEMS):
            event.add(EventField("a", 1))
        self.assertTrue(_passes("gmae:field = 1", event))
        event.add(EventField("a", 1))
        error = self.assertRaises(TooLarge, _passes, "gmae:field = 1", event)
        self.assertIn('"large"', error.message)
        self.assertIn("comparison", error.cure)

    def test_longTexts(self) -> None:
        """Texts count as often as they are deep."""
        event = Event("large")
        inner = EventContainer("c")
        event.add(inner)
        inner.add(EventField("a", "x" * (MAX_PATH_TEXT // 2 - 10)))
        self.assertTrue(_passes("contains(., 'x')", event))
        inner.add(EventField("a", b"x" * 20))
        self.assertRaises(TooLarge, _passes, "contains(., 'x')", event)

    def test_largest(self) -> None:
        """The largest of all events is refused before its XML is written."""
        event = Event("largest")
        for _ in range(MAX_ITEMS):
            event.add(EventField("a", "x"))
        self.assertRaises(TooLarge, _passes, "gmae:field", event)

    @given(st.lists(_TOKENS, max_size=10).map("".join) | st.text(max_size=20), EVENTS)
    def test_anything(self, expression: str, event: Event) -> None:
        """Any text is a filter or refused by one of the two errors."""
        try:
            self.assertIsInstance(_passes(expression, event), bool)
        except (ParameterError, TooLarge):
            pass
