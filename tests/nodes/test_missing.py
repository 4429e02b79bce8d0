"""What is handed on of events that tell of others which never come, and what nobody gets through that way."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import FilterSection, RepublishSection
from gma_twisted.events.summary import Summariser, SummaryRule
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.passage import VIA
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.lines import LineReader, LineWriter
from gma_twisted.netlogger.numbers import missed
from gma_twisted.nodes.deriving import Filtering, Keeping, Republishing
from gma_twisted.nodes.missing import missingIn

_HERE = "0123456789ab"


def _event(name: str, id: str | None = None, **fields: Value) -> Event:
    event = Event(name, Timestamp(5), id)
    for field, value in fields.items():
        event.add(EventField(field, value))
    return event


def _told(event: Event | None) -> dict[str, object] | None:
    return None if event is None else {one.name: one.value for one in event.fields}


class MissingTests(SynchronousTestCase):
    """Which events tell of others."""

    def test_defined(self) -> None:
        """Those that have what such events have, with and without what is not always there."""
        for event in (
            _event("gma.bridge.missed", count=3),
            _event("gma.stream.missed", count=2**40),
            _event("gma.stream.missed", count="17"),
            _event("gma.consumer.missed"),
            _event("gma.consumer.missed", count=1, announced=1),
            _event("gma.consumer.missed", announced=True),
            _event("gma.summary.left", rule="by-site.1", late=1, early=0, crowded=0, unfit=2),
        ):
            self.assertEqual(missingIn(event), event)
            event.add(EventField(VIA, f"{_HERE},{_HERE[::-1].replace('x', 'a')}"))
            self.assertEqual(missingIn(event), event)

    def test_ours(self) -> None:
        """Those that our own parts make, also when they came in lines."""
        summariser = Summariser(SummaryRule(name="r", groups=1))
        summariser.take(_event("a"), 5)
        summariser.take(_event("b"), 5)
        left = summariser.leftOut(5)
        assert left is not None
        self.assertEqual(missingIn(left), left)
        line = LineWriter().write(missed(17, Timestamp(10**9)))
        read = LineReader().read(line.rstrip(b"\n"))
        assert read is not None
        self.assertEqual(_told(missingIn(read)), _told(read))

    def test_others(self) -> None:
        """Whatever else is called so is an event like any other."""
        for event in (
            _event("gma.bridge.missed"),
            _event("gma.bridge.missed", count="all of it"),
            _event("gma.stream.missed", count=10**30),
            _event("gma.stream.missed", count=-1),
            _event("gma.stream.missed", count=1.5),
            _event("gma.stream.missed", site="cern"),
            _event("gma.summary.left", late=3),
            _event("gma.summary.left", rule="a secret, in words", late=3),
            _event("gma.summary.missed", count=1),
        ):
            self.assertIsNone(missingIn(event), event)

    def test_twice(self) -> None:
        """A field that comes again and again tells nothing either."""
        event = _event("gma.stream.missed", count=1)
        event.add(EventField("count", 115))
        self.assertIsNone(missingIn(event))

    def test_stripped(self) -> None:
        """What it has beside that stays behind: its id, units, other fields, containers, a way that is none."""
        event = _event("gma.stream.missed", "secret", count=7, site="cern")
        event.items[0] = EventField("count", 7, "secret")
        event.add(EventField(VIA, "not a way"))
        inner = EventContainer("secret")
        inner.add(EventField("text", "secret"))
        event.add(inner)
        made = missingIn(event)
        assert made is not None
        self.assertEqual(made, _event("gma.stream.missed", count=7))


class DerivingTests(SynchronousTestCase):
    """What compound nodes make of them."""

    def test_filter(self) -> None:
        """A filter lets by what they tell, and judges everything else that is called so."""
        filtering = Filtering(FilterSection(eventTypes=("host.*",), where="site = 'cern'"))
        self.assertEqual(
            _told(filtering.derive(_event("gma.stream.missed", count=7, secret="x"))), {"count": 7}
        )
        for name in ("gma.stream.missed", "gma.bridge.missed", "gma.summary.left"):
            self.assertIsNone(filtering.derive(_event(name, secret="x")))
        self.assertEqual(_told(filtering.derive(_event("gma.consumer.missed", secret="x"))), {})

    def test_republisher(self) -> None:
        """A republisher has neither another name for them nor its fields in them."""
        republishing = Republishing(RepublishSection(prefix="cern.", const={"site": "cern"}))
        made = republishing.derive(_event("gma.bridge.missed", count=1, site="fnal"))
        self.assertEqual(made, _event("gma.bridge.missed", count=1))
        other = republishing.derive(_event("gma.bridge.missed", site="fnal"))
        self.assertEqual(other, _event("cern.gma.bridge.missed", site="cern"))

    def test_archiver(self) -> None:
        """An archiver keeps them as they came."""
        event = _event("gma.bridge.missed", "id", count=1, site="fnal")
        self.assertIs(Keeping().derive(event), event)
