"""Starts the program of query workers."""

import sys

from gma_twisted.evaluation.bounds import boundsOf
from gma_twisted.model import Language
from gma_twisted.processes import SOCKET, WATCHED, WorkerLauncher, WorkerProcess
from gma_twisted.queries.line import Launch, WorkerLine
from gma_twisted.queries.poollimits import PoolLimits

__all__ = ["launchProgram"]

_PROGRAM = "gma_twisted.evaluation.program"


def launchProgram(launcher: WorkerLauncher, language: Language, limits: PoolLimits) -> Launch:
    """
    What starts the workers of one language, with the interpreter of this process. It is started isolated, so the
    package has to be installed for it, as it is for whoever runs a node: its last line on standard error says when
    it is not.
    """
    bounds = boundsOf(language, limits.elements)
    argv = [
        sys.executable,
        "-I",
        "-m",
        _PROGRAM,
        language.value,
        str(SOCKET),
        str(WATCHED),
        bounds.text,
    ]

    def launch(line: WorkerLine) -> WorkerProcess:
        return launcher.launch(argv, line, bounds.memory)

    return launch
