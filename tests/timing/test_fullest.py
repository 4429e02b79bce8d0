"""Who holds most."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import Fullest


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
