"""The results for people and for programs: a table, and a file of JSON with every slice."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from bench.figures import Ratio, Row, Slice
from bench.goals import Verdict
from bench.rotation import Plan

__all__ = ["environment", "markdown", "tableOf", "writeResults"]


def environment(versions: Mapping[str, str], coreCount: int) -> dict[str, str]:
    """What the figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": str(coreCount),
        **versions,
    }


def tableOf(rows: Sequence[Row], comparesRate: bool) -> str:
    """
    The rows as a table in Markdown; for each workload its own block.

    @param comparesRate: whether ratios of requests a second have columns, after those of CPU
    """
    bases = list(dict.fromkeys(base for row in rows for base in row.cpuRatios))
    head = ["server", "requests/s", "CPU us", *(f"x {base}" for base in bases)]
    if comparesRate:
        head += [f"rate x {base}" for base in bases]
    head.append("lag p50 / p99 ms")
    lines = []
    for workload in dict.fromkeys(row.workload for row in rows):
        own = [row for row in rows if row.workload == workload]
        cells = [head, *(_cells(row, bases, comparesRate) for row in own)]
        lines += [f"{workload}\n", *markdown(cells), ""]
    return "\n".join(lines)


def markdown(cells: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. @param cells: row by row, the head first"""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in (cells[0], ["-" * width for width in widths], *cells[1:])
    ]


def _cells(row: Row, bases: Sequence[str], comparesRate: bool) -> list[str]:
    compared = [_ratio(row.cpuRatios.get(base)) for base in bases]
    if comparesRate:
        compared += [_ratio(row.rateRatios.get(base)) for base in bases]
    lag = "-" if row.lag50 is None else f"{row.lag50:.1f} / {row.lag99:.1f}"
    return [row.server, f"{row.rate:,.0f}", f"{row.cpu:.1f}", *compared, lag]


def _ratio(ratio: Ratio | None) -> str:
    return "-" if ratio is None else f"{ratio.median:.2f} ({ratio.least:.2f}-{ratio.most:.2f})"


def writeResults(
    path: Path,
    plan: Plan,
    leftOut: Mapping[str, str],
    around: Mapping[str, str],
    slices: Sequence[Slice],
    rows: Sequence[Row],
    verdicts: Sequence[Verdict],
) -> None:
    """
    Write everything to a file; of the lags only what the rows say.

    @param leftOut: why servers that were asked for are not in it, by name
    """
    slim = [
        attrs.asdict(one, filter=attrs.filters.exclude(attrs.fields(Slice).lags)) for one in slices
    ]
    content = {
        "environment": around,
        "plan": attrs.asdict(plan),
        "leftOut": dict(leftOut),
        "rows": [attrs.asdict(row) for row in rows],
        "goals": [
            {**attrs.asdict(each.goal), "found": each.found, "isMet": each.isMet}
            for each in verdicts
        ],
        "slices": slim,
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
