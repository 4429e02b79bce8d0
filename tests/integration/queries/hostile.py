"""Two hundred hostile expressions, and what they do to a node and to those who ask it beside them.

C{python -m tests.integration.queries.hostile --cpu 1 --timeout 2}
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.integration.queries.beside import Beside, askAlone, askBeside
from tests.integration.queries.expression import Hostile
from tests.integration.queries.hostilexpath import XPATHS
from tests.integration.queries.hostilexquery import XQUERIES
from tests.integration.queries.node import QueryNode

__all__ = ["HOSTILES", "WORKERS", "harmed", "limitsOf", "main"]

HOSTILES: Sequence[Hostile] = (*XPATHS, *XQUERIES)
"""All of them."""

WORKERS = 6
"""Processes of a node that was asked in both languages: two that answer and a spare one each."""


def limitsOf(cpu: float, timeout: float) -> str:
    """Keys of C{[limits]}. Parameters are seconds."""
    return (
        f'query_cpu = "{cpu:g}s"\nquery_timeout = "{timeout:g}s"\nquery_max_result = "1MiB"\n'
        "query_elements = 2000\n"
    )


def harmed(
    node: QueryNode, hostiles: Sequence[Hostile], seconds: float, parallel: int = 1
) -> Beside:
    """
    Ask hostile expressions beside good ones.

    @param seconds: for the good ones alone, before
    @param parallel: hostile ones of each language at a time
    @raise AssertionError: processes, or descriptors of the node, are left behind
    """
    beside = Beside()
    askAlone(node, Beside(), 0.5)  # starts the workers
    node.awaitWorkers(WORKERS)
    askAlone(node, beside, seconds)
    before = node.process.num_fds()
    askBeside(node, hostiles, beside, parallel)
    beside.lag = node.lag()
    node.awaitWorkers(WORKERS)
    node.awaitDescriptors(before)
    return beside


def main(arguments: Sequence[str]) -> int:
    """Harm a node, and say what came of it. @return: exit status"""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpu", type=float, default=1.0, help="query_cpu, seconds")
    parser.add_argument("--timeout", type=float, default=2.0, help="query_timeout, seconds")
    parser.add_argument("--alone", type=float, default=20.0, help="seconds before")
    parser.add_argument("--parallel", type=int, default=1, help="of each language at a time")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        limits = limitsOf(options.cpu, options.timeout)
        node = QueryNode(Path(home), stack.callback, limits)
        beside = harmed(node, HOSTILES, options.alone, options.parallel)
    for one in sorted(beside.ended, key=lambda one: (one.hostile.language.value, one.how)):
        name = f"{one.hostile.language.value} {one.hostile.name}"
        how = one.how or "WRONG"
        sys.stdout.write(f"{one.seconds:6.2f} s {how:9} {name:34} {one.said[:150]}\n")
    for line in (*beside.wrong, *beside.lines()):
        sys.stdout.write(f"{line}\n")
    return 1 if beside.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
