"""What a worker is told it may take."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.bounds import WorkerBounds, boundsOf
from gma_twisted.model import Language

_BYTES = st.integers(0, 2**50)


class BoundsTests(SynchronousTestCase):
    """Bounds of a worker."""

    @given(st.builds(WorkerBounds, _BYTES, _BYTES, _BYTES, _BYTES))
    def test_text(self, bounds: WorkerBounds) -> None:
        """What is told as an argument is what is read of it."""
        self.assertEqual(WorkerBounds.read(bounds.text), bounds)

    @given(
        st.text(max_size=20) | st.sampled_from(["[]", "5", "{}", '{"base": 1}', '{"base": "x"}'])
    )
    def test_anythingElse(self, text: str) -> None:
        """Anything else is refused in one way."""
        self.assertRaises(ValueError, WorkerBounds.read, text)

    def test_memory(self) -> None:
        """A worker has memory for itself, for its values, and for what kept questions gave."""
        self.assertEqual(WorkerBounds(1000, 10, 5, 100).memory, 1150)
        for language in Language:
            less, more = boundsOf(language, 1000), boundsOf(language, 2000)
            self.assertEqual(more.memory - less.memory, 1000 * less.element)
