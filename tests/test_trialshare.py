"""How the tests of the suite are dealt out to processes."""

from twisted.trial.unittest import SynchronousTestCase

from tools.trialshare import Share, load


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


class ShareTests(SynchronousTestCase):
    """Which tests are whose."""

    def setUp(self) -> None:
        """Some tests."""
        self.tests = load(["tests.test_errors"], 5)

    def test_eachOnce(self) -> None:
        """Every test is in one share, and the shares differ by one test at most."""
        for of in (1, 2, 3, 100):
            shares = [Share(number, of).deal(self.tests)[0] for number in range(1, of + 1)]
            dealt = [test for share in shares for test in share]
            self.assertEqual(sorted(map(id, dealt)), sorted(map(id, self.tests)))
            lengths = {len(share) for share in shares}
            self.assertLessEqual(max(lengths) - min(lengths), 1)

    def test_said(self) -> None:
        """The line tells the share, and by the order whether another process saw the same."""
        _, first = Share(1, 2).deal(self.tests)
        _, second = Share(2, 2).deal(self.tests)
        _, other = Share(2, 2).deal(self.tests[::-1])
        count = len(self.tests)
        self.assertRegex(
            first, rf"\Ashare 1/2: {-(-count // 2)} tests of {count} in the order [0-9a-f]{{8}}\Z"
        )
        self.assertEqual(first.rpartition(" ")[2], second.rpartition(" ")[2])
        self.assertNotEqual(second, other)

    def test_text(self) -> None:
        """A share is written as it is read; there is no third of two."""
        self.assertEqual(str(Share.read("2/3")), "2/3")
        for text in ("3/2", "0/2", "1", "", "a/b"):
            self.assertRaises(ValueError, Share.read, text)
