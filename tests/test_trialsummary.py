"""The closing line of C{make test} and its exit status."""

import contextlib
import io
import itertools
import os
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tools.trialsummary import SideBySide, Tally, Verdict, conclude, judge, main, readTally, run


def closing(line: str, ran: int = 7) -> list[str]:
    """Trial's output with the given last line."""
    return [f"Running {ran} tests.\n", f"Ran {ran} tests in 0.010s\n", "\n", line + "\n"]


class ReadTallyTests(SynchronousTestCase):
    """Counts are read from what trial prints."""

    def test_everythingPassed(self) -> None:
        """A passing run counts its successes."""
        self.assertEqual(readTally(closing("PASSED (successes=7)")), Tally(7, 0, 0))

    def test_everyKind(self) -> None:
        """Failures, errors and unexpected successes failed; expected failures passed."""
        line = (
            "FAILED (skips=1, expectedFailures=2, failures=3, errors=4, "
            "unexpectedSuccesses=5, successes=6)"
        )
        self.assertEqual(readTally(closing(line)), Tally(8, 12, 1))

    def test_failedWithoutCounts(self) -> None:
        """FAILED without a count is a failure all the same."""
        self.assertEqual(readTally(closing("FAILED")), Tally(0, 1, 0))

    def test_noTests(self) -> None:
        """Trial says PASSED without counts when it found nothing to run."""
        self.assertEqual(readTally(closing("PASSED")), Tally(0, 0, 0))

    def test_died(self) -> None:
        """Output that stops before the closing line gives nothing."""
        self.assertIsNone(readTally(closing("PASSED (successes=7)")[:2]))

    def test_imitation(self) -> None:
        """A test that prints a closing line does not stand for the run."""
        lines = ["PASSED (successes=99)\n", *closing("FAILED (failures=1)")]
        self.assertEqual(readTally(lines), Tally(0, 1, 0))

    def test_imitationBeforeDeath(self) -> None:
        """A printed verdict without a count of tests run before it is no verdict."""
        self.assertIsNone(readTally(["PASSED (successes=99)\n"]))

    def test_nestedRunBeforeDeath(self) -> None:
        """The verdict of a run inside a test does not count when the outer run dies closing."""
        lines = [*closing("PASSED (successes=7)"), "Ran 9 tests in 1.000s\n"]
        self.assertIsNone(readTally(lines))


class JudgeTests(SynchronousTestCase):
    """Output and exit status must agree."""

    def test_good(self) -> None:
        """A passing line and status 0 need no remark."""
        self.assertEqual(judge(Tally(5, 0, 2), 0), Verdict(Tally(5, 0, 2)))

    def test_killed(self) -> None:
        """A run ended by a signal says so and fails."""
        said = "process 2 died before its closing line (signal 9)"
        self.assertEqual(judge(None, -9, "process 2"), Verdict(Tally(0, 1, 0), (said,)))

    def test_statusDisagrees(self) -> None:
        """A bad exit status after a passing line is a failure, and is counted as one."""
        verdict = judge(Tally(5, 0, 0), 3)
        self.assertEqual(verdict.tally, Tally(5, 1, 0))
        self.assertEqual(
            verdict.remarks, ("trial reported no failure but ended with exit status 3",)
        )


class ConcludeTests(SynchronousTestCase):
    """The exit status is 0 for a good run only, and the plain line is always last."""

    def test_good(self) -> None:
        """A run without failures ends with its line and 0."""
        verdicts = [Verdict(Tally(5, 0, 2))]
        self.assertEqual(conclude(verdicts), (["5 passed, 0 failed, 2 skipped"], 0))

    def test_failures(self) -> None:
        """One failure of one process is enough for status 1."""
        verdicts = [Verdict(Tally(5, 1, 0)), Verdict(Tally(6, 0, 1))]
        self.assertEqual(conclude(verdicts), (["11 passed, 1 failed, 1 skipped"], 1))

    def test_remarks(self) -> None:
        """Remarks stand before the line."""
        verdicts = [Verdict(Tally(3, 0, 0)), judge(None, -9)]
        self.assertEqual(
            conclude(verdicts),
            (
                [
                    "trial died before its closing line (signal 9)",
                    "3 passed, 1 failed, 0 skipped",
                ],
                1,
            ),
        )

    def test_empty(self) -> None:
        """A run without tests fails, but one of its processes may be without."""
        none = Verdict(Tally(0, 0, 0))
        self.assertEqual(
            conclude([none, none]),
            (["trial found no tests", "0 passed, 0 failed, 0 skipped"], 1),
        )
        self.assertEqual(conclude([none, Verdict(Tally(1, 0, 0))])[1], 0)


class RunTests(SynchronousTestCase):
    """A command is run, shown and judged."""

    def test_shownAndRead(self) -> None:
        """The output is passed on unchanged and its closing line is understood."""
        out = io.StringIO()
        text = "".join(closing("PASSED (skips=1, successes=6)"))
        verdict = run([sys.executable, "-c", f"print({text!r}, end='')"], out)
        self.assertEqual(verdict, Verdict(Tally(6, 0, 1)))
        self.assertEqual(out.getvalue(), text)

    def test_crash(self) -> None:
        """A command that ends without a verdict fails with its exit status in the message."""
        verdict = run([sys.executable, "-c", "raise SystemExit(7)"], io.StringIO())
        said = "trial died before its closing line (exit status 7)"
        self.assertEqual(verdict, Verdict(Tally(0, 1, 0), (said,)))


