"""The order of notices, decided without applying any."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation.order import NoticeOrder, Place
from gma_twisted.model import Delivery


def delivery(sequence: int, epoch: int = 1, isSnapshot: bool = False, dropped: int = 0) -> Delivery:
    """A header."""
    return Delivery("http://s/x", epoch, sequence, 0.0, isSnapshot, dropped)


class NoticeOrderTests(SynchronousTestCase):
    """Notices 1 and 2 of epoch 5 were applied."""

    def setUp(self) -> None:
        """Apply them."""
        self.order = NoticeOrder()
        self.order.applied(delivery(1, 5, True))
        self.order.applied(delivery(2, 5))

    def place(self, one: Delivery, isWhole: bool = False) -> Place:
        """Where it stands."""
        return self.order.place(one, isWhole)

    def test_next(self) -> None:
        """The number that follows is next, part of a snapshot or not."""
        self.assertIs(self.place(delivery(3, 5)), Place.NEXT)
        self.assertIs(self.place(delivery(3, 5, True)), Place.NEXT)

    def test_seen(self) -> None:
        """A number that was applied has been seen, whatever else the header says now."""
        self.assertIs(self.place(delivery(2, 5)), Place.SEEN)
        self.assertIs(self.place(delivery(1, 5, True, 3)), Place.SEEN)

    def test_gap(self) -> None:
        """A number that leaves one out shows that something was missed, in a snapshot too."""
        self.assertIs(self.place(delivery(4, 5)), Place.MISSED)
        self.assertIs(self.place(delivery(4, 5, True)), Place.MISSED)

    def test_unannounced(self) -> None:
        """Each notice that was left out is counted: who leaves out more than that is not who sent those before."""
        self.assertIs(self.place(delivery(5, 5, True, 2)), Place.FIRST)
        self.assertIs(self.place(delivery(6, 5, True, 2)), Place.MISSED)
        self.assertIs(self.place(delivery(10**6, 5, True, 1)), Place.MISSED)
        self.assertIs(self.place(delivery(4, 5), isWhole=True), Place.MISSED)
        self.assertIs(self.place(delivery(10**6, 5), isWhole=True), Place.MISSED)
        self.assertIs(self.place(delivery(2, 6), isWhole=True), Place.MISSED)

    def test_belied(self) -> None:
        """What was left out never comes: when it does, somebody else has counted on."""
        self.order.applied(delivery(7, 5, True, 4))
        self.order.applied(delivery(8, 5))
        for sequence in range(3, 7):
            self.assertIs(self.place(delivery(sequence, 5, True, 9)), Place.MISSED)
            self.assertTrue(self.order.isBelied(delivery(sequence, 5)))
        for sequence in (1, 2, 7, 8):
            self.assertIs(self.place(delivery(sequence, 5)), Place.SEEN)
        self.order.applied(delivery(10**6, 5, True, 10**6))
        self.assertIs(self.place(delivery(9, 5)), Place.MISSED)
        self.assertIs(self.place(delivery(3, 5)), Place.MISSED)
        self.assertIs(self.place(delivery(2, 5)), Place.SEEN)
        self.assertIs(self.place(delivery(10**6, 5)), Place.SEEN)

    def test_beliedEpoch(self) -> None:
        """What was left out in one epoch says nothing of the next one."""
        self.order.applied(delivery(7, 5, True, 4))
        self.order.applied(delivery(1, 6, True))
        self.order.applied(delivery(2, 6))
        self.order.applied(delivery(3, 6))
        for sequence in (1, 2, 3):
            self.assertIs(self.place(delivery(sequence, 6)), Place.SEEN)
        self.order.applied(delivery(3, 7, True, 2))
        self.assertIs(self.place(delivery(1, 7, True)), Place.MISSED)

    def test_dropped(self) -> None:
        """What was left out was missed, unless a snapshot begins with this very notice."""
        self.assertIs(self.place(delivery(3, 5, dropped=1)), Place.MISSED)
        self.assertIs(self.place(delivery(3, 5, True, 1)), Place.FIRST)
        self.assertIs(self.place(delivery(4, 5, True, 1)), Place.FIRST)

    def test_lowerEpoch(self) -> None:
        """A lower epoch is over, with any number."""
        self.assertIs(self.place(delivery(3, 4)), Place.OUTDATED)
        self.assertIs(self.place(delivery(1, 4, True)), Place.OUTDATED)

    def test_higherEpoch(self) -> None:
        """A higher epoch begins with the first part of a snapshot, and with nothing else."""
        self.assertIs(self.place(delivery(1, 6, True)), Place.FIRST)
        self.assertIs(self.place(delivery(1, 6)), Place.MISSED)
        self.assertIs(self.place(delivery(2, 6, True)), Place.MISSED)
        self.assertIs(self.place(delivery(2, 6, True, 4)), Place.FIRST)

    def test_whole(self) -> None:
        """A notice of everything makes up for what came before it, but is applied once."""
        self.assertIs(self.place(delivery(3, 5), isWhole=True), Place.NEXT)
        self.assertIs(self.place(delivery(9, 5, dropped=6), isWhole=True), Place.NEXT)
        self.assertIs(self.place(delivery(9, 6, dropped=8), isWhole=True), Place.FIRST)
        self.assertIs(self.place(delivery(2, 5), isWhole=True), Place.SEEN)
        self.assertIs(self.place(delivery(9, 4), isWhole=True), Place.OUTDATED)

    def test_nothingYet(self) -> None:
        """The very first notice begins a snapshot too."""
        self.order = NoticeOrder()
        self.assertIs(self.place(delivery(1, 0, True)), Place.FIRST)
        self.assertIs(self.place(delivery(1, 0)), Place.MISSED)

    def test_asking(self) -> None:
        """To ask changes nothing."""
        self.place(delivery(1, 6, True))
        self.assertEqual((self.order.epoch, self.order.sequence), (5, 2))

    @given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), max_size=40))
    def test_neverTwice(self, sent: list[tuple[int, int]]) -> None:
        """Whatever comes in whatever order, what is applied goes up without a gap in each epoch, and never back."""
        order = NoticeOrder()
        applied: list[tuple[int, int]] = []
        for epoch, sequence in sent:
            one = delivery(sequence, epoch, sequence == 1)
            if order.place(one, False) in (Place.NEXT, Place.FIRST):
                order.applied(one)
                applied.append((epoch, sequence))
        for before, after in pairwise(applied):
            expected = (before[0], before[1] + 1) if after[0] == before[0] else (after[0], 1)
            self.assertEqual(after, expected)
            self.assertGreaterEqual(after[0], before[0])

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40), st.booleans())
    def test_honest(self, given_: list[tuple[bool, int]], isWhole: bool) -> None:
        """
        Of a sender that counts what it leaves out everything is taken that reaches the sink, and what comes again is
        known: of each notice whether it arrives, and how many more changes were left out before it.
        """
        order = NoticeOrder()
        dropped = 0
        for number, (isTaken, more) in enumerate(given_):
            dropped += more
            one = delivery(number + 1, 1, number == 0 or dropped > 0, dropped)
            place = order.place(one, isWhole)
            self.assertIn(place, (Place.NEXT, Place.FIRST))
            self.assertEqual(place is Place.FIRST and not isWhole, not isWhole and one.isSnapshot)
            if isTaken:
                order.applied(one)
                dropped = 0
                self.assertIs(order.place(one, isWhole), Place.SEEN)
            else:
                dropped += 1
