"""The jobs and queues of OpenPBS or Torque (GT3 PBSInfoProvider)."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed, cut
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup.build import serialise
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.model.job import Scheduler
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers import openpbs, torque
from gma_twisted.providers.batchtools import (
    MOST,
    Jobs,
    beginsWith,
    checkMost,
    inTurns,
    isBlank,
    toolAt,
)
from gma_twisted.providers.jobdocument import jobDocument
from gma_twisted.providers.openpbs import Server
from gma_twisted.providers.pbsjobs import ENDED
from gma_twisted.providers.pbsqueues import Node, queueOf
from gma_twisted.providers.pbstext import readSections
from gma_twisted.timing.turns import Turns

__all__ = ["PBSInfoProvider"]

_AUTO, _OPENPBS, _TORQUE = "auto", "openpbs", "torque"
_DIALECTS = (_AUTO, _OPENPBS, _TORQUE)
_OPENPBS_WORDS = ("-f", "-F", "json")
_TORQUE_WORDS = ("-x",)
_NAME = "pbs"


@implementer(IDOMDataProvider)
class PBSInfoProvider:
    """
    One scheduler C{pbs@SERVER}, with its queues and their nodes, and its jobs.

    What is run, one after the other: of OpenPBS C{qstat -f -F json}, C{pbsnodes -a -F json} and C{qstat -Q -f}; of
    Torque C{qstat -x}, C{qstat -B -f}, C{pbsnodes -x} and C{qstat -Q -f}. One that fails fails the run.

    @cvar operatorOnly: arguments C{executeProvider} cannot give
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"qstat", "pbsnodes", "dialect", "most"})
    name = _NAME
    description = "queues and jobs of OpenPBS or Torque (GT3 PBSInfoProvider)"

    def __init__(
        self,
        qstat: str = "/usr/bin/qstat",
        pbsnodes: str = "/usr/bin/pbsnodes",
        dialect: str = _AUTO,
        finished: bool | None = None,
        most: int = MOST,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param qstat: absolute path
        @param pbsnodes: absolute path; empty where nodes shall not be asked for, and queues then tell none
        @param dialect: C{openpbs}, C{torque}, or C{auto}: the first that answers
        @param finished: C{true} for ended jobs too, also those of OpenPBS's history; C{false} for none; by default
            those the server tells without being asked for them: Torque as long as C{keep_completed} says
        @param most: jobs
        @param runtime: the node's means
        @raise ParameterError: a path is not absolute, another dialect, or C{most} is out of range
        """
        if dialect not in _DIALECTS:
            raise ParameterError(
                f'dialect "{cut(dialect)}" is unknown',
                cure=f"write one of {', '.join(_DIALECTS)}",
                parameter="dialect",
            )
        self._most = checkMost(most)
        self._qstat = toolAt(qstat, "qstat", most, runtime)
        self._pbsnodes = toolAt(pbsnodes, "pbsnodes", most, runtime) if pbsnodes else None
        self._dialect = dialect
        self._answered = dialect
        self._finished = finished
        self._clock = runtime.clock
        self._gate = XMLGate()

    async def provide(self) -> bytes:
        """
        Ask the server.

        @return: C{rips:Scheduler}
        @raise ProviderFailed, TooLarge, ParameterError: as L{provideDocument}
        """
        return serialise(await self.provideDocument())

    async def provideDocument(self) -> Element:
        """
        Ask the server.

        @return: C{rips:Scheduler}
        @raise ProviderFailed: a program failed, or printed what cannot be read; the message names it
        @raise ParameterError: Torque's XML is none
        @raise TooLarge: a program printed more than it may, or tells more than C{most} jobs
        """
        try:
            return await self._ask(Turns(self._clock))
        except ProviderFailed:
            # Perhaps it is another server by now.
            self._answered = self._dialect
            raise

    async def _ask(self, turns: Turns) -> Element:
        jobs = Jobs(self._qstat.name, self._most)
        server = await self._askJobs(jobs, turns)
        nodes = await self._askNodes(turns)
        queues = await self._sections("-Q", "Queue")
        scheduler = Scheduler(
            name=f"{_NAME}@{server.name}" if server.name else _NAME,
            version=server.version,
            queues=[queueOf(name, told, nodes) for name, told in queues.items()],
            jobs=[
                one for one in jobs if self._finished is not False or one.gramStatus not in ENDED
            ],
        )
        return await jobDocument(scheduler, turns)

    async def _askJobs(self, jobs: Jobs, turns: Turns) -> Server:
        server = Server()
        data = await self._firstAnswer()
        if self._answered == _OPENPBS:
            await inTurns(openpbs.readJobs(data, jobs, server), turns)
        else:
            await inTurns(torque.readJobs(data, jobs, self._gate), turns)
            told = await self._sections("-B", "Server")
            server.name, attributes = next(iter(told.items()), ("", {}))
            server.version = attributes.get("pbs_version", "")
        return server

    async def _firstAnswer(self) -> bytes:
        if self._answered == _TORQUE:
            return await self._qstat.run(*_TORQUE_WORDS)
        words = ("-x", *_OPENPBS_WORDS) if self._finished else _OPENPBS_WORDS
        if self._answered == _OPENPBS:
            return await self._qstat.run(*words)
        try:
            data = await self._qstat.run(*words)
            why = f"{self._qstat.name} printed no JSON"
        except ProviderFailed as error:
            data, why = b"", error.message
        if beginsWith(data, b"{"):
            self._answered = _OPENPBS
            return data
        try:
            data = await self._qstat.run(*_TORQUE_WORDS)
        except ProviderFailed as error:
            raise ProviderFailed(
                f"asked as OpenPBS: {why}; asked as Torque: {error.message}"
            ) from None
        # Torque prints nothing where there are no jobs.
        if not isBlank(data) and not beginsWith(data, b"<"):
            raise ProviderFailed(
                f"asked as OpenPBS: {why}; asked as Torque: it printed no XML",
                cure="set dialect, and qstat to the server's own",
            )
        self._answered = _TORQUE
        return data

    async def _sections(self, option: str, word: str) -> Mapping[str, Mapping[str, str]]:
        tool = self._qstat
        return readSections(await tool.run(option, "-f"), word, f"{tool.name} {option} -f")

    async def _askNodes(self, turns: Turns) -> Collection[Node] | None:
        tool = self._pbsnodes
        if tool is None:
            return None
        nodes: list[Node] = []
        if self._answered == _OPENPBS:
            data = await tool.run("-a", "-F", "json")
            await inTurns(openpbs.readNodes(data, nodes, tool.name), turns)
        else:
            data = await tool.run("-x")
            await inTurns(torque.readNodes(data, nodes, tool.name, self._gate), turns)
        return nodes
