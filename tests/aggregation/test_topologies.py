"""Whole nodes that copy each other in chains, diamonds, rings and trees: what it costs, what survives, what dies."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations, product
from typing import TYPE_CHECKING

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import MAX_PATH
from gma_twisted.model import QName, UpstreamState
from gma_twisted.testing import Content, GridIndex, MemoryGrid

HOST = QName("urn:t", "Host")
INTERVAL = 10.0
GOOD, GRACE = 20.0, 10.0
_VALUE = b"<t:Host"

Link = tuple[str, str]
"""A source and who follows it."""


def host(content: str) -> str:
    """A value of HOST."""
    return f'<t:Host xmlns:t="urn:t">{content}</t:Host>'


class TopologyCase(SynchronousTestCase):
    """
    Nodes with links between them, all up and in step.

    @ivar latency: seconds every piece of bytes is on its way
    @ivar grace: seconds what nodes say is readable after GOOD
    @ivar links: the topology
    @ivar said: what each node says itself, by key
    @ivar values: how often a value was on its way, by link; extensions are no values
    @ivar up: the nodes that are not killed
    """

    latency = 0.0
    grace = GRACE
    links: Sequence[Link] = ()

    def setUp(self) -> None:
        """Every node has a value of its own, its wall clock is an hour behind the one before, and all are in step."""
        self.grid = MemoryGrid(self.latency)
        self.values: Counter[Link] = Counter()
        self.grid.network.watch(self.watch)
        names = list(dict.fromkeys(name for link in self.links for name in link))
        self.nodes = {
            name: GridIndex(self.grid, name, [HOST], -3600.0 * place)
            for place, name in enumerate(names)
        }
        for source, follower in self.links:
            self.nodes[follower].follow(self.nodes[source], interval=INTERVAL)
        self.said: dict[str, dict[str, str]] = {name: {"": "1"} for name in names}
        self.up = list(self.nodes.values())
        for node in self.up:
            node.start()
        self.keepUp(15.0)
        self.assertInStep()

    def tearDown(self) -> None:
        """Nothing of it goes on."""
        for node in self.up:
            node.kill()

    def watch(self, source: str, target: str, data: bytes) -> None:
        """Count values."""
        self.values[source, target] += data.count(_VALUE)

    def say(self, name: str, content: str, key: str = "") -> None:
        """Let a node say something, and repeat it from now on."""
        self.said[name][key] = content
        self.nodes[name].say(host(content), key, GOOD, self.grace)

    def unsay(self, name: str, key: str) -> None:
        """Let a node take it back."""
        del self.said[name][key]
        self.nodes[name].unsay(HOST, key)

    def keepUp(self, seconds: float, every: float = 5.0) -> None:
        """Let time pass, in which every node that is up says again what it says."""
        end = self.grid.time.seconds() + seconds
        while (left := end - self.grid.time.seconds()) > 1e-6:
            for node in self.up:
                for key, content in self.said[node.name].items():
                    self.say(node.name, content, key)
            self.grid.advance(min(every, left))

    def kill(self, name: str) -> None:
        """Kill a node."""
        self.nodes[name].kill()
        self.up.remove(self.nodes[name])

    def own(self, name: str) -> set[Content]:
        """What a node says itself."""
        url = self.nodes[name].handle.url
        return {
            (HOST, url, key, host(content).encode()) for key, content in self.said[name].items()
        }

    def sources(self, name: str) -> set[str]:
        """The nodes that are up whose values a node has, itself among them."""
        up = {node.name for node in self.up}
        found = {name}
        while more := {one for one, other in self.links if other in found and one in up} - found:
            found |= more
        return found

    def wrong(self, *apart: str) -> dict[str, frozenset[Content]]:
        """
        What nodes have too much or too little.

        @param apart: nodes whose values do not count
        """
        found = {}
        urls = {self.nodes[name].handle.url for name in apart}
        for node in self.up:
            expected = set().union(*map(self.own, self.sources(node.name)))
            wrong = frozenset(one for one in expected ^ node.contents() if one[1] not in urls)
            if wrong:
                found[node.name] = wrong
        return found

    def assertInStep(self, *apart: str) -> None:
        """Every node has exactly what those say that it hears of."""
        self.assertEqual(self.wrong(*apart), {})

    def assertLive(self) -> None:
        """Every session is live."""
        for node in self.up:
            for name, status in node.upstream().items():
                self.assertIs(status.state, UpstreamState.LIVE, f"{node.name} at {name}")

    def holders(self, name: str) -> list[str]:
        """Who has the value of a node."""
        url = self.nodes[name].handle.url
        return [node.name for node in self.up if any(one[1] == url for one in node.contents())]


if TYPE_CHECKING:
    _Case = TopologyCase
else:
    # A mixin: it has no links.
    _Case = object


class Promises(_Case):
    """
    What holds in every topology of C{a} and others.

    @ivar notices: that a change of a value of C{a} makes
    @ivar hops: most links a value of C{a} goes
    @ivar cuts: links that are cut, one at a time; all of them when there are none
    """

    notices = 0
    hops = 2
    cuts: Sequence[Link] = ()

    def test_change(self) -> None:
        """A change is told once on each link it has to go; when it has settled there are heartbeats only."""
        for node in self.up:
            node.say(host("1"), "", 1000.0, GRACE)
        self.grid.advance(2.0 * INTERVAL)
        self.values.clear()
        before = Counter(self.grid.calls)
        self.nodes["a"].say(host("2"), "", 1000.0, GRACE)
        self.grid.advance(INTERVAL / 2)
        self.assertEqual((self.values.total(), max(self.values.values())), (self.notices, 1))
        # Beside it every link may have had a heartbeat.
        calls = (self.grid.calls - before).total()
        self.assertLessEqual(calls, self.notices + len(self.links))
        self.assertQuiet()

    def assertQuiet(self) -> None:
        """Nothing happens but for one heartbeat a link and interval."""
        self.values.clear()
        self.grid.operations.clear()
        self.grid.advance(5.0 * INTERVAL)
        self.assertEqual({what for *_, what in self.grid.operations}, {"deliverNotification"})
        self.assertEqual({link[:2] for link in self.grid.operations}, set(self.links))
        self.assertLessEqual(max(self.grid.operations.values()), 5)
        self.assertEqual(self.values.total(), 0)

    def test_death(self) -> None:
        """When C{a} dies its values become stale and go, everywhere and for ever, a way's time after their end."""
        self.say("a", "2")
        said = self.grid.time.seconds()
        on = self.hops * 2 * self.latency
        self.grid.advance(INTERVAL / 2)
        holders = self.holders("a")
        self.assertEqual(len(holders), sum("a" in self.sources(name) for name in self.nodes))
        self.kill("a")
        while self.grid.time.seconds() < said + GOOD + on:
            self.keepUp(1.0)
        for node in self.up:
            now = self.grid.time.seconds()
            for one in node.elements():
                if one.key.originator == self.nodes["a"].handle.url:
                    self.assertTrue(one.lifetime.isStale(now), node.name)
        self.assertEqual(self.holders("a"), holders[1:])
        self.keepUp(said + GOOD + GRACE + on - self.grid.time.seconds() + 0.1)
        for _ in range(30):
            self.assertEqual(self.holders("a"), [])
            self.keepUp(5.0)
        self.assertEqual(self.wrong("a"), {})

    def test_partition(self) -> None:
        """What changed during a partition of 30 s is the same everywhere two intervals after it."""
        for source, follower in self.cuts or self.links:
            with self.subTest(source=source, follower=follower):
                for name in self.nodes:
                    self.say(name, "1", "old")
                self.keepUp(5.0)
                self.grid.network.part(source, follower)
                self.keepUp(12.0)
                for name in self.nodes:
                    self.say(name, f"2 {follower}")
                    self.say(name, "1", f"new {follower}")
                    self.unsay(name, "old")
                self.keepUp(18.0)
                self.grid.network.join(source, follower)
                self.keepUp(2.0 * INTERVAL)
                self.assertInStep()
                self.assertLive()


