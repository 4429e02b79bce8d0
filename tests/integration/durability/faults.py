"""Disks that are full or fail for a while: writes are refused, reads go on, and nothing has to be restarted.

C{python -m tests.integration.durability.faults --injections 500 --seed 1}
"""

import argparse
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.timing import bootTime
from tests.integration.durability.drive import Worker, scratch
from tests.integration.durability.history import History, Look, Span, Wrong, WrongKind
from tests.integration.durability.place import FILES, recovered, seenIn
from tests.integration.durability.trace import injecting, unusable

__all__ = [
    "FAULTS",
    "STARTED",
    "Faults",
    "ballast",
    "failForEver",
    "full",
    "injectAll",
    "limited",
    "mounted",
    "refused",
]

FAULTS = (
    ("pwrite64", "ENOSPC"),
    ("pwrite64", "EIO"),
    ("fdatasync", "EIO"),
    ("fdatasync", "ENOSPC"),
    ("ftruncate", "EIO"),
)
"""System calls of a journal, and how they fail."""

_TOLD = ("--small", "--lanes", "2", "--most", "8", "--pause", "0.001", "--lifetimes", "3600", "inf")
_SOME = 30
STARTED = 25
"""System calls of a kind after which a store has started: making the index of its log twice takes 16 C{pwrite64}."""


@attrs.define(slots=True)
class Faults:
    """
    What came of failing disks.

    @ivar injected: system calls that failed
    @ivar refused: operations that were refused, by the code of the fault
    @ivar unknown: how many of them left open whether they were done
    @ivar acknowledged: operations that were done, before, between and after
    @ivar wrongs: what was wrong, and where
    """

    injected: int = 0
    refused: Counter[str] = attrs.field(factory=Counter)
    unknown: int = 0
    acknowledged: int = 0
    wrongs: list[tuple[str, Wrong]] = attrs.field(factory=list)

    def line(self) -> str:
        """In one line."""
        codes = ", ".join(f"{count} {code}" for code, count in sorted(self.refused.items()))
        return (
            f"{self.injected} failed system calls, refused: {codes or 'nothing'}, {self.unknown} of them open; "
            f"{self.acknowledged} acknowledged: {len(self.wrongs)} wrong"
        )

    def judge(self, where: str, directory: Path, worker: Worker, history: History) -> None:
        """See what is found after the worker's life."""
        begun = bootTime()
        try:
            found = recovered(directory)
        except GMAError as error:
            history.wrongs.append(Wrong(WrongKind.LOST, "all", f"refused: {error}"))
        else:
            history.look(Look(Span(begun, bootTime()), seenIn(found.rows)))
        self.refused.update(worker.journalist.refusals)
        self.unknown += worker.journalist.unknown
        self.acknowledged += worker.journalist.acknowledged
        self.wrongs += [(where, wrong) for wrong in history.wrongs]


def _goesOn(worker: Worker, where: str) -> None:
    """Wait for more acknowledgements. @raise AssertionError: none come, as if a restart were needed"""
    enough = worker.journalist.acknowledged + _SOME
    if not worker.listen(lambda: worker.journalist.acknowledged >= enough, 20.0):
        raise AssertionError(
            f"{where}: no acknowledgements after {worker.journalist.refusals}: {worker.errors[-2000:]}"
        )


def injectAll(
    faults: Faults, call: str, error: str, first: int, count: int, seed: int, *options: str
) -> None:
    """
    Have some calls of one life fail, and look whether it goes on without them.

    @param first: of which system call
    @param count: how many
    @param options: more for the worker
    """
    where = f"{call} {error} from {first}, {count} times, seed {seed}"
    history = History()
    with scratch() as place:
        directory = place / "state"
        directory.mkdir()
        with Worker.start(directory, history, "--calls", "5", *_TOLD) as earlier:
            earlier.wait()
        record = place / "trace"
        what = f"error={error}:when={first}..{first + count - 1}"
        words = injecting([call], what, _paths(directory), record)
        told = ("--life", "1", "--seed", f"{seed}", *_TOLD, *options)
        with Worker.start(directory, history, *told, strace=words) as worker:
            worker.waitFor("ready")
            _goesOn(worker, where)
            worker.listen(lambda: record.read_text().count("(INJECTED)") >= count, 5.0)
            _goesOn(worker, where)
            worker.kill()
            faults.judge(where, directory, worker, history)
        faults.injected += record.read_text().count("(INJECTED)")


