"""The results for people and for programs: a table, and a file of JSON with every slice."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from bench.figures import Row, Slice
from bench.goals import Verdict
from bench.rotation import Plan

__all__ = ["BASES", "environment", "tableOf", "writeResults"]

BASES = ("twisted.web", "spyne", "static")
"""Servers the others are compared with, where they were measured."""


def environment(versions: Mapping[str, str], coreCount: int) -> dict[str, str]:
    """What the figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": str(coreCount),
        **versions,
    }


def tableOf(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown; for each workload its own block."""
    bases = [base for base in BASES if any(base in row.times for row in rows)]
    head = ["server", "requests/s", "CPU us", *(f"x {base}" for base in bases), "lag p50 / p99 ms"]
    lines = []
    for workload in dict.fromkeys(row.workload for row in rows):
        cells = [head, *(_cells(row, bases) for row in rows if row.workload == workload)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        cells.insert(1, ["-" * width for width in widths])
        lines.append(f"{workload}\n")
        for row in cells:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append(f"| {' | '.join(padded)} |")
        lines.append("")
    return "\n".join(lines)


def _cells(row: Row, bases: Sequence[str]) -> list[str]:
    compared = [
        f"{row.times[base]:.2f} ({row.least[base]:.2f}-{row.most[base]:.2f})"
        if base in row.times
        else "-"
        for base in bases
    ]
    lag = "-" if row.lag50 is None else f"{row.lag50:.1f} / {row.lag99:.1f}"
    return [row.server, f"{row.rate:,.0f}", f"{row.cpu:.1f}", *compared, lag]


def writeResults(
    path: Path,
    plan: Plan,
    around: Mapping[str, str],
    slices: Sequence[Slice],
    rows: Sequence[Row],
    verdicts: Sequence[Verdict],
) -> None:
    """Write everything to a file; of the lags only what the rows say."""
    slim = [
        attrs.asdict(one, filter=attrs.filters.exclude(attrs.fields(Slice).lags)) for one in slices
    ]
    content = {
        "environment": around,
        "plan": attrs.asdict(plan),
        "rows": [attrs.asdict(row) for row in rows],
        "goals": [
            {**attrs.asdict(each.goal), "found": each.found, "isMet": each.isMet}
            for each in verdicts
        ],
        "slices": slim,
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
