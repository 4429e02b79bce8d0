"""Templates: what they are true of, in which units, and which of them could meet."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.model import Event, EventContainer, EventField, Template, Timestamp
from gma_twisted.model.event import Value
from gma_twisted.model.template import MAX_ASKED, MAX_SAME, MAX_TEMPLATE, overlaps
from tests.model.events import EVENTS

_Item = EventField | EventContainer
_Pairs = tuple[tuple[Value | None, Value | None], ...]


def _event(name: str, *items: _Item) -> Event:
    made = Event(name, 1.0)
    for item in items:
        made.add(item)
    return made


def _container(name: str, *items: _Item) -> EventContainer:
    made = EventContainer(name)
    for item in items:
        made.add(item)
    return made


_F = EventField


def _matches(asked: _Item, *items: _Item) -> bool:
    return Template(_event("*", asked)).matches(_event("e", *items))


class MatchTests(SynchronousTestCase):
    """A template is true of events that have what it asks for."""

    def test_name(self) -> None:
        """The name is a glob, or the very name."""
        self.assertTrue(Template(_event("cpu.*")).matches(_event("cpu.load")))
        self.assertFalse(Template(_event("cpu.*")).matches(_event("CPU.load")))
        self.assertTrue(Template(_event("cpu.load")).matches(_event("cpu.load")))
        self.assertFalse(Template(_event("cpu.load")).matches(_event("cpu_load")))
        self.assertEqual(
            [Template(_event(n)).isExact for n in ("a", "a*", "?")], [True, False, False]
        )
        self.assertEqual(Template(_event("a*")).name, "a*")

    def test_present(self) -> None:
        """A field without value must be there, with a value or not; a container is none."""
        for item in (_F("a"), _F("a", 0), _F("a", "", "s")):
            self.assertTrue(_matches(_F("a"), _F("b"), item))
        self.assertFalse(_matches(_F("a"), _F("b"), _container("a")))

    def test_values(self) -> None:
        """Numbers are equal by their worth, everything else only to its own kind."""
        equal: _Pairs = (
            (100, 100.0),
            (100.0, 100),
            ("a", "a"),
            (True, True),
            (b"a", b"a"),
            (0.0, -0.0),
        )
        more: _Pairs = (*equal, (math.nan, math.nan), (math.inf, math.inf), ("", ""))
        for one, other in more:
            self.assertTrue(_matches(_F("a", one), _F("a", other)), (one, other))
        self.assertTrue(_matches(_F("a", Timestamp(5)), _F("a", Timestamp(5))))
        unequal: _Pairs = (
            (1, True),
            (True, 1),
            (0, False),
            ("1", 1),
            (1, "1"),
            (b"a", "a"),
            ("", None),
        )
        for one, other in (*unequal, (1, None), (math.nan, 1.0), (1.0, math.nan), ("a", "A")):
            self.assertFalse(_matches(_F("a", one), _F("a", other)), (one, other))

    def test_exact(self) -> None:
        """In the same units not a digit is given away."""
        self.assertFalse(_matches(_F("a", 10**17), _F("a", 10**17 + 1)))
        self.assertFalse(_matches(_F("a", 1.0), _F("a", 1.0 + 2e-16)))
        self.assertFalse(_matches(_F("a", 10**17, "b"), _F("a", 10**17 + 1, "bit")))

    def test_units(self) -> None:
        """With units, the field has some that can be converted, and is worth as much."""
        wanted = _F("a", 100.0, "Mb/s")
        for field in (_F("a", 100, "Mb/s"), _F("a", 100_000, "kb/s"), _F("a", 12.5, "MB/s")):
            self.assertTrue(_matches(wanted, field))
        for field in (
            _F("a", 100.0),
            _F("a", 100.0, "kb/s"),
            _F("a", 100.0, "Mb"),
            _F("a", 100.0, "odd"),
            _F("a", "100.0", "kb/s"),
            _F("a", True, "kb/s"),
            _F("a", None, "kb/s"),
        ):
            self.assertFalse(_matches(wanted, field))
        self.assertTrue(_matches(_F("a", 0, "Celsius"), _F("a", 273.15, "Kelvin")))
        self.assertTrue(_matches(_F("a", 0.1, "Mb/s"), _F("a", 100, "kb/s")))
        self.assertTrue(_matches(_F("a", math.nan, "s"), _F("a", math.nan, "ms")))
        self.assertTrue(_matches(_F("a", -math.inf, "s"), _F("a", -math.inf, "ms")))
        self.assertFalse(_matches(_F("a", math.inf, "s"), _F("a", 1e308, "ms")))

    def test_unitsAlone(self) -> None:
        """Units without a value ask for a field that can be converted."""
        self.assertTrue(_matches(_F("a", units="Mb/s"), _F("a", 1.0, "KiB/s")))
        self.assertFalse(_matches(_F("a", units="Mb/s"), _F("a", 1.0, "KiB")))
        self.assertFalse(_matches(_F("a", units="Mb/s"), _F("a", 1.0)))

    def test_withoutUnits(self) -> None:
        """A value without units is compared with the number, whatever units it has."""
        self.assertTrue(_matches(_F("a", 5), _F("a", 5.0, "odd")))

    def test_repeated(self) -> None:
        """Of fields of one name any one will do; each that is asked for must be there."""
        self.assertTrue(_matches(_F("a", 2), _F("a", 1), _F("a", 2)))
        both = Template(_event("*", _F("a", 1), _F("a", 2)))
        self.assertTrue(both.matches(_event("e", _F("a", 2), _F("a", 1))))
        self.assertFalse(both.matches(_event("e", _F("a", 2), _F("a", 3))))

    def test_containers(self) -> None:
        """A container must be there with all of it inside, in one of that name."""
        asked = _container("host", _F("ip", "1"), _container("disk", _F("free")))
        good = _container("host", _container("disk", _F("free", 1)), _F("ip", "1"))
        self.assertTrue(_matches(asked, _container("host"), good))
        apart = (
            _container("host", _F("ip", "1")),
            _container("host", _container("disk", _F("free"))),
        )
        self.assertFalse(_matches(asked, *apart))
        self.assertFalse(_matches(asked, _F("host"), _F("ip", "1")))
        self.assertTrue(_matches(_container("host"), _container("host", _F("more"))))
        self.assertFalse(_matches(_F("ip", "1"), good))

    def test_sameName(self) -> None:
        """A field and a container of one name are asked for apart."""
        both = Template(_event("*", _F("a", 1), _container("a", _F("b"))))
        self.assertTrue(both.matches(_event("e", _container("a", _F("b")), _F("a", 1))))
        self.assertFalse(both.matches(_event("e", _F("a", 1))))

    def test_refused(self) -> None:
        """Units that are meant otherwise, or of no number, are refused when the template is made, and named."""
        for field in (
            _F("speed", 1.0, "mb/s"),
            _F("speed", None, ""),
            _F("speed", "fast", "Mb/s"),
            _F("speed", True, "Mb/s"),
            _F("speed", Timestamp(0), "s"),
        ):
            for template in (_event("*", field), _event("*", _container("c", field))):
                error = self.assertRaises(ParameterError, Template, template)
                self.assertIn('"speed"', error.message)

    def test_unknownUnits(self) -> None:
        """Units that are not known are those of the same spelling, and nothing is converted into them."""
        self.assertTrue(_matches(_F("a", units="rpm"), _F("a", 1.0, "rpm")))
        self.assertTrue(_matches(_F("a", 1, "rpm"), _F("a", 1.0, "rpm")))
        self.assertFalse(_matches(_F("a", 1.0, "rpm"), _F("a", 1.0 + 1e-14, "rpm")))
        for other in ("1/min", "RPM", "s", None):
            self.assertFalse(_matches(_F("a", units="rpm"), _F("a", 1.0, other)), other)
        event = _event("e", _F("a", 1.0, "rpm"), _F("a", 1.0, "Hz"))
        self.assertIs(Template(_event("*", _F("a", units="rpm"))).convert(event), event)

    def test_bounds(self) -> None:
        """A template asks for so much, and for so much of one name in one place."""
        Template(_event("*", *[_F(f"f{n}") for n in range(MAX_ASKED)]))
        many = _event("*", *[_F(f"f{n}") for n in range(MAX_ASKED + 1)])
        self.assertRaises(TooLarge, Template, many)
        Template(_event("*", *[_F("f", n) for n in range(MAX_SAME)]))
        self.assertRaises(
            TooLarge, Template, _event("*", *[_F("f", n) for n in range(MAX_SAME + 1)])
        )
        apart = [_container("c", _F("f", 1), _F("f", 2), _F("f", 3)) for _ in range(2)]
        error = self.assertRaises(TooLarge, Template, _event("*", *apart))
        self.assertIn('"c/f"', error.message)

    def test_textBound(self) -> None:
        """All names, units, texts and bytes in a template together have so many characters, at whatever depth."""
        half = MAX_TEMPLATE // 2
        Template(_event("*", _F("a", "x" * half), _F("b", b"x" * (half - 3))))
        for items in (
            (_F("a", "x" * half), _F("b", b"x" * half)),
            (_container("c", _F("a", "x" * half), _container("d", _F("a", "x" * half))),),
            tuple(_container(f"{number:03}" + "n" * 253, _F("n" * 256)) for number in range(128)),
        ):
            error = self.assertRaises(TooLarge, Template, _event("*", *items))
            self.assertIn(str(MAX_TEMPLATE), error.message)

    def test_changed(self) -> None:
        """What is done to the event later changes no template of it."""
        event = _event("e")
        template = Template(event)
        event.add(_F("a"))
        self.assertTrue(template.matches(_event("e")))

    @given(EVENTS)
    def test_itself(self, event: Event) -> None:
        """Every event is as it says itself, when its units are known and its name is no glob."""
        try:
            template = Template(event)
        except (ParameterError, TooLarge):
            return
        self.assertTrue(template.matches(event))
        self.assertTrue(template.overlaps(template))
        self.assertEqual(template.convert(event), event)


class ConvertTests(SynchronousTestCase):
    """Events come in the units that were asked for."""

    def test_converted(self) -> None:
        """Every field of the name in that place has the units; the rest is as it was, in its order."""
        template = Template(
            _event("*", _F("rate", units="kb/s"), _container("c", _F("t", units="s")))
        )
        event = _event(
            "e",
            _F("rate", 1.5, "Mb/s"),
            _F("other", 1.5, "Mb/s"),
            _F("rate", 2, "Mb/s"),
            _container("c", _F("t", 1500, "ms"), _F("rate", 1.0, "Mb/s")),
            _container("c", _F("u", 1500, "ms")),
        )
        expected = _event(
            "e",
            _F("rate", 1500.0, "kb/s"),
            _F("other", 1.5, "Mb/s"),
            _F("rate", 2000, "kb/s"),
            _container("c", _F("t", 1.5, "s"), _F("rate", 1.0, "Mb/s")),
            _container("c", _F("u", 1500, "ms")),
        )
        before = repr(event.items)
        self.assertEqual(template.convert(event), expected)
        self.assertEqual(repr(event.items), before)

    def test_rest(self) -> None:
        """Timestamp, id and number stay."""
        template = Template(_event("*", _F("t", units="s")))
        event = Event("e", 5.0, "id", 7)
        event.add(_F("t", 5, "ms"))
        made = template.convert(event)
        self.assertEqual((made.timestamp, made.id, made.sequence), (event.timestamp, "id", 7))

    def test_asItIs(self) -> None:
        """Nothing to convert gives the same event; what cannot be converted stays with its units."""
        plain = _event("e", _F("a", 1.0, "ms"))
        self.assertIs(Template(_event("*", _F("a"))).convert(plain), plain)
        template = Template(_event("*", _F("a", units="s")))
        for field in (
            _F("a", 1.0),
            _F("a", 1.0, "s"),
            _F("a", 1.0, "b"),
            _F("a", "text", "ms"),
            _F("a", None, "ms"),
            _F("a", 1e308, "d"),
        ):
            event = _event("e", field)
            self.assertIs(template.convert(event), event)
        many = _event("e", _F("a", 10**37, "d"))
        self.assertEqual(template.convert(many), many)

    def test_first(self) -> None:
        """Where one place asks for two units, the first are given."""
        template = Template(_event("*", _F("a", units="s"), _F("a", 5, "ms")))
        self.assertEqual(
            template.convert(_event("e", _F("a", 5000, "us"))), _event("e", _F("a", 0.005, "s"))
        )
        nested = [_container("c", _F("a")), _container("c", _F("a", units="ms"))]
        made = Template(_event("*", *nested)).convert(_event("e", _container("c", _F("a", 5, "s"))))
        self.assertEqual(made, _event("e", _container("c", _F("a", 5000, "ms"))))
        several = [_container("c", _F("a", units=one)) for one in ("ms", "us")]
        made = Template(_event("*", *several)).convert(
            _event("e", _container("c", _F("a", 5, "s")))
        )
        self.assertEqual(made, _event("e", _container("c", _F("a", 5000, "ms"))))


class OverlapTests(SynchronousTestCase):
    """Whether a producer's template and a consumer's could mean the same events."""

    def _meet(self, one: Event, other: Event, expected: bool) -> None:
        self.assertEqual(overlaps(one, other), expected)
        self.assertEqual(overlaps(other, one), expected)

    def test_names(self) -> None:
        """Their names must meet."""
        self._meet(_event("cpu.*"), _event("*.load"), True)
        self._meet(_event("cpu.*"), _event("disk.*"), False)

    def test_values(self) -> None:
        """A field both ask for with values needs two that are equal; of one alone nothing is known."""
        self._meet(_event("a", _F("p", "x")), _event("a", _F("p", "y")), False)
        self._meet(_event("a", _F("p", "x")), _event("a", _F("p", "x")), True)
        self._meet(_event("a", _F("p", "x")), _event("a", _F("p")), True)
        self._meet(_event("a", _F("p", "x")), _event("a", _F("q", "y")), True)
        self._meet(_event("a", _F("p", "x"), _F("p", "y")), _event("a", _F("p", "y")), True)
        self._meet(_event("a", _F("p", 1)), _event("a", _F("p", True)), False)

    def test_units(self) -> None:
        """Units must be of one dimension, and values in them worth the same."""
        self._meet(_event("a", _F("p", 1, "Mb/s")), _event("a", _F("p", 1000, "kb/s")), True)
        self._meet(_event("a", _F("p", 1, "Mb/s")), _event("a", _F("p", 1, "kb/s")), False)
        self._meet(_event("a", _F("p", units="Mb/s")), _event("a", _F("p", 1, "kb/s")), True)
        self._meet(_event("a", _F("p", units="Mb/s")), _event("a", _F("p", units="s")), False)
        self._meet(_event("a", _F("p", 1, "Mb/s")), _event("a", _F("p", 1)), True)
        self._meet(_event("a", _F("p", units="rpm")), _event("a", _F("p", 1, "rpm")), True)
        self._meet(_event("a", _F("p", units="rpm")), _event("a", _F("p", units="Hz")), False)

    def test_unitsOfOne(self) -> None:
        """What one compares as it is, is worth something else in the units of the other: both may mean one event."""
        one, other = _event("a", _F("p", 100, "Mb/s")), _event("a", _F("p", 100_000))
        event = _event("a", _F("p", 100_000, "kb/s"))
        self.assertTrue(Template(one).matches(event) and Template(other).matches(event))
        self._meet(one, other, True)
        self._meet(one, _event("a", _F("p", "fast")), False)
        self._meet(_event("a", _F("p", units="Mb/s")), other, True)

    def test_containers(self) -> None:
        """What is in containers of one name counts as well."""
        one = _event("a", _container("host", _F("ip", "1")))
        self._meet(one, _event("a", _container("host", _F("ip", "2"))), False)
        self._meet(one, _event("a", _container("disk", _F("ip", "2"))), True)

    @given(EVENTS, st.sampled_from(["*", "a*"]))
    def test_matched(self, event: Event, name: str) -> None:
        """Two templates one event matches overlap, when no name in them repeats."""
        try:
            one = Template(event)
        except (ParameterError, TooLarge):
            return
        other = Template(_event(name, *event.items[:1]))
        if other.matches(event):
            self.assertTrue(one.overlaps(other))
