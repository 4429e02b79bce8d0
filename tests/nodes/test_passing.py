"""What whole nodes tell of the events that pass them, on the pages operators read; in memory on a virtual clock."""

from collections.abc import Mapping, Sequence

from twisted.internet.protocol import Factory, Protocol

from gma_twisted.client.gma import ProducerProxy
from gma_twisted.console.families import FAMILIES
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.kind import ARCHIVER, FILTER, REPUBLISHER, SUMMARISER
from tests.console.fakenode import FakeNode
from tests.console.test_metrics import values
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_compounds import CompoundCase, loaded
from tests.nodes.test_gmanodes import PRODUCER_URL
from tests.nodes.test_lines import LinesCase
from tests.nodes.test_observing import ObservingCase

_LINE = b"ts=2026-01-01T00:00:00Z event=load value=%d\n"
_RULE = "[summarise.load]\nevents = 'host.*'\nwindow = '10s'\nvalues = ['count']\n"
# What gma_producer_subscriptions and gma_stream_waiting_bytes say, too.
_TWICE = {"feeds", "held"}


def untold(counts: Mapping[str, int], told: FakeNode, *prefixes: str) -> set[str]:
    """
    Counters that no metric tells.

    @param counts: with numbers that are all different
    @param told: has them
    @param prefixes: of the metrics
    """
    names = [one.name for one in FAMILIES if one.name.startswith(prefixes)]
    found = {number for name in names for number in values(told, name).values()}
    return {name for name, number in counts.items() if float(number) not in found}


