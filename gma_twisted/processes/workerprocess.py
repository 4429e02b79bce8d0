"""A process of ours that is told things over a socket, and that can be bounded, looked at and killed at any moment."""

import fcntl
import math
import mmap
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import attrs
from twisted.internet.interfaces import (
    IDelayedCall,
    IReactorProcess,
    IReactorSocket,
    IReactorTime,
)

from gma_twisted.errors import ServiceError, cut
from gma_twisted.processes.child import Child
from gma_twisted.processes.isolation import launchWords
from gma_twisted.processes.wire import OnlyWire, Wire
from gma_twisted.processes.worker import Ending, WorkerListener, WorkerProcess
from gma_twisted.timing.bridge import whenDone
from gma_twisted.timing.ready import Ready

__all__ = ["SOCKET", "WATCHED", "WorkerLauncher"]

SOCKET = 3
"""The descriptor on which a worker is told things and answers."""

WATCHED = 4
"""The descriptor of a worker's page: what it writes there, a number of 8 bytes, the smallest first, the node sees."""

_LINE = 240
_NUMBER = 8
# Bytes of standard error that are read: a line is enough, and whoever writes without end keeps nobody busy.
_ERRORS = 1024**2
# Seconds between the end of a worker, of its socket and of what it says, if something holds one of them.
_SETTLE = 1.0
# Seconds between two looks at how much memory a worker has.
_LOOK = 0.1
_ON: Ready[None] = Ready(None)


class _Started(Protocol):
    pid: int


@attrs.frozen(slots=True, eq=False)
class WorkerLauncher:
    """
    Starts workers: empty environment, C{/} as directory, a session of its own, nothing on standard input and output.

    @ivar processes: starts them
    @ivar sockets: reads and writes what is between
    @ivar clock: the node's
    """

    processes: IReactorProcess
    sockets: IReactorSocket
    clock: IReactorTime

    def launch(
        self, argv: Sequence[str], listener: WorkerListener, memory: float = math.inf
    ) -> WorkerProcess:
        """
        Start a program with a socket at L{SOCKET} and a page at L{WATCHED}.

        @param argv: absolute path and arguments
        @param listener: told of nothing before this returns
        @param memory: bytes of its own; with more it is killed while its processor time is limited. The kernel's
            C{RLIMIT_DATA} lets pass what is taken at one stroke of address space that was reserved before
        @raise ServiceError: it cannot be started
        """
        words = [*launchWords(False), *argv]
        opened: list[int] = []
        try:
            ours, theirs = socket.socketpair()
            opened += [ours.detach(), theirs.detach()]
            opened.append(os.open(os.devnull, os.O_RDWR))
            opened.append(_newPage())
            near, far, nothing, paper = opened
            page = mmap.mmap(paper, mmap.PAGESIZE, prot=mmap.PROT_READ)
            child = Child(0, _ERRORS)
            transport: _Started = self.processes.spawnProcess(
                child,
                words[0],
                words,
                env={},
                childFDs={0: nothing, 1: nothing, 2: "r", SOCKET: far, WATCHED: paper},
            )
            worker = _Worker(self.clock, listener, child, transport.pid, page, memory)
            os.set_blocking(near, False)
            only = OnlyWire(worker.wire)
            self.sockets.adoptStreamConnection(near, socket.AF_UNIX, only)  # type: ignore[arg-type]
        except OSError as error:
            raise ServiceError(f"{cut(argv[0])} cannot be started: {error.strerror}") from None
        finally:
            for descriptor in opened:
                os.close(descriptor)
        return worker


def _newPage() -> int:
    descriptor = os.memfd_create("gma-worker", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, mmap.PAGESIZE)
    # A page that the worker could cut off would kill the node that reads it.
    fcntl.fcntl(
        descriptor,
        fcntl.F_ADD_SEALS,
        fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL,
    )
    return descriptor


