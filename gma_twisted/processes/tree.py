"""Ending a process tree: a polite signal to its group, then SIGKILL for every descendant there is.

With a PID namespace the kernel does the work. Without one the descendants are found by parent, session and a
marker in their environment, again and again until none is left: a fork bomb can outrun that, a namespace not.
"""

import os
import signal
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import attrs
import psutil
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gma_twisted.errors import TimedOut
from gma_twisted.processes.child import Child
from gma_twisted.processes.isolation import MARKER
from gma_twisted.timing.bridge import sleep, withTimeout

__all__ = ["ProcessTree"]

log = Logger()

_SETTLE = 1.0
_NAMESPACE_SETTLE = 0.5
_SLICE = 64
_PAUSE = 0.02
# A process listed may end, and leave a child that is not listed, before it is looked at: once is not enough.
_CLEAN = 2


@attrs.frozen(slots=True)
class ProcessTree:
    """
    A started program with all its descendants.

    @ivar clock: for the waits
    @ivar pid: of the session's leader
    @ivar child: what Twisted tells of the leader
    @ivar marker: value of L{MARKER} in the environment; empty when the tree has a PID namespace
    """

    clock: IReactorTime
    pid: int
    child: Child
    marker: str

    async def kill(self, grace: float) -> None:
        """
        End everything; returns when it is over, at most C{grace} and about two seconds later.

        @param grace: seconds between SIGTERM and SIGKILL; 0 for no SIGTERM
        """
        if grace > 0 and not self.child.exited.happened:
            self._signalGroup(signal.SIGTERM)
            await self._within(self.child.exited.wait(), grace)
        if not self.child.exited.happened:
            if not self.marker:
                self._signalNamespace()
                await self._within(self.child.exited.wait(), _NAMESPACE_SETTLE)
            self._signalGroup(signal.SIGKILL)
        await self.sweep()
        if not await self._within(self.child.exited.wait(), _SETTLE):
            log.error("process {pid} survives SIGKILL; it hangs in the kernel", pid=self.pid)

    async def sweep(self) -> None:
        """Kill what the program left behind, and close the pipes it may still hold."""
        if self.marker:
            deadline = self.clock.seconds() + _SETTLE
            clean = 0
            while clean < _CLEAN and self.clock.seconds() < deadline:
                clean = 0 if await self._killFound() else clean + 1
                await sleep(self.clock, _PAUSE)
        if self.child.exited.happened:
            await self._within(self.child.closed.wait(), _SETTLE)
        if not self.child.closed.happened:
            self.child.transport.loseConnection()

    async def _within(self, wait: Awaitable[None], seconds: float) -> bool:
        try:
            await withTimeout(wait, seconds, self.clock, "wait")
        except TimedOut:
            return False
        return True

    def _signalGroup(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        # Right after the start the session is not made yet.
        with suppress(ProcessLookupError, PermissionError):
            if not self.child.exited.happened:
                os.kill(self.pid, number)

    def _signalNamespace(self) -> None:
        # The first process of the namespace takes all others with it, and unshare, its parent, reaps it and exits.
        # Killing unshare instead would leave it to the machine's init, which need not reap.
        with suppress(OSError, ValueError):
            listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii")
            for pid in listed.split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)

    async def _killFound(self) -> bool:
        found = await self._descendants()
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return bool(found)

    async def _descendants(self) -> set[int]:
        needle = f"{MARKER}={self.marker}"
        parents: dict[int, int] = {}
        found: set[int] = set()
        for count, process in enumerate(psutil.process_iter()):
            if count % _SLICE == _SLICE - 1:
                await sleep(self.clock, 0)  # /proc of a big machine takes longer than one turn may
            with suppress(psutil.Error, OSError):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                parents[process.pid] = process.ppid()
                if os.getsid(process.pid) == self.pid or _carries(process, needle):
                    found.add(process.pid)
        if not self.child.exited.happened:
            found.add(self.pid)
        grown = True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in found} - found
            found |= more
            grown = bool(more)
        return found


def _carries(process: psutil.Process, needle: str) -> bool:
    name, _, value = needle.partition("=")
    try:
        return process.environ().get(name) == value
    except (psutil.Error, OSError):
        return False
