"""Set clocks and stopped processes."""

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.clocks import noFaketime, stepClocks, stopProcess


class ClockTests(SynchronousTestCase):
    """Entries end when they should."""

    def test_steps(self) -> None:
        """Whatever the wall clock is set to, none ends early and none is seen a second late."""
        if reason := noFaketime():
            raise SkipTest(reason)
        result = stepClocks(8, 5)
        self.assertEqual(list(result.wrongs), [])
        self.assertTrue(result.acknowledged >= 50, result.line())

    def test_stopped(self) -> None:
        """The first answer of a process that was stopped shows nothing whose time has passed meanwhile."""
        self.assertEqual(list(stopProcess(3.0)), [])
