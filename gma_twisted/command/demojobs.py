"""C{gma demo --jobs}: jobs of this machine from start to end, through two tiers of indexes and at an MMJFS."""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import attrs

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.demogrid import LOOK, look, showNodes, startNode, valuesAt
from gma_twisted.command.demojob import DemoJob
from gma_twisted.command.demonode import DemoNode
from gma_twisted.command.demowatch import DemoWatch
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, say
from gma_twisted.markup.jobs import JOB
from gma_twisted.model.job import GramStatus

__all__ = ["INTERVAL", "JobDemo"]

INTERVAL = 1.0
"""Seconds between two polls of the RIPSes."""

_INDEX, _MMJFS = "/services/index", "/services/mmjfs"
# An index without any provider runs the one that tells of its host; one that is installed only is not run.
_SILENT = '[providers.system]\nclass = "SimpleSystemInformationProvider"\n'
_REGISTER = """
[register.{above}]
at = "{url}/services/index"
names = ["rips:*"]
"""
_PROVIDER = """
[providers.{name}]
class = "{implementation}"
handler = "jobDataHandler"
interval = "{interval:g}s"
"""
_AGGREGATE = """
[aggregate.{name}]
from = "{url}/services/rips"
"""
# By the tool that a batch system is asked with.
_BATCH = (("squeue", "slurm", "SlurmInfoProvider"), ("qstat", "pbs", "PBSInfoProvider"))
# Each RIPS tells of the processes of the demo that run its program.
_PROGRAMS = {"rips-a": ("sleep", "86400"), "rips-b": ("tail", "-f", "/dev/null")}
_SECONDS = 60.0


@attrs.define(slots=True, eq=False)
class JobDemo:
    """
    Five nodes and two jobs.

    @ivar caller: asks the nodes
    @ivar home: directory for what the nodes keep
    @ivar ending: ends nodes and jobs
    """

    caller: BlockingCaller
    home: Path
    ending: ExitStack
    _nodes: list[DemoNode] = attrs.field(factory=list, init=False)

    def run(self, format: Format) -> NoReturn:
        """Do all of it, and stay. @raise Failure: a node or a job died"""
        say("five nodes start; Ctrl-C ends them")
        vo = self._start("vo", _SILENT)
        site = self._start("site", _SILENT + _REGISTER.format(above="vo", url=vo.url))
        first = self._rips("rips-a", site)
        second = self._rips("rips-b", site, _batch())
        sources = (_AGGREGATE.format(name=one.name, url=one.url) for one in (first, second))
        mmjfs = self._start("mmjfs", "".join(sources), "gma-mmjfs")
        showNodes(format, self._nodes)
        jobs = {
            name: self.ending.enter_context(DemoJob(words)) for name, words in _PROGRAMS.items()
        }
        for name, job in jobs.items():
            say(f"job {job.id} starts at {name}: {' '.join(job.words)}")
        ids = [job.id for job in jobs.values()]
        self._arrive(vo, _INDEX, ids)
        self._arrive(mmjfs, _MMJFS, ids)
        watch = self.ending.enter_context(DemoWatch(vo.url))
        self._follow(watch, ids)
        self._end(jobs["rips-a"], watch)
        for words in (
            f"gma get {vo.url} rips:Job -o table",
            f"gma get {mmjfs.url} rips:Scheduler -o table",
            f"gma watch {vo.url} rips:Job",
            f"kill {jobs['rips-b'].process}; gma get {vo.url} rips:Job --key {ids[1]}",
        ):
            say(f"try  {words}")
        say(f"or   open {vo.url}/ in a browser")
        while True:
            look(self._nodes)

    def _start(self, name: str, more: str, kind: str = "gma-index") -> DemoNode:
        node = startNode(name, more, self.home, self.ending, kind)
        self._nodes.append(node)
        return node

    def _rips(self, name: str, site: DemoNode, more: str = "") -> DemoNode:
        fork = _provider("fork", "ForkInfoProvider")
        # Of all processes of this machine those of the demo alone.
        chosen = f'arguments = {{ parent = {os.getpid()}, command = "{_PROGRAMS[name][0]}" }}\n'
        register = _REGISTER.format(above="site", url=site.url)
        return self._start(name, fork + chosen + more + register, "gma-rips")

    def _arrive(self, node: DemoNode, path: str, ids: Sequence[str]) -> None:
        """Wait until the jobs are there, and tell of each by which way it came."""
        started = time.monotonic()
        while True:
            values = {one.received.key: one for one in valuesAt(self.caller, node, path, JOB)}
            if values.keys() >= set(ids):
                break
            self._look(started, f"the jobs do not come to {node.name}")
        seconds = time.monotonic() - started
        say(f"both have come to {node.name} after {seconds:.1f} s")
        for id in ids:
            received = values[id].received
            say(f"  {id}: {' -> '.join((received.originator, *received.path))}")

    def _follow(self, watch: DemoWatch, ids: Sequence[str]) -> None:
        """Wait until the subscriber hears what is there."""
        started = time.monotonic()
        while not all(watch.status(id) for id in ids):
            self._look(started, "the subscriber at vo hears nothing")
        said = ", ".join(f"{id} is {watch.status(id)}" for id in ids)
        say(f"a subscriber at vo hears: {said}")

    def _end(self, job: DemoJob, watch: DemoWatch) -> None:
        """End a job, and tell when the subscriber has heard of it."""
        started = time.monotonic()
        job.end()
        say(f"job {job.id} is ended")
        heard = watch.heardAt(job.id, GramStatus.DONE.value, LOOK)
        while heard is None:
            self._look(started, "the subscriber at vo does not hear of it", 0.0)
            heard = watch.heardAt(job.id, GramStatus.DONE.value, LOOK)
        say(
            f"the subscriber at vo hears after {heard - started:.2f} s: {job.id} is"
            f" {GramStatus.DONE.value}; polled every {INTERVAL:g} s"
        )

    def _look(self, started: float, what: str, seconds: float = LOOK) -> None:
        look(self._nodes, seconds)
        if time.monotonic() - started > _SECONDS:
            raise Failure(f"{what} within {_SECONDS:g} s", Exit.NO)


def _batch() -> str:
    """Providers of the batch systems there are."""
    return "".join(
        _provider(name, implementation)
        for tool, name, implementation in _BATCH
        if shutil.which(tool)
    )


def _provider(name: str, implementation: str) -> str:
    return _PROVIDER.format(name=name, implementation=implementation, interval=INTERVAL)
