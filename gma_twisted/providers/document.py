"""A file of XML that is delivered when it changes (GT3 AsyncDocumentProvider)."""

import hashlib
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.configuration.files import readContent
from gma_twisted.errors import (
    ConfigError,
    GMAError,
    ParameterError,
    ProviderFailed,
    TooLarge,
    cut,
)
from gma_twisted.interfaces import IAsyncDataProvider
from gma_twisted.markup.parse import DEFAULT_LIMITS
from gma_twisted.model import ProviderState
from gma_twisted.processes import ProviderRuntime
from gma_twisted.timing.ready import Ready

__all__ = ["MAX_SIZE", "AsyncDocumentProvider"]

log = Logger()

MAX_SIZE = DEFAULT_LIMITS.size
"""Highest C{maxSize} that may be configured, in bytes: no larger document is let in."""

_FASTEST, _SLOWEST = 0.1, 3600.0
_YOUNG = 2.0
"""Seconds within which a file may be written twice with one time of modification, on the coarsest file systems."""


@attrs.frozen(slots=True)
class _Version:
    """What tells one writing of a file from another without reading it; what is renamed into its place is another."""

    device: int
    number: int
    size: int
    modified: int
    changed: int


@implementer(IAsyncDataProvider)
class AsyncDocumentProvider:
    """
    Looks at a file and delivers what is in it: at the start, and each time it is another text.

    Whether the file is another one or was written is asked of the file system; then it is read, and compared with
    what was delivered. One that is replaced by C{rename} is delivered whole. One that is written in place may be
    delivered half, which fails as a document, and is delivered again when there is more.

    @cvar operatorOnly: arguments C{executeProvider} cannot give
    @ivar state: C{error} while it watches and the file cannot be read
    @ivar reason: why it cannot be read; empty while it can
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset({"path", "every", "maxSize"})
    name = "document"

    def __init__(
        self,
        path: Path,
        every: float = 1.0,
        maxSize: int = MAX_SIZE,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param path: of the file, absolute; it need not be there yet
        @param every: seconds between two looks
        @param maxSize: bytes it may have
        @param runtime: the node's means
        @raise ParameterError: a relative path, or a number out of range
        """
        if not path.is_absolute() or "\0" in str(path):
            raise ParameterError(f'path "{cut(path)}" is not the absolute path of a file')
        if not _FASTEST <= every <= _SLOWEST:
            raise ParameterError(
                f"every {every:g} is not between {_FASTEST} and {_SLOWEST:g} seconds"
            )
        if not 0 < maxSize <= MAX_SIZE:
            raise ParameterError(f"maxSize {maxSize} is not between 1 and {MAX_SIZE}")
        self.description = f"what is in {cut(path)}, each time it changes"
        self.state = ProviderState.IDLE
        self.reason = ""
        self._path = path
        self._every = every
        self._maxSize = maxSize
        self._clock = runtime.clock
        self._timer: IDelayedCall | None = None
        self._version: _Version | None = None
        self._isYoung = False
        self._digest = b""

    async def provide(self) -> bytes:
        """
        @return: what is in the file now
        @raise ProviderFailed: it cannot be read, is no regular file or empty, or was written meanwhile
        @raise TooLarge: it has more than C{maxSize}
        """
        return self._read()[0]

    def start(self, deliver: Callable[[bytes], None]) -> None:
        """Look at once, and then every C{every} seconds; see L{IAsyncDataProvider.start}."""
        self._end()
        self._version, self._digest = None, b""
        self.state = ProviderState.RUNNING
        self._tick(deliver)

    def stop(self) -> Awaitable[None]:
        """Look no more."""
        self._end()
        self.state = ProviderState.TERMINATED
        return Ready(None)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self, deliver: Callable[[bytes], None]) -> None:
        # Before anything else: whatever comes of this look, there is another one.
        self._timer = self._clock.callLater(self._every, self._tick, deliver)
        try:
            self._look(deliver)
        except GMAError as error:
            self._fail(error.message)
        else:
            self._recover()

    def _look(self, deliver: Callable[[bytes], None]) -> None:
        if self._versionNow() == self._version and not self._isYoung:
            return
        # Until it is delivered: a failure must not be taken for the old content when the file comes back.
        self._version = None
        document, version = self._read()
        digest = hashlib.blake2b(document, digest_size=16).digest()
        if digest != self._digest:
            deliver(document)
        age = self._clock.wallTime() - version.modified / 1e9
        self._version, self._digest, self._isYoung = version, digest, abs(age) < _YOUNG

    def _read(self) -> tuple[bytes, _Version]:
        before = self._versionNow()
        document = b""
        if before.size <= self._maxSize:
            try:
                document = readContent(self._path, self._maxSize).data
            except ConfigError as error:
                raise ProviderFailed(f"{cut(self._path)} {error.message}") from None
        # It may have grown since then; and of some files the system says no size.
        if max(before.size, len(document)) > self._maxSize:
            raise TooLarge(f"{cut(self._path)} is larger than {self._maxSize} bytes")
        if not document:
            raise ProviderFailed(f"{cut(self._path)} is empty")
        # What was put into its place since then is found at the next look.
        return document, before

    def _versionNow(self) -> _Version:
        try:
            facts = os.stat(self._path)
        except OSError as error:
            raise ProviderFailed(f"{cut(self._path)} cannot be read: {error.strerror}") from None
        # Pipes have another end that may never write, and opening a device does things.
        if not stat.S_ISREG(facts.st_mode):
            raise ProviderFailed(f"{cut(self._path)} is no regular file")
        return _Version(
            facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
        )

    def _fail(self, reason: str) -> None:
        if self._timer is None:
            return  # stopped by who it was delivered to
        self.state = ProviderState.ERROR
        if reason != self.reason:
            self.reason = reason
            log.warn("document is not delivered: {reason}", reason=reason)

    def _recover(self) -> None:
        if self._timer is not None:
            self.state = ProviderState.RUNNING
        if self.reason:
            self.reason = ""
            log.info("document {path} can be read again", path=cut(self._path))