class ChainTests(Promises, TopologyCase):
    """a, b, c: one notice a link."""

    links = (("a", "b"), ("b", "c"))
    notices = 2

    def test_third(self) -> None:
        """The third tier shows whose a value is and which way it came."""
        elements = {one.key.originator: one for one in self.nodes["c"].elements()}
        element = elements["http://a:8480/services/index"]
        self.assertEqual(element.path, ("b", "c"))
        self.assertEqual(element.content, host("1").encode())
        self.assertEqual(element.created, 1_700_000_000.0)


class SlowChainTests(ChainTests):
    """The same with half a second each way."""

    latency = 0.5


class DiamondTests(Promises, TopologyCase):
    """
    From a by b and c to d, and on to e: one notice a link.

    d takes what comes first; the same by the other way says nothing new, and nothing is told onward.
    """

    links = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"))
    notices = 5
    hops = 3


class SlowDiamondTests(DiamondTests):
    """The same with half a second each way."""

    latency = 0.5


class ParentsTests(Promises, TopologyCase):
    """Two leaves, each with three parents, which have two parents each: one notice a link on its way."""

    links = (*product("ax", "bcd"), *product("bcd", "ef"))
    notices = 9
    cuts = (("a", "b"), ("b", "e"))


class SlowParentsTests(ParentsTests):
    """The same with half a second each way."""

    latency = 0.5


