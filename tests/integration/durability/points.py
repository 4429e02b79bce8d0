"""A kill at every system call by which a short life of a registry store changes its storage.

C{python -m tests.integration.durability.points --seed 1}: all of them; C{--step 5 --first 2} is every fifth.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.timing import bootTime
from tests.integration.durability.drive import Worker, contents, scratch
from tests.integration.durability.history import History, Look, Span, Wrong, WrongKind
from tests.integration.durability.place import FILES, recovered, seenIn
from tests.integration.durability.report import Journalist
from tests.integration.durability.trace import STORAGE, injecting, naming, unusable

__all__ = ["Points", "killAtPoints"]

_TOLD = ("--small", "--lanes", "2", "--most", "6", "--lifetimes", "3600", "86400", "inf")
_ENOUGH = 2000


@attrs.define(slots=True)
class Points:
    """
    What came of the kills.

    @ivar killed: how often by system call
    @ivar calls: acknowledgements before the kills, over all
    @ivar wrongs: what was wrong, and after which kill
    """

    killed: Counter[str] = attrs.field(factory=Counter)
    calls: int = 0
    wrongs: list[tuple[str, Wrong]] = attrs.field(factory=list)

    def line(self) -> str:
        """In one line."""
        each = ", ".join(f"{count} {name}" for name, count in sorted(self.killed.items()))
        total = sum(self.killed.values())
        return (
            f"{total} kills at system calls ({each}), {self.calls} acknowledgements before them: "
            f"{len(self.wrongs)} wrong"
        )


@attrs.frozen(slots=True)
class _Start:
    """What every short life begins with: the files, and what was reported until then."""

    files: Mapping[str, bytes]
    said: bytes

    @classmethod
    def nothing(cls) -> "_Start":
        """The first life of all."""
        return cls({}, b"")

    @classmethod
    def make(cls, seed: int, calls: int) -> "_Start":
        """The remains of a life that was killed in the middle of its work."""
        with scratch() as directory:
            told = ("--seed", f"{seed}", *_TOLD)
            with Worker.start(directory, History(), *told) as worker:
                worker.waitFor("ready")
                worker.listen(lambda: worker.journalist.acknowledged >= calls)
                worker.kill()
                files = {Path(path).name: data for path, data in contents(directory).items()}
                return cls(files, bytes(worker.said))


@attrs.define(slots=True, eq=False)
class _Life:
    """A short life, lived again and again."""

    start: _Start
    seed: int
    calls: int

    def paths(self, directory: Path) -> Sequence[Path]:
        """What its calls are looked at on."""
        return [directory, *(directory / name for name in FILES)]

    def live(self, directory: Path, history: History, strace: Sequence[str]) -> bool:
        """@return: whether it was killed; else it came to its end"""
        for name, data in self.start.files.items():
            (directory / name).write_bytes(data)
        told = ("--life", "1", "--seed", f"{self.seed}", "--calls", f"{self.calls}", *_TOLD)
        with Worker.start(directory, history, *told, strace=strace) as worker:
            status = worker.wait()
            assert status in (-9, 0), f"{strace}: {status} {worker.errors}"
            return status == -9

    def made(self) -> Mapping[str, int]:
        """How often it makes each system call, about."""
        with scratch() as place:
            directory = place / "state"
            directory.mkdir()
            record = place / "record"
            self.live(directory, History(), naming(STORAGE, record, self.paths(directory)))
            return Counter(re.findall(r"(?m)^\d+ +(\w+)\(", record.read_text()))

    def kill(self, call: str, when: int, points: Points) -> bool:
        """Kill it at a call. @return: whether it has such a call"""
        history = History()
        before = Journalist(history)
        before.take(self.start.said)
        before.died(bootTime())
        known = history.calls
        with scratch() as directory:
            strace = injecting([call], f"signal=SIGKILL:when={when}", self.paths(directory))
            isKilled = self.live(directory, history, strace)
            points.calls += history.calls - known
            begun = bootTime()
            try:
                found = recovered(directory)
            except GMAError as error:
                history.wrongs.append(Wrong(WrongKind.LOST, "all", f"refused: {error}"))
            else:
                history.look(Look(Span(begun, bootTime()), seenIn(found.rows)))
        points.killed[call] += isKilled
        points.wrongs += [(f"{call} {when}", wrong) for wrong in history.wrongs]
        return isKilled


def killAtPoints(seed: int, step: int = 1, first: int = 0, calls: int = 24) -> Points:
    """
    Kill short lives at their storage system calls: of a store that has been killed before, and of a new one.

    @param step: at every so many
    @param first: the first of those
    @param calls: operations of a life
    """
    points = Points()
    number = first
    for life in (
        _Life(_Start.make(seed, calls), seed + 1, calls),
        _Life(_Start.nothing(), seed + 1, 2),
    ):
        for call, count in life.made().items():
            when = 1
            # A life is not quite like the one before: whether there is one call more is tried too.
            while when <= count or (step == 1 and when < _ENOUGH):
                number += 1
                if number % step == 0 and not life.kill(call, when, points):
                    break
                when += 1
    return points


def main(arguments: Sequence[str]) -> int:
    """Kill and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--calls", type=int, default=24)
    options = parser.parse_args(arguments)
    if reason := unusable():
        sys.stdout.write(f"points: {reason}\n")
        return 2
    points = killAtPoints(options.seed, options.step, options.first, options.calls)
    for where, wrong in points.wrongs[:20]:
        sys.stdout.write(f"{where}: {wrong.kind.value} {wrong.member}: {wrong.sentence}\n")
    sys.stdout.write(f"points: {points.line()} (seed {options.seed})\n")
    return 1 if points.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
