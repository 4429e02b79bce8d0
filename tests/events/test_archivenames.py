"""Globs of names in an archive with very many names: what is found, and what is looked at for it."""

import sqlite3
from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.events.archive import names as module
from gma_twisted.events.archive.names import Names, namesLike
from gma_twisted.model.glob import Glob
from gma_twisted.testing.archive import storedEvent
from tests.events.archivestand import FileStand

_TEXTS = st.text("ab*é\U0010ffff", min_size=1, max_size=4)
_GLOBS = st.text("ab*?é\U0010ffff", min_size=1, max_size=4)


def _table(texts: dict[int, str]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
    connection.executemany("INSERT INTO names VALUES (?, ?)", texts.items())
    return connection


def _steps(connection: sqlite3.Connection, work: Callable[[], object]) -> int:
    """How much SQLite does for something."""
    ticks: list[None] = []
    connection.set_progress_handler(lambda: ticks.append(None), 100)
    work()
    connection.set_progress_handler(None, 0)
    return 100 * len(ticks)


class NamesTests(SynchronousTestCase):
    """Which names a glob means."""

    @given(st.sets(_TEXTS, max_size=12), _GLOBS, st.integers(1, 20))
    def test_all(self, texts: set[str], glob: str, looked: int) -> None:
        """Those it matches, however many of them are looked at beforehand."""
        self.patch(module, "_LOOKED", looked)
        known = dict(enumerate(sorted(texts)))
        connection = _table(known)
        self.addCleanup(connection.close)
        wanted = {id for id, text in known.items() if Glob(glob).matches(text)}
        found: Names = namesLike(connection, glob, known.__getitem__)
        if found.ids is not None:
            self.assertEqual(found.ids, wanted)
        if found.has is None:
            self.assertEqual(wanted, set(known))
        else:
            self.assertEqual({id for id in known if found.has(id)}, wanted)

    def test_bounded(self) -> None:
        """However many names there are, a few of them are looked at."""
        known = {number: f"x.{number:06}" for number in range(50_000)}
        connection = _table(known)
        self.addCleanup(connection.close)
        for glob in ("*", "x.*", "*7", "?.01*", "y*", "x.0001??"):
            look = partial(namesLike, connection, glob, known.__getitem__)
            steps = _steps(connection, look)
            self.assertLess(steps, 20_000, glob)
        few = namesLike(connection, "x.00012?", known.__getitem__)
        self.assertEqual(few.ids, set(range(120, 130)))
        self.assertEqual(namesLike(connection, "y*", known.__getitem__).ids, set())


class ManyTests(FileStand, SynchronousTestCase):
    """An archive with more names than are looked at beforehand."""

    def makeArchive(self):  # type: ignore[no-untyped-def]
        """See L{FileStand}."""
        self.patch(module, "_LOOKED", 3)
        return super().makeArchive()

    def test_many(self) -> None:
        """Every glob finds the events of its names."""
        self.append(*(storedEvent(number, f"x.{number}") for number in range(1, 31)))
        for limit in (1, 7, 100):
            self.assertEqual(self.found("x.1*", limit=limit), [1, *range(10, 20)])
            self.assertEqual(self.found("x.*", limit=limit), [*range(1, 31)])
            self.assertEqual(self.found("*2", limit=limit), [2, 12, 22])
            self.assertEqual(self.found("x.?", limit=limit), [*range(1, 10)])
            self.assertEqual(self.recent(limit, "*2"), [22, 12, 2])
            self.assertEqual(self.found("y*", limit=limit), [])