class RingTests(Promises, TopologyCase):
    """Each of three follows the one before: one notice a link; the last is the originator's own, and dropped there."""

    links = (("a", "b"), ("b", "c"), ("c", "a"))
    notices = 3

    def test_ownIsDropped(self) -> None:
        """What comes back to where it was made is counted."""
        before = self.nodes["a"].life.intake.counts.ownOriginator
        self.say("a", "2")
        self.grid.advance(5.0)
        self.assertEqual(self.nodes["a"].life.intake.counts.ownOriginator - before, 1)


class SlowRingTests(RingTests):
    """The same with half a second each way."""

    latency = 0.5


class MeshTests(Promises, TopologyCase):
    """
    A ring of three that all follow all: one notice a link, six.

    The other two hear of it from its originator, tell it each other, who have it, and the originator, who drops it.
    """

    links = tuple(permutations("abc", 2))
    notices = 6


class SlowMeshTests(MeshTests):
    """The same with half a second each way."""

    latency = 0.5


class FedMeshTests(Promises, TopologyCase):
    """A leaf that feeds all three of such a ring: one notice a link, nine."""

    links = (*product("a", "bcd"), *permutations("bcd", 2))
    notices = 9
    hops = 3

    def test_lastWays(self) -> None:
        """
        One after the other loses the leaf, and has its values by those that are left; when the last one loses it they
        end everywhere, whoever had them by whom.
        """
        self.say("a", "2")
        for follower in "bcd":
            self.assertEqual(self.holders("a"), ["a", "b", "c", "d"])
            self.grid.network.part("a", follower)
            self.keepUp(2.5 * GOOD)
        self.assertEqual(self.holders("a"), ["a"])
        for _ in range(20):
            self.keepUp(5.0)
            self.assertEqual(self.holders("a"), ["a"])

    def test_ownPathIsDropped(self) -> None:
        """What two have only by the third comes back to that one by both, who drops it and counts it."""
        for follower in "bc":
            self.grid.network.part("a", follower)
        self.keepUp(2.5 * GOOD)
        counts = self.nodes["d"].life.intake.counts
        before = counts.ownPath
        self.say("a", "2")
        self.keepUp(5.0)
        self.assertInStep()
        self.assertEqual(counts.ownPath - before, 2)


class SlowFedMeshTests(FedMeshTests):
    """The same with half a second each way."""

    latency = 0.5


class LongChainTests(TopologyCase):
    """A chain of as many as a value may come through, and two more: the one it is of, and one too many."""

    links = tuple((f"n{number}", f"n{number + 1}") for number in range(MAX_PATH + 1))

    def sources(self, name: str) -> set[str]:
        """Only the nearest count."""
        number = int(name[1:])
        return {f"n{each}" for each in range(max(0, number - MAX_PATH), number + 1)}

    def test_tooFar(self) -> None:
        """The one too many does not take it, counts it, and asks for nothing again."""
        self.grid.operations.clear()
        self.keepUp(3.0 * INTERVAL)
        self.assertInStep()
        self.assertLive()
        *_, before, last = self.nodes
        self.assertEqual(self.holders("n0")[-1], before)
        self.assertEqual(self.nodes[before].life.intake.counts.tooFar, 0)
        self.assertGreater(self.nodes[last].life.intake.counts.tooFar, 0)
        self.assertEqual({what for *_, what in self.grid.operations}, {"deliverNotification"})


class TreeTests(Promises, TopologyCase):
    """One VO, four sites, five leaves each, a one of them: one notice a link on its way."""

    links = (
        *((leaf, f"site{number // 5}") for number, leaf in enumerate("abcdefghijklmnopqrst")),
        *((f"site{number}", "vo") for number in range(4)),
    )
    notices = 2
    cuts = (("a", "site0"), ("site0", "vo"))

    def test_allChange(self) -> None:
        """When all leaves change at once, the VO hears of it in one notice a site, or one a leaf at most."""
        self.grid.advance(INTERVAL)
        self.grid.operations.clear()
        for name in "abcdefghijklmnopqrst":
            self.say(name, "2")
        self.grid.advance(3.0)
        self.assertInStep()
        notices = Counter[str]()
        for (_, to, _), count in self.grid.operations.items():
            notices["vo" if to == "vo" else "sites"] += count
        self.assertEqual(notices["sites"], 20)
        self.assertLessEqual(notices["vo"], 20)


