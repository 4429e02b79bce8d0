"""C{python -m bench jobs}: ten thousand jobs on one service, polled; what it takes, and what subscribers hear of it."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

import attrs
from twisted.python.failure import Failure

from bench.conclusion import conclude
from bench.goals import Bound
from bench.polls import Load, Poll, Polled, measurePolls
from bench.report import markdown
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["Options", "goalsOf", "linesOf", "main", "readOptions"]

_MOST = 100_000
# Milliseconds.
_POLL, _TURN = 500.0, 50.0


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar load: what is polled
    @ivar judges: whether missed goals make the exit status 1
    """

    load: Load
    judges: bool = False


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    usual = Load()
    parser = argparse.ArgumentParser(
        prog="python -m bench jobs",
        description="One service of jobs: a provider that gives all of them at every poll, jobDataHandler, a store and "
        "a subscriber. 1 % change their state from poll to poll, all that run their elapsedtime; the subscriber must "
        "hear of the first, in order, and of nothing else.",
    )
    for name, kind, default, what in (
        ("jobs", int, usual.jobs, f"how many; default {usual.jobs}, at most {_MOST}"),
        (
            "polls",
            int,
            usual.polls,
            f"without a subscriber, and then with one; default {usual.polls}",
        ),
        ("interval", float, usual.interval, f"seconds between polls; default {usual.interval:g}"),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=what)
    parser.add_argument(
        "--bytes", action="store_true", help="the provider prints XML; default: it gives a tree"
    )
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    if not 100 <= given.jobs <= _MOST:
        parser.error(f"--jobs is from 100 to {_MOST}")
    if given.polls < 1 or not 0.1 <= given.interval <= 3600:
        parser.error("--polls is a whole number from 1, --interval from 0.1 to 3600")
    load = Load(given.jobs, given.jobs // 100, given.polls, given.interval, given.bytes)
    return Options(load, given.judge)


def goalsOf(polled: Polled) -> list[Bound]:
    """
    What was to be reached, by each poll, in time of the process: who else works on the machine is not judged. Whether
    the right values were told is no goal: else there is no result.
    """
    alone, told = (max(map(_cpu, polls)) for polls in (polled.alone, polled.polls))
    return [
        Bound("ms of CPU of the worst poll, handler and store", alone, _POLL, True),
        Bound("ms of CPU of the worst poll, a subscriber told", told, _POLL, True),
        Bound("ms of CPU of the longest turn", _milli(polled.turn), _TURN, True),
    ]


def linesOf(polled: Polled) -> list[str]:
    """For people."""
    count = len(polled.polls)
    told = [f"{each / count:,.0f}" for each in (polled.told, polled.extensions, polled.notices)]
    rows = [
        [
            "poll",
            "ms p50 / most",
            "ms of CPU p50 / most",
            f"over {_POLL:g}",
            "values told",
            "longer lives told",
            "notices",
        ],
        ["the first", *_times([polled.first]), "-", "-", "-"],
        [f"{len(polled.alone)} alone", *_times(polled.alone), "-", "-", "-"],
        [f"{count} with a subscriber", *_times(polled.polls), *told],
    ]
    lag = f"a timer of 1 ms was late by {_milli(polled.lag):.1f} ms (p99), {_milli(polled.longest):.1f} ms at most"
    size = f"; a document of {polled.size:,} bytes" if polled.size else ""
    return [*markdown(rows), "", lag + size]


def _milli(seconds: float) -> float:
    return seconds * 1000


def _cpu(poll: Poll) -> float:
    return _milli(poll.cpu)


def _times(polls: Sequence[Poll]) -> list[str]:
    wall = [_milli(one.seconds) for one in polls]
    cpu = [_cpu(one) for one in polls]
    over = sum(one > _POLL for one in cpu)
    return [*(f"{median(each):.0f} / {max(each):.0f}" for each in (wall, cpu)), str(over)]


def _measure(load: Load) -> Polled:
    # The one place that takes the process's reactor, and late: no other command needs one.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    outcome: list[Polled | Failure] = []
    running: list[object] = []

    def ended(result: Polled | Failure) -> None:
        outcome.append(result)
        reactor.stop()

    def begin() -> None:
        tell = partial(print, file=sys.stderr, flush=True)
        running.append(
            toDeferred(measurePolls(load, NodeClock(reactor), tell, settleMemory)).addBoth(ended)
        )

    reactor.callWhenRunning(begin)
    reactor.run()
    if not outcome:
        raise KeyboardInterrupt
    (result,) = outcome
    if isinstance(result, Failure):
        result.raiseException()
    return result


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise WrongAnswer: a run failed, or the subscriber heard anything else than what changed
    """
    options = readOptions(arguments)
    polled = _measure(options.load)
    bounds = goalsOf(polled)
    return conclude(results, "jobs", options, linesOf(polled), bounds, attrs.asdict(polled))
