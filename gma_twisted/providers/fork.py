"""The processes of this host as jobs: what GT3's RIPS tells of jobs that no batch system runs."""

import math
import os
import socket
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup.build import serialise
from gma_twisted.markup.parse import Element
from gma_twisted.model.job import Queue, Scheduler
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers.forkjobs import FORK, ForkJobs, Moment
from gma_twisted.providers.jobdocument import jobDocument
from gma_twisted.providers.processtable import NAME_BYTES, ProcessTable
from gma_twisted.providers.users import LocalUsers
from gma_twisted.timing.turns import Turns

__all__ = ["ForkInfoProvider"]

_MOST = 100_000
_LONGEST = 86_400.0
_PATTERN = 256
_WILD = frozenset("*?[")
_EVERYBODY = "*"


@implementer(IDOMDataProvider)
class ForkInfoProvider:
    """
    One scheduler C{fork} with one queue C{fork} and a job for every process that is chosen (GT3 ForkInfoProvider).

    A job is C{pid-PID}, whose user, the name of its program, one process, when it began and for how long. Arguments of
    programs are never read: they may hold secrets. Its status is C{running} whatever it waits for, C{stopped} or
    C{tracing-stop}, C{zombie} or C{dead}; L{ForkJobs} says what happens to a process id that is used again.

    @cvar operatorOnly: arguments C{executeProvider} cannot give
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"username", "finished", "most"})
    name = FORK
    description = "processes of this host as jobs (GT3 ForkInfoProvider)"

    def __init__(
        self,
        username: str = "",
        command: str = "*",
        parent: int = 0,
        finished: float = 300.0,
        most: int = 10_000,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param username: whose processes, a name of C{/etc/passwd} or a number; the user of the node by default,
            C{*} for everybody's
        @param command: name of a program, C{*}, C{?} and C{[a-z]} as a shell has them; the kernel keeps 15 bytes
        @param parent: process id whose descendants alone are told; 0 for all
        @param finished: seconds for which a job is told that has ended, at most a day: whoever polls would miss it
        @param most: jobs at once
        @param runtime: the node's means
        @raise ParameterError: one of them is out of range
        """
        if not 0 < len(command) <= _PATTERN:
            raise ParameterError(f"command has {len(command)} characters, not 1 to {_PATTERN}")
        if len(command.encode()) > NAME_BYTES and not _WILD.intersection(command):
            raise ParameterError(
                f'command "{cut(command)}" is longer than the {NAME_BYTES} bytes the kernel keeps of a name',
                cure=f'write "{cut(_begun(command))}*"',
            )
        if parent < 0:
            raise ParameterError(f"parent {parent} is no process id", cure="write 0 for all")
        if not (math.isfinite(finished) and 0 <= finished <= _LONGEST):
            raise ParameterError(f"finished {finished:g} is not between 0 and {_LONGEST:g} seconds")
        if not 0 < most <= _MOST:
            raise ParameterError(f"most {most} is not between 1 and {_MOST}")
        self._username = username
        self._descends = parent > 0
        self._runtime = runtime
        self._table = ProcessTable()
        self._users = LocalUsers()
        self._jobs = ForkJobs(self._users, socket.gethostname(), command, parent, finished, most)

    async def provide(self) -> bytes:
        """@return: the scheduler as it is now. @raise ProviderFailed, TooLarge: as L{provideDocument}"""
        return serialise(await self.provideDocument())

    async def provideDocument(self) -> Element:
        """
        Read the table of processes.

        @return: C{rips:Scheduler}
        @raise ProviderFailed: there is no procfs, or no such user
        @raise TooLarge: more than C{most} processes
        """
        clock = self._runtime.clock
        turns = Turns(clock)
        self._users.refresh()
        uid = self._uid()
        jobs = self._jobs

        def isWanted(pid: int, owner: int) -> bool:
            # Who descends of whom can only be told when all are there.
            return self._descends or uid is None or owner == uid or jobs.isKnown(pid)

        processes = await self._table.read(turns, isWanted)
        moment = Moment(clock.seconds(), clock.wallTime(), self._table.uptime())
        scheduler = Scheduler(
            name=FORK,
            version=f"{os.uname().sysname} {os.uname().release}",
            queues=(Queue(name=FORK, status="enabled", dispatchType="immediate"),),
            jobs=await jobs.update(processes, uid, moment, turns),
        )
        return await jobDocument(scheduler, turns)

    def _uid(self) -> int | None:
        if self._username == _EVERYBODY:
            return None
        return self._users.numberOf(self._username) if self._username else os.geteuid()


def _begun(command: str) -> str:
    return command.encode()[:NAME_BYTES].decode("utf-8", "ignore")
