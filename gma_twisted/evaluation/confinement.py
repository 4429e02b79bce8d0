"""How a worker gives away what it does not need: anybody's expression runs in it (RELIABILITY, queries)."""

import codecs
import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from gma_twisted.evaluation.bounds import WorkerBounds

__all__ = ["beginConfinement", "completeConfinement", "hush"]

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def beginConfinement(bounds: WorkerBounds) -> None:
    """
    Before anything is loaded: memory as bounded, no environment, nothing written to files, no core dump, no program
    that gains rights, and an end when the node ends.

    Address space is not bounded: a language may reserve more of it than it uses. When the machine's memory is short,
    the kernel takes a worker first.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    os.environ.clear()
    libc = ctypes.CDLL(None, use_errno=True)
    # Whatever of these a kernel refuses, the others hold.
    for option, value in (
        (_PR_SET_PDEATHSIG, signal.SIGKILL),
        (_PR_SET_DUMPABLE, 0),
        (_PR_SET_NO_NEW_PRIVS, 1),
    ):
        libc.prctl(option, value, 0, 0, 0)
    _lower(resource.RLIMIT_DATA, bounds.memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def hush() -> int:
    """
    Have only what Python itself writes to standard error go there: a language lets an expression write, and tells of
    itself what is nobody's business.

    @return: the descriptor it goes to
    """
    own = os.dup(sys.stderr.fileno())
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stderr.fileno())
    os.close(nothing)
    sys.stderr = os.fdopen(own, "w", errors="backslashreplace")
    return own


def completeConfinement(*needed: int) -> None:
    """
    When all is loaded and warm: nothing can be opened any more, no file and no socket, and no process or thread begun;
    the last does not hold for root. What is mapped stays so.

    @param needed: descriptors that stay open, beside those of input, output and errors
    """
    # Messages about odd text need a codec that Python reads from a file the first time.
    codecs.lookup("unicode_escape")
    for before, after in pairwise([2, *sorted(needed), os.sysconf("SC_OPEN_MAX")]):
        os.closerange(before + 1, after)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 0)


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(limit, (most, most))
