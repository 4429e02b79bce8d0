"""How many lines of one kind are logged."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import LogLimit


class LogLimitTests(SynchronousTestCase):
    """Lines a second."""

    def test_limit(self) -> None:
        """So many pass in a second; the next one that passes tells how many did not."""
        time = Clock()
        limit = LogLimit(time, perSecond=2)
        self.assertEqual([limit.admit() for _ in range(5)], [0, 0, None, None, None])
        time.advance(1.0)
        self.assertEqual([limit.admit() for _ in range(3)], [3, 0, None])
