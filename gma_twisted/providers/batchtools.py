"""What providers that run a batch system's tools share: the tools, their bounds, the jobs gathered."""

import math
import os
from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge, cut
from gma_twisted.model.job import Job
from gma_twisted.processes import ProviderRuntime
from gma_twisted.timing.turns import Turns

__all__ = [
    "HIGHEST",
    "MOST",
    "Jobs",
    "Tool",
    "beginsWith",
    "checkMost",
    "inTurns",
    "isBlank",
    "toolAt",
]

MOST = 10_000
"""Jobs a provider gives, unless told otherwise."""

HIGHEST = 100_000
"""Highest number of jobs that may be configured."""

_BASE_OUTPUT = 1024 * 1024
_JOB_OUTPUT = 16 * 1024
_MAX_OUTPUT = 256 * 1024 * 1024
# What tools show as a calendar does, they show in UTC.
_ENVIRONMENT: Mapping[str, str] = {"TZ": "UTC"}
_LONGEST_ID = 256
_HEAD = 64


@attrs.frozen(slots=True)
class Tool:
    """
    A program of the batch system.

    @ivar path: absolute
    @ivar maxOutput: bytes it may print
    @ivar runtime: the node's means
    """

    path: str
    maxOutput: int
    runtime: ProviderRuntime

    @property
    def name(self) -> str:
        """How errors name it."""
        return os.path.basename(self.path)

    async def run(self, *words: str) -> bytes:
        """
        Run it; it has the time of the provider's run.

        @return: what it printed
        @raise ProviderFailed, TooLarge: as L{IProgramRunner.run<gma_twisted.processes.IProgramRunner.run>}
        """
        result = await self.runtime.runner.run(
            (self.path, *words), math.inf, self.maxOutput, _ENVIRONMENT
        )
        return result.stdout


def toolAt(path: str, argument: str, most: int, runtime: ProviderRuntime) -> Tool:
    """
    Make a tool of a configured path.

    @param argument: names it in errors
    @param most: jobs it may tell; 16 KiB each is what it may print, a mebibyte more, and 256 MiB at most
    @raise ParameterError: the path is not absolute
    """
    if not os.path.isabs(path):
        raise ParameterError(
            f'{argument} "{cut(path)}" is not the absolute path of a program',
            cure=f'write {argument} = "/usr/bin/{argument}", for example',
            parameter=argument,
        )
    return Tool(path, min(_BASE_OUTPUT + most * _JOB_OUTPUT, _MAX_OUTPUT), runtime)


def checkMost(most: int) -> int:
    """
    The same number.

    @raise ParameterError: it is out of range
    """
    if not 0 < most <= HIGHEST:
        raise ParameterError(f"most {most} is not between 1 and {HIGHEST}", parameter="most")
    return most


def isBlank(data: bytes) -> bool:
    """Whether a program printed nothing, or nothing but blanks."""
    return not data or data.isspace()


def beginsWith(data: bytes, sign: bytes) -> bool:
    """Whether that is the first of what a program printed, some blanks aside."""
    return data[:_HEAD].lstrip().startswith(sign)


async def inTurns(steps: Iterator[None], turns: Turns) -> None:
    """Do all steps of a work, with others let in between them."""
    for _ in steps:
        await turns.breathe()


@attrs.define(slots=True, eq=False)
class Jobs:
    """
    The jobs of one run; of two with one id the later is kept, as schedulers tell them again after a restart.

    @ivar tool: names the program in errors
    @ivar most: how many there may be
    """

    tool: str
    most: int
    _kept: dict[str, Job] = attrs.field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Job]:
        """The jobs, in the order they were first told."""
        return iter(self._kept.values())

    def add(self, job: Job) -> None:
        """
        Keep a job.

        @raise ProviderFailed: it has no id, or one of more than 256 characters
        @raise TooLarge: there are more than L{most}
        """
        if not 0 < len(job.jobID) <= _LONGEST_ID:
            raise ProviderFailed(
                f'{self.tool} tells a job whose id "{cut(job.jobID)}" has'
                f" {len(job.jobID)} characters, not 1 to {_LONGEST_ID}"
            )
        self._kept[job.jobID] = job
        if len(self._kept) > self.most:
            raise TooLarge(
                f"{self.tool} tells more than {self.most} jobs", cure="raise most, or tell fewer"
            )
