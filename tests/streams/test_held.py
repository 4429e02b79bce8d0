"""Who loses lines when all of a plane hold more than they may."""

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.streams.counts import StreamCounts
from gma_twisted.streams.group import Group
from gma_twisted.streams.held import Held
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.member import Member
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import Backoff
from tests.streams.sendstand import Network, SendStand, admitted, made, numbersIn


@attrs.define(slots=True, eq=False)
class _Holder:
    held: Held
    every: list["_Holder"]
    pieces: list[int] = attrs.field(factory=list)

    @property
    def size(self) -> int:
        return sum(self.pieces)

    def add(self, size: int) -> None:
        before = self.size
        self.pieces.append(size)
        self.held.change(self, before, self.size)

    def dropOldest(self) -> None:
        before = self.size
        assert 2 * before > max(one.size for one in self.every)
        self.pieces.pop(0)
        self.held.change(self, before, self.size)


class HeldTests(SynchronousTestCase):
    """The rule by itself."""

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 500)), max_size=200))
    def test_fullest(self, offered: list[tuple[int, int]]) -> None:
        """The bound holds, and who loses has more than half of what anybody has."""
        counts = StreamCounts()
        held = Held(counts)
        holders: list[_Holder] = []
        holders.extend(_Holder(held, holders) for _ in range(5))
        for which, size in offered:
            holders[which].add(size)
            held.bound(1000)
            self.assertLessEqual(counts.held, 1000)
            self.assertEqual(counts.held, sum(one.size for one in holders))


class StalledTests(SendStand, SynchronousTestCase):
    """Subscribers who take nothing, and others."""

    def setUp(self) -> None:
        """Make a plane that holds little."""
        super().setUp()
        self.network = Network(self.time)
        self.plane = TCPLinePlane(
            self.network.dial,
            admitted,
            self.clock,
            lambda: 0.5,
            StreamLimits(allBytes=20_000, handedBytes=500),
            Backoff(1.0, 60.0),
        )

    def url(self, host: str) -> str:
        """Where its lines go."""
        url = f"x-netlog://{host}:14830?const.who={host}"
        self.admit(url)
        return url

    def joined(self, host: str, isStalled: bool = False) -> tuple[Group, Member]:
        """Somebody in a group of its own."""
        url = self.url(host)
        group = self.plane.group(self.terms(url), "life")
        member = self.join(group, url)
        self.network.at(host, 14830).last.isStalled = isStalled
        return group, member

    def got(self, host: str) -> list[object]:
        """What somebody got."""
        return numbersIn(self.network.at(host, 14830).got)

    def test_nobodyElse(self) -> None:
        """However many stall, who reads gets every line, also of what is gathered for a moment."""
        stalled = [self.joined(f"stalled{number}", True) for number in range(10)]
        group, member = self.joined("fast")
        for first in range(1, 500, 5):
            for number in range(first, first + 5):
                for one in (*[other for other, _ in stalled], group):
                    one.offer(made(number), number, 100)
                    self.assertLessEqual(self.plane.counts.held, 20_000)
            self.turns(4, 0.1)
        self.assertEqual(self.got("fast"), [*range(1, 501)])
        for number in range(10):
            transport = self.network.at(f"stalled{number}", 14830).last
            transport.isStalled = False
            transport.drain()
        self.turns(100, 1.0)
        for number in range(10):
            found = [int(str(one)) for one in self.got(f"stalled{number}")]
            # Each of them was told how many it did not get.
            self.assertEqual(sum(-one if one < 0 else 1 for one in found), 500)
            self.assertEqual(found[-1], 500)
        self.leave(member, *[one for _, one in stalled])
        self.assertEqual(self.plane.counts.held, 0)

    def test_lookBacks(self) -> None:
        """What was looked up for somebody who is paused goes before the lines of others."""
        group, member = self.joined("fast")
        url = self.url("paused")
        paused = self.join(self.plane.group(self.terms(url), "life"), url, 8, 300, True)
        paused.pause()
        paused.lookedBack([made(number) for number in range(300)], range(1, 301), [100] * 300, 0)
        self.assertEqual(self.plane.counts.held, 20_000)
        self.offer(group, *range(301, 311))
        self.assertEqual(self.got("fast"), [*range(301, 311)])
        paused.resume()
        self.turns(100, 1.0)
        missed, *rest = [int(str(one)) for one in self.got("paused")]
        self.assertGreaterEqual(-missed, 100)
        self.assertEqual((len(rest) - missed, rest[-1]), (300, 299))
        self.leave(member, paused)