def _paths(directory: Path) -> Sequence[Path]:
    return [directory, *(directory / name for name in FILES)]


def failForEver(faults: Faults, call: str, error: str, first: int, seed: int) -> None:
    """
    Have a system call fail from one on, and kill the process while it does.

    @param first: of which system call
    """
    where = f"{call} {error} from {first} on, seed {seed}"
    history = History()
    with scratch() as directory:
        with Worker.start(directory, history, "--calls", "5", *_TOLD) as earlier:
            earlier.wait()
        words = injecting([call], f"error={error}:when={first}+", _paths(directory))
        told = ("--life", "1", "--seed", f"{seed}", *_TOLD)
        with Worker.start(directory, history, *told, strace=words) as worker:
            if not worker.listen(lambda: worker.journalist.refused >= _SOME):
                raise AssertionError(f"{where}: nothing is refused: {worker.errors[-2000:]}")
            worker.kill()
            faults.judge(where, directory, worker, history)


def full(
    faults: Faults, where: str, directory: Path, fill: Callable[[int], Callable[[], None]]
) -> None:
    """
    Let a disk be full for a while.

    @param fill: given the number of the process, makes the disk full; what it returns makes room again
    @raise AssertionError: nothing is refused, or it does not go on
    """
    history = History()
    with Worker.start(directory, history, "--seed", "5", *_TOLD) as worker:
        worker.waitFor("ready")
        _goesOn(worker, where)
        clear = fill(worker.process)
        try:
            isRefused = worker.listen(lambda: worker.journalist.refused >= _SOME, 20.0)
        finally:
            clear()
        if not isRefused:
            raise AssertionError(f"{where}: nothing is refused")
        _goesOn(worker, where)
        worker.kill()
        faults.judge(where, directory, worker, history)


def limited(directory: Path) -> Callable[[int], Callable[[], None]]:
    """Full by a limit of the process: no file may grow beyond the largest there is now."""

    def fill(process: int) -> Callable[[], None]:
        largest = max(path.stat().st_size for path in directory.iterdir())
        before = resource.prlimit(process, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

        def clear() -> None:
            resource.prlimit(process, resource.RLIMIT_FSIZE, before)

        return clear

    return fill


def ballast(directory: Path) -> Callable[[int], Callable[[], None]]:
    """Full by another file that takes all the room there is."""

    def fill(process: int) -> Callable[[], None]:
        stone = directory / "ballast"
        with stone.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        return stone.unlink

    return fill


@contextmanager
def mounted(place: Path, size: int) -> Iterator[str]:
    """A small file system. @return: why there is none, empty when there is"""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    except OSError as error:
        yield f"mount cannot be run: {error.strerror}"
        return
    if done.returncode:
        yield f"no file system can be mounted: {done.stderr.decode(errors='replace').strip()}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", str(place)], timeout=20, check=True)


def refused(faults: Faults) -> Sequence[str]:
    """Codes of refusals that are not the one for a store that cannot write now."""
    return [code for code in faults.refused if code != "Busy"]


def main(arguments: Sequence[str]) -> int:
    """Let disks fail and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--injections", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if reason := unusable():
        sys.stdout.write(f"faults: {reason}\n")
        return 2
    random = Random(options.seed)
    faults = Faults()
    round = 0
    while faults.injected < options.injections:
        call, error = FAULTS[round % len(FAULTS)]
        first, count = random.randint(STARTED, 80), random.choice((1, 2, 5, 20))
        injectAll(faults, call, error, first, count, options.seed + round)
        round += 1
    for number, (call, error) in enumerate(FAULTS[:3]):
        failForEver(faults, call, error, 20 + number, options.seed + number)
    for where, wrong in faults.wrongs[:20]:
        sys.stdout.write(f"{where}: {wrong.kind.value} {wrong.member}: {wrong.sentence}\n")
    sys.stdout.write(f"faults: {faults.line()} (seed {options.seed})\n")
    return 1 if faults.wrongs or refused(faults) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
