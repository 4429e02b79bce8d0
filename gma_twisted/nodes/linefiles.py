"""Where lines are written that a consumer prints or stores: outside the reactor's thread, since both may block."""

import errno
import os
import select
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import attrs

from gma_twisted.errors import Busy, ConfigError
from gma_twisted.model.event import Event
from gma_twisted.model.eventjson import writeEventJSON
from gma_twisted.stores.journal import Worker

__all__ = ["LineFile", "LineOutput", "LineTarget", "LineWriter"]

# Fewer than a thread lets wait: the last job is to close the target.
_WAITING = 32
_PATIENCE = 0.2
# To open a pipe must not wait for who is at its other end.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class LineTarget(Protocol):
    """Takes lines; everything but C{end} is called in one thread."""

    def open(self) -> None:
        """Be ready. @raise ConfigError: it cannot be"""

    def write(self, lines: bytes) -> None:
        """
        Write lines, all of them or none.

        @raise Busy: they cannot be written now; why. Who sent them keeps them
        """

    def end(self) -> None:
        """Let go of what waits: whoever is in C{write} comes back soon. Called from another thread."""

    def close(self) -> None:
        """Done."""


@attrs.define(slots=True, eq=False)
class LineFile:
    """
    Appends to a file; what would make it larger than it may be begins another, and C{FILE} becomes C{FILE.1}, that one
    C{FILE.2}. It is a file of this user that nobody else reads: no link to another, no pipe, nobody else's.

    @ivar path: of the file
    @ivar size: most bytes of it; one line that is larger has a file of its own
    @ivar files: most files, the one that is appended to among them
    """

    path: Path
    size: int
    files: int
    _file: int | None = attrs.field(default=None, init=False)
    _length: int = attrs.field(default=0, init=False)

    def open(self) -> None:
        """See L{LineTarget.open}."""
        try:
            self._open()
        except OSError as error:
            why = f"events cannot be stored in {self.path}: {error.strerror}"
            raise ConfigError(why, cure="name another file, or make its directory") from None

    def write(self, lines: bytes) -> None:
        """See L{LineTarget.write}."""
        try:
            if self._length and self._length + len(lines) > self.size:
                self._rotate()
            if self._file is None:
                self._open()
            self._append(lines)
        except OSError as error:
            # A disk has room again some day: nobody is to leave events out for it.
            raise Busy(f"events cannot be stored in {self.path}: {error.strerror}") from None

    def end(self) -> None:
        """See L{LineTarget.end}: a file does not wait for anybody."""

    def close(self) -> None:
        """See L{LineTarget.close}."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> None:
        file = os.open(self.path, _FLAGS, 0o600)
        try:
            self._length = _ownSize(file)
        except OSError:
            os.close(file)
            raise
        self._file = file
        if self._length and os.pread(self._file, 1, self._length - 1) != b"\n":
            # Half a line of a life that ended in it: what follows is to be a line of its own.
            self._append(b"\n")

    def _append(self, lines: bytes) -> None:
        assert self._file is not None
        written = 0
        try:
            while written < len(lines):
                written += os.write(self._file, lines[written:])
        except OSError:
            # All or nothing: who sent the events will send them again.
            if written:
                os.ftruncate(self._file, self._length)
            raise
        self._length += written

    def _rotate(self) -> None:
        self.close()
        for number in range(self.files - 1, 0, -1):
            before = self.path if number == 1 else self._numbered(number - 1)
            if before.exists():
                before.replace(self._numbered(number))
        if self.files == 1:
            self.path.unlink(missing_ok=True)
        self._length = 0

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


@attrs.define(slots=True, eq=False)
class LineOutput:
    """
    Writes to a file descriptor, the standard output for example; who reads slowly is waited for.

    @ivar descriptor: it is left open
    """

    descriptor: int
    _isEnding: bool = attrs.field(default=False, init=False)

    def open(self) -> None:
        """See L{LineTarget.open}."""
        try:
            os.fstat(self.descriptor)
        except OSError as error:
            why = f"events cannot be printed: {error.strerror}"
            raise ConfigError(why, cure='store them, output = "store"') from None

    def write(self, lines: bytes) -> None:
        """See L{LineTarget.write}; what a reader has of them when it goes away it has."""
        rest = memoryview(lines)
        while rest:
            if self._isEnding:
                raise Busy("events are not printed: the node stops")
            try:
                # A pipe that can be written to takes this much without waiting.
                if select.select([], [self.descriptor], [], _PATIENCE)[1]:
                    rest = rest[os.write(self.descriptor, rest[: select.PIPE_BUF]) :]
            except OSError as error:
                raise Busy(f"events cannot be printed: {error.strerror}") from None

    def end(self) -> None:
        """See L{LineTarget.end}."""
        self._isEnding = True

    def close(self) -> None:
        """See L{LineTarget.close}."""


@attrs.define(slots=True, eq=False)
class LineWriter:
    """
    Writes events to a target, each as a line of JSON, in another thread; what waits is bounded.

    @ivar target: takes the lines
    @ivar worker: the thread
    @ivar most: writes that wait, each of what came in one notification
    @ivar written: lines, since the start
    """

    target: LineTarget
    worker: Worker
    most: int = _WAITING
    written: int = attrs.field(default=0, init=False)
    _waiting: int = attrs.field(default=0, init=False)

    def start(self) -> Awaitable[None]:
        """See L{Part <gma_twisted.nodes.part.Part>}. @raise ConfigError: the target cannot be written to"""
        return self.worker.run(self.target.open)

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: what the target has not taken by now is not written."""
        self.target.end()
        await self.worker.run(self.target.close)
        await self.worker.stop()

    async def write(self, events: Sequence[Event]) -> None:
        """
        Write events; done when all of them are written.

        @param events: they do not change any more
        @raise Busy: too much waits already; or they cannot be written, and none of them is
        """
        if self._waiting >= self.most:
            raise Busy(f"{self._waiting} notifications wait to be written already")
        self._waiting += 1
        try:
            await self.worker.run(_writing(self.target, events))
        finally:
            self._waiting -= 1
        self.written += len(events)


def _writing(target: LineTarget, events: Sequence[Event]) -> Callable[[], None]:
    # Making the lines takes longer than reading the events did: that is no work for the reactor's thread.
    return lambda: target.write(b"".join(map(_lineOf, events)))


def _lineOf(event: Event) -> bytes:
    return b"%s\n" % writeEventJSON(event).encode("ascii")


def _ownSize(file: int) -> int:
    """How long a file is. @raise OSError: what is open is no file, or is another user's"""
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    if found.st_uid != os.geteuid():
        raise OSError(errno.EPERM, "it is another user's")
    return found.st_size
