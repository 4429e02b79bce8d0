"""The proof goes red when it should: each bug put in on purpose is found."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.clocks import noFaketime, stepClocks
from tests.integration.durability.corruption import Damages, Kind, Result, corrupt
from tests.integration.durability.drive import ROOT, Worker, scratch
from tests.integration.durability.faults import STARTED, Faults, injectAll
from tests.integration.durability.history import History, WrongKind
from tests.integration.durability.kills import killWorkers
from tests.integration.durability.plants import PLANTS, plant, plantedEnvironment
from tests.integration.durability.powerloss import Verdict, record, replay
from tests.integration.durability.trace import unusable


class PlantedTests(SynchronousTestCase):
    """One bug a test."""

    def kinds(self, name: str, kills: int = 3) -> set[WrongKind]:
        """What kills find with a bug."""
        self.assertIn(name, PLANTS)
        result = killWorkers(kills, 7, "--plant", name, "--lifetimes", "1", "600", "3600")
        return {wrong.kind for wrong in result.wrongs}

    def test_ahead(self) -> None:
        """Kills find answers that came before the write."""
        self.assertIn(WrongKind.LOST, self.kinds("ahead"))

    def test_noExtend(self) -> None:
        """Kills find renewals that a restart forgets."""
        self.assertIn(WrongKind.CHANGED, self.kinds("noExtend"))

    def test_noRemove(self) -> None:
        """Kills find entries that come back."""
        self.assertIn(WrongKind.RESURRECTED, self.kinds("noRemove"))

    def test_grace(self) -> None:
        """Looks find entries that are there after their time."""
        for options in (["--plant", "grace"], []):
            history = History()
            more = ["--calls", "400", "--pause", "0.005", "--lifetimes", "0.1", *options]
            with scratch() as directory, Worker.start(directory, history, *more) as worker:
                self.assertEqual(worker.wait(), 0, worker.errors)
            found = {wrong.kind for wrong in history.wrongs}
            self.assertEqual((WrongKind.LATE in found, bool(found)), (bool(options),) * 2)

    def test_lazy(self) -> None:
        """Power cuts find a journal that does not synchronise."""
        if reason := unusable():
            raise SkipTest(reason)
        verdict = Verdict()
        replay(record(12, 1, "--plant", "lazy"), 1, 0, verdict, 1, 0.3)
        self.assertIn(WrongKind.LOST, {wrong.kind for _, wrong in verdict.wrongs})

    def test_deaf(self) -> None:
        """A failing disk finds answers to writes that were not done."""
        if reason := unusable():
            raise SkipTest(reason)
        faults = Faults()
        injectAll(faults, "pwrite64", "ENOSPC", STARTED, 20, 1, "--plant", "deaf", "--most", "60")
        self.assertIn(WrongKind.LOST, {wrong.kind for _, wrong in faults.wrongs})

    def test_unchecked(self) -> None:
        """Flipped bits find a journal whose checks say nothing, however it ended."""
        plant("unchecked", self.patch)
        self.silent(corrupt(300, 1, "--plant", "unchecked"), Kind)

    def silent(self, damages: Damages, kinds: Iterable[Kind]) -> None:
        """Of each of these kinds some are silent."""
        found = {kind for kind, result in damages.counts if result is Result.SILENT}
        self.assertLessEqual(set(kinds), found, damages.line())

    def test_unmarked(self) -> None:
        """Missing ends find a journal that does not know where it ended: more is gone than what has no mark."""
        plant("unmarked", self.patch)
        self.silent(corrupt(150, 1), (Kind.MARKED, Kind.UNMARKED))

    def test_wall(self) -> None:
        """Steps of the clock find deadlines on the wall clock."""
        if reason := noFaketime():
            raise SkipTest(reason)
        place = Path(tempfile.mkdtemp(prefix="gma-durability-"))
        self.addCleanup(shutil.rmtree, place)
        environment = plantedEnvironment("wall", place, ROOT)
        steps = stepClocks(3, 1, more=lambda _: environment)
        # Entries that are lost, or connections whose time seems over.
        self.assertTrue(steps.wrongs)
