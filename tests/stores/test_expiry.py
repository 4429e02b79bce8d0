"""The ends of rows, by themselves."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.stores.expiry import Expiry
from gma_twisted.timing import NodeClock


class ExpiryTests(SynchronousTestCase):
    """Of rows that end together."""

    def setUp(self) -> None:
        """A thousand rows end at instant 1."""
        self.time = Clock()
        self.asked: list[tuple[Sequence[int], Deferred[None]]] = []
        self.rows = set(range(1000))
        clock = NodeClock(self.time, self.time.seconds)
        self.expiry: Expiry[int] = Expiry(clock, self._commit, self._until, "rows")
        for row in self.rows:
            self.expiry.keep(row, 1.0)
        self.expiry.start()

    def _commit(self, rows: Sequence[int]) -> Deferred[None]:
        self.asked.append((rows, Deferred()))
        return self.asked[-1][1]

    def _until(self, row: int) -> float | None:
        return 1.0 if row in self.rows else None

    def _answer(self, error: Busy | None = None) -> None:
        rows, done = self.asked.pop()
        if error is None:
            self.rows.difference_update(rows)
            done.callback(None)
        else:
            done.errback(error)

    def _pass(self, seconds: float) -> None:
        self.time.pump([0.02] * round(seconds / 0.02))

    def test_oneByOne(self) -> None:
        """A slice is asked for when the one before is done, so that others are served in between."""
        self._pass(2.0)
        for left in (1000, 800, 600, 400, 200):
            self.assertEqual((len(self.rows), len(self.asked)), (left, 1))
            self._answer()
            self._pass(0.04)
        self.assertEqual((self.rows, self.asked), (set(), []))

    def test_failing(self) -> None:
        """While ends cannot be recorded few are tried, once a minute at last; two lines tell it."""
        tries = 0
        with capturedLogs() as events:
            for _ in range(600):
                self._pass(1.0)
                if self.asked:
                    tries += 1
                    self._answer(Busy("the disk is full"))
            self.assertEqual(tries, 15)
            self._pass(62.0)
            while self.asked:
                self._answer()
                self._pass(0.04)
        self.assertEqual(self.rows, set())
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "rows whose time has passed could not be ended, which is tried again: the disk is full",
                "rows whose time has passed are ended again",
            ],
        )

    def test_stopped(self) -> None:
        """Stopped, nothing is tried again; started again, it is at once."""
        self._pass(2.0)
        self._answer(Busy("the disk is full"))
        self.expiry.stop()
        self.assertEqual(self.time.getDelayedCalls(), [])
        self._pass(10.0)
        self.assertEqual(self.asked, [])
        self.expiry.start()
        self._pass(0.04)
        self.assertEqual(len(self.asked), 1)
        self.expiry.stop()
        self._answer()
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_closed(self) -> None:
        """Closed, it asks nobody; rows that are let go of meanwhile do no harm."""
        self._pass(0.5)
        self.expiry.close()
        self.expiry.keep(1, 0.6)
        self.expiry.forget(2)
        self._pass(5.0)
        self.assertEqual((self.asked, self.time.getDelayedCalls()), ([], []))
