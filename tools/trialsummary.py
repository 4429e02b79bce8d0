"""
Run the suite with trial and close with one plain line, C{N passed, N failed, N skipped}.

Trial's own closing line leaves out what is zero and has six kinds of counts; scripts and people
want three numbers and an exit status that can be trusted. A run that dies, or finds no test,
fails.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import attrs

BUILD = Path("build")
"""Everything a run leaves behind is below this directory."""

_RAN = re.compile(r"Ran (\d+) tests? in ")
_CLOSING = re.compile(r"(PASSED|FAILED)(?: \((.*)\))?\s*\Z")
_COUNT = re.compile(r"(\w+)=(\d+)")


@attrs.frozen
class Tally:
    """
    What a run came to.

    @ivar passed: tests that succeeded, or failed where they were expected to
    @ivar failed: failures, errors and unexpected successes
    @ivar skipped: tests that said why they could not run
    """

    passed: int
    failed: int
    skipped: int

    @property
    def good(self) -> bool:
        """Whether at least one test ran or was skipped, and none failed."""
        return self.failed == 0 and self.passed + self.skipped > 0

    def line(self) -> str:
        """The plain closing line."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def readTally(lines: Iterable[str]) -> Tally | None:
    """
    Find trial's closing lines, C{Ran N tests in ...} and C{PASSED (...)}, in its output.

    @param lines: the output; text a test printed may look like a closing line, the last one counts
    @return: the counts, or C{None} when the run ended without closing lines
    """
    tally = None
    ran = False
    for line in lines:
        if _RAN.match(line):
            ran, tally = True, None
        elif ran and (found := _CLOSING.match(line)):
            tally = _tally(found[1], found[2] or "")
    return tally


def _tally(word: str, counts: str) -> Tally:
    """The counts of one closing line; a FAILED without any count is still one failure."""
    count = {name: int(number) for name, number in _COUNT.findall(counts)}
    failed = sum(count.get(name, 0) for name in ("failures", "errors", "unexpectedSuccesses"))
    if word == "FAILED":
        failed = max(failed, 1)
    return Tally(
        passed=count.get("successes", 0) + count.get("expectedFailures", 0),
        failed=failed,
        skipped=count.get("skips", 0),
    )


def conclude(tally: Tally | None, status: int) -> tuple[list[str], int]:
    """
    What to print last and which exit status to give.

    @param tally: what the output said, C{None} when it said nothing
    @param status: trial's exit status; negative when a signal ended it
    @return: the lines, the plain one last, and the exit status: 0 only for a good run
    """
    if tally is None:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return [f"trial died before its closing line ({how})", Tally(0, 1, 0).line()], 1
    if tally == Tally(0, 0, 0):
        return ["trial found no tests", tally.line()], 1
    if tally.good and status != 0:
        said = f"trial reported no failure but ended with exit status {status}"
        return [said, attrs.evolve(tally, failed=1).line()], 1
    return [tally.line()], 0 if tally.good else 1


def _echoed(lines: Iterable[str], out: IO[str]) -> Iterator[str]:
    """The lines again, each shown as it passes."""
    for line in lines:
        out.write(line)
        out.flush()
        yield line


def run(command: Sequence[str], out: IO[str]) -> tuple[list[str], int]:
    """
    Run one trial command, showing its output as it comes.

    @return: as L{conclude}
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as trial:
        assert trial.stdout is not None
        tally = readTally(_echoed(trial.stdout, out))
    return conclude(tally, trial.returncode)


def _report() -> None:
    """Combine what the processes measured, write the pages, show the total."""
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "--quiet"], check=False)
    subprocess.run([*coverage, "html", "--quiet", "--ignore-errors"], check=False)
    total = subprocess.run(
        [*coverage, "report", "--ignore-errors", "--format=total"],
        check=False,
        capture_output=True,
        text=True,
    )
    if total.returncode == 0:
        print(
            f"coverage of lines and branches: {total.stdout.strip()} %, "
            f"by file in {BUILD / 'coverage' / 'html' / 'index.html'}"
        )


def main(arguments: Sequence[str]) -> int:
    """
    Run C{tests}, or what is named, in random order.

    @param arguments: C{--coverage} to measure; the rest goes to trial
    @return: the exit status
    """
    measured = "--coverage" in arguments
    named = [argument for argument in arguments if argument != "--coverage"]
    (BUILD / "coverage").mkdir(parents=True, exist_ok=True)
    prefix = ["-m", "coverage", "run"] if measured else []
    options = ["--random", "0", "--temp-directory", str(BUILD / "trial")]
    command = [
        sys.executable,
        "-u",
        *prefix,
        "-m",
        "twisted.trial",
        *options,
        *(named or ["tests"]),
    ]
    if measured:
        subprocess.run([sys.executable, "-m", "coverage", "erase"], check=False)
    lines, status = run(command, sys.stdout)
    if measured:
        _report()
    print("\n".join(lines), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
