"""Waiting for something that happens once."""

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.timing import Happening, toDeferred


class HappeningTests(SynchronousTestCase):
    """Happening."""

    def test_wakes(self) -> None:
        """All who wait are woken; who comes later does not wait."""
        happening = Happening()
        first, second = toDeferred(happening.wait()), toDeferred(happening.wait())
        self.assertNoResult(first)
        happening.happen()
        self.successResultOf(first)
        self.successResultOf(second)
        self.successResultOf(toDeferred(happening.wait()))

    def test_twice(self) -> None:
        """Happening again does nothing."""
        happening = Happening()
        wait = toDeferred(happening.wait())
        happening.happen()
        happening.happen()
        self.successResultOf(wait)

    def test_cancelled(self) -> None:
        """A cancelled wait ends alone; the others go on."""
        happening = Happening()
        impatient, patient = toDeferred(happening.wait()), toDeferred(happening.wait())
        impatient.cancel()
        self.failureResultOf(impatient, CancelledError)
        self.assertNoResult(patient)
        happening.happen()
        self.successResultOf(patient)
