"""What C{gma watch} tells: of nodes that say what changes, and of those that are asked."""

import json

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation import AggregateSource
from gma_twisted.command.watched import Watched
from gma_twisted.command.watcher import Watcher
from gma_twisted.model import (
    Added,
    Change,
    ElementKey,
    Extended,
    Handle,
    Lifetime,
    QName,
    Removed,
    Replaced,
    ServiceDataElement,
    UpstreamMode,
)
from gma_twisted.nodes import INDEX
from gma_twisted.timing import NodeClock
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.memory import MemoryEndpoint
from tests.command.stand import NODE, NodesCase
from tests.command.test_loading import FilesCase

_CONFIGURATION = """
[sde."{urn:a}State"]
mutability = "mutable"
cardinality = "0..1"
modifiable = true
"""
_STATE = QName("urn:a", "State")
_HOST, _PORT = "127.0.0.1", 9999
_SERVICE = Handle("http://127.0.0.1:8480/services/index")


class WatcherTests(NodesCase, FilesCase):
    """At a node."""

    def setUp(self) -> None:
        """Start an index with a name that clients set."""
        super().setUp()
        self.index = self.node(_CONFIGURATION, kind=INDEX)
        self.heard: list[Watched] = []
        self.said: list[str] = []

    def watch(self, mode: UpstreamMode, isUpdatesOnly: bool = False) -> Watcher:
        """Watch the state."""
        watcher = Watcher(
            AggregateSource(_SERVICE, (_STATE,), mode=mode, lifetime=60.0, interval=2.0),
            self.clock,
            PooledCaller(
                self.clock, lambda host, port, tls: MemoryEndpoint(self.network, _HOST, host, port)
            ),
            10.0,
            lambda: 0.5,
            self.heard.append,
            self.said.append,
            isUpdatesOnly,
        )
        self.network.listen(_HOST, _PORT, watcher.factory())
        self.result(watcher.start(f"http://{_HOST}:{_PORT}"))
        self.reactor.pump([0.1] * 30)
        return watcher

    def set(self, value: str) -> None:
        """Another state."""
        self.says("load", NODE, self.file(f"<a:State>{value}</a:State>"))
        self.reactor.pump([0.1] * 30)

    def told(self) -> list[tuple[str, bytes]]:
        """Kinds and contents of what was heard, which is forgotten."""
        found = [
            (one.kind, one.content.partition(b">")[2].partition(b"<")[0]) for one in self.heard
        ]
        self.heard.clear()
        return found

    def subscriptions(self) -> int:
        """How many the node has."""
        self.reactor.pump([1.1])
        return int(self.status(self.index)["subscriptions"])

    def follow(self, mode: UpstreamMode) -> None:
        """What is there, what changes, what goes."""
        self.set("one")
        watcher = self.watch(mode)
        self.assertEqual(self.told(), [("new", b"one")])
        self.set("two")
        self.assertEqual(self.told(), [("changed", b"two")])
        self.assertEqual(self.subscriptions(), int(mode is UpstreamMode.SUBSCRIBE))
        self.result(watcher.stop())
        self.assertEqual(self.subscriptions(), 0)
        self.set("three")
        self.assertEqual(self.told(), [])

    def test_told(self) -> None:
        """A node that reaches us tells; the subscription ends with the watch."""
        self.follow(UpstreamMode.SUBSCRIBE)

    def test_asked(self) -> None:
        """A node that does not is asked."""
        self.follow(UpstreamMode.POLL)

    def test_updatesOnly(self) -> None:
        """What is there at first is left out, in both ways."""
        self.set("one")
        for value, mode in zip(("two", "three"), UpstreamMode, strict=True):
            watcher = self.watch(mode, isUpdatesOnly=True)
            self.assertEqual(self.told(), [])
            self.set(value)
            self.assertEqual(self.told(), [("changed", value.encode())])
            self.result(watcher.stop())

    def test_missed(self) -> None:
        """What changed while nothing passed is told when it does again: everything is asked for anew."""
        self.set("one")
        watcher = self.watch(UpstreamMode.SUBSCRIBE, isUpdatesOnly=True)
        self.network.part("here", _HOST)
        self.network.part(_HOST, _HOST)
        self.set("two")
        self.reactor.pump([1.0] * 120)
        self.assertEqual(self.told(), [])
        self.assertIn(f"{_SERVICE} is stale: ", self.said[0])
        self.network.join("here", _HOST)
        self.network.join(_HOST, _HOST)
        self.reactor.pump([1.0] * 90)
        self.assertEqual(self.told(), [("changed", b"two")])
        self.assertEqual(self.said[1:], [f"{_SERVICE} is followed again"])
        self.result(watcher.stop())

    def test_lease(self) -> None:
        """The short lease is renewed as long as the watch lasts."""
        watcher = self.watch(UpstreamMode.SUBSCRIBE)
        self.reactor.pump([1.0] * 200)
        self.assertEqual(self.subscriptions(), 1)
        self.set("late")
        self.assertEqual(self.told(), [("new", b"late")])
        self.result(watcher.stop())


