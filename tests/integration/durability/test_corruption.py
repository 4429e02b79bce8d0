"""Damaged files."""

from twisted.trial.unittest import SynchronousTestCase

from tests.integration.durability.corruption import Result, corrupt


class CorruptionTests(SynchronousTestCase):
    """Bits and ends."""

    def test_damages(self) -> None:
        """What is damaged is recovered, refused or set aside by name; nothing wrong is served."""
        damages = corrupt(60, 3)
        self.assertEqual(damages.wrongs, [])
        # Else the damages were none.
        self.assertTrue(damages.counts[Result.REFUSED] and damages.counts[Result.ASIDE])
