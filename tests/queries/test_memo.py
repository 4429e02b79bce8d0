"""What is remembered of questions that ended workers."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.queries.memo import REMEMBERED, Memo
from tests.queries.poolcase import question


class MemoTests(SynchronousTestCase):
    """Memo."""

    def test_time(self) -> None:
        """A question is remembered for a while from the last time."""
        time = Clock()
        memo = Memo(time)
        memo.keep(question("a"))
        time.advance(REMEMBERED - 1.0)
        self.assertIn(question("a"), memo)
        self.assertNotIn(question("b"), memo)
        memo.keep(question("a"))
        time.advance(REMEMBERED - 1.0)
        self.assertIn(question("a"), memo)
        time.advance(1.0)
        self.assertNotIn(question("a"), memo)

    def test_bound(self) -> None:
        """The last thousand are remembered."""
        memo = Memo(Clock())
        for number in range(1001):
            memo.keep(question(str(number)))
        self.assertNotIn(question("0"), memo)
        self.assertIn(question("1"), memo)
