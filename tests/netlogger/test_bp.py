"""BP lines."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotRepresentable, ParameterError, TooLarge
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import MAX_LINE, Dialect, bp, flattened
from gma_twisted.netlogger.pairs import MAX_WORDS
from tests.netlogger.representable import TEXTS, events
from tests.netlogger.ways import InPython

WHEN = "2009-12-08T17:43:30.123456Z"
START = f"ts={WHEN} event=e"
# Run for both ways; the examples of one are good for the other.
_SHARED = [HealthCheck.differing_executors]


def vectors(kind: str) -> list[dict[str, Any]]:
    """Lines with what an independent reader makes of them."""
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text())[
        kind
    ]
    return found


def event(*fields: EventField) -> Event:
    """One with these fields."""
    made = Event("e", WHEN)
    for one in fields:
        made.add(one)
    return made


def line(*fields: EventField, dialect: Dialect = Dialect.CLASSIC) -> str:
    """What is written behind time and name."""
    return bp.write(event(*fields), dialect).decode().removeprefix(START).lstrip()


class WriteTests(SynchronousTestCase):
    """What is written."""

    def test_published(self) -> None:
        """pyGMA's sample, with the units beside their field."""
        app = Event("App", WHEN)
        app.add(EventField("Program", value="GridFTP"))
        app.add(EventField("Bandwidth", value=100.0, units="Mb/s"))
        self.assertEqual(
            bp.write(app),
            f"ts={WHEN} event=App Program=GridFTP Bandwidth=100.0 Bandwidth._units=Mb/s".encode(),
        )

    def test_quotes(self) -> None:
        """Where there are blanks, quotes, signs of equality or nothing, and where text looks like a number."""
        for value, written in (
            ("", 'k=""'),
            ("two words", 'k="two words"'),
            ('say "hi"', 'k="say \\"hi\\""'),
            ("a=b", 'k="a=b"'),
            ("a\\b", "k=a\\b"),
            ("12", 'k="12"'),
            ("1.5", 'k="1.5"'),
            ("007", "k=007"),
            ("20070215110702.763298", "k=20070215110702.763298"),
            (12, "k=12"),
            (-1.5, "k=-1.5"),
            (1e22, "k=1e+22"),
        ):
            self.assertEqual(line(EventField("k", value)), written)

    def test_containers(self) -> None:
        """Become paths."""
        host, net = EventContainer("host"), EventContainer("net")
        net.add(EventField("ip", "10.0.0.1"))
        host.add(net)
        made = event()
        made.add(host)
        self.assertEqual(bp.write(made), f"{START} host.net.ip=10.0.0.1".encode())
        self.assertEqual(bp.read(bp.write(made)), flattened(made))

    def test_full(self) -> None:
        """Line breaks and backslashes are escaped in the other dialect."""
        self.assertEqual(
            line(EventField("k", 'a\r\n\\"'), dialect=Dialect.FULL), 'k="a\\r\\n\\\\\\""'
        )

    def test_notRepresentable(self) -> None:
        """The field is named."""
        empty = EventContainer("box")
        twice = EventContainer("a")
        twice.add(EventField("b", 1))
        for items, named in (
            ((EventField("none"),), '"none" has no value'),
            ((EventField("yes", True),), '"yes" has a truth'),
            ((EventField("raw", b"x"),), '"raw" has a value of bytes'),
            ((EventField("when", Timestamp(0)),), '"when" has a value of Timestamp'),
            ((EventField("big", float("inf")),), '"big" is inf'),
            ((EventField("a b", 1),), '"a b"'),
            ((EventField("ts", 1),), '"ts"'),
            ((EventField("gma.seq", 1),), '"gma.seq"'),
            ((EventField("k", 1), EventField("k", 2)), '"k"'),
            ((EventField("a.b", 1), twice), '"a.b"'),
            ((EventField("k._units", "s"),), '"k._units"'),
            ((empty,), '"box" is empty'),
            ((EventField("k", "a\nb"),), '"k" has a line break'),
            ((EventField("k", "a b\\"),), '"k" ends with a backslash'),
        ):
            made = event()
            for item in items:
                made.add(item)
            error = self.assertRaises(NotRepresentable, bp.write, made)
            self.assertIn(named, error.message)

    def test_oneLine(self) -> None:
        """Whatever is written, it is one line."""
        for dialect in Dialect:
            for value in ("a\nb", "a\rb", "\n"):
                try:
                    written = bp.write(event(EventField("k", value)), dialect)
                except NotRepresentable:
                    continue
                self.assertNotIn(b"\n", written)
                self.assertNotIn(b"\r", written)


