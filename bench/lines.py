"""C{python -m bench lines}: lines of BP read and written, beside NetLogger's own modules in a process of their own."""

import argparse
import json
import random
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from bench.answers import WrongAnswer
from bench.conclusion import conclude
from bench.figures import Ratio
from bench.goals import Bound
from bench.peers import NETLOGGER, whyMissing
from bench.process import ServerFailed
from gma_twisted.model.event import Event, EventField
from gma_twisted.netlogger import bp

__all__ = ["Figure", "Options", "boundsOf", "events", "main", "readOptions"]

_ROUNDS = 15
# More texts than the writer keeps.
_EVENTS = 10_000
_GOAL = 10.0
# What is measured of ours, and with what of theirs it is compared.
_COMPARED = {"read": "read", "read, all fields": "read", "write": "write"}
# What CPython takes where nothing is looked at: one expression for all pairs of a line, which stay texts; one format
# for just these fields. Told beside the others, and not judged: no reader or writer of whole events can be faster.
_LEAST = {"least: read": "read", "least: write": "write"}
# The same with nothing compiled, as where there is no C compiler. Not judged either.
_ALONE = {f"Python alone: {name}": other for name, other in _COMPARED.items()}
_PAIRS = re.compile(r'([^= ]+)=(?:"([^"]*)"|([^ ]+))')
_BESIDE = {**_COMPARED, **_ALONE, **_LEAST}
_THEIRS = ("read", "unchecked", "write")


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar rounds: of each, ours and theirs in turns
    @ivar events: different ones in a round
    @ivar judges: whether missed goals make the exit status 1
    """

    rounds: int
    events: int
    judges: bool


@attrs.frozen(slots=True)
class Figure:
    """
    What was measured of one.

    @ivar rate: median of lines a second of one core
    @ivar ratio: how many times more than theirs, of the same rounds; C{None} of theirs
    """

    what: str
    rate: float
    ratio: Ratio | None = None


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    parser = argparse.ArgumentParser(
        prog="python -m bench lines",
        description="BP lines a second of one core, read and written, beside NetLogger's own Python modules.",
    )
    parser.add_argument("--rounds", type=int, default=_ROUNDS, metavar="N")
    parser.add_argument("--events", type=int, default=_EVENTS, metavar="N")
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    if min(given.rounds, given.events) < 1:
        parser.error("--rounds and --events are whole numbers from 1")
    return Options(given.rounds, given.events, given.judge)


def events(count: int) -> list[Event]:
    """Transfers, ten milliseconds apart: program, rate, one of fifty hosts, bytes, and a text of its own each."""
    luck = random.Random(20091208)
    made = []
    for number in range(count):
        event = Event("App", 1_700_000_000 + number / 64)
        event.add(EventField("Program", "GridFTP"))
        # Six digits, the last not 0: the others write always six.
        event.add(EventField("Bandwidth", (luck.randrange(10**8) * 10 + 7) / 10**6))
        event.add(EventField("host", f"node{number % 50}.example.org"))
        event.add(EventField("bytes", luck.randrange(10**9)))
        event.add(EventField("msg", f"transfer of {number} files"))
        made.append(event)
    return made


def _longDoubles(count: int) -> list[Event]:
    """Five doubles each of sixteen digits and more, which take longest to read and to write."""
    luck = random.Random(20091208)
    made = []
    for number in range(count):
        event = Event("App", 1_700_000_000 + number / 64)
        for name in ("user", "system", "idle", "iowait", "steal"):
            event.add(EventField(name, luck.random()))
        made.append(event)
    return made


class _Theirs:
    """NetLogger's modules in their process."""

    def __init__(self, sent: Sequence[Event], lines: Sequence[str]) -> None:
        program = Path(__file__).with_name("netloggerpeer.py")
        self._process = subprocess.Popen(
            [str(NETLOGGER / "bin" / "python"), str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        asked = [
            (one.name, one.timestamp.seconds, {field.name: field.value for field in one.fields})
            for one in sent
        ]
        self._say(json.dumps({"lines": lines, "events": asked}))

    def ask(self, command: str) -> Any:
        """What it answers. @raise ServerFailed: nothing"""
        self._say(command)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise ServerFailed("NetLogger's modules ended")
        return json.loads(answer)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def _check(theirs: _Theirs, sent: Sequence[Event], lines: Sequence[str]) -> None:
    read, written = theirs.ask("check")
    if written != lines:
        raise WrongAnswer("NetLogger's modules write other lines of the same events")
    for event, line, said in zip(sent, lines, read, strict=True):
        values = {field.name: str(field.value) for field in event.fields}
        if bp.read(line) != event or said != {**values, "ts": said["ts"], "event": event.name}:
            raise WrongAnswer(f"{line} is read as {said}")


def _ours(sent: Sequence[Event], lines: Sequence[bytes]) -> Mapping[str, Callable[[], None]]:
    doubles = _longDoubles(len(sent))
    ofDoubles = _works(doubles, [bp.write(event) for event in doubles])
    works = _works(sent, lines) | {f"long doubles: {name}": it for name, it in ofDoubles.items()}
    return {
        **works,
        **{f"Python alone: {name}": _alone(work) for name, work in works.items()},
        **_least(sent, lines),
    }


def _works(sent: Sequence[Event], lines: Sequence[bytes]) -> dict[str, Callable[[], None]]:
    def read() -> None:
        for line in lines:
            bp.read(line)

    def look() -> None:
        for line in lines:
            event = bp.read(line)
            _ = event.items, event.timestamp

    def write() -> None:
        for event in sent:
            bp.write(event)

    return {"read": read, "read, all fields": look, "write": write}


def _alone(work: Callable[[], None]) -> Callable[[], None]:
    def inPython() -> None:
        compiled = bp.readPlain, bp.writePlain
        bp.readPlain = bp.writePlain = None
        try:
            work()
        finally:
            bp.readPlain, bp.writePlain = compiled

    return inPython


def _least(sent: Sequence[Event], lines: Sequence[bytes]) -> Mapping[str, Callable[[], None]]:
    rows: list[Any] = [
        (one.name, one.timestamp, *(field.value for field in one.fields)) for one in sent
    ]

    def read() -> None:
        for line in lines:
            _PAIRS.findall(line.decode())

    def write() -> None:
        for name, when, program, rate, host, size, text in rows:
            written = f"ts={when} event={name} Program={program} Bandwidth={rate} host={host} bytes={size}"
            f'{written} msg="{text}"'.encode()

    return {"least: read": read, "least: write": write}


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _measure(options: Options) -> dict[str, list[float]]:
    """Seconds of each round, those of the others' modules under C{theirs: ...}."""
    sent = events(options.events)
    lines = [bp.write(event) for event in sent]
    theirs = _Theirs(sent, [line.decode() for line in lines])
    try:
        _check(theirs, sent, [line.decode() for line in lines])
        works: dict[str, Callable[[], float]] = {
            name: lambda work=work: _timed(work)  # type: ignore[misc]
            for name, work in _ours(sent, lines).items()
        }
        works |= {
            f"theirs: {name}": lambda name=name: float(theirs.ask(name))  # type: ignore[misc]
            for name in _THEIRS
        }
        found: dict[str, list[float]] = {name: [] for name in works}
        for turn in range(options.rounds):
            for name in list(works)[:: -1 if turn % 2 else 1]:
                found[name].append(works[name]())
        return found
    finally:
        theirs.stop()


def _figures(found: Mapping[str, Sequence[float]], count: int) -> list[Figure]:
    figures = []
    for name, seconds in found.items():
        ratio = None
        if name in _BESIDE:
            others = found[f"theirs: {_BESIDE[name]}"]
            ratio = Ratio.of([one / own for own, one in zip(seconds, others, strict=True)])
        figures.append(Figure(name, median(count / one for one in seconds), ratio))
    return figures


def boundsOf(figures: Sequence[Figure]) -> list[Bound]:
    """The goals."""
    return [
        Bound(f"{one.what}: times NetLogger's", round(one.ratio.median, 2), _GOAL, False)
        for one in figures
        if one.ratio is not None and one.what in _COMPARED
    ]


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise ServerFailed: the other modules are not there
    @raise WrongAnswer: a line was read or written otherwise
    """
    options = readOptions(arguments)
    if why := whyMissing("netlogger"):
        raise ServerFailed(why)
    figures = _figures(_measure(options), options.events)
    bounds = boundsOf(figures)
    told = [
        "| lines of BP | a second and core | times NetLogger's, median (least to most) |",
        "|---|---:|---:|",
    ]
    for one in figures:
        ratio = one.ratio
        times = f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.most:.2f})" if ratio else ""
        told.append(f"| {one.what} | {one.rate:,.0f} | {times} |")
    found = {"figures": [attrs.asdict(one) for one in figures]}
    return conclude(results, "lines", options, told, bounds, found)