class WatchedTests(SynchronousTestCase):
    """One change, as it is told."""

    def setUp(self) -> None:
        """A clock that stands."""
        self.clock = NodeClock(Clock(), lambda: 1000.0)

    def element(self, content: str, key: str = "k") -> ServiceDataElement:
        """A value."""
        return ServiceDataElement(
            ElementKey(QName("urn:a", "A"), "http://h:1/x", key),
            b'<A xmlns="urn:a"',
            content.encode(),
            Lifetime(0.0, 10.0, 20.0),
            1000.0,
            ("other", "ourselves"),
        )

    def watched(self, change: Change) -> Watched:
        """What it is told as."""
        found = Watched.of(change, self.clock)
        assert found is not None
        return found

    def test_same(self) -> None:
        """A value that only holds for longer, or came by another way, is no change."""
        one = self.element(">1</A>")
        self.assertIsNone(Watched.of(Extended(one, one.lifetime), self.clock))
        self.assertIsNone(Watched.of(Replaced(one, one), self.clock))

    def test_line(self) -> None:
        """A line has what is another than before, or everything that is new."""
        one, two = self.element(' a="1"><B>2</B></A>'), self.element(' a="1"><B>3</B></A>')
        self.assertTrue(
            self.watched(Added(one)).line().endswith("  new      {urn:a}A  k  A/@a=1 A/B=2")
        )
        changed = self.watched(Replaced(two, one)).line()
        self.assertTrue(changed.endswith("  changed  {urn:a}A  k  A/B=3"), changed)
        for expired, kind in ((True, "expired"), (False, "removed")):
            gone = self.watched(Removed(one, expired)).line()
            self.assertTrue(gone.endswith(f"  {kind}  {{urn:a}}A  k"), gone)
        long = self.watched(Added(self.element(f">{'x' * 1000}</A>"))).line()
        self.assertLess(len(long), 500)

    def test_json(self) -> None:
        """One line; the value as gma get has it, nothing when it is gone."""
        line = self.watched(Added(self.element(">1</A>"))).asJSON()
        self.assertNotIn("\n", line)
        told = json.loads(line)
        self.assertEqual(
            (told["change"], told["at"], told["name"], told["key"], told["value"], told["path"]),
            ("new", "1970-01-01T00:16:40Z", "{urn:a}A", "k", "1", ["other"]),
        )
        self.assertEqual(told["goodUntil"], "1970-01-01T00:16:50Z")
        gone = json.loads(self.watched(Removed(self.element(">1</A>"))).asJSON())
        self.assertEqual((gone["change"], gone["value"]), ("removed", None))

    def test_match(self) -> None:
        """A text is looked for in the value and in what it is called."""
        watched = self.watched(Added(self.element(">needle</A>")))
        for text in ("needle", "urn:a", "h:1", "k"):
            self.assertTrue(watched.has(text), text)
        self.assertFalse(watched.has("hay"))

    def test_program(self) -> None:
        """What a program gets: the document, and facts; no document of what is gone."""
        watched = self.watched(Added(self.element(">1</A>")))
        self.assertEqual(watched.content, b'<A xmlns="urn:a">1</A>')
        self.assertEqual(
            watched.environment(),
            {
                "GMA_CHANGE": "new",
                "GMA_AT": "1970-01-01T00:16:40Z",
                "GMA_NAME": "{urn:a}A",
                "GMA_ORIGINATOR": "http://h:1/x",
                "GMA_KEY": "k",
            },
        )
        self.assertEqual(self.watched(Removed(self.element(">1</A>"))).content, b"")