class ReadTests(SynchronousTestCase):
    """What is read."""

    def test_vectors(self) -> None:
        """As the independent reader does, where it does; times it cannot read are read."""
        for one in vectors("bp_read"):
            expected = one["pegasus_strict"]
            if expected.get("error") == "BPParseError":
                self.assertRaises(ParameterError, bp.read, one["line"])
                continue
            read = bp.read(one["line"])
            if "error" in expected:
                continue
            self.assertEqual(read.name, expected.pop("event"))
            self.assertEqual(read.timestamp, Timestamp.ofSeconds(expected.pop("ts")))
            self.assertEqual({item.name: str(item.value) for item in read.fields}, expected)

    def test_written(self) -> None:
        """What the independent writer writes is read."""
        values = [
            {one.name: one.value for one in bp.read(each["pegasus_output"]).fields}
            for each in vectors("bp_write")
        ]
        common = {"level": "Info"}
        self.assertEqual(
            values,
            [
                {**common, **more}
                for more in (
                    {"Program": "GridFTP", "Bandwidth": 100.0},
                    {"k": ""},
                    {"k": "two words"},
                    {"k": 'say "hi"'},
                    {"k": "a=b"},
                    {"host.ip": "10.0.0.1"},
                    {"i": -3, "f": 2.5},
                )
            ],
        )

    def test_times(self) -> None:
        """With any zone, any fraction, or as seconds; exactly."""
        for written, expected in (
            ("1999-12-08T17:43:30Z", "1999-12-08T17:43:30.000000Z"),
            ("2024-01-02T03:04:05.678+0000", "2024-01-02T03:04:05.678000Z"),
            ("2024-01-02T03:04:05-08:00", "2024-01-02T11:04:05.000000Z"),
            ("1260294210.123456789", "2009-12-08T17:43:30.123456789Z"),
            ("1260294210", "2009-12-08T17:43:30.000000Z"),
            ("-1.5", "1969-12-31T23:59:58.500000Z"),
        ):
            self.assertEqual(str(bp.read(f"ts={written} event=e").timestamp), expected)

    def test_names(self) -> None:
        """A name that looks like a number is text as it stands."""
        for name in ("1e5", "1.0", "007"):
            self.assertEqual(bp.read(f"ts={WHEN} event={name}").name, name)

    def test_lenient(self) -> None:
        """Words without a sign of equality belong to the value before; a value may be missing."""
        read = bp.read(f'{START} msg=two  words val=12 k= v empty= q=a"b', isStrict=False)
        self.assertEqual(
            [(one.name, one.value) for one in read.fields],
            [("msg", "two words"), ("val", 12), ("k", "v"), ("empty", ""), ("q", 'a"b')],
        )

    def test_refused(self) -> None:
        """What is no line is refused; the error says what is wrong."""
        for bad, named in (
            (f'{START} k=a"b', 'k=a"b'),
            (f'{START} k="a"b', 'k="a"b'),
            (f'{START} k="a', 'k="a'),
            ("event=e", "ts="),
            (f"ts={WHEN}", "event="),
            ("", "name=value"),
            ("# comment", "#"),
            (b"ts=\xff", "UTF-8"),
            ("ts=soon event=e", "soon"),
        ):
            error = self.assertRaises(ParameterError, bp.read, bad)
            self.assertIn(named, error.message)
        self.assertRaises(TooLarge, bp.read, START + " k=" + "a" * MAX_LINE)

    def test_manyWords(self) -> None:
        """More pairs or words than an event could have are not read to the end: the rest of the line takes no time."""
        dialect = Dialect.FULL
        for more in ("a ", "a=1 ", "a= ", 'a="b" ', 'a="b ', 'a="\\" ', "a._units=1 "):
            few, many = MAX_WORDS - 10, MAX_WORDS
            if '"b ' not in more and "\\" not in more:
                # Their last value counts, and one text holds them.
                bp.read(f"{START} k=1 " + more * few, False, dialect)
            line = f"{START} k=1 " + more * many
            for begun in (line, line + "\x7f" * 500_000):
                why = str(self.assertRaises(TooLarge, bp.read, begun, False, dialect))
                self.assertIn(str(MAX_WORDS), why)
        line = f"{START} " + "a=1 " * MAX_WORDS
        self.assertIn(str(MAX_WORDS), str(self.assertRaises(TooLarge, bp.read, line)))
        self.assertRaises(ParameterError, bp.read, line + "junk")

    def test_manySigns(self) -> None:
        """Signs of equality in texts are no pairs."""
        texts = [f'k{number}="{"=" * 1_000}"' for number in range(30)]
        found = bp.read(f"{START} {' '.join(texts)}")
        self.assertEqual([len(str(one.value)) for one in found.fields], [1_000] * 30)

    def test_hostile(self) -> None:
        """Quotes and backslashes without end take no longer than the line is long."""
        for tail in (
            'k="' + '\\"' * 200_000,
            'k="' + "a" * 400_000,
            " " * 400_000 + "x",
            "k=" * 200_000,
        ):
            for isStrict in (True, False):
                for dialect in Dialect:
                    try:
                        bp.read(f"{START} {tail}", isStrict, dialect)
                    except (ParameterError, TooLarge):
                        continue

    @settings(max_examples=300, deadline=None, suppress_health_check=_SHARED)
    @given(
        st.one_of(st.text(max_size=60), st.text(st.sampled_from('ab1.-e=" \\\tts'), max_size=60)),
        st.sampled_from(Dialect),
        st.booleans(),
    )
    def test_fuzz(self, text: str, dialect: Dialect, isStrict: bool) -> None:
        """Nothing but the named errors."""
        for one in (text, f"{START} {text}"):
            try:
                bp.read(one, isStrict, dialect)
            except (ParameterError, TooLarge):
                continue


class RoundTripTests(SynchronousTestCase):
    """What is written is read as it was."""

    @settings(max_examples=300, deadline=None, suppress_health_check=_SHARED)
    @given(events(), st.sampled_from(Dialect))
    def test_exact(self, made: Event, dialect: Dialect) -> None:
        """Strictly and leniently; else it is refused."""
        try:
            written = bp.write(made, dialect)
        except NotRepresentable:
            self.assertIs(dialect, Dialect.CLASSIC)
            return
        self.assertEqual(bp.read(written, True, dialect), made)
        self.assertEqual(bp.read(written + b"\n", False, dialect), made)

    @settings(max_examples=100, deadline=None, suppress_health_check=_SHARED)
    @given(TEXTS)
    def test_full(self, text: str) -> None:
        """In the full dialect any text, with any line breaks."""
        made = event(EventField("k", text + "\r\n\\"))
        self.assertEqual(bp.read(bp.write(made, Dialect.FULL), True, Dialect.FULL), made)


class WriteInPythonTests(InPython, WriteTests):
    """The same with nothing compiled."""


class ReadInPythonTests(InPython, ReadTests):
    """The same with nothing compiled."""


class RoundTripInPythonTests(InPython, RoundTripTests):
    """The same with nothing compiled."""