_SUITE = """
import os
import unittest

class {name}Tests(unittest.TestCase):
    def test_one(self):
        pass

    def test_two(self):
        open("{name}", "x").close()

    def test_three(self):
        pass

    def test_four(self):
        {four}
"""


class SideBySideTests(SynchronousTestCase):
    """A suite of eight tests in two modules, in real processes."""

    def setUp(self) -> None:
        """A directory, and in it nothing yet."""
        self.place = Path(self.mktemp()).absolute()
        self.place.mkdir()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.place)

    def suite(self, first: str = "pass", second: str = "pass") -> None:
        """Write it. @param first: what the last test of the first module does"""
        for name, four in (("First", first), ("Second", second)):
            text = _SUITE.format(name=name, four=four)
            (self.place / f"test_{name.lower()}.py").write_text(text)

    def ran(self) -> tuple[list[str], int]:
        """Run them in two processes. @return: the closing lines and the exit status"""
        root = str(Path(__file__).parents[1])
        code = f"import sys; sys.path[:0] = [{root!r}, '.']; from tools.trialshare import main; "
        code += "sys.exit(main(sys.argv[1:]))"
        python = [sys.executable, "-B", "-u", "-c", code]
        self.out = io.StringIO()
        together = SideBySide(self.out)
        shares = [[*python, share, "7", "test_first", "test_second"] for share in ("1/2", "2/2")]
        result = conclude(together.run(shares))
        self.slowest = together.slowest()
        return result

    def shown(self) -> list[str]:
        """The outcomes that were shown, in an order that does not depend on time."""
        lines = self.out.getvalue().splitlines()
        return sorted(line.partition(" (")[0] for line in lines if " ... " in line)

    def test_eachOnce(self) -> None:
        """Every test runs once, in one of the processes, and its outcome and time stand in one line."""
        self.suite()
        self.assertEqual(self.ran(), (["8 passed, 0 failed, 0 skipped"], 0))
        names = sorted(
            f"test_{module}.{module.title()}Tests.test_{test}"
            for module in ("first", "second")
            for test in ("one", "two", "three", "four")
        )
        self.assertEqual(self.shown(), [f"{name} ... [OK]" for name in names])
        self.assertEqual(sorted(line.rpartition(" ")[2] for line in self.slowest[1:]), names)
        halves = [f"build/trial-{number}/_trial_marker" for number in (1, 2)]
        self.assertTrue(all(Path(half).exists() for half in halves))
        orders = [Path(f"build/order-{number}").read_text().split() for number in (1, 2)]
        self.assertEqual(sorted(itertools.chain(*orders)), names)

    def test_taken(self) -> None:
        """Where somebody else takes tests of the run, it fails though all of its own passed."""
        self.suite()
        (self.place / "build").mkdir()
        (self.place / "build" / "dealt").write_text("3")
        lines, status = self.ran()
        self.assertEqual((lines[-1], status), ("5 passed, 1 failed, 0 skipped", 1))
        self.assertRegex(lines[0], r"\A5 tests ran of 8, .* from build/dealt\Z")

    def test_failure(self) -> None:
        """A failure is told at the end, once, and counted."""
        self.suite(second="self.fail('of four')")
        self.assertEqual(self.ran(), (["7 passed, 1 failed, 0 skipped"], 1))
        self.assertEqual(self.out.getvalue().count("AssertionError: of four"), 1)
        _, _, closing = self.out.getvalue().rpartition(" ... ")
        self.assertIn("AssertionError: of four", closing)

    def test_broken(self) -> None:
        """A module that cannot be imported is one failure."""
        self.suite()
        (self.place / "test_second.py").write_text("import nothing.of.this.name\n")
        self.assertEqual(self.ran(), (["4 passed, 1 failed, 0 skipped"], 1))

    def test_killed(self) -> None:
        """A process that dies fails the run; the other one takes what is left, and what it did counts."""
        self.suite(second="os.kill(os.getpid(), 9)")
        lines, status = self.ran()
        self.assertEqual(status, 1)
        self.assertRegex(lines[0], r"\Aprocess [12] died before its closing line \(signal 9\)\Z")
        self.assertRegex(lines[1], r"\A[0-7] passed, 1 failed, 0 skipped\Z")
        begun = [line for line in self.out.getvalue().splitlines() if " ... " in line]
        self.assertEqual(len(begun), 8)
        self.assertIn("test_second.SecondTests.test_four ... \n", self.out.getvalue())


