"""Producers that a directory names, on a clock turned by hand: how many, how fast, and what a bad directory does."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.client import holding
from gma_twisted.configuration import SubscribeSection
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.model import Handle
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer
from gma_twisted.nodes import subscribing
from gma_twisted.nodes.candidates import SubscribingLimits
from gma_twisted.nodes.subscribing import Subscriptions
from gma_twisted.soap.porttypes.gma import DIRECTORY, PRODUCER
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.named import NamedPeers
from tests.client.gmapeer import Peer
from tests.client.peer import PeerCaller

DIRECTORY_URL = "http://d:8481/services/directory"
OTHER_URL = "http://e:8481/services/directory"


def url(host: str, port: int = 8490) -> str:
    """Of a producer."""
    return f"http://{host}:{port}/services/producer"


@implementer(ICaller)
@attrs.define(eq=False)
class Grid:
    """
    Directories and producers; of hosts that are not known nobody answers.

    @ivar hosts: by host what answers there
    @ivar asked: at which URLs something was asked
    """

    hosts: dict[str, PeerCaller] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}."""
        self.asked.append(handle.url)
        host = handle.url.split("/")[2].partition(":")[0]
        known = self.hosts.get(host)
        return Deferred() if known is None else known.call(handle, envelope, soapAction, timeout)

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        raise NotImplementedError