class _Worker:
    """One process, see L{WorkerProcess}."""

    def __init__(
        self,
        clock: IReactorTime,
        listener: WorkerListener,
        child: Child,
        pid: int,
        page: mmap.mmap,
        memory: float,
    ) -> None:
        self._listener = listener
        self.wire = Wire(listener)
        self._clock = clock
        self._child = child
        self._pid = pid
        self._page = page
        self._last = 0
        self._hasEnded = False
        self._settling: IDelayedCall | None = None
        self._most = memory
        self._isGreedy = False
        self._looking: IDelayedCall | None = None
        for part in (child.exited, child.closed, self.wire.lost):
            whenDone(part.wait(), self._over, _never)

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def isFull(self) -> bool:
        return self.wire.isFull

    def write(self, data: bytes) -> None:
        if not self.wire.lost.happened:
            self.wire.transport.write(data)

    def drained(self) -> Awaitable[None]:
        return self.wire.room.wait() if self.wire.isFull else _ON

    def limitProcessor(self, seconds: float) -> None:
        self._watchMemory(seconds != math.inf and not self._hasEnded)
        # It may be over and not reaped yet, or just about to be.
        with suppress(ProcessLookupError):
            if not self._child.exited.happened:
                _, hard = resource.prlimit(self._pid, resource.RLIMIT_CPU)
                soft = resource.RLIM_INFINITY
                if seconds != math.inf:
                    soft = math.ceil(self.processorTime() + seconds)
                if hard != resource.RLIM_INFINITY:
                    soft = hard if soft == resource.RLIM_INFINITY else min(soft, hard)
                resource.prlimit(self._pid, resource.RLIMIT_CPU, (soft, hard))

    def processorTime(self) -> float:
        if self._child.exited.happened:
            return 0.0
        try:
            text = Path(f"/proc/{self._pid}/stat").read_text("ascii", "replace")
        except OSError:
            return 0.0
        # The name of the program, which may hold anything, is in brackets before these.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _watchMemory(self, isOn: bool) -> None:
        if not isOn and self._looking is not None:
            self._looking.cancel()
            self._looking = None
        elif isOn and self._looking is None and self._most != math.inf:
            self._looking = self._clock.callLater(_LOOK, self._look)

    def _look(self) -> None:
        self._looking = None
        if self._memory() > self._most:
            self._isGreedy = True
            self.kill()
        else:
            self._watchMemory(True)

    def _memory(self) -> int:
        """Bytes of its own that it uses; of one that has ended 0."""
        if self._child.exited.happened:
            return 0
        try:
            fields = Path(f"/proc/{self._pid}/statm").read_text("ascii").split()
        except OSError:
            return 0
        return (int(fields[1]) - int(fields[2])) * mmap.PAGESIZE

    def watched(self) -> int:
        return self._last if self._hasEnded else int.from_bytes(self._page[:_NUMBER], "little")

    def kill(self) -> None:
        if self._child.exited.happened:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        # Right after the start the session is not made yet.
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def _over(self, _: None) -> None:
        if self._hasEnded:
            return
        exited, closed = self._child.exited.happened, self._child.closed.happened
        if exited and closed and self.wire.lost.happened:
            self._end()
        elif self._settling is None:
            # It should be over soon; how it ended is known only if it is not killed.
            self._settling = self._clock.callLater(_SETTLE, self._cutOff)

    def _cutOff(self) -> None:
        self._settling = None
        if self._child.exited.happened:
            # A descendant holds what it had open.
            self._child.transport.loseConnection()
            self.wire.transport.abortConnection()  # type: ignore[attr-defined]
            self._end()
        else:
            # It closed its socket and lives on.
            self.kill()

    def _end(self) -> None:
        if self._hasEnded:
            return
        self._last = self.watched()
        self._hasEnded = True
        self._page.close()
        self._watchMemory(False)
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        lines = [line.strip() for line in self._child.stderr.splitlines() if line.strip()]
        said = cut(lines[-1], _LINE) if lines else ""
        if self._isGreedy:
            said = "it took more memory than it may have"
        self._listener.ended(Ending(self._child.status, self._child.signal, said, self._isGreedy))


def _never(_: BaseException) -> None:
    """What waits here is not cancelled."""
