"""What others on the machine, or the machine below it, took: so much is late, and not for what is tested."""

import mmap
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.integration.foreign.shared import poll

__all__ = ["Sleepers", "most", "queued"]

_NANOSECONDS = 1e9
_SLEEPS = 0.02
_LATE = 0.01
_SLEEPER = """
import mmap, os, struct, sys, threading, time
path, sleeps, late = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
processors = sorted(os.sched_getaffinity(0))
file = open(path, "r+b")
shared = mmap.mmap(file.fileno(), 16 * len(processors))
def sleep(at, processor):
    os.sched_setaffinity(0, [processor])
    total = 0.0
    while True:
        due = time.monotonic() + sleeps
        struct.pack_into("dd", shared, at, total, due)
        time.sleep(sleeps)
        over = time.monotonic() - due
        total += over if over > late else 0.0
for number, processor in enumerate(processors):
    threading.Thread(target=sleep, args=(16 * number, processor), daemon=True).start()
sys.stdin.read()
"""


def queued(process: int | None = None) -> float:
    """
    Seconds a thread was ready to run since it began, and no processor was free for it, as the kernel counts.

    @param process: its first thread is meant; C{None} for the thread that asks
    @return: always 0 where the kernel does not count: then what others took counts as taken by the thread
    """
    thread = "thread-self" if process is None else f"{process}"
    try:
        return int(Path(f"/proc/{thread}/schedstat").read_text("ascii").split()[1]) / _NANOSECONDS
    except FileNotFoundError:
        return 0.0


def most(before: Sequence[float], after: Sequence[float]) -> float:
    """
    What was taken at most between two readings: one second that is seen in several ways is taken once.

    @param before: L{queued}, L{Sleepers.late} or both
    @param after: the same, later
    """
    return max(end - begin for begin, end in zip(before, after, strict=True))


class Sleepers:
    """
    A process that only sleeps, in a thread on each processor, and counts what it comes late.

    A virtual machine that does not run, and a processor that is taken from it, is nowhere else to be seen for sure:
    the kernel may count that as time of the thread that ran. Nothing that the process of the tests does makes these
    late, as the kernel gives who slept a processor before who is at work.
    """

    def __init__(self, addCleanup: Callable[..., object]) -> None:
        """Start it. @param addCleanup: of the test"""
        processors = len(os.sched_getaffinity(0))
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(16 * processors))
            file.flush()
            self._shared = mmap.mmap(file.fileno(), 16 * processors)
            words = ("-ISc", _SLEEPER, file.name, f"{_SLEEPS}", f"{_LATE}")
            process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE)
            addCleanup(process.communicate)
            poll(lambda: [due for _, due in self._read()], all)

    def late(self) -> list[float]:
        """Seconds that each came late until now; less than 10 ms at a time are none."""
        now = time.monotonic()
        return [late + (now - due if now - due > _LATE else 0.0) for late, due in self._read()]

    def _read(self) -> list[tuple[float, float]]:
        with memoryview(self._shared) as shared, shared.cast("d") as numbers:
            return list(zip(numbers[::2], numbers[1::2], strict=True))
