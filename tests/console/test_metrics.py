"""C{/metrics}: every family, exact values, and nothing that breaks the format."""

import re
from collections.abc import Iterator, Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation.counts import InboxCounts, IntakeCounts
from gma_twisted.client.keepalive import _State as MembershipState
from gma_twisted.console.families import (
    FAMILIES,
    MEMBERSHIP_STATES,
    PROVIDER_STATES,
    Family,
    Reading,
)
from gma_twisted.console.metrics import LAG, LAG_TEXT
from gma_twisted.console.writing import linesOf
from gma_twisted.execution import RunState
from gma_twisted.model import LoopLag
from gma_twisted.notify.counts import DeliveryCounts
from tests.console.fakenode import COPIED, HOST, MEMBERSHIP, NEVER, FakeNode
from tests.console.test_console import ask, siteOf
from tests.readme import ROOT

_PROCESS = {
    "process_virtual_memory_bytes",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
}


def collected(node: FakeNode) -> dict[str, Metric]:
    """The families of a node, as Prometheus' own parser reads them."""
    text = ask(node, "/metrics").body.decode()
    found = {}
    for metric in text_string_to_metric_families(text):
        found[metric.name + ("_total" if metric.type == "counter" else "")] = metric
    return found


def values(node: FakeNode, name: str) -> dict[tuple[str, ...], float]:
    """The values of a family by those of its labels, in the order it declares them."""
    (labels,) = (one.labels for one in FAMILIES if one.name == name)
    found = {}
    for sample in collected(node)[name].samples:
        found[tuple(sample.labels[label] for label in labels)] = sample.value
    return found


class Counting(dict[str, int]):
    """Counters that are all different: each is its place."""

    def __init__(self, *kinds: type) -> None:
        names = dict.fromkeys(one.name for kind in kinds for one in attrs.fields(kind))
        super().__init__({name: place for place, name in enumerate(names, 1)})