def numbered(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The same names with other numbers: each is its place."""
    return {name: place for place, name in enumerate(counts, 1)}


class CompoundTests(CompoundCase, ObservingCase):
    """Compound nodes, and the producer before them."""

    def metrics(self, node: MemoryNode, *samples: str) -> Sequence[float | None]:
        """Values of a page made now."""
        return [self.metric(node, one) for one in samples]

    def test_filter(self) -> None:
        """What came and what was filtered is counted, and what the producers before and behind it sent."""
        source = self.source()
        node = self.compound(FILTER, "[filter]\nwhere = 'load > 1'\n")
        target = self.target(FILTER)
        self.turn(3.0)
        self.publish(loaded(2.0, 3), loaded(0.5, 3), loaded(0.25, 3))
        reason = 'gma_compound_left_out_events_total{reason="%s"}'
        self.assertEqual(
            self.metrics(
                node,
                "gma_consumer_events_total",
                "gma_compound_events_total",
                reason % "filtered",
                reason % "circled",
                reason % "late",
                "gma_producer_events_total",
                "gma_archive_events",
            ),
            [3.0, 3.0, 2.0, 0.0, None, 1.0, None],
        )
        sent = ("gma_producer_events_total", "gma_producer_delivered_events_total")
        self.assertEqual(self.metrics(source, *sent), [3.0, 3.0])
        self.assertEqual(
            self.metrics(source, "gma_consumer_events_total", "gma_compound_events_total"),
            [None, None],
        )
        self.assertEqual(
            self.metrics(target, "gma_consumer_events_total", "gma_producer_events_total"),
            [1.0, None],
        )

    def test_archive(self) -> None:
        """An archive tells its size; the status page has it beside what the node made of events."""
        self.source()
        node = self.compound(ARCHIVER)
        self.turn(3.0)
        self.publish(loaded(2.0, 3), loaded(0.5, 3))
        self.assertEqual(
            self.metrics(
                node,
                "gma_archive_events",
                "gma_archive_stored_events_total",
                "gma_archive_waiting_events",
            ),
            [2.0, 2.0, 0.0],
        )
        size = self.metric(node, "gma_archive_bytes")
        assert size is not None
        self.assertGreater(size, 4096.0)
        status = self.status(node)
        self.assertEqual(status["compound"], {"taken": 2, "circled": 0, "unfit": 0})
        self.assertEqual(status["producer"]["archiveBytes"], int(size))
        page = self.page(node, "/")[1]
        self.assertIn(f"events 2, bytes {int(size)}", page)
        self.assertIn(">taken 2, circled 0, unfit 0<", page)

    def test_summaries(self) -> None:
        """Windows that are open are told, and so is what came too late for one, and the summaries that were made."""
        self.source()
        node = self.compound(SUMMARISER, _RULE)
        self.turn(3.0)
        self.publish(loaded(1.0, 3))
        self.assertEqual(self.metric(node, "gma_compound_open_windows"), 1.0)
        self.turn(60.0)
        self.publish(loaded(1.0, 4))
        late = 'gma_compound_left_out_events_total{reason="late"}'
        self.assertEqual(
            self.metrics(node, "gma_compound_open_windows", "gma_compound_summaries_total", late),
            [0.0, 1.0, 1.0],
        )

    def test_every(self) -> None:
        """Nothing that a node of these kinds counts is left out, of its producer, its archive and what it makes."""
        for kind, text in ((ARCHIVER, ""), (FILTER, ""), (REPUBLISHER, ""), (SUMMARISER, _RULE)):
            node = self.compound(kind, text, at="")
            control = node.service.control
            made = numbered(control.compounded())
            self.assertIn("taken", made)
            self.assertEqual(untold(made, FakeNode(made=made), "gma_compound_"), set(), kind)
            published = numbered(control.produced())
            told = FakeNode(published=published)
            self.assertEqual(untold(published, told, "gma_producer_", "gma_archive_"), _TWICE, kind)
            taken = numbered(control.consumed())
            self.assertIn("events", taken)
            self.assertEqual(untold(taken, FakeNode(taken=taken), "gma_consumer_"), set(), kind)
            self.assertEqual(set(control.sentLines()), {"x-netlog", "x-netlog-udp"}, kind)

    def test_none(self) -> None:
        """A node where no events pass has none of it."""
        node = self.start("", "index", kind=INDEX)
        text = self.page(node, "/metrics")[1]
        parts = ("producer", "archive", "stream", "listen", "consumer", "compound")
        for part in parts:
            self.assertNotRegex(text, rf"(?m)^gma_{part}_")
        self.assertNotIn('id="events"', self.page(node, "/")[1])
        status = self.status(node)
        self.assertEqual(
            [status[one] for one in ("producer", "consumer", "compound", "lines", "sentLines")],
            [{}] * 5,
        )


class _Heard(Protocol):
    """Keeps the connections. @ivar all: of them"""

    all: "list[_Heard]"
    data = b""

    def connectionMade(self) -> None:
        """One more."""
        self.all.append(self)

    def dataReceived(self, data: bytes) -> None:
        """More of it."""
        self.data += data


class LinesTests(LinesCase, ObservingCase):
    """Lines that are sent, and lines that come."""

    def test_sent(self) -> None:
        """Lines, bytes and connections are told by scheme, and a connection that took the place of another."""

        class Heard(_Heard):
            all = []

        self.network.listen("127.0.0.1", 9000, Factory.forProtocol(Heard))
        node = self.producer()
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.result(proxy.begin("Tick", "x-netlog://127.0.0.1:9000"))
        self.turn(3.0)
        by = '{scheme="x-netlog"}'
        self.assertEqual(self.metric(node, f"gma_stream_open_connections{by}"), 1.0)
        self.assertEqual(self.metric(node, f"gma_stream_reconnections_total{by}"), 0.0)
        self.assertEqual(self.metric(node, "gma_producer_group_members"), 1.0)
        transport = Heard.all[0].transport
        assert transport is not None
        transport.loseConnection()
        self.turn(3.0)
        lines = sum(len(one.data.splitlines()) for one in Heard.all)
        counts = self.status(node)["sentLines"]["x-netlog"]
        self.assertGreaterEqual(lines, 3)
        self.assertEqual(counts["bytes"], sum(len(one.data) for one in Heard.all))
        self.assertEqual(counts["reconnected"], 1)
        self.assertEqual(self.metric(node, f"gma_stream_reconnections_total{by}"), 1.0)
        self.assertEqual(self.metric(node, f"gma_stream_connections_total{by}"), 2.0)
        self.assertEqual(
            self.metric(node, 'gma_stream_sent_lines_total{scheme="x-netlog-udp"}'), 0.0
        )
        self.assertIsNone(self.metric(node, 'gma_stream_sent_lines_total{scheme="file"}'))
        self.assertIsNone(self.metric(node, "gma_listen_gaps_total"))

    def test_came(self) -> None:
        """Lines that came are told, those too that are none; the status page has the same numbers."""
        node = self.listening()
        self.send(_LINE % 1 + _LINE % 2 + b"nonsense\n")
        self.assertEqual(self.metric(node, 'gma_listen_events_total{outcome="plain"}'), 2.0)
        self.assertEqual(self.metric(node, "gma_listen_bad_lines_total"), 1.0)
        self.assertEqual(self.metric(node, "gma_listen_connections_total"), 1.0)
        self.assertEqual(self.metric(node, "gma_consumer_events_total"), 2.0)
        self.assertIsNone(self.metric(node, 'gma_stream_sent_lines_total{scheme="x-netlog"}'))
        self.assertIn(">lines that came</th>", self.page(node, "/")[1])

    def test_every(self) -> None:
        """Nothing that is counted of lines is left out."""
        came = numbered(self.listening().service.control.lines())
        self.assertIn("datagrams", came)
        self.assertEqual(untold(came, FakeNode(came=came), "gma_listen_"), set())
