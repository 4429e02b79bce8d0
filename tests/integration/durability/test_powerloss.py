"""Power cuts."""

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.powerloss import Verdict, record, replay
from tests.integration.durability.trace import unusable


class PowerLossTests(SynchronousTestCase):
    """Disks as they may be found, opened again."""

    def setUp(self) -> None:
        """strace may be missing or forbidden."""
        if reason := unusable():
            raise SkipTest(reason)

    def test_life(self) -> None:
        """A store that was killed before has everything it acknowledged, wherever the power went."""
        verdict = Verdict()
        replay(record(40, 3), 3, 100, verdict, 2, 0.08)
        self.assertEqual(verdict.wrongs, [])
        self.assertTrue(verdict.states >= 100, verdict.line())

    def test_beginning(self) -> None:
        """A new store too, from its first write on; each of its disks can be used."""
        verdict = Verdict()
        replay(record(3, 4, isNew=True), 4, 40, verdict, 1, 0.4)
        self.assertEqual(verdict.wrongs, [])
        self.assertTrue(verdict.states >= 40, verdict.line())

    def test_failing(self) -> None:
        """What a failed synchronisation left unwritten is written again before anything else is acknowledged."""
        verdict = Verdict()
        replay(record(30, 20, failing="20..22"), 20, 40, verdict, 1, 0.3)
        self.assertEqual(verdict.wrongs, [])
        self.assertTrue(verdict.states >= 40, verdict.line())
