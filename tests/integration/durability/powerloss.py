"""Power cuts: a recorded life of a registry store, and every disk it may leave behind, each opened again.

C{python -m tests.integration.durability.powerloss --states 1000 --seed 1}
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.timing import bootTime
from tests.integration.durability.disk import DiskState, diskStates
from tests.integration.durability.drive import Worker, contents, memory, scratch
from tests.integration.durability.history import History, Look, Span, Wrong, WrongKind
from tests.integration.durability.place import recovered, seenIn
from tests.integration.durability.report import Journalist
from tests.integration.durability.trace import Step, readTrace, recording, unusable

__all__ = ["Recording", "Verdict", "judge", "record", "replay"]

_FAILING = 9
_TOLD = ("--small", "--lanes", "3", "--most", "6", "--lifetimes", "3600", "86400", "inf")


@attrs.frozen(slots=True)
class Recording:
    """
    A life of a store, system call by system call.

    @ivar before: the files it began with, by name
    @ivar said: what earlier lives reported
    @ivar steps: what it wrote, synced and reported
    """

    directory: str
    before: Mapping[str, bytes]
    said: bytes
    steps: Sequence[Step]


@attrs.define(slots=True)
class Verdict:
    """
    What came of many disks.

    @ivar states: how many were opened
    @ivar cuts: boundaries of system calls they were cut at
    @ivar acknowledged: acknowledgements that had to be found, over all
    @ivar wrongs: what was wrong, and with which disk
    """

    states: int = 0
    cuts: int = 0
    acknowledged: int = 0
    wrongs: list[tuple[str, Wrong]] = attrs.field(factory=list)

    def line(self) -> str:
        """In one line."""
        return (
            f"{self.states} disks after {self.cuts} cuts, {self.acknowledged} acknowledgements looked for: "
            f"{len(self.wrongs)} wrong"
        )


def record(
    calls: int, seed: int, *options: str, isNew: bool = False, failing: str = ""
) -> Recording:
    """
    Record a life on a directory that an earlier life, killed in the middle of its work, has left.

    @param options: more for both workers
    @param isNew: record the first life of all instead
    @param failing: which synchronisations fail with an input/output error, in strace's words: C{20..21}
    @raise AssertionError: it did not end well
    """
    told = [*_TOLD, *options]
    with scratch() as place:
        directory = place / "state"
        directory.mkdir()
        said = b""
        if not isNew:
            with Worker.start(directory, History(), "--seed", f"{seed}", *told) as first:
                first.waitFor("ready")
                first.listen(lambda: first.journalist.acknowledged >= calls)
                first.kill()
                said = bytes(first.said)
        before = contents(directory)
        trace = place / "trace"
        more = ["--life", "1", "--seed", f"{seed + 1}", "--calls", f"{calls}", *told]
        words = recording(trace)
        if failing:
            words += ["-e", f"inject=fdatasync:error=EIO:when={failing}"]
        with Worker.start(directory, History(), *more, strace=words) as second:
            assert second.wait() == 0, second.errors
        with trace.open() as lines:
            steps = list(readTrace(lines, str(directory), second.report, before))
        return Recording(str(directory), before, said, steps)


def judge(recording: Recording, state: DiskState) -> tuple[int, Sequence[Wrong]]:
    """
    Open one disk.

    @return: how many acknowledgements were known before the cut, and what is wrong
    """
    history = History()
    journalist = Journalist(history)
    for said in (recording.said, state.said):
        journalist.take(said)
        journalist.died(bootTime())
    with scratch(memory()) as place:
        for path, content in state.files.items():
            (place / Path(path).name).write_bytes(content)
        begun = bootTime()
        try:
            found = recovered(place)
        except GMAError as error:
            wrong = Wrong(WrongKind.LOST, "all", f"refused: {error}")
            return history.calls, [*history.wrongs, wrong]
    history.look(Look(Span(begun, bootTime()), seenIn(found.rows)))
    return history.calls, history.wrongs


def replay(
    recording: Recording,
    seed: int,
    least: int,
    verdict: Verdict,
    each: int = 4,
    share: float = 1.0,
) -> None:
    """
    Open many disks.

    @param least: go through all cuts again until there are so many disks
    @param verdict: what comes of it
    @param each: random disks a cut
    @param share: chance of a cut to be looked at
    """
    random = Random(seed)
    told: set[bytes] = set()
    cuts: set[int] = set()
    states = -1
    while states < verdict.states < least or states < 0:
        states = verdict.states
        for state in diskStates(
            recording.steps, recording.directory, recording.before, random, each, share, told
        ):
            known, wrongs = judge(recording, state)
            verdict.states += 1
            cuts.add(state.cut)
            verdict.acknowledged += known
            where = f"cut after line {state.cut}, {state.how}"
            verdict.wrongs += [(where, wrong) for wrong in wrongs]
    verdict.cuts += len(cuts)


def main(arguments: Sequence[str]) -> int:
    """Record one life and open the disks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if reason := unusable():
        sys.stdout.write(f"powerloss: {reason}\n")
        return 2
    verdict = Verdict()
    replay(record(6, options.seed, isNew=True), options.seed, 0, verdict)
    for number in range(_FAILING):
        first = 8 + 4 * number
        last = first + number % 3
        failing = record(options.calls, options.seed, failing=f"{first}..{last}")
        replay(failing, options.seed, 0, verdict, each=1, share=0.35)
    replay(record(options.calls, options.seed), options.seed, options.states, verdict)
    for where, wrong in verdict.wrongs[:20]:
        sys.stdout.write(f"{where}: {wrong.kind.value} {wrong.member}: {wrong.sentence}\n")
    sys.stdout.write(f"powerloss: {verdict.line()} (seed {options.seed})\n")
    return 1 if verdict.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
