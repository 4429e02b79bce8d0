"""Who holds most."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import Fullest, FullestOwner


class FullestTests(SynchronousTestCase):
    """Whatever changes."""

    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**60)), max_size=100))
    def test_model(self, changes: list[tuple[int, int]]) -> None:
        """It is one with more than half of what anybody has, of those sizes there are."""
        fullest: Fullest[int] = Fullest()
        sizes = dict.fromkeys(range(6), 0)
        self.assertIsNone(fullest.holder())
        for who, size in changes:
            fullest.change(who, sizes[who], size)
            sizes[who] = size
            found, most = fullest.holder(), max(sizes.values())
            if not most:
                self.assertIsNone(found)
            else:
                assert found is not None
                self.assertGreater(2 * sizes[found], min(most, 2**47))


class FullestOwnerTests(SynchronousTestCase):
    """Those of owners."""

    @given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2**40)), max_size=100))
    def test_model(self, changes: list[tuple[int, int]]) -> None:
        """It is one with more than half of what any of its owner has; no owner has twice as much as that one."""
        fullest: FullestOwner[int] = FullestOwner()
        owners = {who: ("", "a", "b")[who % 3] for who in range(9)}
        sizes = dict.fromkeys(owners, 0)

        def ofOwner(who: int) -> list[int]:
            # Who has no owner is judged by itself.
            return [
                one for one in owners if one == who or (owners[who] and owners[one] == owners[who])
            ]

        for who, size in changes:
            fullest.change(owners[who], who, sizes[who], size)
            sizes[who] = size
            found = fullest.holder()
            if not any(sizes.values()):
                self.assertIsNone(found)
                continue
            assert found is not None
            most = max(sum(sizes[one] for one in ofOwner(each)) for each in owners)
            mine = [sizes[one] for one in ofOwner(found)]
            self.assertGreater(2 * sum(mine), most)
            self.assertGreater(2 * sizes[found], max(mine))

    def test_many(self) -> None:
        """Many that hold little each come before one of another owner that holds more than any of them."""
        fullest: FullestOwner[str] = FullestOwner()
        fullest.change("we", "ours", 0, 1000)
        for number in range(100):
            fullest.change("stranger", f"theirs{number}", 0, 100)
        self.assertTrue(str(fullest.holder()).startswith("theirs"))

    def test_gone(self) -> None:
        """However many owners come and go, a bounded number of them is remembered; who comes again is judged anew."""
        fullest: FullestOwner[str] = FullestOwner()
        for number in range(5_000):
            fullest.change(f"owner{number}", "holder", 0, 1000)
            fullest.change(f"owner{number}", "holder", 1000, 0)
        self.assertIsNone(fullest.holder())
        self.assertLessEqual(len(fullest._shares), 1_001)
        for number in (0, 4_999):
            fullest.change(f"owner{number}", f"again{number}", 0, 2000 + number)
        self.assertEqual(fullest.holder(), "again4999")

    def test_kept(self) -> None:
        """Whose bytes come and go has the same account all the time: to make one costs more than what is counted."""
        fullest: FullestOwner[str] = FullestOwner()
        fullest.change("we", "ours", 0, 1000)
        share = fullest._shares["we"]
        fullest.change("we", "ours", 1000, 0)
        fullest.change("we", "ours", 0, 1000)
        self.assertIs(fullest._shares["we"], share)
