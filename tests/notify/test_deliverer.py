"""Notices on their way: order, fairness, patience and bounds."""

from collections.abc import Awaitable, Iterator
from itertools import pairwise
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import PeerUnreachable, Refused
from gma_twisted.interfaces import Reply
from gma_twisted.model import Handle
from gma_twisted.notify.deliverer import Deliverer, DeliveryLimits
from gma_twisted.timing import NodeClock, toDeferred
from tests.notify.sinks import Mailbox, Network

A, B = "a:1", "b:1"


def at(peer: str, path: str = "sink") -> Handle:
    """A sink at a peer."""
    return Handle(f"http://{peer}/{path}")


class DeliveryTests(SynchronousTestCase):
    """What arrives, and when."""

    def setUp(self) -> None:
        """A deliverer whose chance is always the same."""
        self.time = Clock()
        self.network = Network()
        self.deliverer = self.make()

    def make(self, **bounds: float) -> Deliverer:
        """One with bounds."""
        limits = DeliveryLimits(**bounds)  # type: ignore[arg-type]
        return Deliverer(self.network, NodeClock(self.time), lambda: 0.5, limits)

    def test_inOrder(self) -> None:
        """Everything arrives in its order, the next one when the one before is accepted."""
        box = Mailbox(at(A), [b"1", b"2", b"3"])
        self.network.statuses[A] = [None]
        self.deliverer.wake(box)
        self.assertEqual(self.network.bodies(A), [b"1"])
        self.network.answer(A)
        self.assertEqual(self.network.bodies(A), [b"1", b"2"])
        self.network.answer(A)
        self.network.answer(A)
        self.assertEqual(self.network.bodies(A), [b"1", b"2", b"3"])
        self.assertEqual(box.log, ["accepted"] * 3)

    def test_oneAtATime(self) -> None:
        """Waking one that is served changes nothing; after its last notice it can be woken again."""
        box = Mailbox(at(A), [b"1"])
        self.network.statuses[A] = [None]
        self.deliverer.wake(box)
        self.deliverer.wake(box)
        self.assertEqual(len(self.network.arrived), 1)
        self.network.answer(A)
        box.waiting.append(b"2")
        self.deliverer.wake(box)
        self.assertEqual(self.network.bodies(A), [b"1", b"2"])

    def test_nothing(self) -> None:
        """One that has nothing is left alone."""
        self.deliverer.wake(Mailbox(at(A)))
        self.assertEqual(self.network.arrived, [])

    def test_again(self) -> None:
        """What a sink could not take comes again, the same, and nothing overtakes it."""
        box = Mailbox(at(A), [b"1", b"2"])
        self.network.statuses[A] = [503, 408, 404, PeerUnreachable("no"), 202]
        self.deliverer.wake(box)
        for _ in range(600):
            self.time.advance(0.1)
        self.assertEqual(self.network.bodies(A), [b"1"] * 5 + [b"2"])
        self.assertEqual(box.log, ["failed"] * 4 + ["accepted"] * 2)

    def test_patience(self) -> None:
        """A sink that is away is asked ever more seldom, at least once a minute and never at once."""
        box = Mailbox(at(A), [b"1"])
        self.network.statuses[A] = [503]
        self.deliverer.wake(box)
        instants = [0.0]
        for _ in range(60_000):
            before = len(self.network.arrived)
            self.time.advance(0.01)
            if len(self.network.arrived) > before:
                instants.append(self.time.seconds())
        waits = [later - sooner for sooner, later in pairwise(instants)]
        self.assertEqual([round(one, 1) for one in waits[:4]], [0.5, 1.0, 2.0, 4.0])
        self.assertLess(max(waits), 31.0)
        self.assertGreater(min(waits[6:]), 29.0)

    def waits(self, chance: float, retryAfter: int, seconds: int) -> list[float]:
        """How long a sink that is busy is left alone between two attempts."""
        self.time, self.network = Clock(), Network({A: [503]}, retryAfter)
        self.deliverer = self.make()
        self.deliverer.random = lambda: chance
        self.deliverer.wake(Mailbox(at(A), [b"1"]))
        instants = [0.0]
        for _ in range(seconds * 8):
            before = len(self.network.arrived)
            self.time.advance(0.125)
            if len(self.network.arrived) > before:
                instants.append(self.time.seconds())
        self.assertEqual(len(self.network.arrived), len(instants))
        return [later - sooner for sooner, later in pairwise(instants)]

    def test_told(self) -> None:
        """A sink that says for how long it has no time is left alone for that, by chance half as long more."""
        self.assertEqual(self.waits(0.0, 7, 22), [7.0] * 3)
        self.assertEqual(self.waits(0.5, 8, 31), [10.0] * 3)

    def test_toldBounded(self) -> None:
        """However long it says, it is asked once a minute, and by chance half a minute later."""
        self.assertEqual(self.waits(0.0, 9999, 121), [60.0, 60.0])
        self.assertEqual(self.waits(0.5, 9999, 76), [75.0])

    def test_onePeer(self) -> None:
        """However its URL is written a peer is one; and hosts without a port are not all the same."""
        self.deliverer = self.make(perPeer=1, perHost=1)
        urls = (
            "http://a/1",
            "HTTP://A:80/2",
            "http://a/3?x",
            "http://[::1]/1",
            "http://[::1]:80/2",
        )
        for peer in ("a", "A:80", "[::1]", "[::1]:80", "b"):
            self.network.statuses[peer] = [None]
        for url in urls:
            self.deliverer.wake(Mailbox(Handle(url), [b"x"]))
        self.assertEqual([peer for peer, _ in self.network.arrived], ["a", "[::1]"])
        self.deliverer.wake(Mailbox(Handle("http://b/1"), [b"x"]))
        self.deliverer.wake(Mailbox(Handle("http://b:81/1"), [b"x"]))
        self.assertEqual([peer for peer, _ in self.network.arrived], ["a", "[::1]", "b"])
        self.network.answer("a")
        self.assertEqual([peer for peer, _ in self.network.arrived][3:], ["A:80"])

    def test_gone(self) -> None:
        """410 is final at once; what the sink says for ever, after ten times."""
        gone, broken = Mailbox(at(A), [b"1", b"2"]), Mailbox(at(B), [b"1", b"2"])
        self.network.statuses[A] = [410, 202]
        self.network.statuses[B] = [*[400] * 10, 202]
        self.deliverer.wake(gone)
        self.deliverer.wake(broken)
        for _ in range(3000):
            self.time.advance(0.1)
        self.assertEqual(gone.log, ["rejected 410", "accepted"])
        self.assertEqual(broken.log, ["failed"] * 9 + ["rejected 400", "accepted"])

    def test_counts(self) -> None:
        """Each attempt counts once, by how it ended: taken, refused for now, not answered, left out."""
        away, gone = Mailbox(at(A), [b"1", b"2"]), Mailbox(at(B), [b"1", b"2"])
        self.network.statuses[A] = [503, PeerUnreachable("no"), 408, 202]
        self.network.statuses[B] = [410, 202]
        self.deliverer.wake(away)
        self.deliverer.wake(gone)
        for _ in range(600):
            self.time.advance(0.1)
        counts = self.deliverer.counts
        self.assertEqual(
            (counts.delivered, counts.refused, counts.unanswered, counts.dropped), (3, 2, 1, 1)
        )
        self.assertEqual(len(self.network.arrived), 7)

    def test_othersDoNotWait(self) -> None:
        """A peer that never answers keeps nobody else waiting."""
        stuck, healthy = Mailbox(at(A), [b"1"]), Mailbox(at(B), [b"1"])
        self.network.statuses[A] = [None]
        self.deliverer.wake(stuck)
        self.deliverer.wake(healthy)
        self.assertEqual(healthy.log, ["accepted"])

    def test_fewAtOnce(self) -> None:
        """So many at once to one peer; the others follow in their order."""
        boxes = [Mailbox(at(A, str(n)), [b"%d" % n]) for n in range(5)]
        self.network.statuses[A] = [None]
        for box in boxes:
            self.deliverer.wake(box)
        self.assertEqual(self.network.bodies(A), [b"0", b"1"])
        self.network.answer(A)
        self.assertEqual(self.network.bodies(A), [b"0", b"1", b"2"])

    def test_fewToAHost(self) -> None:
        """So many at once to one host, whatever its ports; every port gets its turn."""
        self.deliverer = self.make(perHost=3)
        peers = [f"a:{n}" for n in range(1, 7)]
        for peer in peers:
            self.network.statuses[peer] = [None]
            self.deliverer.wake(Mailbox(at(peer), [b"x"]))
        self.assertEqual([peer for peer, _ in self.network.arrived], peers[:3])
        for peer in peers[:3]:
            self.network.answer(peer)
        self.assertEqual([peer for peer, _ in self.network.arrived], peers)

    def test_breaker(self) -> None:
        """A peer that cannot be reached is left alone by all, then tried with one notice, then gets all."""
        boxes = [Mailbox(at(A, str(n)), [b"%d" % n]) for n in range(4)]
        self.network.statuses[A] = [PeerUnreachable("no"), None]
        self.deliverer.wake(boxes[0])
        for box in boxes[1:]:
            self.deliverer.wake(box)
        self.assertEqual(self.network.bodies(A), [b"0"])
        self.time.advance(0.6)
        self.assertEqual(self.network.bodies(A), [b"0", b"0"])
        self.network.answer(A)
        self.assertEqual(self.network.bodies(A), [b"0", b"0", b"1", b"2"])

    def test_refusedAddress(self) -> None:
        """A sink that may not be called is no error of ours: it is tried again, seldom."""
        box = Mailbox(at(A), [b"1"])
        self.network.statuses[A] = [Refused("not there"), 202]
        self.deliverer.wake(box)
        self.time.advance(1.0)
        self.assertEqual(box.log, ["failed", "accepted"])

    def test_heardOf(self) -> None:
        """A peer that was left alone and is heard of is tried at once, but not within a second of its last failure."""
        box = Mailbox(at(A), [b"1", b"2"])
        self.network.statuses[A] = [*[PeerUnreachable("no")] * 8, 202]
        self.deliverer.wake(box)
        while len(self.network.arrived) < 7:
            self.time.advance(0.1)
        self.deliverer.heardOf(at(B))
        self.deliverer.heardOf(at(A))
        self.time.advance(0.9)
        self.assertEqual(len(self.network.arrived), 7)
        self.time.advance(0.1)
        self.assertEqual(len(self.network.arrived), 8)
        self.time.advance(5.0)
        self.assertEqual(len(self.network.arrived), 8)
        self.deliverer.heardOf(at(A, "other"))
        self.time.advance(0.1)
        self.assertEqual(box.log[-2:], ["accepted"] * 2)
        self.deliverer.heardOf(at(A))

    def test_brokenCaller(self) -> None:
        """An error of our own is logged and costs no more than one of the peer, whether it comes at once or later."""
        box = Mailbox(at(A), [b"1"])
        later: Deferred[Reply] = fail(ValueError("later"))
        calls: Iterator[Deferred[Reply] | ValueError] = iter([later, ValueError("at once")])
        answer = Network.call

        def call(network: Network, *what: Any) -> Awaitable[Reply]:
            broken = next(calls, None)
            if isinstance(broken, ValueError):
                raise broken
            return broken or answer(network, *what)

        self.patch(Network, "call", call)
        self.deliverer.wake(box)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.time.advance(0.6)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.time.advance(1.0)
        self.assertEqual(box.log, ["failed", "failed", "accepted"])
        self.assertEqual(self.deliverer.peers, 0)

    def test_forgotten(self) -> None:
        """Nothing more is sent of one that was forgotten, whether it waits, failed or is under way."""
        waits, under = Mailbox(at(A, "w"), [b"w"]), Mailbox(at(A, "u"), [b"u1", b"u2"])
        later = Mailbox(at(B), [b"l"])
        self.deliverer = self.make(perPeer=1)
        self.network.statuses[A] = [None]
        self.network.statuses[B] = [503]
        for box in (under, waits, later):
            self.deliverer.wake(box)
        for box in (under, waits, later):
            self.deliverer.forget(box)
        self.network.answer(A)
        self.time.advance(120.0)
        self.assertEqual([body for _, body in self.network.arrived], [b"u1", b"l"])
        self.assertEqual(under.log, [])

    def test_forgottenWhenRejected(self) -> None:
        """One may be forgotten while it is told that it is rejected."""
        box = Mailbox(at(A), [b"1", b"2"])
        box.onRejected = lambda: self.deliverer.forget(box)
        self.network.statuses[A] = [410]
        self.deliverer.wake(box)
        self.assertEqual(self.network.bodies(A), [b"1"])

    def test_nothingIsLeft(self) -> None:
        """What is known of peers goes when nothing is to be sent to them."""
        self.network.statuses[A] = [PeerUnreachable("no"), 202]
        self.network.statuses[B] = [PeerUnreachable("no")]
        one, other = Mailbox(at(A), [b"1"]), Mailbox(at(B), [b"1"])
        self.deliverer.wake(one)
        self.deliverer.wake(other)
        self.deliverer.forget(other)
        self.time.advance(1.0)
        self.time.advance(61.0)
        self.assertEqual(self.deliverer.peers, 0)

    def test_stopped(self) -> None:
        """After the stop nothing is sent, and no timer runs."""
        box = Mailbox(at(A), [b"1"])
        self.network.statuses[A] = [503]
        self.deliverer.wake(box)
        self.successResultOf(toDeferred(self.deliverer.stop()))
        self.deliverer.wake(Mailbox(at(B), [b"1"]))
        self.time.advance(100.0)
        self.assertEqual([peer for peer, _ in self.network.arrived], [A])
        self.assertEqual(self.time.getDelayedCalls(), [])
