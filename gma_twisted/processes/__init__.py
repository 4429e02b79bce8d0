"""Programs as process trees that can be killed to the last descendant (RELIABILITY, Providers gate)."""

from gma_twisted.processes.program import checkProgram
from gma_twisted.processes.runner import ProgramRunner
from gma_twisted.processes.runtime import (
    DEFAULT_OUTPUT,
    IProgramRunner,
    ProgramResult,
    ProviderRuntime,
)

__all__ = [
    "DEFAULT_OUTPUT",
    "IProgramRunner",
    "ProgramResult",
    "ProgramRunner",
    "ProviderRuntime",
    "checkProgram",
]