class TogetherTests(SynchronousTestCase):
    """Two processes that only print, and what their outputs come to together."""

    def together(self, *codes: str) -> tuple[list[str], int]:
        """Run some Python. @return: the closing lines and the exit status"""
        self.out = io.StringIO()
        commands = [[sys.executable, "-c", code] for code in codes]
        return conclude(SideBySide(self.out).run(commands))

    def share(
        self,
        number: int,
        order: str = "0badcafe",
        ending: str = "",
        ran: int = 4,
        counts: str = "PASSED (successes=4)",
    ) -> str:
        """What one prints. @param order: none is said when it is empty. @param ending: code that runs then"""
        said = f"share {number}/2: of 8 tests in the order {order}\n" if order else ""
        said += f"test.{number} ... [OK] (0.001 s)\n\n{'-' * 79}\n"
        said += "".join(closing(counts, ran)[1:])
        return f"print({said!r}, end='')\n{ending}"

    def test_order(self) -> None:
        """What stands behind the last test of each comes when all have ended."""
        result = self.together(self.share(1), self.share(2))
        self.assertEqual(result, (["8 passed, 0 failed, 0 skipped"], 0))
        tests, _, last = self.out.getvalue().partition("-" * 79)
        lines = sorted(line for line in tests.splitlines() if line.startswith("test."))
        self.assertEqual(lines, ["test.1 ... [OK] (0.001 s)", "test.2 ... [OK] (0.001 s)"])
        self.assertEqual(last.count("Ran 4 tests"), 2)

    def test_exit(self) -> None:
        """One that ends without a closing line fails the run, even if it says that all is well."""
        lines, status = self.together(self.share(1), "raise SystemExit(0)")
        self.assertEqual(status, 1)
        self.assertEqual(
            lines,
            [
                "process 2 died before its closing line (exit status 0)",
                "4 passed, 1 failed, 0 skipped",
            ],
        )

    def test_status(self) -> None:
        """So does one with a bad exit status behind its closing line."""
        lines, status = self.together(self.share(1, ending="raise SystemExit(3)"), self.share(2))
        self.assertEqual((lines[-1], status), ("8 passed, 1 failed, 0 skipped", 1))

    def test_unlikeOrders(self) -> None:
        """Processes that did not see the same order fail the run: tests may have run twice or not at all."""
        lines, status = self.together(self.share(1), self.share(2, "deadbeef"))
        self.assertEqual(status, 1)
        self.assertEqual(
            lines,
            [
                "the processes did not see the same tests: some ran twice or not at all",
                "8 passed, 1 failed, 0 skipped",
            ],
        )

    def test_taken(self) -> None:
        """Tests that none of the processes ran fail the run by name: they are failures nobody saw."""
        lines, status = self.together(
            self.share(1), self.share(2, ran=1, counts="PASSED (successes=1)")
        )
        self.assertEqual(status, 1)
        self.assertEqual(
            lines,
            [
                "5 tests ran of 8, which are to run once each: a process that is not of this run may "
                "have taken some from build/dealt",
                "5 passed, 1 failed, 0 skipped",
            ],
        )

    def test_twice(self) -> None:
        """So do tests that ran twice."""
        lines, status = self.together(
            self.share(1), self.share(2, ran=5, counts="PASSED (successes=5)")
        )
        self.assertEqual((lines[0][:19], status), ("9 tests ran of 8, w", 1))

    def test_manyOutcomes(self) -> None:
        """Each test counts once, also one with two errors; those that were skipped or expected to fail count."""
        counts = "FAILED (skips=1, expectedFailures=1, errors=2, successes=1)"
        lines, status = self.together(
            self.share(1), self.share(2, counts=counts, ending="raise SystemExit(1)")
        )
        self.assertEqual((lines, status), (["6 passed, 2 failed, 1 skipped"], 1))
        lines, _ = self.together(
            self.share(1), self.share(2, ran=3, counts=counts, ending="raise SystemExit(1)")
        )
        self.assertEqual(lines[1:], ["6 passed, 3 failed, 1 skipped"])

    def test_unsaid(self) -> None:
        """A process that does not say which tests there are fails the run: nobody knows whether all ran."""
        lines, status = self.together(self.share(1), self.share(2, order=""))
        self.assertEqual(status, 1)
        self.assertEqual(
            lines,
            [
                "a process did not say which tests there are: nobody knows whether all ran",
                "8 passed, 1 failed, 0 skipped",
            ],
        )

    def test_imitation(self) -> None:
        """What a test prints does not stand for what its process said first."""
        printed = "print('share 1/2: of 9 tests in the order deadbeef')\n"
        first = "print('share 1/2: of 8 tests in the order 0badcafe')\n"
        result = self.together(first + printed + self.share(1, order=""), self.share(2))
        self.assertEqual(result, (["8 passed, 0 failed, 0 skipped"], 0))


class MainTests(SynchronousTestCase):
    """The command line."""

    def test_jobs(self) -> None:
        """No processes, and several with options that are trial's, are refused."""
        for arguments in (["--jobs", "0"], ["--jobs", "2", "--until-failure", "tests"]):
            with contextlib.redirect_stderr(io.StringIO()) as out:
                refusal = self.assertRaises(SystemExit, main, arguments)
            self.assertEqual(refusal.code, 2)
            self.assertIn("--jobs is at least 1", out.getvalue())
