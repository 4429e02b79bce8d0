"""C{/metrics}: the counters of events and of their lines."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.console.families import FAMILIES
from gma_twisted.streams.counts import StreamCounts
from gma_twisted.streams.listencounts import ListenCounts, OrderCounts
from tests.console.fakenode import FakeNode
from tests.console.test_metrics import Counting, values


class EventMetricsTests(SynchronousTestCase):
    """Values follow the node, and are there where it has such a part."""

    def test_sentLines(self) -> None:
        """Every counter of lines that were sent is told, by scheme; nothing where none are sent."""
        counted = Counting(StreamCounts)
        node = FakeNode(sentBy={"x-netlog": counted, "file": {}})
        families = [one.name for one in FAMILIES if one.name.startswith("gma_stream_")]
        found = [one for name in families for one in values(node, name).items()]
        told = sorted(number for labels, number in found if labels == ("x-netlog",))
        self.assertEqual(told, sorted(counted.values()))
        self.assertEqual({number for labels, number in found if labels == ("file",)}, {0.0})
        missed = values(node, "gma_stream_missed_events_total")
        self.assertEqual(missed, {("x-netlog",): counted["missed"], ("file",): 0.0})
        self.assertEqual([one for name in families for one in values(FakeNode(), name)], [])

    def test_lines(self) -> None:
        """Every counter of lines that came is told, each once; nothing where none are listened for."""
        counted = Counting(ListenCounts, OrderCounts)
        node = FakeNode(came=counted)
        families = [one.name for one in FAMILIES if one.name.startswith("gma_listen_")]
        found = [number for name in families for number in values(node, name).values()]
        self.assertEqual(sorted(found), sorted(counted.values()))
        outcomes = values(node, "gma_listen_events_total")
        self.assertEqual(outcomes[("left_out",)], counted["leftOut"])
        self.assertEqual(values(node, "gma_listen_filled_events_total"), {(): counted["filled"]})
        self.assertEqual([one for name in families for one in values(FakeNode(), name)], [])

    def test_consumed(self) -> None:
        """What came to a consumer, whatever way; nothing where there is none."""
        node = FakeNode(
            taken={"events": 5, "repeated": 4, "missed": 3, "gaps": 2, "subscriptions": 1}
        )
        families = [one.name for one in FAMILIES if one.name.startswith("gma_consumer_")]
        found = [number for name in families for number in values(node, name).values()]
        self.assertEqual(found, [5.0, 4.0, 3.0, 2.0, 1.0])
        self.assertEqual([one for name in families for one in values(FakeNode(), name)], [])

    def test_compound(self) -> None:
        """A compound node has the reasons its kind knows, and no others; one that summarises has windows."""
        node = FakeNode(made={"taken": 9, "circled": 0, "unfit": 1, "filtered": 3})
        self.assertEqual(values(node, "gma_compound_events_total"), {(): 9.0})
        self.assertEqual(
            values(node, "gma_compound_left_out_events_total"),
            {("circled",): 0.0, ("unfit",): 1.0, ("filtered",): 3.0},
        )
        self.assertEqual(values(node, "gma_compound_open_windows"), {})
        node = FakeNode(made={"taken": 9, "summaries": 4, "open": 2, "late": 7})
        self.assertEqual(values(node, "gma_compound_open_windows"), {(): 2.0})
        self.assertEqual(values(node, "gma_compound_summaries_total"), {(): 4.0})
        self.assertEqual(values(node, "gma_compound_left_out_events_total"), {("late",): 7.0})
        self.assertEqual(values(FakeNode(), "gma_compound_left_out_events_total"), {})

    def test_produced(self) -> None:
        """A producer's counters have their own names, those of its archive apart; nothing where there is none."""
        names = {
            "published": "gma_producer_events_total",
            "notified": "gma_producer_notifications_total",
            "delivered": "gma_producer_delivered_events_total",
            "failed": "gma_producer_failed_notifications_total",
            "missed": "gma_producer_missed_events_total",
            "subscriptions": "gma_producer_subscriptions",
            "groups": "gma_producer_groups",
            "members": "gma_producer_group_members",
            "waiting": "gma_producer_waiting_bytes",
            "unjudged": "gma_producer_unjudged_events_total",
            "unjudgedBytes": "gma_producer_unjudged_bytes",
            "archiveEvents": "gma_archive_events",
            "archiveBytes": "gma_archive_bytes",
            "archiveStored": "gma_archive_stored_events_total",
            "archiveRefused": "gma_archive_refused_transactions_total",
            "archiveLetGo": "gma_archive_let_go_events_total",
            "archiveWaitingEvents": "gma_archive_waiting_events",
            "archiveWaitingBytes": "gma_archive_waiting_bytes",
        }
        published = {name: place for place, name in enumerate(names)}
        node = FakeNode(published=published)
        found = {name: values(node, shown).get(()) for name, shown in names.items()}
        self.assertEqual(found, {name: float(count) for name, count in published.items()})
        parts = ("gma_producer_", "gma_archive_")
        families = [one.name for one in FAMILIES if one.name.startswith(parts)]
        self.assertEqual([one for name in families for one in values(FakeNode(), name)], [])
