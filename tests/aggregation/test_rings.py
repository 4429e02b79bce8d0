"""Nodes that aggregate each other, by the real notices: chains, diamonds and rings, and what is left when one dies."""

from itertools import pairwise, permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.aggregation.stand import Grid, Node

LATENCIES = st.sampled_from((0.0, 0.05, 0.4, 1.0, 2.0))
GOOD, GRACE = 10.0, 5.0


def keepUp(grid: Grid, node: Node, seconds: float, every: float = 5.0) -> None:
    """Let a node say the same again and again."""
    end = grid.time.seconds() + seconds
    while grid.time.seconds() < end:
        node.put(good=GOOD, grace=GRACE)
        grid.advance(every)


class ChainTests(SynchronousTestCase):
    """One after the other."""

    def chain(self, latency: float) -> tuple[Grid, list[Node]]:
        """Four nodes whose wall clocks differ by hours."""
        grid = Grid()
        nodes = [grid.node(name, number * 3600.0) for number, name in enumerate("abcd")]
        for source, target in pairwise(nodes):
            grid.link(source, target, latency)
        return grid, nodes

    def test_path(self) -> None:
        """The last tier has value, originator, date and path."""
        grid, nodes = self.chain(0.1)
        nodes[0].put()
        grid.advance(1.0)
        element = nodes[3].store.get(nodes[0].key())
        assert element is not None
        self.assertEqual(element.path, ("b", "c", "d"))
        first = nodes[0].store.get(nodes[0].key())
        assert first is not None
        self.assertAlmostEqual(element.created, first.created, 2)
        self.assertAlmostEqual(
            element.lifetime.availableUntil, first.lifetime.availableUntil + 0.3, 1
        )

    def test_constant(self) -> None:
        """Constant data lives for ten lifetimes at every tier, by extensions only, and dies with its source."""
        grid, nodes = self.chain(0.1)
        nodes[0].put()
        grid.advance(1.0)
        puts, octets = grid.puts, grid.octets
        for _ in range(30):
            keepUp(grid, nodes[0], 5.0)
            self.assertEqual(grid.holders(nodes[0].key()), ["a", "b", "c", "d"])
        self.assertEqual(grid.puts, puts)
        self.assertEqual(grid.snapshots, 3)
        # 150 s, three links, an extension at least every half lifetime: below 2 kB each.
        self.assertLess(grid.octets - octets, 3 * 31 * 2000)
        grid.advance(GOOD + GRACE + 1.0)
        self.assertEqual(grid.holders(nodes[0].key()), [])

    def test_sourceGone(self) -> None:
        """When the way to the source breaks, values stay until their end, stale at last, and come back with it."""
        grid, nodes = self.chain(0.1)
        link = next(iter(grid.links.values()))
        keepUp(grid, nodes[0], 20.0)
        link.isDown = True
        nodes[0].put(content="2", good=GOOD, grace=GRACE)
        grid.advance(GOOD)
        self.assertEqual(grid.holders(nodes[0].key())[-3:], ["b", "c", "d"])
        keepUp(grid, nodes[0], GRACE + 1.0)
        self.assertEqual(grid.holders(nodes[0].key()), ["a"])
        link.isDown = False
        keepUp(grid, nodes[0], 60.0)
        self.assertEqual(grid.holders(nodes[0].key()), ["a", "b", "c", "d"])


class DiamondTests(SynchronousTestCase):
    """Two ways from a to d."""

    def setUp(self) -> None:
        """a to b and c, both to d."""
        self.grid = Grid()
        self.a, self.b, self.c, self.d = (self.grid.node(name) for name in "abcd")
        self.top = self.grid.link(self.a, self.b, 0.1)
        self.grid.link(self.a, self.c, 0.15)
        self.grid.link(self.b, self.d, 0.1)
        self.grid.link(self.c, self.d, 0.1)

    def test_quiet(self) -> None:
        """d keeps one way as long as it does its work, and is told no value again."""
        keepUp(self.grid, self.a, 30.0)
        puts = self.grid.puts
        keepUp(self.grid, self.a, 300.0)
        self.assertEqual(self.grid.puts, puts)
        element = self.d.store.get(self.a.key())
        assert element is not None
        self.assertEqual(element.path, ("b", "d"))
        self.assertEqual(self.grid.snapshots, 4)

    def test_wayBreaks(self) -> None:
        """When the way by b breaks, d has the value by c before it is gone."""
        keepUp(self.grid, self.a, 30.0)
        self.top.isDown = True
        for _ in range(60):
            keepUp(self.grid, self.a, 1.0, 1.0)
            self.assertIn("d", self.grid.holders(self.a.key()))
        element = self.d.store.get(self.a.key())
        assert element is not None
        self.assertEqual(element.path, ("c", "d"))

    def test_removed(self) -> None:
        """What the source takes back is gone everywhere, at once."""
        keepUp(self.grid, self.a, 10.0)
        self.a.remove()
        self.grid.advance(1.0)
        self.assertEqual(self.grid.holders(self.a.key()), [])


