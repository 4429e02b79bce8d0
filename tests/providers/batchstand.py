"""Providers of batch systems whose tools are answers in a table, and the documents in batch/."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
from twisted.internet.task import Clock
from zope.interface import implementer

from gma_twisted.errors import GMAError, TooLarge
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup import nameOf
from gma_twisted.markup.jobs import JOB, QUEUE
from gma_twisted.markup.parse import Element
from gma_twisted.processes import IProgramRunner, ProgramResult, ProviderRuntime
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock

NOW = 1764000400.0
"""Wall time of all of them: a hundred seconds after the jobs of the documents began."""

_FILES = Path(__file__).parent / "batch"

T = TypeVar("T")


def document(name: str) -> bytes:
    """A document of batch/."""
    return (_FILES / name).read_bytes()


@implementer(IProgramRunner)
@attrs.define(eq=False)
class Table:
    """
    A runner that answers from a table.

    @ivar answers: by program and arguments, blank-separated: what it prints, or the error it ends with
    @ivar asked: the commands so far
    @ivar environments: what they were given
    @ivar bounds: what they could have printed
    """

    answers: dict[str, bytes | GMAError]
    asked: list[str] = attrs.field(factory=list)
    environments: list[Mapping[str, str] | None] = attrs.field(factory=list)
    bounds: list[int] = attrs.field(factory=list)

    async def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> ProgramResult:
        """Answer."""
        command = " ".join(argv)
        self.asked.append(command)
        self.environments.append(environment)
        self.bounds.append(maxOutput)
        answer = self.answers[command]
        if isinstance(answer, GMAError):
            raise answer
        if len(answer) > maxOutput:
            raise TooLarge("too much")
        return ProgramResult(answer, b"", 0.1)

    def runtime(self) -> ProviderRuntime:
        """A runtime with it, at L{NOW}."""
        return ProviderRuntime(NodeClock(Clock(), lambda: NOW), self)


def given(provider: IDOMDataProvider) -> Element:
    """The document a provider gives at once. @raise Exception: what it raises"""
    results: list[Element] = []
    failures: list[BaseException] = []
    _ = toDeferred(provider.provideDocument()).addCallbacks(
        results.append, lambda failure: failures.append(failure.value)
    )
    if failures:
        raise failures[0]
    return results[0]


def fields(element: Element) -> dict[str, str]:
    """The children of a job or a queue."""
    return {nameOf(one).localName: one.text or "" for one in element}


def jobsOf(root: Element) -> dict[str, dict[str, str]]:
    """The jobs of a document by their ids, without them."""
    told = [fields(one) for one in root.iterchildren(JOB.clark)]
    return {one.pop("jobID"): one for one in told}


def queuesOf(root: Element) -> dict[str, dict[str, str]]:
    """The queues of a document by their names, without them."""
    told = [fields(one) for one in root.iterchildren(QUEUE.clark)]
    return {one.pop("name"): one for one in told}
