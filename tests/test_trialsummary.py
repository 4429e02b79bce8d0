"""The closing line of C{make test} and its exit status."""

import io
import sys

from twisted.trial.unittest import SynchronousTestCase

from tools.trialsummary import Tally, conclude, readTally, run


def closing(line: str) -> list[str]:
    """Trial's output with the given last line."""
    return ["Running 7 tests.\n", "Ran 7 tests in 0.010s\n", "\n", line + "\n"]


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


class ConcludeTests(SynchronousTestCase):
    """The exit status is 0 for a good run only, and the plain line is always last."""

    def test_good(self) -> None:
        """A run without failures ends with its line and 0."""
        self.assertEqual(conclude(Tally(5, 0, 2), 0), (["5 passed, 0 failed, 2 skipped"], 0))

    def test_failures(self) -> None:
        """One failure is enough for status 1, whatever trial's own status was."""
        self.assertEqual(conclude(Tally(5, 1, 0), 0), (["5 passed, 1 failed, 0 skipped"], 1))

    def test_killed(self) -> None:
        """A run ended by a signal says so and fails."""
        lines, status = conclude(None, -9)
        self.assertEqual(
            lines,
            [
                "trial died before its closing line (signal 9)",
                "0 passed, 1 failed, 0 skipped",
            ],
        )
        self.assertEqual(status, 1)

    def test_empty(self) -> None:
        """A run without tests fails."""
        self.assertEqual(
            conclude(Tally(0, 0, 0), 0),
            (["trial found no tests", "0 passed, 0 failed, 0 skipped"], 1),
        )

    def test_statusDisagrees(self) -> None:
        """A bad exit status after a passing line is a failure, and is counted as one."""
        lines, status = conclude(Tally(5, 0, 0), 3)
        self.assertEqual(lines[-1], "5 passed, 1 failed, 0 skipped")
        self.assertEqual(status, 1)


class RunTests(SynchronousTestCase):
    """A command is run, shown and judged."""

    def test_shownAndRead(self) -> None:
        """The output is passed on unchanged and its closing line is understood."""
        out = io.StringIO()
        text = "".join(closing("PASSED (skips=1, successes=6)"))
        result = run([sys.executable, "-c", f"print({text!r}, end='')"], out)
        self.assertEqual(result, (["6 passed, 0 failed, 1 skipped"], 0))
        self.assertEqual(out.getvalue(), text)

    def test_crash(self) -> None:
        """A command that ends without a verdict fails with its exit status in the message."""
        lines, status = run([sys.executable, "-c", "raise SystemExit(7)"], io.StringIO())
        self.assertEqual(lines[0], "trial died before its closing line (exit status 7)")
        self.assertEqual(status, 1)
