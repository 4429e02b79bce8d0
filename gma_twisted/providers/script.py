"""Any program whose standard output is an XML document (GT3 ScriptExecutionProvider)."""

import math
import os
from collections.abc import Sequence
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.errors import ParameterError, cut
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.processes import DEFAULT_OUTPUT, ProviderRuntime

__all__ = ["MAX_OUTPUT", "ScriptExecutionProvider"]

MAX_OUTPUT = 64 * 1024 * 1024
"""Highest C{maxOutput} that may be configured, in bytes."""


@implementer(ISimpleDataProvider)
class ScriptExecutionProvider:
    """
    Runs a program each time it is asked; the manager's time limit ends it with all its descendants.

    Whether the program is there and safe to run is looked at before each run and shown in the status: a file
    system that is mounted late does not keep the node from starting. C{--check} warns of it.

    @cvar operatorOnly: arguments C{executeProvider} cannot give
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"command", "maxOutput"})

    def __init__(
        self, command: list[str], maxOutput: int = DEFAULT_OUTPUT, *, runtime: ProviderRuntime
    ) -> None:
        """
        @param command: absolute path of the program and its arguments; no shell reads them
        @param maxOutput: bytes it may print; more kills it
        @param runtime: the node's means
        @raise ParameterError: no words, a relative path, or a bound out of range
        """
        if not command or not os.path.isabs(command[0]):
            shown = cut(command[0]) if command else "nothing"
            raise ParameterError(
                f'command begins with the absolute path of a program, not "{shown}"'
            )
        if not 0 < maxOutput <= MAX_OUTPUT:
            raise ParameterError(f"maxOutput {maxOutput} is not between 1 and {MAX_OUTPUT}")
        self.name = os.path.basename(command[0])
        self.description = f"what {cut(command[0])} prints"
        self._command: Sequence[str] = tuple(command)
        self._maxOutput = maxOutput
        self._runtime = runtime

    async def provide(self) -> bytes:
        """
        Run the program.

        @return: what it printed
        @raise ProviderFailed, TooLarge: as L{IProgramRunner.run}
        """
        result = await self._runtime.runner.run(self._command, math.inf, self._maxOutput, None)
        return result.stdout
