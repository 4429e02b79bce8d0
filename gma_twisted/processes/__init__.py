"""Programs as process trees that can be killed whole (RELIABILITY, Providers gate); what components get of a node."""

from gma_twisted.processes.fetching import IFetcher
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
    "IFetcher",
    "IProgramRunner",
    "ProgramResult",
    "ProgramRunner",
    "ProviderRuntime",
    "WorkerLauncher",
    "WorkerListener",
    "WorkerProcess",
    "checkProgram",
]
