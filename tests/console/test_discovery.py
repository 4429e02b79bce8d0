"""C{/sd/prometheus}: which targets Prometheus is told of, and with which labels."""

import json
from collections.abc import Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.console import Console
from gma_twisted.console.discovery import MOST_ENTRIES
from gma_twisted.markup.namespaces import OGSI, REG
from gma_twisted.model import Handle, Locator, QName, Registration
from gma_twisted.timing import NodeClock
from gma_twisted.transport import QuietSite, gated
from tests.console.fakenode import FakeNode

OURS, THEIRS = QName(REG, "Registration"), QName(OGSI, "GridService")


def entry(
    number: int,
    url: str = "http://site:8480/services/index",
    name: str = "site",
    interfaces: tuple[QName, ...] = (THEIRS, OURS),
    attributes: tuple[tuple[str, str], ...] = (),
) -> Registration:
    """An entry of a registry."""
    return Registration(
        str(number), Locator((Handle(url),), interfaces), name, attributes, owner="anonymous@::1"
    )


class DiscoveryTests(SynchronousTestCase):
    """A console whose clock turns when it is told to."""

    def setUp(self) -> None:
        """Nobody is registered."""
        self.clock = Clock()
        self.node = FakeNode()
        self.site = QuietSite(Console(self.node, self.clock, {}))

    def transport(self) -> StringTransport:
        """A connection that has asked."""
        gate = gated(self.site, NodeClock(self.clock, lambda: 0.0)).buildProtocol(None)
        assert gate is not None
        transport = StringTransport()
        gate.makeConnection(transport)
        gate.dataReceived(b"GET /sd/prometheus HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return transport

    def read(self, transport: StringTransport) -> list[dict[str, Any]]:
        """What it was answered."""
        head, _, body = transport.value().partition(b"\r\n\r\n")
        self.assertIn(b"200 OK", head)
        self.assertIn(b"Content-Type: application/json", head)
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def ask(self, *entries: Registration) -> list[dict[str, Any]]:
        """The targets of a registry that has these, this node left out."""
        self.node.entries = entries
        self.node.up += 1.0
        transport = self.transport()
        for _ in range(MOST_ENTRIES // 100 + 2):
            self.clock.advance(0)
        return self.read(transport)[1:]

    def label(self, name: str, *entries: Registration) -> list[str | None]:
        """One label of each."""
        return [group["labels"].get(f"__meta_gma_{name}") for group in self.ask(*entries)]

    def test_itself(self) -> None:
        """A node tells itself first, with a registry or without."""
        self.assertEqual(
            self.read(self.transport()),
            [
                {
                    "targets": ["127.0.0.1:8480"],
                    "labels": {
                        "__scheme__": "http",
                        "__metrics_path__": "/metrics",
                        "__meta_gma_name": "index-8480",
                        "__meta_gma_service": "http://127.0.0.1:8480/services/index",
                        "__meta_gma_node": "true",
                    },
                }
            ],
        )

    def test_entry(self) -> None:
        """Each entry is a target with what it said of itself."""
        row = entry(7, attributes=(("site", "north"),))
        self.assertEqual(
            self.ask(row),
            [
                {
                    "targets": ["site:8480"],
                    "labels": {
                        "__scheme__": "http",
                        "__metrics_path__": "/metrics",
                        "__meta_gma_name": "site",
                        "__meta_gma_service": "http://site:8480/services/index",
                        "__meta_gma_node": "true",
                        "__meta_gma_interfaces": f",{THEIRS.clark},{OURS.clark},",
                        "__meta_gma_attribute_site": "north",
                    },
                }
            ],
        )

    def test_onlyMeta(self) -> None:
        """Nothing a member says becomes a label of series by itself, or where and how Prometheus asks."""
        evil = entry(
            1, attributes=(("__address__", "victim:80"), ("job", "mine"), ("instance", "x"))
        )
        (group,) = self.ask(evil)
        self.assertEqual(group["targets"], ["site:8480"])
        others = {name for name in group["labels"] if not name.startswith("__meta_gma_")}
        self.assertEqual(others, {"__scheme__", "__metrics_path__"})

    def test_otherServices(self) -> None:
        """What does not claim a port type of this software is told, and marked as no node."""
        rows = entry(1), entry(2, interfaces=(THEIRS,)), entry(3, interfaces=())
        self.assertEqual(self.label("node", *rows), ["true", "false", "false"])

    def test_addresses(self) -> None:
        """The target is host and port, the scheme's own where the handle has none; what is not HTTP is left out."""
        cases = {
            "https://vo.example.org/services/registry": "vo.example.org:443",
            "http://vo.example.org/a": "vo.example.org:80",
            "http://[2001:db8::1]:8480/a": "[2001:db8::1]:8480",
            "http://VO:81/a": "vo:81",
            "soap.tcp://vo:81/a": None,
        }
        found = self.ask(*(entry(place, url) for place, url in enumerate(cases)))
        told = [group["targets"] for group in found]
        self.assertEqual(told, [[target] for target in cases.values() if target])
        self.assertEqual(found[0]["labels"]["__scheme__"], "https")

    def test_cleaned(self) -> None:
        """Text of members is bounded, what is not to be seen is replaced, and their attributes name labels that are."""
        self.assertEqual(self.label("name", entry(1, name="a\x00\u202eb\ud800é")), ["a��b�é"])
        (name,) = self.label("name", entry(1, name="x" * 5000))
        self.assertEqual(len(name or ""), 128)
        many = tuple((f"a-{number}.é" + "k" * 500, "v" * 500) for number in range(64))
        (group,) = self.ask(entry(1, attributes=many))
        shown = [key for key in group["labels"] if "attribute" in key]
        self.assertEqual(len(shown), 16)
        self.assertRegex(shown[0], r"\A__meta_gma_attribute_a_0__k{100,124}\Z")
        self.assertEqual(len(group["labels"][shown[0]]), 128)

    def test_manyInterfaces(self) -> None:
        """Of very many interfaces the first are told, each whole."""
        names = tuple(QName("urn:example:" + "n" * 100, f"I{number}") for number in range(64))
        (told,) = self.label("interfaces", entry(1, interfaces=names))
        assert told is not None
        self.assertLessEqual(len(told), 2048)
        shown = told.strip(",").split(",")
        self.assertEqual(shown, [name.clark for name in names[: len(shown)]])
        self.assertGreater(len(shown), 10)

    def test_turns(self) -> None:
        """A long list takes several turns of the reactor; who asks meanwhile waits for the same one."""
        asked = []

        class Noting(FakeNode):
            def members(self, after: str, limit: int) -> Sequence[Registration]:
                asked.append(after)
                return super().members(after, limit)

        self.node = Noting(entries=[entry(number) for number in range(250)])
        self.site = QuietSite(Console(self.node, self.clock, {}))
        first, second = self.transport(), self.transport()
        self.assertEqual((first.value(), second.value(), asked), (b"", b"", [""]))
        self.clock.advance(0)
        self.assertEqual(asked, ["", "99", "199"])
        self.assertEqual(len(self.read(first)), 251)
        self.assertEqual(self.read(second), self.read(first))

    def test_tooMany(self) -> None:
        """Of more entries than the bound the first are told, and the log says so once until they fit again."""
        most = [entry(number) for number in range(MOST_ENTRIES)]

        def asked(*rows: Registration) -> tuple[int, list[str | None]]:
            with capturedLogs() as events:
                count = len(self.ask(*rows))
            return count, [formatEvent(event) for event in events]

        self.assertEqual(asked(*most), (MOST_ENTRIES, []))
        more = [*most, entry(MOST_ENTRIES, "http://last:80/")]
        says = "the registry has more than 10000 entries; /sd/prometheus leaves the others out"
        self.assertEqual(asked(*more), (MOST_ENTRIES, [says]))
        self.assertEqual(asked(*more), (MOST_ENTRIES, []))
        self.assertEqual(asked(), (0, []))
        self.assertEqual(asked(*more), (MOST_ENTRIES, [says]))

    def test_failure(self) -> None:
        """A list that failed is not kept, and those who waited have theirs made."""
        self.node.entries = [entry(number) for number in range(150)]
        first, second = self.transport(), self.transport()
        self.node.entries = ()
        self.clock.advance(0)
        self.assertIn(b" 500 ", first.value())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(len(self.read(second)), 1)
