"""ULM lines."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotRepresentable, ParameterError, TooLarge
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import Dialect, ulm
from tests.netlogger.representable import events
from tests.netlogger.test_bp import vectors

LIVE = [one["line"] for one in vectors("ulm_read")]


class WriteTests(SynchronousTestCase):
    """What is written."""

    def test_order(self) -> None:
        """Date, host, program and name come first."""
        made = Event("SlowStart", "2002-03-29T21:03:55.443568Z")
        made.add(EventField("VAL", 2))
        made.add(EventField("PROG", "nliperf"))
        made.add(EventField("HOST", "10.1.1.10"))
        self.assertEqual(
            ulm.write(made),
            b"DATE=20020329210355.443568 HOST=10.1.1.10 PROG=nliperf NL.EVNT=SlowStart VAL=2",
        )

    def test_nowhere(self) -> None:
        """Without host and program there is what NetLogger wrote, and what the caller says."""
        written = ulm.write(Event("e", "2002-03-29T21:03:55Z"), program="p")
        self.assertEqual(written, b"DATE=20020329210355.000000 HOST=127.0.0.1 PROG=p NL.EVNT=e")

    def test_notRepresentable(self) -> None:
        """Nanoseconds, names that begin with a digit, and numbers where there is text."""
        error = self.assertRaises(NotRepresentable, ulm.write, Event("e", Timestamp(1)))
        self.assertIn("nanoseconds", error.message)
        made = Event("e", 0.0)
        made.add(EventField("1st", 1))
        self.assertIn('"1st"', self.assertRaises(NotRepresentable, ulm.write, made).message)
        for name in ("HOST", "PROG"):
            made = Event("e", 0.0)
            made.add(EventField(name, 5))
            error = self.assertRaises(NotRepresentable, ulm.write, made)
            self.assertIn(f'"{name}" is a number', error.message)


class ReadTests(SynchronousTestCase):
    """What is read."""

    def test_live(self) -> None:
        """Lines of real servers, the last only leniently: it has a blank in a file name."""
        for one in LIVE[:-1]:
            self.assertEqual(ulm.read(one), ulm.read(one, isStrict=False))
        self.assertRaises(ParameterError, ulm.read, LIVE[-1])
        self.assertEqual(
            ulm.read(LIVE[-1], isStrict=False).get("FILE"), "/data/ftp/b with space.txt"
        )

    def test_fraction(self) -> None:
        """A short one is whole microseconds: so the transfer took 0.238804 s."""
        read = ulm.read(LIVE[2])
        self.assertEqual(str(read.timestamp), "2007-02-15T11:07:03.002102Z")
        self.assertEqual(read.get("START"), "20070215110702.763298")
        self.assertEqual(str(ulm.read(LIVE[0]).timestamp), "1998-04-01T10:30:10.028294Z")

    def test_iso(self) -> None:
        """What other builds wrote, with and without precision and accuracy."""
        for written in ("2002-03-29T21:03:55.443568Z", "2002-03-29T21:03:55.443568Zp.000001/.001"):
            read = ulm.read(f"DATE={written} NL.EVNT=e")
            self.assertEqual(str(read.timestamp), "2002-03-29T21:03:55.443568Z")

    def test_refused(self) -> None:
        """The error says what is missing or wrong."""
        for bad, named in (
            ("DATE=20020329210355 HOST=h", "NL.EVNT="),
            ("NL.EVNT=e", "DATE="),
            ("DATE=20021329210355 NL.EVNT=e", "20021329210355"),
            ("DATE=yesterday NL.EVNT=e", "yesterday"),
        ):
            self.assertIn(named, self.assertRaises(ParameterError, ulm.read, bad).message)

    @settings(max_examples=200, deadline=None)
    @given(st.text(st.sampled_from('AB1.-e=" \\\tZp/'), max_size=60), st.booleans())
    def test_fuzz(self, text: str, isStrict: bool) -> None:
        """Nothing but the named errors."""
        for one in (text, f"DATE={text} NL.EVNT=e", f"{LIVE[1]} {text}"):
            try:
                ulm.read(one, isStrict)
            except (ParameterError, TooLarge):
                continue


class RoundTripTests(SynchronousTestCase):
    """What is written is read as it was."""

    @settings(max_examples=200, deadline=None)
    @given(events(step=1000), st.sampled_from(Dialect))
    def test_exact(self, made: Event, dialect: Dialect) -> None:
        """With host and program in front."""
        whole = Event(made.name, made.timestamp, made.id, made.sequence)
        for one in (EventField("HOST", "h"), EventField("PROG", "1.0"), *made.fields):
            whole.add(one)
        try:
            written = ulm.write(whole, dialect)
        except NotRepresentable as error:
            assume("cannot be in a ULM line" not in error.message)
            self.assertIs(dialect, Dialect.CLASSIC)
            return
        self.assertEqual(ulm.read(written, True, dialect), whole)

    def test_live(self) -> None:
        """Lines of real servers, and what is written of them."""
        for one in LIVE:
            read = ulm.read(one, isStrict=False)
            self.assertEqual(ulm.read(ulm.write(read)), read)