class CandidatesTests(SynchronousTestCase):
    """A consumer that subscribes at a directory."""

    def setUp(self) -> None:
        """Both; the directory knows nobody, and counts how often it is asked."""
        self.time = Clock()
        self.grid = Grid()
        self.entries: list[str] = []
        self.searches = 0
        self.expected: set[int] = set()
        self.numbers: list[int] = []
        self.directory("d", self.search)
        self.made = self.subscriptions()

    def search(self, **asked: Any) -> SearchAnswer:
        """All in one page."""
        self.searches += 1
        return SearchAnswer([GMAEntry(GMARole.PRODUCER, one) for one in self.entries])

    def directory(self, host: str, search: Callable[..., SearchAnswer]) -> None:
        """Have one there."""
        peer = Peer(GMARole.REGISTRY, ("search", "watch", "unwatch"), results={"search": search})
        self.grid.hosts[host] = PeerCaller([DIRECTORY], peer)

    def producer(self, host: str) -> Peer:
        """Have one there."""
        peer = Peer(features=("subscribe", "unsubscribe", "renew"))
        self.grid.hosts[host] = PeerCaller([PRODUCER], peer)
        return peer

    def subscriptions(self, **limits: int) -> Subscriptions:
        """Those of a consumer, which are begun."""

        def expect(number: int, isWanted: bool) -> None:
            (self.expected.add if isWanted else self.expected.discard)(number)
            self.numbers.append(number)

        made = Subscriptions(
            NodeClock(self.time),
            "http://me:8491/services/consumer",
            self.grid,
            self.grid,
            NamedPeers(),
            expect,
            lambda old, new: None,
            limits=SubscribingLimits(**limits),
        )
        self.successResultOf(toDeferred(made.start()))
        self.addCleanup(self.stop, made)
        return made

    def stop(self, made: Subscriptions) -> None:
        """End them."""
        stopping = toDeferred(made.stop())
        self.turn(10.0)
        self.successResultOf(stopping)

    def add(self, at: str = DIRECTORY_URL, made: Subscriptions | None = None) -> None:
        """Subscribe at a directory."""
        (made or self.made).add(at, SubscribeSection(Handle(at)))
        self.turn(0.5)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.25)):
            self.time.advance(0.25)

    def found(self, made: Subscriptions | None = None) -> Sequence[str]:
        """The producers that are subscribed to, or being asked."""
        rows = (made or self.made).status()
        return sorted(row["producer"] for row in rows if row["state"] != "looking")

    def test_endless(self) -> None:
        """Of a directory that has always one page more so many entries are read, and no more."""

        def more(**asked: Any) -> SearchAnswer:
            self.searches += 1
            entries = [
                GMAEntry(GMARole.PRODUCER, url(f"h{self.searches}-{one}")) for one in range(10)
            ]
            return SearchAnswer(entries, f"page {self.searches}")

        self.directory("d", more)
        self.add(made=(made := self.subscriptions(named=200, producers=30)))
        self.assertEqual(self.searches, 20)
        self.assertEqual(len(self.found(made)), 30)

    def test_empty(self) -> None:
        """Nor are pages without anybody in them read for ever."""

        def more(**asked: Any) -> SearchAnswer:
            self.searches += 1
            return SearchAnswer([], f"page {self.searches}")

        self.directory("d", more)
        self.add()
        self.assertLess(self.searches, 1000)

    def test_again(self) -> None:
        """A cursor that was there before leads nowhere."""

        def same(**asked: Any) -> SearchAnswer:
            self.searches += 1
            return SearchAnswer([GMAEntry(GMARole.PRODUCER, url("a"))], "again")

        self.directory("d", same)
        self.add()
        self.assertEqual(self.searches, 2)
        self.assertEqual(self.found(), [url("a")])

    def test_unusable(self) -> None:
        """What is no URL, or too long for one, has no place."""
        self.entries = ["nothing", url("a" * 5000), url("a")]
        self.add()
        self.assertEqual(self.found(), [url("a")])

    def test_host(self) -> None:
        """Those at one host leave room for others."""
        self.entries = [url("evil", port) for port in range(1, 40)] + [url("good")]
        self.add(made=(made := self.subscriptions(producers=10, perHost=3)))
        found = self.found(made)
        self.assertIn(url("good"), found)
        self.assertEqual(len(found), 4)

    def test_squatters(self) -> None:
        """Who does not grant a subscription has its place for a while only; who does keeps it."""
        self.producer("good")
        self.entries = [url(f"evil{number}") for number in range(12)] + [url("good")]
        made = self.subscriptions(producers=4)
        self.add(made=made)
        for _ in range(60):
            self.turn(60.0)
            rows = {row["producer"]: row["state"] for row in made.status()}
            self.assertLessEqual(len(rows), 4)
            if rows.get(url("good")) == "held":
                break
        else:
            self.fail("it never has a place")
        self.turn(600.0)
        rows = {row["producer"]: row["state"] for row in made.status()}
        self.assertEqual(rows.get(url("good")), "held")
        self.assertEqual(len(self.expected), 4)

    def test_sections(self) -> None:
        """What one directory names leaves room for another's."""
        self.directory("e", lambda **asked: SearchAnswer([GMAEntry(GMARole.PRODUCER, url("good"))]))
        most = 40
        for module in (holding, subscribing):
            self.patch(module, "MAX_HELD", most)
        self.entries = [url(f"evil{number}") for number in range(2 * most)]
        made = self.subscriptions(producers=most)
        made.add(DIRECTORY_URL, SubscribeSection(Handle(DIRECTORY_URL)))
        made.add(OTHER_URL, SubscribeSection(Handle(OTHER_URL)))
        # The first has its share back when the other has begun.
        for _ in range(20):
            self.time.advance(10.0)
        found = self.found(made)
        self.assertTrue(url("good") in found)
        self.assertLess(len(found), most)

    def test_released(self) -> None:
        """Those that are named no more and do not answer delay neither each other nor the next look."""
        peers = [self.producer(f"p{number}") for number in range(20)]
        self.entries = [url(f"p{number}") for number in range(20)]
        self.add()
        self.assertEqual(len(self.found()), 20)
        for number in range(20):
            del self.grid.hosts[f"p{number}"]
        self.assertEqual({"subscribe"} - set(peers[0].names), set())
        self.entries = [url("new")]
        self.producer("new")
        # As long as a directory may have lost them.
        self.turn(359.0)
        self.assertEqual(len(self.found()), 21)
        self.turn(62.0)
        self.assertEqual(self.found(), [url("new")])
        self.assertEqual(len(self.expected), 1)
        before = self.searches
        self.turn(61.0)
        self.assertGreater(self.searches, before)

    def test_removedMeanwhile(self) -> None:
        """One that is being made when it is removed is not expected any more, though it was just then."""
        waiting: Deferred[None] = Deferred()
        expected = self.expected

        class Choosing:
            async def choose(
                self, callerId: int, schemes: Sequence[str]
            ) -> tuple[str | None, bool]:
                await waiting
                expected.add(callerId)
                return None, False

        self.producer("p")
        self.made.way = lambda *asked: Choosing()
        self.add(url("p"))
        self.assertEqual(len(expected), 1)
        removing = toDeferred(self.made.remove(url("p")))
        self.assertEqual(expected, set())
        waiting.callback(None)
        self.turn(1.0)
        self.successResultOf(removing)
        self.assertEqual(expected, set())

    def test_pace(self) -> None:
        """However often the watch tells of changes, it is looked once a second, and after the last of them."""
        self.add()
        watches = [one.watch for one in self.made._asked.values()]
        (watch,) = watches
        assert watch is not None
        before = self.searches
        for _ in range(1000):
            self.assertTrue(self.made.told(watch.callerId))
            self.time.advance(0.01)
        self.assertLessEqual(self.searches - before, 11)
        self.assertGreaterEqual(self.searches - before, 9)
        self.entries = [url("last")]
        self.made.told(watch.callerId)
        self.turn(1.5)
        self.assertEqual(self.found(), [url("last")])

    def test_lookBack(self) -> None:
        """Of a producer that is named again after it was given up no more of the past comes than since then."""
        peer = self.producer("a")
        self.entries = [url("a")]
        section = SubscribeSection(Handle(DIRECTORY_URL), lookBack=900.0)
        self.made.add(DIRECTORY_URL, section)
        for away in (400.0, 500.0, 2000.0):
            self.turn(61.0)
            self.assertEqual(self.found(), [url("a")])
            self.entries = []
            self.turn(300.0)
            self.assertEqual(self.found(), [url("a")])
            self.turn(away)
            self.assertEqual(self.found(), [])
            self.entries = [url("a")]
        self.turn(61.0)
        asked = [said["lookBack"] for name, said in peer.calls if name == "subscribe"]
        self.assertEqual((asked[0], asked[3]), (900.0, 900.0))
        for lookBack, away in ((asked[1], 400.0), (asked[2], 500.0)):
            self.assertTrue(away - 61.0 < lookBack < away + 61.0, asked)

    def test_own(self) -> None:
        """What the watch of one directory tells wakes nobody else."""
        self.directory("e", lambda **asked: SearchAnswer([]))
        self.add()
        self.add(OTHER_URL)
        before = self.searches
        other = self.made._asked[OTHER_URL].watch
        assert other is not None
        self.assertTrue(self.made.told(other.callerId))
        self.assertFalse(self.made.told(5))
        self.turn(5.0)
        self.assertEqual(self.searches, before)
