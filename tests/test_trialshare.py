"""How the tests of the suite are dealt out to processes."""

from io import FileIO
from pathlib import Path
from unittest import TestResult

from twisted.trial.unittest import SynchronousTestCase

from tools.trialshare import Dealer, Dealt, Share, hands, load, said


class LoadTests(SynchronousTestCase):
    """All tests, in an order that a seed repeats."""

    def ids(self, seed: int, *names: str) -> list[str]:
        """What is loaded."""
        return [test.id() for test in load(names or ("tests.test_errors",), seed)]

    def test_seed(self) -> None:
        """The same seed gives the same order, another gives another."""
        self.assertEqual(self.ids(5), self.ids(5))
        self.assertNotEqual(self.ids(5), self.ids(6))
        self.assertEqual(sorted(self.ids(5)), sorted(self.ids(6)))

    def test_package(self) -> None:
        """A package stands for all the tests below it."""
        found = self.ids(5, "tests.stores")
        self.assertTrue(any(name.startswith("tests.stores.journal.") for name in found))
        self.assertEqual(len(found), len(set(found)))

    def test_missing(self) -> None:
        """A name of nothing stands for one test, so that the run can fail."""
        self.assertEqual(
            len(self.ids(5, "tests.test_errors", "tests.test_nothing")), 1 + len(self.ids(5))
        )


class DealTests(SynchronousTestCase):
    """What is dealt, and to whom."""

    def setUp(self) -> None:
        """Some tests, and nothing taken."""
        self.tests = load(["tests.test_errors"], 5)
        self.file = Path(self.mktemp())

    def dealer(self) -> Dealer:
        """One of a process that begins now."""
        file = FileIO(self.file, "a+")
        self.addCleanup(file.close)
        return Dealer(file)

    def test_take(self) -> None:
        """Numbers are taken once each, whoever takes them."""
        dealers = [self.dealer(), self.dealer()]
        self.assertEqual([dealers[at % 2].take() for at in range(12)], list(range(12)))

    def test_leftOver(self) -> None:
        """Where the file was removed another run begins, of which a process left of the last takes nothing."""
        old = self.dealer()
        self.assertEqual([old.take(), old.take()], [0, 1])
        self.file.unlink()
        new = self.dealer()
        self.assertEqual([new.take(), old.take(), new.take()], [0, 2, 1])

    def test_eachOnce(self) -> None:
        """Two that take turns run every test once; who comes later has nothing to do."""
        ran: list[str] = []
        dealt = hands(self.tests)
        self.dealer().take()
        for _ in range(2):
            Dealt(dealt, self.dealer(), ran.append).run(TestResult())
        self.assertEqual(ran, [test.id() for hand in dealt[1:] for test in hand])
        self.assertEqual(sorted(map(id, self.tests)), sorted(id(hand[0]) for hand in dealt))

    def test_whole(self) -> None:
        """A class that shares something is one hand, in the order of its tests; others are dealt test by test."""
        whole = load(["tests.integration.test_clock.BootClockTests"], 5)
        dealt = hands([self.tests[0], *whole, *self.tests[1:]])
        self.assertEqual(dealt[0], whole)
        self.assertEqual(dealt[1:], [[test] for test in self.tests])

    def test_said(self) -> None:
        """The line tells the share, and by the order whether another process saw the same."""
        first, second = said(Share(1, 2), self.tests), said(Share(2, 2), self.tests)
        self.assertRegex(
            first, rf"\Ashare 1/2: of {len(self.tests)} tests in the order [0-9a-f]{{8}}\Z"
        )
        self.assertEqual(first.rpartition(" ")[2], second.rpartition(" ")[2])
        self.assertNotEqual(second, said(Share(2, 2), self.tests[::-1]))

    def test_text(self) -> None:
        """A share is written as it is read; there is no third of two."""
        self.assertEqual(str(Share.read("2/3")), "2/3")
        for text in ("3/2", "0/2", "1", "", "a/b"):
            self.assertRaises(ValueError, Share.read, text)
