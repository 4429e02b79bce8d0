"""Events as JSON: nothing is lost, also through a reader with one kind of number; what is hostile is refused."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.model import Event, EventContainer, EventField, Timestamp
from gma_twisted.model.event import MAX_DEPTH, MAX_ITEMS
from gma_twisted.model.eventjson import MAX_JSON, readEventJSON, writeEventJSON
from tests.model.events import EVENTS

_KEYS = st.sampled_from(
    ["name", "ts", "id", "seq", "items", "field", "type", "value", "units", "container", "odd"]
)
_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["double", "base64Binary", "dateTime", "xsd:int", "INF", "\ud800", "1e5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=20,
)


def _ofOneField(**keys: Any) -> str:
    return json.dumps({"name": "e", "items": [{"field": "x", **keys}]})


def _value(**keys: Any) -> object:
    return readEventJSON(_ofOneField(**keys)).fields[0].value


def _asJavaScript(value: object) -> object:
    """As C{JSON.stringify(JSON.parse(text))} has it: numbers are doubles, whole ones below 1e21 have no point."""
    if isinstance(value, dict):
        return {key: _asJavaScript(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_asJavaScript(one) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        return int(number) if abs(number) < 1e21 and number.is_integer() else number
    return value


class CodecTests(SynchronousTestCase):
    """Every event is read back as it was."""

    @given(EVENTS)
    def test_roundTrip(self, event: Event) -> None:
        """From text and from bytes."""
        text = writeEventJSON(event)
        self.assertEqual(readEventJSON(text), event)
        self.assertEqual(readEventJSON(text.encode()), event)

    @given(EVENTS)
    def test_throughJavaScript(self, event: Event) -> None:
        """A program that knows doubles only passes it on without loss."""
        passed = json.dumps(_asJavaScript(json.loads(writeEventJSON(event))))
        self.assertEqual(readEventJSON(passed), event)

    def test_shape(self) -> None:
        """One object in one line, as the module says."""
        event = Event("App", "2026-11-21T20:00:00Z", "i", 7)
        event.add(EventField("Bandwidth", 100.0, "Mb/s"))
        event.add(EventField("wanted"))
        host = EventContainer("host")
        host.add(EventField("\u540d", "a\nb"))
        event.add(host)
        text = writeEventJSON(event)
        self.assertNotIn("\n", text)
        self.assertEqual(
            json.loads(text),
            {
                "name": "App",
                "ts": "2026-11-21T20:00:00.000000Z",
                "id": "i",
                "seq": 7,
                "items": [
                    {"field": "Bandwidth", "type": "double", "value": 100.0, "units": "Mb/s"},
                    {"field": "wanted"},
                    {
                        "container": "host",
                        "items": [{"field": "\u540d", "type": "string", "value": "a\nb"}],
                    },
                ],
            },
        )

    @given(EVENTS)
    def test_printable(self, event: Event) -> None:
        """Nothing in it steers a terminal, ends a line or turns its direction, in names, units, ids or texts."""
        hostile = "\x7f\x85\x9b31m\u2028\u2029\u202e\u2066\ufeff"
        event.add(EventField("\u202ename", hostile, "\u2028units"))
        event.id = "\u202eid"
        text = writeEventJSON(event)
        self.assertEqual([sign for sign in text if not " " <= sign <= "~"], [])
        self.assertEqual(readEventJSON(text), event)

    def test_values(self) -> None:
        """What JSON has no way for is a text, as in XML."""
        for value, written in (
            (math.nan, "NaN"),
            (math.inf, "INF"),
            (-math.inf, "-INF"),
            (-0.0, "-0.0"),
            (2**53, str(2**53)),
            (2**53 - 1, 2**53 - 1),
            (True, True),
            (b"\0\xff", "AP8="),
            (Timestamp(1), "1970-01-01T00:00:00.000000001Z"),
        ):
            event = Event("e")
            event.add(EventField("x", value))
            self.assertEqual(json.loads(writeEventJSON(event))["items"][0]["value"], written)

    def test_untyped(self) -> None:
        """Without a type the value says what it is."""
        for given_, expected in ((1, 1), (1.0, 1.0), ("1", "1"), (True, True)):
            found = _value(value=given_)
            self.assertEqual(found, expected)
            self.assertIs(type(found), type(expected))
        self.assertIsNone(_value())

    def test_typed(self) -> None:
        """A number may be of either kind, and stand in a text; prefixes of types are not looked at."""
        for given_, kind, expected in (
            (100, "double", 100.0),
            ("100", "xsd:integer", 100),
            ("INF", "double", math.inf),
            ("1", "boolean", True),
            ("AA==", "base64Binary", b"\0"),
        ):
            found = _value(value=given_, type=kind)
            self.assertEqual(found, expected)
            self.assertIs(type(found), type(expected))

    def test_changedValue(self) -> None:
        """A value that was put into a field past its check is refused by name, not by an accident."""
        event = Event("e")
        field = EventField("x", 1)
        field.value = []  # type: ignore[assignment]
        event.add(field)
        error = self.assertRaises(ParameterError, writeEventJSON, event)
        self.assertIn("list", error.message)


class RefusalTests(SynchronousTestCase):
    """What is no event is refused; nothing else is ever raised."""

    def test_malformed(self) -> None:
        """The message names what is wrong."""
        for text, named in (
            ("", "no JSON"),
            ("[]", "object"),
            ('{"name": "e", "name": "f"}', '"name" twice'),
            ("{}", "name"),
            ('{"name": 5}', "name"),
            ('{"name": "e", "odd": 1}', '"odd"'),
            ('{"name": "e", "ts": 5}', "ts"),
            ('{"name": "e", "ts": "soon"}', '"soon"'),
            ('{"name": "e", "seq": true}', "seq"),
            ('{"name": "e", "seq": -1}', "-1"),
            ('{"name": "e", "items": {}}', "items"),
            ('{"name": "e", "items": [5]}', "neither"),
            ('{"name": "e", "items": [{"container": "c", "odd": 1}]}', '"c"'),
            (_ofOneField(value=1, odd=2), '"x"'),
            (_ofOneField(value=[1]), '"x"'),
            (_ofOneField(type="double"), '"x"'),
            (_ofOneField(value="a", type="double"), '"x"'),
            (_ofOneField(value=1, type="string"), '"x"'),
            (_ofOneField(value=1.5, type="integer"), '"x"'),
            (_ofOneField(value=True, type="integer"), '"x"'),
            (_ofOneField(value="a", type="odd"), '"odd"'),
            (_ofOneField(value="\ud800"), '"x"'),
            (_ofOneField(value=math.nan), "NaN"),
            (_ofOneField(value=1).replace("1", "1" * 5_000), "38 digits"),
            (_ofOneField(value=1).replace("1", "1." + "1" * 5_000), "double"),
        ):
            error = self.assertRaises(ParameterError, readEventJSON, text)
            self.assertIn(named, error.message)
            self.assertLess(len(error.message), 400)
        self.assertRaises(ParameterError, readEventJSON, b"\xff{}")

    def test_bounds(self) -> None:
        """Bytes, items and depth are bounded, however they are nested."""
        self.assertRaises(TooLarge, readEventJSON, " " * (MAX_JSON + 1))
        items = ",".join(['{"field": "x"}'] * (MAX_ITEMS + 1))
        self.assertRaises(TooLarge, readEventJSON, f'{{"name": "e", "items": [{items}]}}')
        self.assertRaises(TooLarge, readEventJSON, "[" * 1_000_000)
        deep = "".join('{"container": "c", "items": [' for _ in range(MAX_DEPTH + 1))
        text = f'{{"name": "e", "items": [{deep}{"]}" * (MAX_DEPTH + 1)}]}}'
        self.assertRaises(TooLarge, readEventJSON, text)

    @given(_ANY)
    def test_anything(self, value: object) -> None:
        """Any JSON is an event or is refused by one of the two errors."""
        try:
            readEventJSON(json.dumps(value))
        except (ParameterError, TooLarge):
            pass

    @given(EVENTS, st.integers(0, 2_000), st.text('{}[]",:0e\\n', max_size=3))
    def test_damaged(self, event: Event, place: int, put: str) -> None:
        """So is what is left of one."""
        text = writeEventJSON(event)
        place %= len(text)
        try:
            readEventJSON(text[:place] + put + text[place + 1 :])
        except (ParameterError, TooLarge):
            pass