class RingTests(SynchronousTestCase):
    """Three nodes that all aggregate each other, and a source that dies."""

    def test_amplifiesNothing(self) -> None:
        """In a ring a change goes round once: a notice a link."""
        grid = Grid()
        nodes = [grid.node(name) for name in "abc"]
        for source, target in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            grid.link(source, target, 0.1)
        grid.advance(1.0)
        before = grid.notices
        nodes[0].put()
        grid.advance(9.0)
        self.assertEqual(grid.notices - before, 3)
        self.assertEqual(nodes[0].intake.counts.ownOriginator, 1)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_deadStaysDead(self, data: st.DataObject) -> None:
        """Whatever the latencies, partitions and clocks: when the originator is dead, so is every copy soon."""
        grid = Grid()
        ring = [grid.node(name, data.draw(st.sampled_from((0.0, 1e5, -1e5)))) for name in "abc"]
        source = grid.node("x")
        links = [
            grid.link(one, other, data.draw(LATENCIES)) for one, other in permutations(ring, 2)
        ]
        links += [grid.link(source, one, data.draw(LATENCIES)) for one in ring]
        for step in range(data.draw(st.integers(1, 12))):
            for link in links:
                link.isDown = data.draw(st.sampled_from((False, False, False, True)))
            if data.draw(st.booleans()):
                source.put(content=str(step % 3), good=GOOD, grace=GRACE)
            grid.advance(data.draw(st.sampled_from((0.5, 3.0, 5.0, 9.9, 10.0, 14.0))))
        source.notifier.stop()
        for link in links:
            link.isDown = link.source is source
        last = grid.time.seconds() + GOOD + GRACE
        # By its end a copy may have been handed on through every node.
        grid.advance(max(0.0, last - grid.time.seconds()) + 3 * 2 * 2.0 + 0.1)
        self.assertEqual([name for name in grid.holders(source.key()) if name != "x"], [])
        grid.stop()

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_converges(self, data: st.DataObject) -> None:
        """After partitions and changes every node has what the source says, and constant data stays."""
        grid = Grid()
        ring = [grid.node(name) for name in "abc"]
        source = grid.node("x")
        latency = st.sampled_from((0.0, 0.05, 0.4, 1.0))
        links = [grid.link(one, other, data.draw(latency)) for one, other in permutations(ring, 2)]
        links += [grid.link(source, one, data.draw(latency)) for one in ring]
        for step in range(data.draw(st.integers(1, 8))):
            for link in links:
                link.isDown = data.draw(st.sampled_from((False, False, True)))
            action = data.draw(st.sampled_from(("put", "same", "remove")))
            if action == "remove":
                source.remove()
            else:
                content = str(step) if action == "put" else "0"
                source.put(content=content, good=GOOD, grace=GRACE)
            grid.advance(data.draw(st.sampled_from((0.5, 3.0, 9.9, 14.0, 40.0))))
        for link in links:
            link.isDown = False
        for _ in range(40):
            source.put(content="last", good=GOOD, grace=GRACE)
            grid.advance(4.0)
        for _ in range(20):
            source.put(content="last", good=GOOD, grace=GRACE)
            grid.advance(4.0)
            for node in ring:
                element = node.store.get(source.key())
                assert element is not None
                self.assertEqual(element.tail, b">last</t:Host>")
        source.put(content="last", good=1000.0, grace=GRACE)
        grid.advance(15.0)
        source.remove()
        # What was on its way may have to be said and taken back once more.
        grid.advance(15.0)
        self.assertEqual(grid.holders(source.key()), [])
        grid.stop()