class FamilyTests(SynchronousTestCase):
    """What is there."""

    def test_media(self) -> None:
        """The media type names the version of the format."""
        answer = ask(FakeNode(), "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.fields["content-type"], "text/plain; version=0.0.4; charset=utf-8")

    def test_every(self) -> None:
        """Every family has its HELP and TYPE, also of a node that has nothing yet, and there is no other."""
        told: dict[str, tuple[str, str]] = {}
        for line in ask(FakeNode(rows=()), "/metrics").body.decode().splitlines():
            if found := re.match(r"# HELP (\S+) (.*)", line):
                told[found[1]] = ("", found[2])
            elif found := re.match(r"# TYPE (\S+) (\w+)$", line):
                told[found[1]] = (found[2], told[found[1]][1])
        wanted = {one.name: (one.kind, one.text) for one in FAMILIES}
        wanted[LAG] = ("histogram", LAG_TEXT)
        process = {name: told.pop(name) for name in _PROCESS}
        self.assertEqual(told, wanted)
        self.assertTrue(all(kind and text for kind, text in process.values()))

    def test_names(self) -> None:
        """Names follow Prometheus' rules: one prefix, base units, C{_total} for counters and for nothing else."""
        for one in FAMILIES:
            self.assertRegex(one.name, r"\Agma_[a-z_]+\Z")
            self.assertEqual(one.name.endswith("_total"), one.kind == "counter", one.name)
            self.assertNotRegex(one.name, r"_(ms|milliseconds|minutes|kb|mb|percent)(_|\Z)")
            self.assertTrue(one.text.endswith("."), one.name)

    def test_states(self) -> None:
        """The states that are told are all there are."""
        self.assertEqual(set(PROVIDER_STATES), {one.value for one in RunState})
        self.assertEqual(set(MEMBERSHIP_STATES), {one.value for one in MembershipState})

    def test_madeOnceASecond(self) -> None:
        """A flood of requests asks the node once a second."""
        node = FakeNode()
        site = siteOf(node)
        first = ask(node, "/metrics", site=site).body
        node.up += 0.875
        self.assertEqual(ask(node, "/metrics", site=site).body, first)
        self.assertEqual(node.asked, 1)
        node.up += 0.125
        self.assertIn(b"gma_uptime_seconds 3726.25\n", ask(node, "/metrics", site=site).body)
        self.assertEqual(node.asked, 2)


class ValueTests(SynchronousTestCase):
    """Values follow the node."""

    def test_node(self) -> None:
        """Name, kind, role and version are labels; uptime, values, subscriptions and connections are numbers."""
        node = FakeNode(told=7)
        self.assertEqual(
            values(node, "gma_node_info"), {("index-8480", "gma-index", "site", "0.1.0"): 1.0}
        )
        names = {
            "gma_uptime_seconds": 3725.25,
            "gma_service_data_elements": 42.0,
            "gma_subscriptions": 7.0,
            "gma_open_connections": 2.0,
        }
        self.assertEqual({name: values(node, name)[()] for name in names}, names)

    def test_ready(self) -> None:
        """1 while it serves, 0 while something is missing."""
        self.assertEqual(values(FakeNode(), "gma_ready"), {(): 1.0})
        self.assertEqual(values(FakeNode(missing="starting"), "gma_ready"), {(): 0.0})

    def test_providers(self) -> None:
        """Each provider has its counters, the seconds of its last run, and when the last good one began."""
        node = FakeNode(rows=(HOST, {**HOST, "name": "disk", "runs": "3", "failures": "2"}))
        found = {
            name: values(node, f"gma_provider_{name}")[("host",)]
            for name in (
                "runs_total",
                "failures_total",
                "skips_total",
                "last_duration_seconds",
                "last_success_timestamp_seconds",
            )
        }
        self.assertEqual(
            found,
            {
                "runs_total": 17.0,
                "failures_total": 0.0,
                "skips_total": 1.0,
                "last_duration_seconds": 0.012,
                "last_success_timestamp_seconds": 1772366395.0,
            },
        )
        self.assertEqual(values(node, "gma_provider_failures_total")[("disk",)], 2.0)

    def test_newProvider(self) -> None:
        """One that never ran has neither duration nor success, and is idle."""
        node = FakeNode(rows=({**HOST, "lastDuration": "", "lastSuccess": ""},))
        for name in ("last_duration_seconds", "last_success_timestamp_seconds"):
            self.assertEqual(values(node, f"gma_provider_{name}"), {})
        states = values(node, "gma_provider_state")
        self.assertEqual(states, {("host", one): float(one == "idle") for one in PROVIDER_STATES})

    def test_registry(self) -> None:
        """What the registry holds, and nothing where there is none."""
        held = {"entries": 3, "tombstones": 1, "quarantined": 2}
        names = ("gma_registry_entries", "gma_registry_tombstones", "gma_store_quarantined_records")
        node = FakeNode(held=held)
        self.assertEqual([values(node, name)[()] for name in names], [3.0, 1.0, 2.0])
        self.assertEqual([values(FakeNode(), name) for name in names], [{}, {}, {}])

    def test_memberships(self) -> None:
        """How many stand where, states without any included."""
        trying = {**MEMBERSHIP, "state": "trying"}
        found = values(FakeNode(elsewhere=(MEMBERSHIP, trying, trying)), "gma_memberships")
        self.assertEqual(
            found, {("waiting",): 0.0, ("trying",): 2.0, ("registered",): 1.0, ("stopped",): 0.0}
        )

    def test_sources(self) -> None:
        """How many are live and how many are not; no URL of a peer is in a label."""
        node = FakeNode(copied=(COPIED, {**COPIED, "state": "stale"}))
        self.assertEqual(
            values(node, "gma_sources"),
            {("connecting",): 0.0, ("live",): 1.0, ("stale",): 1.0, ("failed",): 0.0},
        )
        self.assertNotIn(b"http://site", ask(node, "/metrics").body)

    def test_notices(self) -> None:
        """Every counter of the way out is told, and to how many peers something is on its way."""
        counted = Counting(DeliveryCounts)
        node = FakeNode(sent={**counted, "peers": 5})
        found = {
            labels[0]: one for labels, one in values(node, "gma_notice_attempts_total").items()
        }
        self.assertEqual(found, {name: float(count) for name, count in counted.items()})
        self.assertEqual(values(node, "gma_notice_peers"), {(): 5.0})

    def test_queries(self) -> None:
        """Every figure of a language is told, each once; what is refused by why; nothing where nothing can be asked."""
        codes = ("extensibilityTypeFault", "TooLarge", "Busy", "TimedOut", "Failed")
        names = (
            *("answered", "seconds", "queued", "running", "workers", "restarts", "kept"),
            *("looks", "lookSeconds", *(f"refused.{code}" for code in codes)),
        )
        figures = {name: number + 0.5 for number, name in enumerate(names)}
        families = [
            one.name for one in FAMILIES if one.name.startswith(("gma_query_", "gma_standing_"))
        ]
        node = FakeNode(expressions={"xpath": figures, "xquery": {}})
        found = [one for name in families for one in values(node, name).items()]
        told = sorted(number for labels, number in found if labels[0] == "xpath")
        self.assertEqual(told, sorted(figures.values()))
        self.assertEqual({number for labels, number in found if labels[0] == "xquery"}, {0.0})
        refused = values(node, "gma_query_refused_total")
        self.assertEqual(refused[("xpath", "time")], figures["refused.TimedOut"])
        self.assertEqual([one for name in families for one in values(FakeNode(), name)], [])

    def test_aggregation(self) -> None:
        """Every counter of what comes from sources is told, each once."""
        counted = Counting(IntakeCounts, InboxCounts)

        @attrs.define
        class Copying(FakeNode):
            def aggregation(self) -> Mapping[str, int]:
                return counted

        found: list[float] = []
        for one in FAMILIES:
            if one.name.startswith("gma_aggregation_"):
                found += values(Copying(), one.name).values()
        self.assertEqual(sorted(found), sorted(float(count) for count in counted.values()))
        outcomes = values(Copying(), "gma_aggregation_values_total")
        self.assertEqual(outcomes[("own_path",)], float(counted["ownPath"]))

    def test_requests(self) -> None:
        """Requests by face, refusals by status, connections."""
        node = FakeNode(refused={413: 2, 400: 1})
        self.assertEqual(values(node, "gma_requests_total"), {("soap",): 5.0, ("web",): 3.0})
        self.assertEqual(values(node, "gma_requests_refused_total"), {("400",): 1.0, ("413",): 2.0})
        self.assertEqual(values(node, "gma_connections_total"), {(): 0.0})

    def test_overload(self) -> None:
        """What was turned away, by urgency and reason, and whether that goes on."""
        name = "gma_requests_turned_away_total"
        node = FakeNode(turned={("reading", "load"): 7, ("page", "rate"): 1})
        self.assertEqual(values(node, name), {("page", "rate"): 1.0, ("reading", "load"): 7.0})
        self.assertEqual(values(node, "gma_overloaded"), {(): 1.0})
        self.assertEqual(values(FakeNode(), "gma_overloaded"), {(): 0.0})

    def test_reloads(self) -> None:
        """How often the configuration was read again, whether the last time was good, and when one was."""
        names = ("last_reload_successful", "last_reload_success_timestamp_seconds")
        self.assertEqual(
            [values(FakeNode(), f"gma_config_{name}") for name in names], [{(): 1.0}, {}]
        )
        last = "2026-03-01T12:00:00Z"
        told: dict[str, int | str] = {**NEVER, "good": 2, "bad": 1, "outcome": "bad"}
        told["lastGood"] = last
        node = FakeNode(reread=told)
        self.assertEqual(values(node, "gma_config_reloads_total"), {("good",): 2.0, ("bad",): 1.0})
        self.assertEqual(
            [values(node, f"gma_config_{name}") for name in names], [{(): 0.0}, {(): 1772366400.0}]
        )

    def test_lag(self) -> None:
        """The lag is a histogram, whose last bucket has all; the last and the most are beside it."""
        node = FakeNode(late=LoopLag(0.001, 0.25, 5, 0.5, ((0.01, 3), (0.1, 4))))
        samples = {
            (one.name, one.labels.get("le", "")): one.value for one in collected(node)[LAG].samples
        }
        self.assertEqual(
            samples,
            {
                (f"{LAG}_bucket", "0.01"): 3.0,
                (f"{LAG}_bucket", "0.1"): 4.0,
                (f"{LAG}_bucket", "+Inf"): 5.0,
                (f"{LAG}_count", ""): 5.0,
                (f"{LAG}_sum", ""): 0.5,
            },
        )
        self.assertEqual(values(node, "gma_loop_lag_max_seconds"), {(): 0.25})
        self.assertEqual(values(node, "gma_loop_lag_last_seconds"), {(): 0.001})

    def test_process(self) -> None:
        """The process tells its memory, its time of the processor and its open files."""
        found = collected(FakeNode())
        for name in _PROCESS - {"process_cpu_seconds_total"}:
            self.assertGreater(found[name].samples[0].value, 0.0, name)


class Only(Collector):
    """One metric."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def collect(self) -> Iterator[Metric]:
        """It."""
        yield self.metric


class HostileTests(SynchronousTestCase):
    """Words of the configuration cannot break the format."""

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
    def test_provider(self, name: str) -> None:
        """Whatever a provider is called, its name comes back, and no line is added."""
        rows = ({**HOST, "name": name},)
        node = FakeNode(rows=rows, name=name)
        self.assertEqual(values(node, "gma_provider_runs_total"), {(name,): 17.0})
        plain, hostile = (ask(one, "/metrics").body.count(b"\n") for one in (FakeNode(), node))
        self.assertEqual(plain, hostile)

    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
                st.sampled_from(PROVIDER_STATES),
                st.floats() | st.integers(-(2**53), 2**53) | st.booleans(),
            ),
            max_size=4,
        ),
        st.sampled_from(["counter", "gauge"]),
    )
    def test_lines(self, samples: list[tuple[str, str, float]], kind: str) -> None:
        """Every line is the one that prometheus_client writes, whatever stands in it."""
        name = "gma_x_total" if kind == "counter" else "gma_x"
        labels = ("provider", "state")
        family = Family(
            name, kind, "What.", lambda _: [(one[:2], one[2]) for one in samples], labels
        )
        make = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
        metric = make(name, "What.", labels=labels)
        for provider, state, value in samples:
            metric.add_metric((provider, state), value)
        registry = CollectorRegistry()
        registry.register(Only(metric))
        written = "".join(linesOf(family, Reading.of(FakeNode())))
        # Equal numbers are written alike here: what differs is the sign of nothing.
        wanted = generate_latest(registry).decode()
        self.assertEqual(written.replace(" -0.0\n", " 0.0\n"), wanted.replace(" -0.0\n", " 0.0\n"))

    def test_quotes(self) -> None:
        """Quotes, backslashes and line ends are escaped as the format says."""
        body = ask(FakeNode(rows=({**HOST, "name": 'a"b\\c\nd'},)), "/metrics").body
        self.assertIn(b'gma_provider_runs_total{provider="a\\"b\\\\c\\nd"} 17.0\n', body)


class PageTests(SynchronousTestCase):
    """docs/metrics.md."""

    def test_table(self) -> None:
        """The page has a row for every family of the node, as it is declared, and for no other."""
        page = ROOT / "docs" / "metrics.md"
        if not page.exists():
            self.skipTest("the documentation is not installed")
        rows = re.findall(r"^\| `(gma_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", page.read_text(), re.M)
        wanted = [
            (one.name, one.kind, ", ".join(f"`{label}`" for label in one.labels), one.text)
            for one in FAMILIES
        ]
        self.assertEqual(rows, [*wanted, (LAG, "histogram", "", LAG_TEXT)])
