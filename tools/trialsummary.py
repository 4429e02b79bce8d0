"""
Run the suite with trial and close with one plain line, C{N passed, N failed, N skipped}.

Trial's own closing line leaves out what is zero and has six kinds of counts; scripts and people
want three numbers and an exit status that can be trusted. A run that dies, or finds no test,
fails.

The whole suite is dealt out to several processes, each a run of L{tools.trialshare}; a good part
of it waits for other programs. C{--jobs 1} runs it in one, C{--jobs N} deals out a part of it.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import attrs

from tools.trialshare import DEALT, Share

BUILD = Path("build")
"""Everything a run leaves behind is below this directory."""

MOST_JOBS = 4
"""More processes would mostly find the tests that wait, and all the programs these start."""

SLOWEST = 10
"""How many tests are named for their time after a run of several processes."""

_RAN = re.compile(r"Ran (\d+) tests? in ")
_CLOSING = re.compile(r"(PASSED|FAILED)(?: \((.*)\))?\s*\Z")
_COUNT = re.compile(r"(\w+)=(\d+)")
_DEALT = re.compile(r"share \d+/(\d+: of (\d+) tests in the order [0-9a-f]{8})\s*\Z")
_TOOK = re.compile(r"(\S+) \.\.\. .* \((\d+\.\d+) s\)\s*\Z")
# What trial prints between its last test and its closing line: failures, then the counts.
_BREAK = re.compile(r"[=-]{79}\s*\Z")


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

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

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


def readRan(lines: Iterable[str]) -> int:
    """
    Find how many tests trial says it ran, each counted once whatever became of it.

    @param lines: as for L{readTally}; the last count is trial's own
    """
    counts = [int(found[1]) for line in lines if (found := _RAN.match(line))]
    return counts[-1] if counts else 0


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


@attrs.frozen
class Verdict:
    """
    What one process came to.

    @ivar tally: its counts; one failure for a process that died
    @ivar remarks: what its output does not say by itself
    """

    tally: Tally
    remarks: tuple[str, ...] = ()


def judge(tally: Tally | None, status: int, who: str = "trial") -> Verdict:
    """
    Hold the output of a process against its exit status.

    @param tally: what the output said, C{None} when it said nothing
    @param status: the exit status; negative when a signal ended it
    @param who: the process, for the remarks
    """
    if tally is None:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return Verdict(Tally(0, 1, 0), (f"{who} died before its closing line ({how})",))
    if tally.failed == 0 and status != 0:
        said = f"{who} reported no failure but ended with exit status {status}"
        return Verdict(attrs.evolve(tally, failed=1), (said,))
    return Verdict(tally)


def conclude(verdicts: Iterable[Verdict]) -> tuple[list[str], int]:
    """
    What to print last and which exit status to give.

    @param verdicts: one of each process
    @return: the lines, the plain one last, and the exit status: 0 only for a good run
    """
    total = Tally(0, 0, 0)
    lines: list[str] = []
    for verdict in verdicts:
        total += verdict.tally
        lines += verdict.remarks
    if total == Tally(0, 0, 0):
        lines.append("trial found no tests")
    return [*lines, total.line()], 0 if total.good else 1


def _lines(command: Sequence[str], ended: list[int]) -> Iterator[str]:
    """Run a command. @param ended: takes its exit status, after its last line"""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        yield from process.stdout
    ended.append(process.returncode)


def _echoed(lines: Iterable[str], out: IO[str]) -> Iterator[str]:
    """The lines again, each shown as it passes."""
    for line in lines:
        out.write(line)
        out.flush()
        yield line


def run(command: Sequence[str], out: IO[str]) -> Verdict:
    """Run one trial command, showing its output as it comes."""
    ended: list[int] = []
    tally = readTally(_echoed(_lines(command, ended), out))
    return judge(tally, ended[0])


@attrs.define(eq=False)
class SideBySide:
    """
    Several processes that run one suite, as one run.

    A line is shown when it is whole, so that a test and its outcome stand together. What a process
    says after its last test is shown when all have ended, process by process.

    @ivar out: where their output goes
    """

    out: IO[str]
    _writing: threading.Lock = attrs.field(factory=threading.Lock)
    _took: list[tuple[float, str]] = attrs.field(factory=list)

    def run(self, commands: Sequence[Sequence[str]]) -> list[Verdict]:
        """
        Run them all to their ends, also when one dies.

        @param commands: of L{tools.trialshare}, one a share
        @return: one verdict a command; and a failed one when the processes did not deal out the
            same tests, or did not run each of them once
        """
        with ThreadPoolExecutor(len(commands)) as threads:
            ends = list(threads.map(self._one, commands, range(1, len(commands) + 1)))
        for end in ends:
            self.out.write("".join(end.closing))
        verdicts = [end.verdict for end in ends]
        if said := _misdealt(ends):
            verdicts.append(Verdict(Tally(0, 1, 0), (said,)))
        return verdicts

    def slowest(self) -> list[str]:
        """Lines of the tests that took longest, with their seconds, the longest first."""
        longest = sorted(self._took, reverse=True)[:SLOWEST]
        rows = [f"{seconds:8.3f} s {name}" for seconds, name in longest]
        return ["the slowest tests:", *rows] if rows else []

    def _one(self, command: Sequence[str], number: int) -> "_End":
        """Run one."""
        closing: list[str] = []
        dealt, total = "", 0
        ended: list[int] = []
        for line in _lines(command, ended):
            whole = line if line.endswith("\n") else line + "\n"
            if closing or _BREAK.match(line):
                closing.append(whole)
                continue
            with self._writing:
                self.out.write(whole)
                self.out.flush()
                if found := _TOOK.match(line):
                    self._took.append((float(found[2]), found[1]))
            # The first is its own; a test may print another.
            if not dealt and (found := _DEALT.match(line)):
                dealt, total = found[1], int(found[2])
        tally = readTally(closing)
        verdict = judge(tally, ended[0], f"process {number}")
        return _End(verdict, closing, dealt, total, None if tally is None else readRan(closing))


@attrs.frozen
class _End:
    """
    How one of several processes ended.

    @ivar closing: what it said after its last test
    @ivar dealt: what all of them say alike: how many tests there are, in which order
    @ivar total: the tests there are for all processes
    @ivar ran: the tests it ran; C{None} when it died
    """

    verdict: Verdict
    closing: Sequence[str]
    dealt: str
    total: int
    ran: int | None


def _misdealt(ends: Sequence[_End]) -> str:
    """
    Hold what the processes ran against what there was to run.

    @return: what is wrong; empty when nothing is, or when a process that died, which is a failure,
        makes the count uncertain
    """
    if len({end.dealt for end in ends if end.dealt}) > 1:
        return "the processes did not see the same tests: some ran twice or not at all"
    counts = [end.ran for end in ends if end.ran is not None]
    if len(counts) < len(ends):
        return ""
    if not all(end.dealt for end in ends):
        return "a process did not say which tests there are: nobody knows whether all ran"
    if sum(counts) != ends[0].total:
        return (
            f"{sum(counts)} tests ran of {ends[0].total}, which are to run once each: a process that is not "
            f"of this run may have taken some from {BUILD / DEALT}"
        )
    return ""


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


def _options(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """
    @return: ours, and what is trial's: its options and the names of tests
    """
    parser = argparse.ArgumentParser(prog="trialsummary", add_help=False, allow_abbrev=False)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--random", type=int, default=0)
    options, trials = parser.parse_known_args(arguments)
    if options.jobs is None:
        # A part is for somebody who reads along; trial's options are for trial.
        options.jobs = 1 if trials else min(len(os.sched_getaffinity(0)) + 1, MOST_JOBS)
    elif options.jobs < 1 or (options.jobs > 1 and any(each.startswith("-") for each in trials)):
        parser.error("--jobs is at least 1, and more than 1 only without options of trial")
    # As trial does, which the seed then repeats.
    options.random = options.random or int(time.time() * 100)
    return options, trials


def main(arguments: Sequence[str]) -> int:
    """
    Run C{tests}, or what is named, in random order.

    @param arguments: C{--coverage} to measure, C{--jobs N} to run in C{N} processes (for the whole suite
        one more than processors, as tests also wait, L{MOST_JOBS} at most; 1 for a part), C{--random SEED}
        to repeat an order; the rest goes to trial
    @return: the exit status
    """
    options, trials = _options(arguments)
    (BUILD / "coverage").mkdir(parents=True, exist_ok=True)
    seed = str(options.random)
    python = [sys.executable, "-u"]
    if options.coverage:
        subprocess.run([sys.executable, "-m", "coverage", "erase"], check=False)
        python += ["-m", "coverage", "run"]
    names = trials or ["tests"]
    slowest: list[str] = []
    if options.jobs == 1:
        temporary = ["--temp-directory", str(BUILD / "trial")]
        trial = [*python, "-m", "twisted.trial", "--random", seed, *temporary, *names]
        verdicts = [run(trial, sys.stdout)]
    else:
        print(f"Tests shuffled with seed {seed} for {options.jobs} processes", flush=True)
        (BUILD / DEALT).unlink(missing_ok=True)
        shares = [Share(number, options.jobs) for number in range(1, options.jobs + 1)]
        together = SideBySide(sys.stdout)
        verdicts = together.run(
            [[*python, "-m", "tools.trialshare", str(share), seed, *names] for share in shares]
        )
        slowest = together.slowest()
    if options.coverage:
        _report()
    lines, status = conclude(verdicts)
    print("\n".join([*slowest, *lines]), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