class SlowTreeTests(TreeTests):
    """The same with half a second each way."""

    latency = 0.5


class RestartTests(TopologyCase):
    """
    A chain whose middle is killed and started again, as another instance, in a higher epoch, with nothing.

    When the middle dies, what the third tier has is readable for a quarter of GOOD and the grace, at worst. It hears
    that its subscription is lost after one and a half intervals, and has another one three calls later.
    """

    grace = 15.0
    links = (("a", "b"), ("b", "c"))

    def restart(self, seconds: float, isKeeping: bool) -> None:
        """Have the middle away for so long, and wait two intervals."""
        middle = self.nodes["b"]
        self.kill("b")
        self.keepUp(seconds)
        middle.start(isKeeping)
        self.up.insert(1, middle)
        self.keepUp(2.0 * INTERVAL)
        self.assertInStep()
        self.assertLive()
        self.assertEqual(len(middle.life.subscriptions), 1)
        self.assertEqual(self.grid.operations["c", "b", "subscribe"], 0 if isKeeping else 1)

    def setUp(self) -> None:
        """Count from now on."""
        super().setUp()
        self.grid.operations.clear()

    def test_lost(self) -> None:
        """With subscriptions lost, all is well within two intervals, however long it was away."""
        for seconds in (5.0, 40.0, 300.0):
            with self.subTest(seconds=seconds):
                self.restart(seconds, isKeeping=False)
                self.grid.operations.clear()

    def test_kept(self) -> None:
        """With subscriptions kept too, and nobody subscribes again."""
        for seconds in (5.0, 40.0, 300.0):
            with self.subTest(seconds=seconds):
                self.restart(seconds, isKeeping=True)

    def test_noGap(self) -> None:
        """After a short time away the third tier has had the first's value all the time."""
        for isKeeping in (False, True):
            with self.subTest(isKeeping=isKeeping):
                self.kill("b")
                middle = self.nodes["b"]
                for second in range(30):
                    self.keepUp(1.0)
                    if second == 4:
                        middle.start(isKeeping)
                        self.up.insert(1, middle)
                    self.assertIn("c", self.holders("a"), f"{second} s")

    def test_takenBackMeanwhile(self) -> None:
        """What its own source took back while the middle was away is gone when its lifetime ends at the latest."""
        for isKeeping in (False, True):
            with self.subTest(isKeeping=isKeeping):
                self.say("a", "1", "old")
                self.say("b", "1", "old")
                self.keepUp(5.0)
                self.kill("b")
                self.unsay("a", "old")
                del self.said["b"]["old"]
                self.grid.advance(1.0)
                self.nodes["b"].start(isKeeping)
                self.up.insert(1, self.nodes["b"])
                self.keepUp(GOOD + self.grace)
                self.assertInStep()


class SlowRestartTests(RestartTests):
    """The same with half a second each way."""

    latency = 0.5


class ConstantTests(TopologyCase):
    """A chain in which nothing ever changes."""

    links = (("a", "b"), ("b", "c"))

    def lifetimes(self) -> list[int]:
        """Let ten lifetimes pass; the bytes of each link in one, both ways, with heads and answers."""
        before = Counter(self.grid.network.messages)
        self.values.clear()
        for _ in range(round(10 * (GOOD + GRACE) / 5.0)):
            self.keepUp(5.0)
            self.assertInStep()
        self.assertEqual(self.values.total(), 0)
        spent = Counter(self.grid.network.messages) - before
        return [(spent[one, other] + spent[other, one]) // 10 for one, other in self.links]

    def test_alive(self) -> None:
        """It stays alive for ten lifetimes at every tier without being sent again, and dies with its source."""
        self.lifetimes()
        self.kill("a")
        self.keepUp(GOOD + GRACE + 2.0 * self.latency)
        self.assertEqual(self.holders("a"), [])

    def test_bytes(self) -> None:
        """
        A lifetime of one value, three extensions, costs a link 4.4 kB with heads and answers, and its heartbeats 3.5
        kB; of each of many values 0.9 kB.
        """
        alone = self.lifetimes()
        self.assertLess(alone[0], 8000)
        for number in range(100):
            self.say("a", "1", str(number))
        self.keepUp(5.0)
        for one, many in zip(alone, self.lifetimes(), strict=True):
            self.assertLess((many - one) / 100, 900.0)
