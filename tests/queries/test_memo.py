"""What is remembered of questions that ended workers."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.queries.bucket import Bucket
from gma_twisted.queries.memo import DOUBTED, REMEMBERED, Memo, Offenders
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


class OffendersTests(SynchronousTestCase):
    """Offenders."""

    def test_doubt(self) -> None:
        """A client and its network are doubted for a minute, though what they ended counts for ten."""
        time = Clock()
        offenders = Offenders(time, 2)
        offenders.keep("anonymous@192.0.2.7")
        self.assertIn("anonymous@192.0.2.8", offenders)
        self.assertNotIn("anonymous@192.0.3.7", offenders)
        time.advance(DOUBTED)
        self.assertNotIn("anonymous@192.0.2.7", offenders)
        offenders.check("anonymous@192.0.2.7")
        offenders.keep("anonymous@192.0.2.7")
        with self.assertRaisesRegex(Busy, "ask again in 60 s"):
            offenders.check("anonymous@192.0.2.7")


class BucketTests(SynchronousTestCase):
    """Bucket."""

    def test_take(self) -> None:
        """So many at once, then one in a second; what was not there is not taken."""
        time = Clock()
        bucket = Bucket(time, 2)
        self.assertEqual([bucket.take() for _ in range(4)], [0.0, 0.0, 1.0, 1.0])
        time.advance(0.75)
        self.assertEqual(bucket.take(), 0.25)
        time.advance(0.25)
        self.assertEqual([bucket.take(), bucket.take()], [0.0, 1.0])
        time.advance(100.0)
        self.assertEqual([bucket.take() for _ in range(3)], [0.0, 0.0, 1.0])
