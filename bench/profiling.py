"""A cProfile of one server under load: where its time goes.

The profiler's own cost distorts, most where many small functions are called; ratios are not read here.
"""

import io
import os
import pstats
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench.load import Load
from bench.process import ServerProcess
from bench.rotation import cores
from bench.talk import Talk

__all__ = ["profileServer"]

_ROWS = 40


def profileServer(
    name: str, talks: Callable[[int], Talk], seconds: float, connections: int, path: Path
) -> str:
    """
    Run one server under cProfile.

    @param talks: what each connection says, by its number
    @param path: gets the profile, for C{python -m pstats}
    @return: the dearest functions by their own time, with a line on how many requests that was
    @raise ServerFailed: it did not start or ended
    @raise WrongAnswer: it answered wrongly
    """
    serverCore, loadCore = cores()
    process = ServerProcess(name, path.parent, serverCore, path)
    load = None
    before = os.sched_getaffinity(0)
    numbers = count()
    try:
        process.start()
        if loadCore is not None:
            os.sched_setaffinity(0, {loadCore})
        load = Load(process.port, talks, connections, numbers)
        load.open()
        load.run(seconds)
    finally:
        os.sched_setaffinity(0, before)
        if load is not None:
            load.close()
        process.stop()
    table = io.StringIO()
    statistics = pstats.Stats(str(path), stream=table)
    statistics.sort_stats("tottime").print_stats(_ROWS)
    return f"{name}, {next(numbers)} requests; {path}\n{_shortened(table.getvalue())}"


def _shortened(text: str) -> str:
    # Full paths would hide the names.
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    here, packages = f"{Path.cwd()}/", "/site-packages/"
    return "\n".join(
        line.replace(here, "") if packages not in line else _inside(line, packages)
        for line in lines
    )


def _inside(line: str, mark: str) -> str:
    before, _, after = line.rpartition(mark)
    return f"{before[: before.rindex(' ')]} {after}"
