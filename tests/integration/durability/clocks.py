"""Set clocks and stopped processes: entries come, are renewed and end on a real node, none too early, none too late.

C{python -m tests.integration.durability.clocks --steps 200 --stopped 60 --seed 1}
"""

import argparse
import functools
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import attrs

from gma_twisted.timing import bootTime
from tests.integration.durability.drive import scratch
from tests.integration.durability.history import History, Look, Span, Verb, Wrong, WrongKind
from tests.integration.durability.node import (
    ENTRIES,
    Client,
    Dead,
    Lane,
    RegistryNode,
    seenIn,
    work,
)

__all__ = ["Steps", "faketime", "noFaketime", "stepClocks", "stopProcess"]

LATE = 1.0
"""Seconds after its end an entry may still be shown."""

_STEPS = ("+1h", "-1h", "+10y", "-10y", "+1h", "-1h", "+0")
_LIFETIMES = (0.6, 1.0, 2.0, 30.0)
# A node has threads, so the variant that locks.
_PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
_SEE = """
import time
print(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), time.monotonic())
"""


@attrs.define(slots=True)
class Steps:
    """
    What came of set clocks.

    @ivar steps: how often the wall clock was set
    @ivar looks: how often everything was seen
    @ivar acknowledged: answers that something was done
    @ivar wrongs: what was wrong
    """

    steps: int = 0
    looks: int = 0
    acknowledged: int = 0
    wrongs: Sequence[Wrong] = ()

    def line(self) -> str:
        """In one line."""
        return (
            f"{self.steps} steps of the wall clock, {self.acknowledged} acknowledged, "
            f"{self.looks} looks: {len(self.wrongs)} early, late or otherwise wrong"
        )


@functools.cache
def _library() -> str:
    for pattern in _PLACES:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            return str(path)
    return ""


def faketime(place: Path) -> Mapping[str, str]:
    """The variables by which a process sees the wall clock that L{setClock} sets."""
    return {
        "LD_PRELOAD": _library(),
        "FAKETIME_TIMESTAMP_FILE": str(place / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def setClock(place: Path, offset: str) -> None:
    """Set the wall clock of processes with L{faketime}. @param offset: from the real one, C{+1h}"""
    draft = place / "clock.new"
    draft.write_text(f"{offset}\n")
    draft.replace(place / "clock")


@functools.cache
def noFaketime() -> str:
    """Why clocks cannot be set here, empty when they can."""
    if not _library():
        return "libfaketime is not installed"
    with scratch() as place:
        setClock(place, "+10y")
        done = subprocess.run(
            [sys.executable, "-c", _SEE],
            env={**os.environ, **faketime(place)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        try:
            wall, boot, monotonic = map(float, done.stdout.split())
        except ValueError:
            return f"libfaketime does not work here: {done.stderr.strip()[-200:]}"
    isReal = abs(boot - bootTime()) < 60 and abs(monotonic - time.monotonic()) < 60
    if wall - time.time() < 300_000_000 or not isReal:
        return "this libfaketime does not set the wall clock alone"
    return ""


@attrs.define(slots=True, eq=False)
class _Watcher:
    """Looks, and takes it ill when the node closes its connection."""

    node: RegistryNode
    history: History
    looks: int = 0
    _client: Client | None = None

    def look(self) -> None:
        """See everything."""
        if self._client is None:
            self._client = Client(self.node.port)
        try:
            self.history.look(self._client.look())
            self.looks += 1
        except Dead as error:
            self.history.wrongs.append(Wrong(WrongKind.ANSWERED, "all", f"no answer: {error}"))
            self.close()

    def close(self) -> None:
        """Drop the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None


def stepClocks(
    steps: int,
    seed: int,
    each: float = 0.7,
    more: Callable[[Path], Mapping[str, str]] = lambda place: {},
) -> Steps:
    """
    Set the wall clock of a node again and again while entries of a few seconds come, are renewed and end.

    @param each: seconds between steps
    @param more: variables for the node
    """
    random = Random(seed)
    history = History(late=LATE)
    result = Steps(wrongs=history.wrongs)
    lanes = [
        Lane(history, f"lane{number}", Random(f"{seed} {number}"), _LIFETIMES, 25)
        for number in range(4)
    ]
    with scratch() as place:
        setClock(place, "+0")
        with RegistryNode(place, {**faketime(place), **more(place)}) as node:
            watcher = _Watcher(node, history)
            while result.steps < steps:
                setClock(place, _STEPS[result.steps % len(_STEPS)])
                result.steps += 1
                deadline = time.monotonic() + random.uniform(0.5, 1.5) * each
                while time.monotonic() < deadline:
                    work(node, lanes, 0.15)
                    # Nothing is asked meanwhile: what has ended must be gone by itself, what has not must be there.
                    for _ in range(3):
                        watcher.look()
                        time.sleep(0.02)
            setClock(place, "+0")
            time.sleep(max(_LIFETIMES[:-1]) + LATE)
            watcher.look()
            watcher.close()
    result.looks = watcher.looks
    result.acknowledged = sum(lane.acknowledged for lane in lanes)
    return result


def stopProcess(seconds: float, entries: int = 50) -> Sequence[Wrong]:
    """
    Stop a node while its entries end; the first answer afterwards must not show them.

    @param seconds: how long it is stopped
    """
    history = History()
    lane = Lane(history, "lane", Random(1), (), entries)
    with scratch() as place, RegistryNode(place) as node:
        lane.connect(node)
        for number in range(entries):
            # Half of them end while the node is stopped, half of them later.
            lifetime = seconds / 2 if number % 2 else seconds + 60.0
            lane.ask(Verb.REGISTER, f"http://lane/{number}", lifetime)
            lane.finish()
        client = Client(node.port)
        history.look(client.look())
        os.kill(node.process, signal.SIGSTOP)
        try:
            time.sleep(seconds)
            # A new connection: the one before may have been idle for too long when the process goes on.
            client.close()
            client = Client(node.port)
            client.send("findServiceData", queryExpression=ENTRIES)
            time.sleep(0.1)
            assert not select.select([client], [], [], 0)[0], "a stopped process answers"
            begun = bootTime()
        finally:
            os.kill(node.process, signal.SIGCONT)
        seen = seenIn(client.receive())
        history.look(Look(Span(begun, bootTime()), seen))
        client.close()
        lane.died()
    return history.wrongs


def main(arguments: Sequence[str]) -> int:
    """Set clocks, stop a process and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--stopped", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    wrongs: list[Wrong] = []
    if reason := noFaketime():
        sys.stdout.write(f"clocks: {reason}\n")
    else:
        steps = stepClocks(options.steps, options.seed)
        wrongs += steps.wrongs
        sys.stdout.write(f"clocks: {steps.line()} (seed {options.seed})\n")
    stopped = stopProcess(options.stopped)
    wrongs += stopped
    sys.stdout.write(f"clocks: stopped for {options.stopped:g} s: {len(stopped)} wrong\n")
    for wrong in wrongs[:20]:
        sys.stdout.write(f"{wrong.kind.value} {wrong.member}: {wrong.sentence}\n")
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
