"""C{python -m bench streams}: one producer, a thousand subscribers over TCP, and what one that never reads changes."""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from bench.answers import WrongAnswer
from bench.conclusion import conclude
from bench.goals import Bound
from bench.metronome import NAME
from bench.nodeprocess import NodeProcess
from bench.report import markdown
from bench.telling import roomFor
from gma_twisted.pygma.event import Event
from gma_twisted.pygma.producer import ProducerProxy

__all__ = ["Options", "Phase", "Streamed", "goalsOf", "linesOf", "main", "readOptions"]

_MOST = 10_000
_WARM = 3.0
_CATCH_UP = 2.0
_LEASE = 3600.0
_CONNECT = 120.0
_MIB = 1024**2
# Bytes of memory that may grow while nothing changes, and times by which a p99 may.
_GROWTH, _TIMES = 32.0, 1.2


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar subscribers: each with a connection of its own
    @ivar rate: events a second
    @ivar seconds: of each phase
    @ivar rounds: of three phases: all read, some do not, all read
    @ivar stalled: subscribers that do not read in the second
    @ivar judges: whether missed goals make the exit status 1
    """

    subscribers: int = 1000
    rate: float = 100.0
    seconds: float = 15.0
    rounds: int = 3
    stalled: int = 1
    judges: bool = False


@attrs.frozen(slots=True)
class Phase:
    """
    Some seconds.

    @ivar lines: of those who read
    @ivar lacking: lines of them that did not come
    @ivar cpu: of the producer, seconds a second
    @ivar resident: bytes of its memory at the end
    @ivar p50: seconds from an event to its line, of each who reads; first of each piece
    """

    isStalled: bool
    seconds: float
    lines: int
    lacking: int
    repeated: int
    cpu: float
    resident: int
    p50: Sequence[float]
    p99: Sequence[float]


@attrs.frozen(slots=True)
class Streamed:
    """
    What was measured.

    @ivar begun: bytes of memory when all were subscribed
    @ivar most: of all phases
    """

    begun: int
    most: int
    phases: Sequence[Phase]

    def ratios(self, isStalled: bool) -> Sequence[float]:
        """
        For each who reads, by how much its p99 differs: the median of all rounds.

        @param isStalled: that of the second phase of a round from those before and after it (their geometric mean: the
            machine changes meanwhile); else that of the third from the first, between which nothing was changed
        """
        rounds = [self.phases[index : index + 3] for index in range(0, len(self.phases), 3)]
        found: list[list[float]] = []
        for first, second, third in rounds:
            both = zip(first.p99, second.p99, third.p99, strict=False)
            found.append([b / math.sqrt(a * c) if isStalled else c / a for a, b, c in both])
        return [median(each) for each in zip(*found, strict=False)]


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    usual = Options()
    parser = argparse.ArgumentParser(
        prog="python -m bench streams",
        description="A gma-producer as twistd runs it, and subscribers with a TCP connection each, which count what "
        "they are sent. In the second phase of each round some of them do not read.",
    )
    for name, kind, what in (
        ("subscribers", int, "connections"),
        ("rate", float, "events a second"),
        ("seconds", float, "of each of three phases of a round"),
        ("rounds", int, "of them"),
        ("stalled", int, "subscribers that do not read in the second phase"),
    ):
        default = getattr(usual, name)
        parser.add_argument(
            f"--{name}", type=kind, default=default, metavar="N", help=f"{what}; default {default}"
        )
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    if not 2 <= given.subscribers <= _MOST or not 1 <= given.stalled < given.subscribers:
        parser.error(f"--subscribers is from 2 to {_MOST}, --stalled fewer")
    if not (0.1 <= given.rate <= 10_000 and 0.5 <= given.seconds <= 3600 and given.rounds >= 1):
        parser.error("--rate is from 0.1 to 10000, --seconds from 0.5, --rounds from 1")
    return Options(
        given.subscribers, given.rate, given.seconds, given.rounds, given.stalled, given.judge
    )


def goalsOf(options: Options, streamed: Streamed) -> list[Bound]:
    """What was to be reached. That every line comes is no goal: else there is no result."""
    wanted = options.rate * options.subscribers
    got = median(one.lines / one.seconds for one in streamed.phases if not one.isStalled)
    return [
        Bound("of the lines a second that were asked for", got / wanted, 0.99, False),
        Bound(
            "MiB more memory at the most than when all had subscribed",
            (streamed.most - streamed.begun) / _MIB,
            _GROWTH,
            True,
        ),
        Bound(
            "x its own p99, for whom a stalled subscriber changed it most",
            max(streamed.ratios(True)),
            _TIMES,
            True,
        ),
    ]


def linesOf(streamed: Streamed) -> list[str]:
    """For people."""
    rows = [["phase", "lines/s", "ms p50", "ms p99", "worst p99", "CPU", "MiB"]]
    rows += [
        [
            "some stalled" if one.isStalled else "all read",
            f"{one.lines / one.seconds:,.0f}",
            f"{median(one.p50) * 1000:.0f}",
            f"{median(one.p99) * 1000:.0f}",
            f"{max(one.p99) * 1000:.0f}",
            f"{one.cpu:.2f}",
            f"{one.resident / _MIB:.0f}",
        ]
        for one in streamed.phases
    ]
    told = []
    for isStalled, what in ((True, "some stalled"), (False, "all read again")):
        ratios = streamed.ratios(isStalled)
        told.append(
            f"p99 of each, {what}, to when all read: median {median(ratios):.2f}, most {max(ratios):.2f}"
        )
    return [*markdown(rows), "", *told]


class _Listening:
    """L{bench.streamlisteners} in a process of their own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.streamlisteners"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._read()["port"]

    def order(self, what: str) -> dict[str, Any]:
        """Do it, and have the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WrongAnswer("the listeners have ended")
        told: dict[str, Any] = json.loads(line)
        return told


def _subscribe(node: NodeProcess, port: int, count: int) -> None:
    proxy = ProducerProxy(url=f"http://127.0.0.1:{node.port}/services/producer")
    for _ in range(count):
        proxy.subscribe(Event(NAME), f"x-netlog://127.0.0.1:{port}", lease=_LEASE)


def _connected(listening: _Listening, count: int) -> None:
    deadline = time.monotonic() + _CONNECT
    while time.monotonic() < deadline:
        told = listening.order("count")
        if told["connections"] >= count and not told["silent"]:
            return
        time.sleep(0.2)
    raise WrongAnswer(f"not all connected: {told}")


def _phase(options: Options, node: NodeProcess, listening: _Listening, isStalled: bool) -> Phase:
    if isStalled:
        listening.order(f"stall {options.stalled}")
        # Until the buffers of the kernel are full.
        time.sleep(_CATCH_UP)
    listening.order("begin")
    begun, cpu = time.monotonic(), node.cpuSeconds()
    time.sleep(options.seconds)
    told = listening.order("end")
    seconds = time.monotonic() - begun
    used = (node.cpuSeconds() - cpu) / seconds
    node.look()
    resident = node.resident()
    if isStalled:
        listening.order("resume")
        time.sleep(_CATCH_UP)
    if told["lacking"] or told["repeated"]:
        raise WrongAnswer(f"lines are missing or came twice: {told['lacking']}, {told['repeated']}")
    wanted = options.subscribers - (options.stalled if isStalled else 0)
    if told["connections"] != wanted:
        raise WrongAnswer(f"{told['connections']} of {wanted} subscribers were sent something")
    return Phase(
        isStalled,
        seconds,
        told["lines"],
        told["lacking"],
        told["repeated"],
        used,
        resident,
        told["p50"],
        told["p99"],
    )


def measure(options: Options, tell: Callable[[str], None]) -> Streamed:
    """Do it. @raise WrongAnswer: a line did not come, or came twice"""
    roomFor(options.subscribers + 1)
    with TemporaryDirectory() as directory:
        file = Path(directory) / "node.toml"
        file.write_text(
            '[producer]\nclass = "bench.metronome:Metronome"\n'
            f"arguments = {{ rate = {float(options.rate)!r} }}\n"
            f"[limits]\nrole_per_owner = {_MOST}\nevent_subscriptions = {_MOST}\n"
        )
        listening = _Listening()
        try:
            node = NodeProcess.start("gma-producer", directory, "--config", str(file))
            try:
                tell(f"subscribing {options.subscribers}")
                _subscribe(node, listening.port, options.subscribers)
                _connected(listening, options.subscribers)
                time.sleep(_WARM)
                begun = node.resident()
                phases = []
                for number in range(options.rounds):
                    for isStalled in (False, True, False):
                        tell(f"round {number + 1}, {'some stalled' if isStalled else 'all read'}")
                        phases.append(_phase(options, node, listening, isStalled))
                return Streamed(begun, node.most, phases)
            finally:
                node.stop()
        finally:
            listening.stop()


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise WrongAnswer: a line did not come, or came twice
    """
    options = readOptions(arguments)
    streamed = measure(options, lambda text: print(text, file=sys.stderr, flush=True))
    bounds = goalsOf(options, streamed)
    return conclude(results, "streams", options, linesOf(streamed), bounds, attrs.asdict(streamed))
