"""The jobs and partitions of Slurm."""

from typing import ClassVar

from zope.interface import implementer

from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup.build import serialise
from gma_twisted.markup.parse import Element
from gma_twisted.model.job import Scheduler
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers.batchtools import MOST, Jobs, checkMost, inTurns, toolAt
from gma_twisted.providers.jobdocument import jobDocument
from gma_twisted.providers.slurmanswers import Version, readJobs, readPartitions
from gma_twisted.providers.slurmqueues import Partitions
from gma_twisted.timing.turns import Turns

__all__ = ["SlurmInfoProvider"]

_NAME = "slurm"


@implementer(IDOMDataProvider)
class SlurmInfoProvider:
    """
    One scheduler C{slurm}, its partitions as queues with their nodes, and its jobs; an array's tasks are C{201_3}.

    What is run, one after the other: C{squeue --states=all --json} and C{sinfo --json}, which Slurm has since 21.08
    (C{scontrol --json} came later). Ended jobs are told as long as Slurm knows them, its C{MinJobAge}: 300 s unless
    it is set.

    @cvar operatorOnly: arguments C{executeProvider} cannot give
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"squeue", "sinfo", "most"})
    name = _NAME
    description = "partitions and jobs of Slurm"

    def __init__(
        self,
        squeue: str = "/usr/bin/squeue",
        sinfo: str = "/usr/bin/sinfo",
        most: int = MOST,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param squeue: absolute path
        @param sinfo: absolute path; empty where partitions shall not be told
        @param most: jobs
        @param runtime: the node's means
        @raise ParameterError: a path is not absolute, or C{most} is out of range
        """
        self._most = checkMost(most)
        self._squeue = toolAt(squeue, "squeue", most, runtime)
        self._sinfo = toolAt(sinfo, "sinfo", most, runtime) if sinfo else None
        self._clock = runtime.clock

    async def provide(self) -> bytes:
        """
        Ask Slurm.

        @return: C{rips:Scheduler}
        @raise ProviderFailed, TooLarge: as L{provideDocument}
        """
        return serialise(await self.provideDocument())

    async def provideDocument(self) -> Element:
        """
        Ask Slurm.

        @return: C{rips:Scheduler}
        @raise ProviderFailed: a program failed, tells an error, or printed what cannot be read; the message names it
        @raise TooLarge: a program printed more than it may, or tells more than C{most} jobs
        """
        turns = Turns(self._clock)
        jobs, version = Jobs(self._squeue.name, self._most), Version()
        data = await self._squeue.run("--states=all", "--json")
        await inTurns(readJobs(data, jobs, version, self._clock.wallTime()), turns)
        partitions = None
        if self._sinfo is not None:
            partitions = Partitions(self._sinfo.name)
            await inTurns(readPartitions(await self._sinfo.run("--json"), partitions), turns)
        scheduler = Scheduler(
            name=_NAME,
            version=version.release,
            queues=tuple(partitions.queues()) if partitions else (),
            jobs=tuple(jobs),
        )
        return await jobDocument(scheduler, turns)
