"""Many registrations, few of them and on a clock of the test."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bench.million import Expired, Million, Stage, linesOf
from gma_twisted.timing.bridge import toDeferred


class MillionTests(SynchronousTestCase):
    """L{Million}."""

    def _lived(self, isPublished: bool) -> None:
        clock = Clock()
        registry = Million(clock, isPublished)
        self.successResultOf(toDeferred(registry.start()))
        stages = [self.successResultOf(toDeferred(registry.grow(size))) for size in (20, 300)]
        self.assertEqual([stage.entries for stage in stages], [20, 300])
        self.assertEqual(len(registry.store), 300)
        for stage in stages:
            rates = (stage.registering, stage.again, stage.renewing, stage.batched)
            self.assertGreater(min(rates), 0.0)
        ending = toDeferred(registry.expire())
        self.assertNoResult(ending)
        for _ in range(2000):
            clock.advance(0.005)
        expired = self.successResultOf(ending)
        self.assertEqual((expired.entries, len(registry.store)), (300, 0))
        self.assertLessEqual(expired.lag50, expired.longest)
        self.successResultOf(toDeferred(registry.stop()))

    def test_registry(self) -> None:
        """It grows to each size, known handles add nothing, and in the end all are gone."""
        self._lived(False)

    def test_published(self) -> None:
        """The same with every entry as service data beside it."""
        self._lived(True)


class LinesTests(SynchronousTestCase):
    """L{linesOf}."""

    def test_table(self) -> None:
        """A size is a line; the end of all is a sentence in milliseconds."""
        stage = Stage(1000, 1234.4, 20_000.0, 25_000.0, 30_000.0, 60_000.0)
        lines = linesOf([stage], Expired(1000, 0.25, 0.001, 0.004, 0.0065))
        cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
        self.assertEqual(cells, ["1,000", "1,234", "20,000", "25,000", "30,000", "60,000"])
        self.assertIn("1,000 ended at one instant: gone after 0.25 s", lines[-1])
        self.assertIn("6.5 ms (longest)", lines[-1])
