"""C{python -m bench}, which is C{make bench}: measure, print, write; what goes wrong is one line and exit status 2."""

import os
import sys
import time
from functools import partial
from pathlib import Path

import attrs

from bench.answers import WrongAnswer
from bench.archive import main as archiveMain
from bench.directories import main as directoriesMain
from bench.figures import rowsOf
from bench.goals import judge
from bench.jobs import main as jobsMain
from bench.lines import main as linesMain
from bench.noticing import main as noticesMain
from bench.options import Options, readOptions
from bench.overload import main as overloadMain
from bench.peers import whyMissing
from bench.process import ServerFailed
from bench.profiling import profileServer
from bench.queries import main as queriesMain
from bench.report import environment, tableOf, writeResults
from bench.rotation import rotate
from bench.streams import main as streamsMain

_RESULTS = Path("build/bench")
_PROFILED_SECONDS = 5.0
# What is not measured in paired slices.
_COMMANDS = {
    "archive": archiveMain,
    "directory": directoriesMain,
    "jobs": jobsMain,
    "lines": linesMain,
    "notices": noticesMain,
    "overload": overloadMain,
    "queries": queriesMain,
    "streams": streamsMain,
}


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _compare(options: Options) -> int:
    subject = options.subject
    leftOut = {name: why for name in options.plan.servers if (why := whyMissing(name))}
    for name, why in leftOut.items():
        _tell(f"left out: {name}: {why}")
    plan = attrs.evolve(
        options.plan, servers=[name for name in options.plan.servers if name not in leftOut]
    )
    if not plan.servers:
        raise ServerFailed("nothing is left to measure")
    slices, versions = rotate(plan, subject.talks, _RESULTS, _tell)
    rows = rowsOf(slices, subject.bases)
    verdicts = judge(rows, subject.goals)
    around = environment(versions, len(os.sched_getaffinity(0)))
    path = _RESULTS / time.strftime(f"{subject.name}-%Y%m%d-%H%M%S.json")
    writeResults(path, plan, leftOut, around, slices, rows, verdicts)
    print(", ".join(f"{name} {value}" for name, value in around.items()))
    print()
    print(tableOf(rows, subject.comparesRate))
    for verdict in verdicts:
        print(verdict.sentence)
    print(path)
    return 1 if options.judges and not all(verdict.isMet for verdict in verdicts) else 0


def _profile(options: Options) -> int:
    plan, name = options.plan, options.profiled
    workload = plan.workloads[0]
    talks = partial(options.subject.talks, name, workload)
    path = _RESULTS / f"{name}.prof"
    told = profileServer(name, talks, _PROFILED_SECONDS, plan.connections, path)
    print(f"{workload}: {told}")
    return 0


def main() -> int:
    """Run the command. @return: exit status"""
    arguments = sys.argv[1:]
    _RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        if arguments and arguments[0] in _COMMANDS:
            return _COMMANDS[arguments[0]](arguments[1:], _RESULTS)
        options = readOptions(arguments)
        return _profile(options) if options.profiled else _compare(options)
    except (WrongAnswer, ServerFailed) as error:
        _tell(f"bench: {error}")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
