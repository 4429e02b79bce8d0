"""Compound nodes in real processes, by the files of examples/topologies/events: what the last of a chain is told."""

from pathlib import Path

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.gma import ProducerProxy, RegistryProxy
from gma_twisted.model.event import Event
from gma_twisted.model.eventjson import readEventJSON
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.topologycase import TopologyCase, freePorts
from tests.integration.twistd import Node

_PAUSE = 0.5


class EventsTests(TopologyCase):
    """A producer, an archiver, a summariser; a filter, a republisher; a consumer; the directory of all of them."""

    topology = "events"

    def stored(self) -> dict[str, list[Event]]:
        """What the consumer was told, by name."""
        found: dict[str, list[Event]] = {}
        file = Path(self.home) / "told.events"
        for line in file.read_text("utf-8").splitlines() if file.exists() else ():
            event = readEventJSON(line)
            found.setdefault(event.name, []).append(event)
        return found

    def history(self) -> list[str]:
        """Instants of the events that the archiver answers with."""
        return instants(self.here("http://127.0.0.1:8492/services/producer"))

    def test_chain(self) -> None:
        """
        Summaries of what is archived and republished events come to the consumer; every compound node is in the
        directory as a producer and as a consumer; an archiver that was restarted has what it had.
        """
        told = poll(
            self.stored, lambda one: {"host.load", "cern.host"} <= set(one), LONGEST, _PAUSE
        )
        summary = told["host.load"][0]
        self.assertIn(summary.get("count"), range(1, 11))
        self.assertIsInstance(summary.get("ProcessorLoad.Last1Min.mean"), float)
        self.assertEqual(summary.timestamp.nanoseconds % (5 * 10**9), 0)
        republished = told["cern.host"][0]
        self.assertEqual(republished.get("site"), "cern")
        # Through the filter and the republisher.
        self.assertEqual(len(str(republished.get("gma.via")).split(",")), 2)
        self.assertEqual(self.placed(), self.wanted())
        before = self.history()
        self.assertTrue(before)
        self.assertEqual(self.nodes["archiver"].signal(), 0)
        again = Node(self.home, self.addCleanup, "-c", "archiver.toml", kind="gma-archiver")
        again.url()
        after = self.history()
        self.assertEqual(after[: len(before)], before)
        poll(self.history, lambda one: len(one) > len(after), LONGEST, _PAUSE)

    def placed(self) -> set[tuple[str, str]]:
        """Role and URL of each entry of the directory, when there are as many as shall be."""

        def look() -> set[tuple[str, str]]:
            url = self.here("http://127.0.0.1:8481/services/directory")
            proxy = finished(RegistryProxy.connect(url, BlockingCaller()))
            return {(one.role.value, one.endpoint) for one in finished(proxy.search()).entries}

        return poll(look, lambda one: len(one) == len(self.wanted()), LONGEST, _PAUSE)

    def wanted(self) -> set[tuple[str, str]]:
        """Those that shall be there."""
        compounds = {
            (role, self.here(f"http://127.0.0.1:{port}/services/{role}"))
            for port in (8492, 8493, 8494, 8495)
            for role in ("producer", "consumer")
        }
        producer = self.here("http://127.0.0.1:8490/services/producer")
        return compounds | {("producer", producer)}


class RestartTests(CommandCase):
    """An archiver that is told of a producer in lines."""

    def test_backFilled(self) -> None:
        """What the producer had while the archiver was away is in the archive too, each event once."""
        free = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir")
        (self.home / "producer.toml").write_text(
            "[providers.host]\nclass = 'SimpleSystemInformationProvider'\ninterval = '200ms'\n"
        )
        asked = (*free, "producer", "-c", "producer.toml")
        producer = Node(self.home, self.addCleanup, *asked, kind="gma-producer")
        at = f"{producer.url()}/services/producer"
        (self.home / "archiver.toml").write_text(f"[subscribe.one]\nat = '{at}'\n")
        # Its ports are the same after the restart: that is where the producer brings the lines to.
        ports = freePorts(2)
        words = (
            *("--listen", f"tcp:{ports[0]}:interface=127.0.0.1"),
            *("--listen", f"x-netlog://127.0.0.1:{ports[1]}"),
            *("--state-dir", "archiver", "-c", "archiver.toml"),
        )
        archiver = Node(self.home, self.addCleanup, *words, kind="gma-archiver")
        kept = f"{archiver.url()}/services/producer"
        first = poll(lambda: instants(kept), lambda one: len(one) >= 3, LONGEST, _PAUSE)
        archiver.process.kill()
        archiver.process.wait()
        before = len(instants(at))
        poll(lambda: instants(at), lambda one: len(one) >= before + 3, LONGEST, _PAUSE)
        Node(self.home, self.addCleanup, *words, kind="gma-archiver").url()
        until = instants(at)[-1]
        found = poll(lambda: instants(kept), lambda one: one[-1:] >= [until], LONGEST, _PAUSE)
        wanted = [one for one in instants(at) if first[0] <= one <= until]
        self.assertEqual([one for one in found if one <= until], wanted)


def instants(url: str) -> list[str]:
    """Of all events a producer answers with, in their order."""
    proxy = finished(ProducerProxy.connect(url, BlockingCaller()))
    return [str(one.timestamp) for one in finished(proxy.query("*", mode="history")).events]


del CommandCase, TopologyCase
