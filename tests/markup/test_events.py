"""Events as XML through the gate: nothing is lost, and what is hostile is refused."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.markup import XMLGate, escapeAttribute, escapeText
from gma_twisted.markup.events import readEvent, writeEvent
from gma_twisted.markup.namespaces import GMAE
from gma_twisted.model import Event, EventContainer, EventField, Timestamp
from gma_twisted.model.event import MAX_DEPTH, MAX_ITEMS
from tests.model.events import EVENTS

_KNOWN = "a double string xsd:int base64Binary dateTime 1 -1 1e5 AA== INF true \u0661"
_WORDS = st.sampled_from([*_KNOWN.split(), "", " ", "2026-11-21T20:00:00Z", "9" * 50, "x" * 300])
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(["name", "ts", "id", "seq", "type", "units", "odd", "xml:lang"]),
    _WORDS,
    max_size=4,
)
_TAGS = st.sampled_from(["gmae:field", "gmae:container", "field", "container", "gmae:event", "odd"])


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    tag = "gmae:event" if not depth else draw(_TAGS)
    attributes = "".join(
        f' {name}="{escapeAttribute(value)}"' for name, value in draw(_ATTRIBUTES).items()
    )
    inner = "" if depth > 3 else "".join(draw(st.lists(_elements(depth + 1), max_size=3)))
    return f"<{tag}{attributes}>{escapeText(draw(_WORDS))}{inner}</{tag}>"


def _read(text: str) -> Event:
    document = f'<r xmlns:gmae="{GMAE}">{text}</r>'
    return readEvent(XMLGate().parse(document.encode())[0])


def _value(field: str) -> object:
    return _read(f'<gmae:event name="e">{field}</gmae:event>').fields[0].value


class CodecTests(SynchronousTestCase):
    """Every event is read back as it was."""

    @given(EVENTS)
    def test_roundTrip(self, event: Event) -> None:
        """Names, values, types, order and depth."""
        self.assertEqual(_read(writeEvent(event).decode()), event)

    def test_shape(self) -> None:
        """As WIRE 6 has it."""
        event = Event("App", "2026-11-21T20:00:00.123456789Z", "a<b", 7)
        event.add(EventField("Program", "GridFTP"))
        event.add(EventField("Bandwidth", 100.0, "Mb/s"))
        event.add(EventField("wanted"))
        host = EventContainer("host")
        host.add(EventField("ip", "10.0.0.1\r"))
        event.add(host)
        self.assertEqual(
            writeEvent(event).decode(),
            '<gmae:event name="App" ts="2026-11-21T20:00:00.123456789Z" id="a&lt;b" seq="7">'
            '<gmae:field name="Program" type="string">GridFTP</gmae:field>'
            '<gmae:field name="Bandwidth" type="double" units="Mb/s">100.0</gmae:field>'
            '<gmae:field name="wanted"/>'
            '<gmae:container name="host">'
            '<gmae:field name="ip" type="string">10.0.0.1&#13;</gmae:field>'
            "</gmae:container></gmae:event>",
        )

    def test_otherTag(self) -> None:
        """Its own element may be called as a part of a message is."""
        event = Event("e", 1.0)
        written = writeEvent(event, "gmae:template")
        self.assertTrue(written.startswith(b"<gmae:template "))
        self.assertEqual(_read(written.decode()), event)

    def test_nothing(self) -> None:
        """A text without type is a text; without text too it is a template's; typed, it is the empty text."""
        self.assertIsNone(_value('<gmae:field name="a"/>'))
        self.assertEqual(_value('<gmae:field name="a" type="string"/>'), "")
        self.assertEqual(_value('<gmae:field name="a">x</gmae:field>'), "x")
        self.assertEqual(_value('<gmae:field name="a"> </gmae:field>'), " ")
        self.assertEqual(_value('<gmae:field name="a" type="base64Binary"/>'), b"")

    def test_foreign(self) -> None:
        """What other toolkits write is read: no prefix, their names of types, blanks around numbers, xsi and xml."""
        for field, expected in (
            ('<field name="a" type="xsd:int"> 5 </field>', 5),
            ('<gmae:field name="a" type="long">-5</gmae:field>', -5),
            ('<gmae:field name="a" type="float">INF</gmae:field>', math.inf),
            ('<gmae:field name="a" type="decimal">.5</gmae:field>', 0.5),
            ('<gmae:field name="a" type="boolean">1</gmae:field>', True),
            ('<gmae:field name="a" type="base64Binary">A A\n==</gmae:field>', b"\0"),
            ('<gmae:field name="a" xml:lang="en">x</gmae:field>', "x"),
            (
                '<gmae:field name="a" type="dateTime">1970-01-01T00:00:00.000000001Z</gmae:field>',
                Timestamp(1),
            ),
        ):
            found = _value(field)
            self.assertEqual(found, expected)
            self.assertIs(type(found), type(expected))
        inner = _read(
            '<event name="e">\n <container name="c">\n <field name="f"/></container> </event>'
        )
        self.assertEqual(inner.containers[0].fields, [EventField("f")])

    def test_changedValue(self) -> None:
        """A value that was put into a field past its check is refused by name, not by an accident."""
        event = Event("e")
        field = EventField("x", 1)
        field.value = []  # type: ignore[assignment]
        event.add(field)
        self.assertRaises(ParameterError, writeEvent, event)

    def test_tooLarge(self) -> None:
        """What is too large is not written."""
        event = Event("e")
        for _ in range(2):
            inner = EventContainer("c")
            for _ in range(MAX_ITEMS // 2):
                inner.add(EventField("f"))
            event.add(inner)
        self.assertRaises(TooLarge, writeEvent, event)


class RefusalTests(SynchronousTestCase):
    """What is no event is refused; nothing else is ever raised."""

    def test_malformed(self) -> None:
        """The message names what is wrong."""
        for inner, named in (
            ('<gmae:field type="string"/>', "name"),
            ('<gmae:field name="x" odd="1"/>', '"odd"'),
            ('<gmae:field name="x" type="odd"/>', '"x"'),
            ('<gmae:field name="x" type="double"/>', '"x"'),
            ('<gmae:field name="x" type="double">1_0</gmae:field>', '"x"'),
            ('<gmae:field name="x" type="integer">\u0661</gmae:field>', '"x"'),
            ('<gmae:field name="x" type="boolean">yes</gmae:field>', '"x"'),
            ('<gmae:field name="x" type="base64Binary">A</gmae:field>', '"x"'),
            ('<gmae:field name="x" type="dateTime">now</gmae:field>', '"x"'),
            ('<gmae:field name="x">a<b/></gmae:field>', '"x"'),
            ('<gmae:container name="c">text</gmae:container>', '"text"'),
            ('<gmae:container name="c" units="s"/>', '"units"'),
            ('<gmae:event name="c"/>', "event"),
            ("text", '"text"'),
        ):
            text = f'<gmae:event name="e">{inner}</gmae:event>'
            error = self.assertRaises(ParameterError, _read, text)
            self.assertIn(named, error.message)
        for attributes in (
            "",
            'name=""',
            'name="e" ts="x"',
            'name="e" seq="-1"',
            'name="e" odd=""',
        ):
            self.assertRaises(ParameterError, _read, f"<gmae:event {attributes}/>")

    def test_bounds(self) -> None:
        """Items, depth and lengths are bounded."""
        fields = '<gmae:field name="f"/>' * (MAX_ITEMS + 1)
        self.assertRaises(TooLarge, _read, f'<gmae:event name="e">{fields}</gmae:event>')
        half = '<gmae:field name="f"/>' * (MAX_ITEMS // 2)
        halves = f'<gmae:container name="c">{half}</gmae:container>' * 2
        deep = '<gmae:container name="c">' * (MAX_DEPTH + 1)
        closed = "</gmae:container>" * (MAX_DEPTH + 1)
        self.assertRaises(TooLarge, _read, f'<gmae:event name="e">{deep}{closed}</gmae:event>')
        self.assertRaises(TooLarge, _read, f'<gmae:event name="e">{halves}</gmae:event>')
        many = f'<gmae:field name="f" type="integer">{"1" * 39}</gmae:field>'
        self.assertRaises(TooLarge, _read, f'<gmae:event name="e">{many}</gmae:event>')

    @given(_elements())
    def test_anything(self, text: str) -> None:
        """Any element is an event or is refused by one of the two errors."""
        try:
            _read(text)
        except (ParameterError, TooLarge):
            pass
