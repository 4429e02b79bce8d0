"""C{python -m bench}, which is C{make bench}: measure, print, write; what goes wrong is one line and exit status 2."""

import os
import sys
import time
from pathlib import Path

from bench.answers import WrongAnswer
from bench.figures import rowsOf
from bench.goals import judge
from bench.options import Options, readOptions
from bench.process import ServerFailed
from bench.profiling import profileServer
from bench.report import BASES, environment, tableOf, writeResults
from bench.rotation import rotate

_RESULTS = Path("build/bench")
_PROFILED_SECONDS = 5.0


def _compare(options: Options) -> int:
    slices, versions = rotate(
        options.plan, _RESULTS, lambda text: print(text, file=sys.stderr, flush=True)
    )
    rows = rowsOf(slices, BASES)
    verdicts = judge(rows)
    around = environment(versions, len(os.sched_getaffinity(0)))
    path = _RESULTS / time.strftime("find-%Y%m%d-%H%M%S.json")
    writeResults(path, options.plan, around, slices, rows, verdicts)
    print(", ".join(f"{name} {value}" for name, value in around.items()))
    print()
    print(tableOf(rows))
    for verdict in verdicts:
        print(verdict.sentence)
    print(path)
    return 1 if options.judges and not all(verdict.isMet for verdict in verdicts) else 0


def main() -> int:
    """Run the command. @return: exit status"""
    options = readOptions(sys.argv[1:])
    _RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        if not options.profiled:
            return _compare(options)
        path = _RESULTS / f"{options.profiled}.prof"
        plan = options.plan
        workload = plan.workloads[0]
        print(profileServer(options.profiled, workload, _PROFILED_SECONDS, plan.connections, path))
        return 0
    except (WrongAnswer, ServerFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
