"""How a program of the benchmark ends that compares figures with goals: what it prints, and the file it writes."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from bench.goals import Bound
from bench.report import environment

__all__ = ["conclude"]

_NOTHING: Mapping[str, str] = {}


def conclude(
    results: Path,
    name: str,
    options: Any,
    lines: Sequence[str],
    bounds: Sequence[Bound],
    found: Mapping[str, Any],
    versions: Mapping[str, str] = _NOTHING,
) -> int:
    """
    Print and write.

    @param results: the directory of the file
    @param name: of the program, and what the file begins with
    @param options: an attrs object; its C{judges} says whether missed goals count
    @param lines: for people
    @param found: for programs
    @param versions: of what took part
    @return: exit status
    """
    around = environment(versions, len(os.sched_getaffinity(0)))
    around["load"] = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(", ".join(f"{what} {value}" for what, value in around.items()))
    print("\n".join(["", *lines, "", *(bound.sentence for bound in bounds)]))
    path = results / time.strftime(f"{name}-%Y%m%d-%H%M%S.json")
    content = {
        "environment": around,
        "options": attrs.asdict(options),
        "goals": [{**attrs.asdict(bound), "isMet": bound.isMet} for bound in bounds],
        **found,
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path)
    return 1 if options.judges and not all(bound.isMet for bound in bounds) else 0
