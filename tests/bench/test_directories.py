"""The bench of directories, small."""

import json
import sys
from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.directories import main, readOptions
from bench.directorycheck import Conditions, DirectoryModel
from gma_twisted.model.entryevent import EntryNews, entryEvent, newsEvent
from gma_twisted.model.entrymirror import EntryMirror
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.timestamp import Timestamp

_WHEN = Timestamp(0)


class BenchTests(SynchronousTestCase):
    """C{python -m bench directory}."""

    def test_run(self) -> None:
        """It runs to its end, with every part checked, and prints what it is to print."""
        told, errors = StringIO(), StringIO()
        self.patch(sys, "stdout", told)
        self.patch(sys, "stderr", errors)
        path = Path(self.mktemp())
        path.mkdir()
        small = ["--entries", "40", "--steps", "60", "--watchers", "4", "--searches", "5"]
        self.assertEqual(main(small, path), 0)
        self.assertRegex(told.getvalue(), r"(?m)^search p99 [0-9.]+ ms")
        self.assertIn("4 watchers took", told.getvalue())
        (written,) = path.iterdir()
        self.assertEqual(json.loads(written.read_text())["options"]["entries"], 40)

    def test_options(self) -> None:
        """A thousand of each are usual; what is out of range is refused."""
        self.assertEqual(readOptions([]).entries, 1000)
        self.patch(sys, "stderr", StringIO())
        self.assertRaises(SystemExit, readOptions, ["--entries", "0"])


class CheckTests(SynchronousTestCase):
    """The checker sees what is wrong."""

    def setUp(self) -> None:
        """Have an entry, and somebody who knows it."""
        self.model = DirectoryModel()
        self.entry = GMAEntry(GMARole.PRODUCER, "http://a/", (Event("cpu"),), (), "e1")
        self.model.put("e1", self.entry, "anne", 10.0)
        self.mirror = EntryMirror()
        news = [entryEvent(EntryNews.PRESENT, self.entry, _WHEN)]
        self.mirror.take(1, 0, [*news, newsEvent(EntryNews.COMPLETE, _WHEN)])

    def _isWrong(self, conditions: Conditions = Conditions()) -> None:  # noqa: B008 (a frozen value)
        self.assertRaises(WrongAnswer, self.model.checkMirror, conditions, self.mirror, "who")

    def test_right(self) -> None:
        """What is known as it is, is right."""
        self.model.checkMirror(Conditions("producer", Event("c*")), self.mirror, "who")
        self.model.checkFound(Conditions(), [self.entry], "a search")

    def test_lacks(self) -> None:
        """Something that is there is not known, or the other way round."""
        self.model.put("e2", self.entry, "anne", 10.0)
        self._isWrong()
        self.model.expire(10.0)
        self._isWrong()
        self._isWrong(Conditions("consumer"))

    def test_old(self) -> None:
        """Something is known as it was before."""
        changed = GMAEntry(GMARole.PRODUCER, "http://a/", (Event("disk"),), (), "e1")
        self.model.put("e1", changed, "anne", 10.0)
        self._isWrong()

    def test_incomplete(self) -> None:
        """Somebody who was not told that this is all may lack something."""
        self.mirror.take(3, 0, [newsEvent(EntryNews.RESET, _WHEN)])
        self.model.expire(10.0)
        self._isWrong()

    def test_order(self) -> None:
        """Searches answer in order, and nothing twice."""
        found = [self.entry, self.entry]
        self.assertRaises(WrongAnswer, self.model.checkFound, Conditions(), found, "a search")
