"""A store that is written in one process and copied in another."""

import sqlite3
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.stores.journal.file import JournalFile
from gma_twisted.stores.journal.mark import Mark
from tests.integration.durability.drive import Worker, scratch
from tests.integration.durability.history import History
from tests.integration.durability.place import recovered

LEAST = 20


def goOn(worker: Worker, count: int) -> None:
    """Wait for so many acknowledgements more. @raise AssertionError: they do not come"""
    enough = worker.journalist.acknowledged + count
    assert worker.listen(lambda: worker.journalist.acknowledged >= enough), worker.errors


class BesideTests(SynchronousTestCase):
    """Copies under load."""

    def test_copies(self) -> None:
        """Each copy has all that was durable when it began, and is a store; no change is refused because of them."""
        history = History()
        with scratch() as directory, scratch() as place:
            told = ["--small", "--fill", "300"]
            with Worker.start(directory, history, *told) as worker:
                worker.waitFor("filled")
                for number in range(LEAST):
                    self.copy(directory, place / f"{number}")
                    # Batches come between the copies, however slow this machine is.
                    goOn(worker, 1)
                worker.kill()
                self.assertEqual((worker.journalist.refusals, worker.errors), ({}, ""))
            for number in range(LEAST):
                found = recovered(place / f"{number}")
                self.assertGreaterEqual(len(found.rows), 300)
                self.assertEqual((list(found.lostKeys), found.lostNameless), ([], 0))
        self.assertEqual(history.wrongs, [])

    def test_written(self) -> None:
        """No change is refused because an operator clears the quarantine meanwhile."""
        history = History()
        with scratch() as directory:
            with Worker.start(directory, history, "--fill", "300") as worker:
                worker.waitFor("filled")
                with closing(sqlite3.connect(directory / "registrations.db")) as operator:
                    for number in range(LEAST):
                        with operator:
                            operator.execute("DELETE FROM quarantine")
                            # Batches wait for it.
                            worker.listen(lambda: False, 0.01)
                        goOn(worker, number)
                worker.kill()
            self.assertEqual(
                (worker.journalist.refusals, len(recovered(directory).lostKeys)), ({}, 0)
            )
        self.assertEqual(history.wrongs, [])

    def copy(self, directory: Path, to: Path) -> None:
        """Copy the store as SQLite does; what was durable before stands in the mark of the copy."""
        to.mkdir()
        name = "registrations.db"
        place = Mark(f"{directory / name}.mark").read()
        assert place is not None
        mark = Mark(f"{to / name}.mark")
        mark.write(place)
        mark.close()
        opened = JournalFile(str(directory / name)).toRead()
        assert opened is not None
        with closing(opened), closing(sqlite3.connect(to / name)) as target:
            opened.backup(target)
