"""Paired slices: all servers are up at once and take turns, so that a noisy machine is noisy for all of them."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import attrs

from bench.answers import WrongAnswer
from bench.figures import Slice
from bench.load import Load
from bench.process import ServerProcess
from bench.talk import Talk

__all__ = ["Plan", "cores", "rotate"]


@attrs.frozen(slots=True)
class Plan:
    """
    What to run.

    @ivar servers: names, compared within each cycle
    @ivar workloads: names of loads, see L{bench.subjects}
    @ivar cycles: how often everything takes its turn
    @ivar seconds: of a slice
    @ivar connections: keep-alive connections at once
    """

    servers: Sequence[str]
    workloads: Sequence[str]
    cycles: int
    seconds: float
    connections: int


def cores() -> tuple[int | None, int | None]:
    """A core for the servers and one for the load; C{None} twice where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def rotate(
    plan: Plan,
    talks: Callable[[str, str, int], Talk],
    directory: Path,
    tell: Callable[[str], None],
) -> tuple[list[Slice], dict[str, str]]:
    """
    Start all servers, measure, end them.

    @param talks: what a connection says: from server, workload and number of the connection
    @param directory: for what the servers write
    @param tell: is told how far it is
    @return: the slices, and the versions of what the servers are made of
    @raise ServerFailed: one did not start or ended
    @raise WrongAnswer: one answered wrongly; the message names it
    """
    serverCore, loadCore = cores()
    started: list[ServerProcess] = []
    slices: list[Slice] = []
    versions: dict[str, str] = {}
    before = os.sched_getaffinity(0)
    try:
        for name in plan.servers:
            process = ServerProcess(name, directory, serverCore)
            started.append(process)
            process.start()
            versions.update(process.versions)
        if loadCore is not None:
            os.sched_setaffinity(0, {loadCore})
        # Each server counts for itself: with new names as far as it got, however fast the others are.
        numbers = {process.name: count() for process in started}
        for cycle in range(plan.cycles):
            # Every other cycle backwards: whoever comes after a heavy neighbour does not always do so.
            turn = started if cycle % 2 == 0 else started[::-1]
            for workload in plan.workloads:
                tell(f"cycle {cycle + 1} of {plan.cycles}, {workload}")
                for process in turn:
                    load = Load(
                        process.port,
                        partial(talks, process.name, workload),
                        plan.connections,
                        numbers[process.name],
                    )
                    slices.append(_measure(process, load, workload, cycle, plan.seconds))
    finally:
        os.sched_setaffinity(0, before)
        for process in started:
            process.stop()
    return slices, versions


def _measure(
    process: ServerProcess, load: Load, workload: str, cycle: int, seconds: float
) -> Slice:
    try:
        load.open()
        process.begin()
        cpu = process.cpuSeconds()
        requests, took = load.run(seconds)
        cpu = process.cpuSeconds() - cpu
        return Slice(process.name, workload, cycle, requests, took, cpu, process.end())
    except (WrongAnswer, OSError) as error:
        told = f"{process.name}, {workload}: {error}\n{process.lastWords}"
        raise WrongAnswer(told.rstrip()) from error
    finally:
        load.close()
