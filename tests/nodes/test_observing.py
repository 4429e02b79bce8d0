"""What programs read of whole nodes: readiness, metrics and targets; in memory on a virtual clock."""

import json
from typing import Any

import attrs

from gma_twisted.model import Handle
from gma_twisted.nodes import INDEX
from gma_twisted.notify.counts import DeliveryCounts
from gma_twisted.soap.porttypes import REGISTRATION
from gma_twisted.timing import toDeferred
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_registrations import MEMBER, REGISTRY_URL, GridCase, LaterWorker

GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"


class ObservingCase(GridCase):
    """Nodes whose pages are read."""

    def page(self, node: MemoryNode, path: str, host: str = "localhost") -> tuple[int, str]:
        """Status and body of a page."""
        client = node.connect()
        client.ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.reactor.advance(0)
        head, _, body = client.transport.value().partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def metric(self, node: MemoryNode, sample: str) -> float | None:
        """The value of a sample of a page made now, by its name and labels as they are written."""
        self.reactor.advance(1)
        for line in self.page(node, "/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return None


class ReadyTests(ObservingCase):
    """When a node says that it is ready."""

    def finish(self, node: MemoryNode, worker: LaterWorker) -> None:
        """Stop it, its worker at work."""
        self.running.remove(node)
        stopping = toDeferred(node.service.stopService())
        for _ in range(10):
            self.reactor.pump([0.1] * 10)
            worker.work()
        self.successResultOf(stopping)

    def test_loading(self) -> None:
        """While what is kept is loaded it is healthy and not ready, and says which services are missing; then it is."""
        worker = LaterWorker()
        node = self.start(worker=worker)
        said = [self.page(node, "/-/ready")]
        self.assertEqual(self.page(node, "/-/healthy"), (200, "healthy\n"))
        self.assertEqual(self.metric(node, "gma_ready"), 0.0)
        while worker.jobs:
            job, done = worker.jobs.pop(0)
            done.callback(job())
            said.append(self.page(node, "/-/ready"))
        self.assertEqual(
            list(dict.fromkeys(said)),
            [
                (503, "starting: /services/registry, /services/directory, /services/container\n"),
                (503, "starting: /services/container\n"),
                (200, "ready\n"),
            ],
        )
        self.assertEqual(self.metric(node, "gma_ready"), 1.0)
        self.finish(node, worker)

    def test_loadedTooLate(self) -> None:
        """One that has loaded everything while it stops does not say that it is ready."""
        worker = LaterWorker()
        node = self.start(worker=worker)
        # Half a request: the end waits for the rest.
        node.connect().gate.dataReceived(b"GET / HT")
        stopping = toDeferred(node.service.stopService())
        for _ in range(20):
            worker.work()
            self.reactor.advance(0)
        self.assertNoResult(stopping)
        self.assertEqual(len(node.counted), 1)
        self.assertEqual(node.service.control.ready(), "stopping")
        self.running.remove(node)
        for _ in range(10):
            self.reactor.pump([0.1] * 20)
            worker.work()
        self.successResultOf(stopping)

    def test_stopping(self) -> None:
        """One that stops is not ready, and does not become so; one that starts again does."""
        node = self.start("store.engine = 'memory'")
        control = node.service.control
        self.assertEqual(control.ready(), "")
        stopping = toDeferred(node.service.stopService())
        self.assertTrue(control.ready().startswith("stopping"), control.ready())
        self.reactor.pump([0.1] * 100)
        self.successResultOf(stopping)
        self.assertTrue(control.ready().startswith("stopping"), control.ready())
        self.running.remove(node)

    def test_beforeTheStart(self) -> None:
        """One that was only made is not ready either."""
        node = MemoryNode("", self.path / "made", reactor=self.reactor)
        self.assertEqual(node.service.control.ready(), "starting")


class MetricsTests(ObservingCase):
    """Metrics follow what a node does."""

    def test_provider(self) -> None:
        """Its runs are counted as it does them, and when it was good last is told."""
        node = self.start(GOOD, kind=INDEX)
        sample = 'gma_provider_runs_total{provider="good"}'
        self.assertEqual(self.metric(node, sample), 1.0)
        self.reactor.advance(5)
        self.assertEqual(self.metric(node, sample), 2.0)
        good = 'gma_provider_last_success_timestamp_seconds{provider="good"}'
        self.assertEqual(self.metric(node, good), 1.7e9 + 6.0)

    def test_registry(self) -> None:
        """Entries are counted, and nothing the registry counts is left out."""
        node = self.start()
        self.result(self.proxy(REGISTRY_URL, REGISTRATION).registerService(MEMBER))
        self.assertEqual(self.metric(node, "gma_registry_entries"), 1.0)
        counts = node.service.control.registry()
        self.assertEqual(set(counts), {"entries", "tombstones", "quarantined"})

    def test_refused(self) -> None:
        """What the Gate refuses is counted by its status; and so are open connections."""
        node = self.start()
        self.assertEqual(self.page(node, "/", host="attacker.example")[0], 421)
        self.assertEqual(self.metric(node, 'gma_requests_refused_total{status="421"}'), 1.0)
        before = node.service.control.connections()
        node.connect()
        self.assertEqual(node.service.control.connections(), before + 1)
        self.assertEqual(sum(node.service.control.refusals().values()), 1)

    def test_notices(self) -> None:
        """The counters of the way out are all there, with how many peers something is for."""
        names = {one.name for one in attrs.fields(DeliveryCounts)}
        self.assertEqual(set(self.start().service.control.notices()), {*names, "peers"})

    def test_lag(self) -> None:
        """The probe looks twice a second while the node runs, and sees how long the reactor was held."""
        node = self.start()
        self.reactor.pump([0.25] * 8)
        self.reactor.advance(3.5)
        lag = node.service.control.lag()
        self.assertEqual((lag.count, lag.last, lag.most), (5, 3.0, 3.0))


class DiscoveryTests(ObservingCase):
    """Who is registered is told to Prometheus."""

    def targets(self, node: MemoryNode) -> list[tuple[str, dict[str, str]]]:
        """The targets with their labels."""
        status, body = self.page(node, "/sd/prometheus")
        self.assertEqual(status, 200)
        found: list[dict[str, Any]] = json.loads(body)
        return [(group["targets"][0], group["labels"]) for group in found]

    def test_member(self) -> None:
        """A node that registers by configuration is a target of the registry, which is its own first."""
        registry = self.start()
        node = self.start(
            f"[register.vo]\nat = '{REGISTRY_URL}'\nattributes = {{ site = 'here' }}\n",
            "site",
            kind=INDEX,
        )
        self.reactor.pump([0.1] * 10)
        self.assertEqual(node.service.control.memberships()[0]["state"], "registered")
        own, other = self.targets(registry)
        self.assertEqual((own[0], other[0]), ("127.0.0.1:8481", "127.0.0.1:8480"))
        labels = other[1]
        self.assertEqual(labels["__meta_gma_name"], "index-8480")
        self.assertEqual(labels["__meta_gma_node"], "true")
        self.assertEqual(labels["__meta_gma_attribute_site"], "here")
        self.assertEqual(labels["__meta_gma_service"], "http://127.0.0.1:8480/services/index")
        self.assertIn(
            ",{urn:gma-twisted:2026:registration}RegistrationPortType,",
            labels["__meta_gma_interfaces"],
        )

    def test_left(self) -> None:
        """One that left is a target no more; a node without a registry tells itself alone."""
        registry = self.start()
        member = self.proxy(REGISTRY_URL, REGISTRATION)
        self.result(member.registerService(Handle("http://site:81/a")))
        self.assertEqual([target for target, _ in self.targets(registry)][1:], ["site:81"])
        self.result(member.unregisterService(Handle("http://site:81/a")))
        self.reactor.advance(1)
        self.assertEqual(len(self.targets(registry)), 1)
