"""Data URLs that are files of this machine: C{file}, below one directory that the operator names (WIRE 7)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from twisted.logger import Logger

from gma_twisted.errors import GMAError, Refused, TimedOut, cut
from gma_twisted.model import Caller
from gma_twisted.netlogger.dataurl import FILE, DataUrl
from gma_twisted.streams.appending import partsBelow
from gma_twisted.streams.fileroom import FileRoom
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.lineplane import AGAIN, LinePlane
from gma_twisted.streams.way import Shared, Way, WayUser
from gma_twisted.timing import Backoff, NodeClock, Task, sleep, spawn, withTimeout

__all__ = ["FileLinePlane", "Worker"]

log = Logger()

T = TypeVar("T")


class Worker(Protocol):
    """Does what would hold up the reactor."""

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """Do it elsewhere. @return: what it gives, or raises"""


class _FileWay:
    """See L{Way}."""

    def __init__(
        self,
        shared: Shared,
        url: DataUrl,
        user: WayUser,
        worker: Worker,
        directory: str,
        room: FileRoom,
    ) -> None:
        self._shared = shared
        self._url = url
        self._user = user
        self._worker = worker
        self._room = room
        self._parts = partsBelow(directory, url.path)
        self._isOpen = self._isClosing = self._isLogged = False
        self._task: Task | None = None

    def start(self) -> None:
        """See L{Way}."""
        if not self._isOpen:
            self._isOpen = True
            self._shared.counts.connected += 1
            self._shared.counts.connections += 1
            self._user.opened()

    def write(self, data: bytes, events: int) -> None:
        """See L{Way}."""
        task = spawn(self._append(data, events), f"lines to {self._url.place}")
        self._task = None if task.ended else task

    async def close(self) -> None:
        """See L{Way}."""
        if self._isOpen and not self._isClosing:
            self._shared.counts.connections -= 1
        self._isClosing = True
        task, limits = self._task, self._shared.limits
        if task is None or task.ended:
            return
        try:
            what = "the last lines of a file"
            await withTimeout(task.wait(), limits.closingSeconds, self._shared.clock, what)
        except TimedOut:
            task.cancel()

    async def _append(self, data: bytes, events: int) -> None:
        shared, failures = self._shared, 0
        # What follows must not be called before the write has returned.
        await sleep(shared.clock, 0.0)
        while True:
            try:
                await self._worker.run(lambda: self._room.append(self._parts, data))
                break
            except (OSError, GMAError) as error:
                shared.counts.failed += 1
                self._log(error)
            if self._isClosing:
                return
            failures += 1
            await sleep(shared.clock, shared.backoff.delay(failures, shared.random))
        if self._isLogged:
            log.info("lines flow again: {url}", url=self._url.place)
        self._isLogged = False
        if not self._isClosing:
            self._user.drained()

    def _log(self, error: Exception) -> None:
        if not self._isLogged:
            self._isLogged = True
            log.warn(
                "lines wait for {url}, which is tried again: {reason}",
                url=self._url.place,
                reason=cut(error, 200),
            )


class FileLinePlane(LinePlane):
    """See L{LinePlane}. Lines of one write are appended all or not at all; a full disk is waited for."""

    def __init__(
        self,
        directory: str | None,
        worker: Worker,
        admit: Callable[[DataUrl, Caller], Awaitable[str]],
        clock: NodeClock,
        random: Callable[[], float],
        limits: StreamLimits | None = None,
        backoff: Backoff = AGAIN,
    ) -> None:
        """
        @param directory: below which files are; C{None}: nobody may have any
        @param worker: writes
        @param admit: as L{LinePlane} has it
        @param random: gives a number in C{[0, 1)}
        """
        limits = limits or StreamLimits()
        super().__init__(FILE, self._way, self._judge, clock, random, limits, backoff)
        self._directory = directory
        self._room = FileRoom(directory or "", limits, clock.seconds)
        self._worker = worker
        self._mayAppend = admit

    async def _judge(self, url: DataUrl, caller: Caller) -> str:
        directory = self._below()
        parts: Sequence[str] = partsBelow(directory, url.path)
        address = await self._mayAppend(url, caller)
        try:
            # So that who asks hears why it cannot be; it is made with the first line.
            await self._worker.run(lambda: self._room.look(parts))
        except FileNotFoundError:
            # That there is no such file yet is no error.
            raise Refused(
                f'lines cannot be appended to "{cut(url.place)}": its directory is not there',
                cure="make the directory; only files are made",
            ) from None
        except OSError as error:
            raise Refused(
                f'lines cannot be appended to "{cut(url.place)}": {error.strerror or error}'
            ) from None
        return address

    def _below(self) -> str:
        if self._directory is None:
            raise Refused(
                "no lines are appended to files here",
                cure="[streams] files says below which directory they may be",
            )
        return self._directory

    def _way(self, url: DataUrl, address: str, user: WayUser) -> Way:
        return _FileWay(self.shared, url, user, self._worker, self._below(), self._room)
