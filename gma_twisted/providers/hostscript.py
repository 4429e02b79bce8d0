"""Several programs, each of which tells something of one host (GT3 HostScriptProvider)."""

import math
import os
import shlex
from collections.abc import Iterator, Sequence
from typing import ClassVar

import attrs
from zope.interface import implementer

from gma_twisted.errors import GMAError, ParameterError, ProviderFailed, TooLarge, cut
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import Element, XMLGate, XMLLimits
from gma_twisted.markup.build import legalText
from gma_twisted.processes import IProgramRunner, ProviderRuntime
from gma_twisted.providers.hostmerge import mergeHost
from gma_twisted.timing.bridge import gather
from gma_twisted.timing.tasks import Task, Tasks

__all__ = ["MAX_OUTPUT", "MAX_SCRIPTS", "HostScriptProvider"]

MAX_OUTPUT = 1 << 20
"""Highest C{maxOutput} that may be configured, in bytes."""

MAX_SCRIPTS = 64
"""Most programs of one host."""

_AT_ONCE = 4
_ELEMENTS = 10_000


@implementer(ISimpleDataProvider)
class HostScriptProvider:
    """
    Runs programs, four at once, and merges what they print into one C{glue:Host} (L{mergeHost}).

    All or nothing: when one fails, the others are ended and the run has failed. A host without its memory would tell
    that it has none, and take the place of the value that had it; the last good one stays and turns stale instead, as
    clients expect it of what is no longer known.

    @cvar operatorOnly: arguments C{executeProvider} cannot give: who calls does not say which host this is
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"scripts", "name", "uniqueID", "maxOutput"})
    name = "hostscript"

    def __init__(
        self,
        scripts: list[str],
        name: str = "",
        uniqueID: str = "",
        maxOutput: int = 256 * 1024,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param scripts: command lines, quoted as for a shell, which does not read them: an absolute path and arguments
        @param name: of the host; by default what a script says, else the beginning of C{uniqueID}
        @param uniqueID: of the host in the grid; by default what a script says, else its host name
        @param maxOutput: bytes each may print; more kills it
        @param runtime: the node's means
        @raise ParameterError: no scripts or too many, one that is no command line, a name that XML cannot hold, or a
            bound out of range
        """
        if not 0 < len(scripts) <= MAX_SCRIPTS:
            raise ParameterError(
                f"there are {len(scripts)} scripts, not 1 to {MAX_SCRIPTS}",
                cure='write scripts = ["/path/of/program word", "/path/of/another"]',
            )
        if not 0 < maxOutput <= MAX_OUTPUT:
            raise ParameterError(f"maxOutput {maxOutput} is not between 1 and {MAX_OUTPUT}")
        for key, value in (("name", name), ("uniqueID", uniqueID)):
            if legalText(value) != value:
                raise ParameterError(f'{key} "{cut(value)}" has a character that XML does not have')
        self.description = f"what {len(scripts)} scripts tell of this host (GLUE 1.1)"
        self._scripts = tuple(_script(line) for line in scripts)
        self._name = name
        self._uniqueID = uniqueID
        self._maxOutput = maxOutput
        self._runtime = runtime

    async def provide(self) -> bytes:
        """
        Run them all.

        @return: the Host
        @raise ProviderFailed, TooLarge: a script failed, or what it printed is not of a host; the message names it
        """
        batch = _Batch(self._runtime.runner, self._scripts, self._maxOutput)
        return mergeHost(await batch.run(), self._name, self._uniqueID)


@attrs.frozen(slots=True)
class _Script:
    """
    A program to run.

    @ivar words: absolute path and arguments
    @ivar shown: the same for errors
    """

    words: Sequence[str]
    shown: str


@attrs.define(slots=True, eq=False)
class _Batch:
    """One run of all programs: a few workers, each of which takes the next one that waits."""

    _runner: IProgramRunner
    _scripts: Sequence[_Script]
    _maxOutput: int
    _gate: XMLGate = attrs.field(init=False)
    _waiting: Iterator[int] = attrs.field(init=False)
    _workers: list[Task] = attrs.field(factory=list, init=False)
    _printed: dict[int, tuple[str, Element]] = attrs.field(factory=dict, init=False)
    _error: GMAError | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._gate = XMLGate(XMLLimits(size=self._maxOutput, elements=_ELEMENTS))
        self._waiting = iter(range(len(self._scripts)))

    async def run(self) -> Sequence[tuple[str, Element]]:
        """
        What they printed, in their order. Cancelled it returns when all have ended.

        @raise ProviderFailed, TooLarge: the first that failed; the others have ended
        """
        tasks = Tasks("host scripts", _AT_ONCE)
        try:
            for number in range(_AT_ONCE):
                self._workers.append(tasks.spawn(self._work(number), "host scripts"))
            await gather([one.wait() for one in self._workers])
        finally:
            await tasks.cancelAll()
        if self._error is not None:
            raise self._error
        return [self._printed[index] for index in range(len(self._scripts))]

    async def _work(self, number: int) -> None:
        for index in self._waiting:
            if self._error is not None:
                return
            script = self._scripts[index]
            try:
                result = await self._runner.run(script.words, math.inf, self._maxOutput, None)
                root = self._gate.parse(result.stdout, "its output")
            except GMAError as error:
                self._fail(script, error)
                # Work cannot cancel itself.
                for one in (*self._workers[:number], *self._workers[number + 1 :]):
                    one.cancel()
                return
            self._printed[index] = (f"script {script.shown}", root)

    def _fail(self, script: _Script, error: GMAError) -> None:
        if self._error is None:
            kind = TooLarge if isinstance(error, TooLarge) else ProviderFailed
            self._error = kind(f"script {script.shown}: {error.what}", cure=error.cure)


def _script(line: str) -> _Script:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ParameterError(f'script "{cut(line)}": {error}') from None
    if not words or not os.path.isabs(words[0]):
        raise ParameterError(
            f'script "{cut(line)}" does not begin with the absolute path of a program'
        )
    return _Script(tuple(words), cut(line))
