"""Sinks that fail and senders that are killed, and that the proof goes red when it should."""

import datetime

from twisted.trial.unittest import SynchronousTestCase

from tests.integration.delivery.faults import Faults, injectFaults
from tests.integration.delivery.history import WrongKind
from tests.integration.delivery.plants import PLANTS
from tests.integration.delivery.sinks import FaultKind


class FaultTests(SynchronousTestCase):
    """Nothing is lost."""

    def test_sample(self) -> None:
        """Some faults of each kind and some kills, others every day."""
        day = datetime.date.today().toordinal()
        result = injectFaults(notices=4000, faults=4, kills=3, seed=day)
        self.assertEqual(result.wrongs, [], result.line())
        self.assertTrue(result.notices >= 4000, result.line())
        self.assertTrue(min(result.met[kind] for kind in FaultKind) >= 4, result.line())
        self.assertEqual((result.kills, result.early, result.looks), (3, 1, 3))
        self.assertTrue(0 < result.history.whole < result.notices, result.line())
        # Every subscription heard of every life but the short one, which may have told some.
        self.assertTrue(3 * 36 <= result.history.epochs <= 4 * 36, result.line())

    def test_nodes(self) -> None:
        """The same when the senders are whole nodes, which leave a sink that fails alone for longer."""
        day = datetime.date.today().toordinal()
        result = injectFaults(600, 1, 1, day, sinks=6, settling=90.0, isNode=True)
        self.assertEqual(result.wrongs, [], result.line())
        self.assertTrue(min(result.met[kind] for kind in FaultKind) >= 1, result.line())
        self.assertEqual((result.kills, result.looks, result.history.epochs), (1, 2, 2 * 18))


class PlantedTests(SynchronousTestCase):
    """Each bug put in on purpose is found."""

    def find(self, name: str, *kinds: WrongKind, notices: int = 400, faults: int = 2) -> None:
        """The bug is found as one of these."""
        self.assertIn(name, PLANTS)
        result: Faults = injectFaults(notices, faults, 1, 7, name, sinks=6, settling=3.0)
        found = {wrong.kind for wrong in result.wrongs}
        self.assertTrue(found & set(kinds), f"{found} {result.line()}")

    def test_ahead(self) -> None:
        """Notices that count as delivered whatever became of them."""
        self.find("ahead", WrongKind.MISSED, WrongKind.UNBEGUN)

    def test_reordered(self) -> None:
        """Notices sent again after later ones."""
        self.find("reordered", WrongKind.REORDERED)

    def test_rewritten(self) -> None:
        """Notices that say something else when they are sent again."""
        self.find("rewritten", WrongKind.CHANGED)

    def test_silent(self) -> None:
        """What is left out and not announced."""
        self.find("silent", WrongKind.MISSED, WrongKind.LOST, notices=1000, faults=5)

    def test_coalesced(self) -> None:
        """Changes that get lost where several are told together."""
        self.find("coalesced", WrongKind.LOST, notices=1000, faults=5)

    def test_sameEpoch(self) -> None:
        """A sender that begins where the one before did."""
        self.find("sameEpoch", WrongKind.EPOCH)

    def test_unbegun(self) -> None:
        """A sender that begins without telling what there is."""
        self.find("unbegun", WrongKind.UNBEGUN)

    def test_forgotten(self) -> None:
        """Subscriptions that a restart forgets."""
        self.find("forgotten", WrongKind.LOST)

    def test_impatient(self) -> None:
        """A subscription that ends at the first refusal."""
        self.find("impatient", WrongKind.LOST)
