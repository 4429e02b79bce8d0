"""
One of several processes that run the suite side by side: C{python -m tools.trialshare 1/2 SEED tests}.

Every process loads the whole suite and shuffles it with the same seed, as trial does with
C{--random SEED}, and runs each second, third, ... test of that order. Tests of one class follow
each other there and cost alike, so the processes have nearly the same to do, and the seed and the
number of processes say which tests met which.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import TestCase, TestSuite
from zlib import crc32

import attrs
from twisted.trial.reporter import VerboseTextReporter
from twisted.trial.runner import DestructiveTestSuite, TestLoader, TrialRunner

__all__ = ["LineReporter", "Share", "load"]


@attrs.frozen
class Share:
    """
    Which tests are this process's.

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

    def deal(self, tests: Sequence[TestCase]) -> tuple[list[TestCase], str]:
        """
        Take this share.

        @param tests: all, in the same order in every process
        @return: the tests of this share, and a line that says so; from C{of} on it is the same in
            every process, unless they did not see the same tests in the same order
        """
        mine = list(tests[self.number - 1 :: self.of])
        order = crc32("\n".join(test.id() for test in tests).encode())
        said = f"share {self}: {len(mine)} tests of {len(tests)} in the order {order:08x}"
        return mine, said


class LineReporter(VerboseTextReporter):
    """Says what became of a test, and in how many seconds, in one line."""

    def startTest(self, method: TestCase) -> None:
        self._began = time.monotonic()
        super().startTest(method)

    def stopTest(self, method: TestCase) -> None:
        self._write(" (%.3f s)", time.monotonic() - self._began)
        super().stopTest(method)


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
    Run one share in C{build/trial-NUMBER}.

    @param arguments: the share, the seed, the names
    @return: the exit status
    """
    share = Share.read(arguments[0])
    mine, said = share.deal(load(arguments[2:], int(arguments[1])))
    print(said, flush=True)
    runner = TrialRunner(
        LineReporter, workingDirectory=str(Path("build") / f"trial-{share.number}")
    )
    return 0 if runner.run(DestructiveTestSuite(mine)).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
