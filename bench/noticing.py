"""C{python -m bench notices}: a change told to many sinks, to sinks among bad ones, and notices taken in."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import attrs

from bench.figures import percentile
from bench.goals import Bound
from bench.ingest import linesOfTaken, measureIngest
from bench.report import environment, markdown
from bench.telling import FairRound, Round, fairRounds, fanRounds, medianRatio, roomFor

__all__ = ["Found", "Options", "linesOfFair", "linesOfFan", "main", "readOptions"]

_PARTS = ("fanout", "fairness", "ingest")
_SINKS = 10_000
_HEALTHY = 1_000
_TEN = 10


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar parts: what is measured
    @ivar sinks: of the fan-out
    @ivar healthy: sinks of the fairness; a tenth as many of each bad kind
    @ivar rounds: of the fan-out; the others take so many times as often
    @ivar judges: whether missed goals make the exit status 1
    """

    parts: Sequence[str]
    sinks: int
    healthy: int
    rounds: int
    judges: bool


@attrs.frozen(slots=True)
class Found:
    """
    What came of one part.

    @ivar lines: for people, Markdown
    @ivar bounds: its goals
    @ivar content: for programs
    """

    lines: Sequence[str]
    bounds: Sequence[Bound]
    content: object


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    parser = argparse.ArgumentParser(
        prog="python -m bench notices",
        description="Notices: fanout (a change told to many keep-alive sinks, beside twisted.web's Agent), fairness "
        "(healthy sinks, alone and among black holes, slow ones and such that reset), ingest (notices of "
        "another node taken in).",
    )
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join(_PARTS)}")
    parser.add_argument("--sinks", type=int, default=_SINKS, metavar="N", help=f"default {_SINKS}")
    parser.add_argument(
        "--healthy", type=int, default=_HEALTHY, metavar="N", help=f"default {_HEALTHY}"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default 5")
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    only = _PARTS if given.only is None else given.only.split(",")
    unknown = [name for name in only if name not in _PARTS]
    if unknown:
        parser.error(f'"{unknown[0]}" is none of {", ".join(_PARTS)}')
    if min(given.sinks, given.healthy, given.rounds) < 1:
        parser.error("--sinks, --healthy and --rounds are whole numbers from 1")
    parts = [name for name in _PARTS if name in only]
    return Options(parts, given.sinks, given.healthy, given.rounds, given.judge)


def linesOfFan(sinks: int, rounds: Sequence[Round]) -> list[str]:
    """The rounds of the fan-out as a table in Markdown."""
    head = ["sender", "s to the last answer", "CPU us a notice", "resident MB"]
    rows = [head]
    for name, own in (
        ("notify-node", [one.node for one in rounds]),
        ("notify-agent", [one.agent for one in rounds]),
    ):
        seconds = [one.seconds for one in own]
        cpu = median(one.cpuSeconds for one in own) / sinks * 1e6
        span = f"{median(seconds):.3f} ({min(seconds):.3f}-{max(seconds):.3f})"
        rows.append([name, span, f"{cpu:.1f}", f"{own[-1].resident / 1e6:.0f}"])
    return [f"a change told to {sinks:,} sinks\n", *markdown(rows)]


def linesOfFair(rounds: Sequence[FairRound]) -> list[str]:
    """The rounds of the fairness as a table in Markdown."""
    rows = [["sinks", "p50 ms", "p99 ms"]]
    for name, own in (
        ("alone", [one.alone for one in rounds]),
        ("among bad ones", [one.among for one in rounds]),
    ):
        p50, p99 = (
            median(percentile(each, percent) for each in own) * 1000 for percent in (50, 99)
        )
        rows.append([name, f"{p50:.1f}", f"{p99:.1f}"])
    return ["healthy sinks\n", *markdown(rows)]


def _fanOut(options: Options, directory: Path, tell: Callable[[str], None]) -> Found:
    sinks = roomFor(options.sinks)
    if sinks < options.sinks:
        tell(f"open files are limited (ulimit -Hn): {sinks} sinks instead of {options.sinks}")
    rounds = fanRounds(sinks, options.rounds, directory, tell)
    seconds = median(one.node.seconds for one in rounds)
    bounds = [
        Bound(f"a change at {sinks:,} sinks, seconds", seconds, 0.5, True),
        Bound("times faster than twisted.web's Agent", medianRatio(rounds), 8.0, False),
    ]
    content = {"sinks": sinks, "rounds": [attrs.asdict(one) for one in rounds]}
    return Found(linesOfFan(sinks, rounds), bounds, content)


def _fairness(options: Options, directory: Path, tell: Callable[[str], None]) -> Found:
    bad = max(1, options.healthy // _TEN)
    roomFor(options.healthy + 3 * bad)
    rounds = fairRounds(options.healthy, bad, options.rounds * _TEN, directory, tell)
    what = f"p99 among {3 * bad} bad sinks, times that without them"
    content = {
        "healthy": options.healthy,
        "ofEachKind": bad,
        "p99": [[percentile(one.alone, 99), percentile(one.among, 99)] for one in rounds],
    }
    return Found(linesOfFair(rounds), [Bound(what, medianRatio(rounds), 1.2, True)], content)


def _ingest(options: Options, directory: Path, tell: Callable[[str], None]) -> Found:
    taken = measureIngest(10_000, options.rounds, tell)
    ofTen = next(one for one in taken if one.size == _TEN)
    bound = Bound("values/s of CPU taken in, ten in a notice", ofTen.rate, 30_000, False)
    return Found(linesOfTaken(taken), [bound], [attrs.asdict(one) for one in taken])


_MEASURE = {"fanout": _fanOut, "fairness": _fairness, "ingest": _ingest}


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes, and what the processes write
    @return: exit status
    @raise ServerFailed: a process did not start, or does not answer
    @raise WrongAnswer: what was answered, or arrived, was wrong
    """
    options = readOptions(arguments)
    tell = partial(print, file=sys.stderr, flush=True)
    around = environment({}, len(os.sched_getaffinity(0)))
    found = {name: _MEASURE[name](options, results, tell) for name in options.parts}
    bounds = [bound for one in found.values() for bound in one.bounds]
    print(", ".join(f"{name} {value}" for name, value in around.items()))
    for one in found.values():
        print("\n".join(["", *one.lines]))
    print("\n".join(["", *(bound.sentence for bound in bounds)]))
    path = results / time.strftime("notices-%Y%m%d-%H%M%S.json")
    content = {
        "environment": around,
        "goals": [{**attrs.asdict(bound), "isMet": bound.isMet} for bound in bounds],
        **{name: one.content for name, one in found.items()},
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path)
    return 1 if options.judges and not all(bound.isMet for bound in bounds) else 0
