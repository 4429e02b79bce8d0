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
    owner: str
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
        totals = {one.owner: 0 for one in self.every}
        for one in self.every:
            totals[one.owner] += one.size
        assert 2 * totals[self.owner] > max(totals.values())
        assert 2 * before > max(one.size for one in self.every if one.owner == self.owner)
        self.pieces.pop(0)
        self.held.change(self, before, self.size)


class HeldTests(SynchronousTestCase):
    """The rule by itself."""

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 500)), max_size=200))
    def test_fullest(self, offered: list[tuple[int, int]]) -> None:
        """The bound holds, and who loses has more than half of what any owner has, and of what any of its owner has."""
        counts = StreamCounts()
        held = Held(counts)
        holders: list[_Holder] = []
        holders.extend(_Holder(held, holders, "ab"[number % 2]) for number in range(5))
        for which, size in offered:
            holders[which].add(size)
            held.bound(1000, holders[which])
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

    def joined(self, host: str, isStalled: bool = False, owner: str = "") -> tuple[Group, Member]:
        """Somebody in a group of its own."""
        url = self.url(host)
        group = self.plane.group(self.terms(url), "life")
        member = self.join(group, url, owner=owner)
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

    def told(self, host: str) -> list[int]:
        """What somebody got in the end, who stalled before; how many were left out as a negative number."""
        transport = self.network.at(host, 14830).last
        transport.isStalled = False
        transport.drain()
        self.turns(100, 1.0)
        return [int(str(one)) for one in self.got(host)]

    def test_ofOneOwner(self) -> None:
        """Many small ones of one owner lose before a large one of another, who stalls for a while, loses anything."""
        ours, member = self.joined("ours", True, "we")
        theirs = [self.joined(f"theirs{number}", True, "stranger") for number in range(20)]
        self.offer(ours, *range(1, 101))
        before = self.plane.counts.held
        for number in range(1, 41):
            for group, _ in theirs:
                group.offer(made(number), number, 100)
            self.turns(4, 0.1)
        self.assertGreater(self.plane.counts.held, 19_000)
        # Each of theirs has less than ours has.
        self.assertGreater(before, 2 * (20_000 - before) / 20)
        self.assertEqual(self.told("ours"), [*range(1, 101)])
        self.assertTrue(all(min(self.told(f"theirs{number}")) < 0 for number in range(20)))
        self.leave(member, *[one for _, one in theirs])
        self.assertEqual(self.plane.counts.held, 0)

    def test_sharedLog(self) -> None:
        """Lines that all of a group share are on the account of whoever is furthest behind in it."""
        group, ours = self.joined("ours", False, "we")
        url = self.url("theirs")
        self.assertEqual(group.log.owner, "we")
        self.offer(group, 1)
        theirs = self.join(group, url, owner="stranger")
        self.network.at("theirs", 14830).last.isStalled = True
        self.offer(group, *range(2, 6))
        self.assertEqual((group.log.owner, len(group.log)), ("stranger", 3))
        self.leave(theirs)
        self.offer(group, 6, 7)
        self.assertEqual(group.log.owner, "we")
        self.leave(ours)
        self.assertEqual(self.plane.counts.held, 0)

    def test_sharedWithOne(self) -> None:
        """A stranger who stalls in a group is judged by that too, and not who reads in it."""
        group, ours = self.joined("ours", False, "we")
        theirs = self.join(group, self.url("theirs"), owner="stranger")
        self.network.at("theirs", 14830).last.isStalled = True
        own, member = self.joined("own", True, "we")
        self.offer(own, *range(1, 101))
        for first in range(1, 601, 10):
            self.offer(group, *range(first, first + 10))
        self.assertEqual(self.told("own"), [*range(1, 101)])
        self.assertEqual(self.got("ours"), [*range(1, 601)])
        self.assertLess(min(self.told("theirs")), 0)
        self.leave(ours, theirs, member)

    def test_manyThatRead(self) -> None:
        """Who reads in many groups loses nothing, though it has more about to be written than each who stalls has."""
        theirs = [self.joined(f"theirs{number}", True, f"stranger{number}") for number in range(20)]
        for number in range(1, 100):
            for group, _ in theirs:
                group.offer(made(number), number, 100)
            self.turns(2, 0.1)
        self.assertGreater(self.plane.counts.held, 19_000)
        ours = [self.joined(f"ours{number}", False, "we") for number in range(20)]
        for first in range(1, 31, 3):
            for number in range(first, first + 3):
                for group, _ in ours:
                    group.offer(made(number), number, 100)
            self.turns(20, 2.0)
        for number in range(20):
            self.assertEqual(self.got(f"ours{number}"), [*range(1, 31)])
        for number in range(20):
            transport = self.network.at(f"theirs{number}", 14830).last
            transport.isStalled = False
            transport.drain()
        self.turns(100, 5.0)
        self.leave(*[one for _, one in (*ours, *theirs)])
        self.assertEqual(self.plane.counts.held, 0)

    def test_manyAtOnce(self) -> None:
        """Nobody hides behind one who is slow by what has only just come, a little in each of many groups."""
        own, member = self.joined("ours", True, "we")
        self.offer(own, *range(1, 31))
        theirs = [self.joined(f"theirs{number}", False, "stranger") for number in range(60)]
        for number in range(1, 8):
            for group, _ in theirs:
                group.offer(made(number), number, 100)
                self.assertLessEqual(self.plane.counts.held, 20_000)
        self.turns(20, 2.0)
        self.assertEqual(self.told("ours"), [*range(1, 31)])
        self.leave(member, *[one for _, one in theirs])

    def test_lastTurn(self) -> None:
        """What is left when all had their turn is on an account, also where nothing comes after it."""
        group, member = self.joined("theirs", True, "stranger")
        group.offer(made(1), 1, 100)
        group.offer(made(2), 2, 100)
        self.assertGreater(self.plane.shared.held.free, 0)
        self.turns(20, 0.2)
        self.assertEqual(len(group.log), 1)
        self.assertEqual(self.plane.shared.held.free, 0)
        self.leave(member)

    def test_goneOn(self) -> None:
        """The same where somebody has just gone on."""
        group, theirs = self.joined("theirs", True, "stranger")
        ours = self.join(group, self.url("ours"), owner="we")
        ours.pause()
        self.offer(group, 1)
        self.turns(20, 2.0)
        ours.resume()
        group.offer(made(2), 2, 100)
        self.turns(20, 0.2)
        self.assertEqual((self.got("ours"), len(group.log)), ([1, 2], 1))
        self.assertEqual(self.plane.shared.held.free, 0)
        self.leave(ours, theirs)

    def test_large(self) -> None:
        """Of what has only just come, more than may be handed over at once is on an account."""
        group, member = self.joined("ours", False, "we")
        for number in range(1, 31):
            group.offer(made(number), number, 100)
            self.assertLessEqual(self.plane.shared.held.free, 500)
        self.assertGreater(self.plane.counts.held, 1_500)
        self.turns(100, 5.0)
        self.assertEqual(self.got("ours"), [*range(1, 31)])
        self.leave(member)

    def test_caughtUp(self) -> None:
        """Nothing is held for one who has caught up, also where nothing comes any more."""
        group, ours = self.joined("ours", True, "we")
        self.offer(group, *range(1, 100))
        self.assertGreater(len(group.log), 90)
        self.assertEqual(self.told("ours"), [*range(1, 100)])
        self.assertEqual((len(group.log), self.plane.counts.held), (0, 0))
        self.leave(ours)

    def test_gone(self) -> None:
        """What was kept for one who left goes soon, also where nothing comes any more."""
        group, ours = self.joined("ours", False, "we")
        theirs = self.join(group, self.url("theirs"), owner="stranger")
        self.network.at("theirs", 14830).last.isStalled = True
        self.offer(group, *range(1, 100))
        self.assertGreater(len(group.log), 90)
        self.leave(theirs)
        self.assertEqual((len(group.log), group.log.owner), (0, "we"))
        self.assertEqual((self.plane.counts.held, self.plane.shared.held.free), (0, 0))
        self.assertEqual(self.got("ours"), [*range(1, 100)])
        self.leave(ours)
