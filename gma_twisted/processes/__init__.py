"""Programs as process trees that can be killed to the last descendant (RELIABILITY, Providers gate)."""

from gma_twisted.processes.program import checkProgram
from gma_twisted.processes.runner import ProgramRunner
from gma_twisted.processes.runtime import (
    DEFAULT_OUTPUT,
    IProgramRunner,
    ProgramResult,
    ProviderRuntime,
)
from gma_twisted.processes.worker import Ending, WorkerListener, WorkerProcess
from gma_twisted.processes.workerprocess import SOCKET, WATCHED, WorkerLauncher

__all__ = [
    "DEFAULT_OUTPUT",
    "SOCKET",
    "WATCHED",
    "Ending",
    "IProgramRunner",
    "ProgramResult",
    "ProgramRunner",
    "ProviderRuntime",
    "WorkerLauncher",
    "WorkerListener",
    "WorkerProcess",
    "checkProgram",
]
