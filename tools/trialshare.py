"""
One of several processes that run the suite side by side: C{python -m tools.trialshare 1/2 SEED tests}.

Every process loads the whole suite and shuffles it with the same seed, as trial does with
C{--random SEED}. Whoever has nothing to do takes the next test of that order, so that all end together
whatever a test costs; a class that has what all its tests share is taken as one. Tests with real
processes come first: what is left at the end is short. Each process writes what it ran, in its order,
to C{build/order-NUMBER}: as the names of one run of trial that meets the same again.
"""

import fcntl
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from unittest import TestCase, TestResult, TestSuite
from zlib import crc32

import attrs
from twisted.trial.reporter import VerboseTextReporter
from twisted.trial.runner import TestLoader, TrialRunner

__all__ = ["DEALT", "Dealer", "Dealt", "LineReporter", "Share", "hands", "load", "said"]

DEALT = "dealt"
"""The file below C{build} that the processes of a run share."""


@attrs.frozen
class Share:
    """
    One of the processes.

    @ivar number: from 1
    @ivar of: how many processes there are
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def read(cls, text: str) -> "Share":
        """
        The reverse of C{str}.

        @raise ValueError: there is no such share
        """
        number, of = map(int, text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(f"there is no share {text}")
        return cls(number, of)


@attrs.define(eq=False)
class Dealer:
    """
    What the processes of one run have in common: how many hands were taken.

    @ivar file: holds it, open to read and append, not buffered; while it is empty nothing was taken. It stays
        open: who is left of another run goes on with the file of that run, which a new one has removed
    """

    file: FileIO

    def take(self) -> int:
        """@return: the number of the next hand, from 0, which nobody else has"""
        # Let go by the end of a process too.
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            self.file.seek(0)
            taken = int(self.file.read() or b"0")
            self.file.truncate(0)
            self.file.write(b"%d" % (taken + 1))
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)
        return taken


class Dealt(TestSuite):
    """
    Tests that are taken one hand after the other, while there are any.

    @ivar hands: all of them, in the same order in every process
    """

    def __init__(
        self, hands: Sequence[Sequence[TestCase]], dealer: Dealer, note: Callable[[str], object]
    ) -> None:
        """@param note: told the name of each test that is taken"""
        super().__init__()
        self.hands = hands
        self._dealer = dealer
        self._note = note

    def run(self, result: TestResult, debug: bool = False) -> TestResult:
        """Run what nobody else has taken."""
        while (number := self._dealer.take()) < len(self.hands):
            for test in self.hands[number]:
                self._note(test.id())
                test(result)
        return result


def hands(tests: Sequence[TestCase]) -> list[list[TestCase]]:
    """
    What is taken at once, in the order it is taken.

    @param tests: in random order
    @return: one test, or all of a class that says C{isDealtWhole}; those of C{tests.integration} first
    """
    found: dict[object, list[TestCase]] = {}
    for test in tests:
        isWhole = getattr(test, "isDealtWhole", False)
        found.setdefault(type(test) if isWhole else test, []).append(test)
    return sorted(found.values(), key=lambda hand: ".integration." not in hand[0].id())


def said(share: Share, tests: Sequence[TestCase]) -> str:
    """A line that is the same in every process from C{of} on, unless they did not see the same tests."""
    order = crc32("\n".join(test.id() for test in tests).encode())
    return f"share {share}: of {len(tests)} tests in the order {order:08x}"


class LineReporter(VerboseTextReporter):
    """Says what became of a test, and in how many seconds, in one line; and in the end that it ran none."""

    def startTest(self, method: TestCase) -> None:
        self._began = time.monotonic()
        super().startTest(method)

    def stopTest(self, method: TestCase) -> None:
        self._write(" (%.3f s)", time.monotonic() - self._began)
        super().stopTest(method)

    def done(self) -> None:
        # Trial says nothing of a run that began no test: others may have taken them all.
        if self._startTime is None:
            self._startTime = self._getTime()
        super().done()


def _cases(suite: TestSuite | TestCase) -> Iterator[TestCase]:
    """The tests of a suite, in its order."""
    if not isinstance(suite, TestSuite):
        yield suite
        return
    for part in suite:
        yield from _cases(part)


def load(names: Sequence[str], seed: int) -> list[TestCase]:
    """
    The tests below some names in random order.

    @param names: packages, modules, classes or methods; one that does not load stands for a test
        that fails
    @param seed: the same order comes from the same seed
    """
    loader = TestLoader()
    shuffled = random.Random(seed)
    loader.sorter = lambda _: shuffled.random()
    return list(_cases(loader.loadByNames(list(names), recurse=True)))


def main(arguments: Sequence[str]) -> int:
    """
    Run one share in C{build/trial-NUMBER}. The run is a new one where C{build/dealt} is not there.

    @param arguments: the share, the seed, the names
    @return: the exit status
    """
    share = Share.read(arguments[0])
    build = Path("build").absolute()
    build.mkdir(exist_ok=True)
    # Opened before the tests are loaded, which takes seconds: a run that begins meanwhile is another.
    with FileIO(build / DEALT, "a+") as taken, (build / f"order-{share.number}").open("w") as order:
        tests = load(arguments[2:], int(arguments[1]))
        print(said(share, tests), flush=True)
        runner = TrialRunner(LineReporter, workingDirectory=str(build / f"trial-{share.number}"))
        dealt = Dealt(
            hands(tests),
            Dealer(taken),
            lambda name: print(name, file=order, flush=True),
        )
        return 0 if runner.run(dealt).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
