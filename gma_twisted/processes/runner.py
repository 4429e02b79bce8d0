"""Runs one program to its end, within a time and a size, and leaves nothing of it behind."""

import math
import os
import secrets
import signal
from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from zope.interface import implementer

from gma_twisted.errors import ProviderFailed, TimedOut, TooLarge, cut
from gma_twisted.processes.child import Child
from gma_twisted.processes.isolation import BASE_ENVIRONMENT, MARKER, launchWords
from gma_twisted.processes.program import checkProgram
from gma_twisted.processes.runtime import DEFAULT_OUTPUT, IProgramRunner, ProgramResult
from gma_twisted.processes.tree import ProcessTree
from gma_twisted.timing.bridge import withTimeout

__all__ = ["ProgramRunner"]

_PROBE_TIME = 5.0
_TRUE = "/bin/true"
_LINE = 240


class _Started(Protocol):
    pid: int


@implementer(IProgramRunner)
@attrs.define(eq=False, slots=True)
class ProgramRunner:
    """
    Runs programs, each in its own session and, where the system allows it, in its own PID namespace.

    @ivar reactor: starts processes
    @ivar clock: for time limits and durations
    @ivar grace: seconds between SIGTERM and SIGKILL
    @ivar namespaces: whether PID namespaces are used; C{None} to try once, before the first program
    """

    reactor: IReactorProcess
    clock: IReactorTime
    grace: float = 0.5
    namespaces: bool | None = None

    async def run(
        self,
        argv: Sequence[str],
        timeout: float = math.inf,
        maxOutput: int = DEFAULT_OUTPUT,
        environment: Mapping[str, str] | None = None,
    ) -> ProgramResult:
        """Run a program to its end; the promises and errors are L{IProgramRunner.run}'s."""
        checkProgram(argv)
        if self.namespaces is None:
            self.namespaces = await self._canUnshare()
        return await self._run(argv, timeout, maxOutput, environment or {}, self.namespaces)

    async def _run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str],
        namespace: bool,
    ) -> ProgramResult:
        name = cut(argv[0])
        began = self.clock.seconds()
        tree = self._start(argv, maxOutput, environment, namespace)
        child = tree.child
        try:
            await withTimeout(child.decided.wait(), timeout, self.clock, name)
            if not child.overflowed:
                await tree.sweep()
        except TimedOut:
            await tree.kill(self.grace)
            raise ProviderFailed(
                f"{name} did not end within {timeout:g} s and was killed{_said(child)}"
            ) from None
        except BaseException:
            # Cancelled: whoever waits for that must find nothing left.
            await tree.kill(self.grace)
            raise
        if child.overflowed:
            await tree.kill(0.0)
            raise TooLarge(f"{name} printed more than {maxOutput} bytes and was killed")
        if child.status != 0:
            raise ProviderFailed(f"{name} {_ending(child)}{_said(child)}")
        return ProgramResult(child.stdout, child.stderr, self.clock.seconds() - began)

    def _start(
        self,
        argv: Sequence[str],
        maxOutput: int,
        environment: Mapping[str, str],
        namespace: bool,
    ) -> ProcessTree:
        words = [*launchWords(namespace), *argv]
        variables = {**BASE_ENVIRONMENT, **environment}
        marker = ""
        if not namespace:
            marker = variables[MARKER] = secrets.token_hex(8)
        child = Child(maxOutput)
        # Not closed but empty: a program without descriptor 0 gets the first file it opens as its input.
        empty = os.open(os.devnull, os.O_RDONLY)
        try:
            transport: _Started = self.reactor.spawnProcess(
                child,
                words[0],
                words,
                env=variables,
                childFDs={0: empty, 1: "r", 2: "r"},
            )
        except OSError as error:
            raise ProviderFailed(f"{cut(argv[0])} cannot be started: {error.strerror}") from None
        finally:
            os.close(empty)
        return ProcessTree(self.clock, transport.pid, child, marker)

    async def _canUnshare(self) -> bool:
        try:
            await self._run([_TRUE], _PROBE_TIME, 4096, {}, True)
        except ProviderFailed:
            return False
        return True


def _ending(child: Child) -> str:
    if child.signal is None:
        return f"ended with exit status {child.status}"
    try:
        return f"was killed by {signal.Signals(child.signal).name}"
    except ValueError:
        return f"was killed by signal {child.signal}"


def _said(child: Child) -> str:
    for line in child.firstLine.splitlines():
        # util-linux 2.38 says so on every signal; it is no word of the program's.
        if line.strip() and not line.startswith(b"unshare: sigprocmask"):
            return f": {cut(line.strip(), _LINE)}"
    return ""
