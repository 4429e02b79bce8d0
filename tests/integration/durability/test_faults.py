"""Disks that are full or fail for a while."""

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.drive import scratch
from tests.integration.durability.faults import (
    FAULTS,
    STARTED,
    Faults,
    ballast,
    failForEver,
    full,
    injectAll,
    limited,
    mounted,
)
from tests.integration.durability.trace import unusable


class FaultTests(SynchronousTestCase):
    """Writes are refused, reads go on, writes go on when they can."""

    def judge(self, faults: Faults) -> None:
        """Every refusal is the one for later, and nothing else is wrong."""
        self.assertEqual(faults.wrongs, [])
        self.assertEqual(set(faults.refused), {"Busy"}, faults.line())

    def test_full(self) -> None:
        """A file system without room."""
        faults = Faults()
        with scratch() as place, mounted(place, 1 << 20) as reason:
            if reason:
                raise SkipTest(reason)
            full(faults, "a full file system", place, ballast(place))
        self.judge(faults)

    def test_limited(self) -> None:
        """A process that may not write more."""
        faults = Faults()
        with scratch() as place:
            full(faults, "a limited process", place, limited(place))
        self.judge(faults)

    def test_injected(self) -> None:
        """System calls that fail, each kind a few times in a life."""
        if reason := unusable():
            raise SkipTest(reason)
        faults = Faults()
        for number, (call, error) in enumerate(FAULTS[:3]):
            injectAll(faults, call, error, STARTED + number, 6, number)
        self.judge(faults)
        self.assertTrue(faults.injected >= 18, faults.line())

    def test_forEver(self) -> None:
        """A disk that fails until the process is killed: what was acknowledged before is there afterwards."""
        if reason := unusable():
            raise SkipTest(reason)
        faults = Faults()
        failForEver(faults, "fdatasync", "EIO", 25, 1)
        self.judge(faults)
