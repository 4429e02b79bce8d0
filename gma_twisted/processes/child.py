"""One started program as Twisted reports it: what it printed, when it exited, when its pipes closed."""

import math

from twisted.internet.error import ProcessTerminated
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from gma_twisted.timing import Happening

__all__ = ["KEPT_ERRORS", "Child"]

KEPT_ERRORS = 4096
"""Bytes of standard error that are kept: the first line, and the last ones."""


class Child(ProcessProtocol):
    """
    Collects what a program prints, up to a bound.

    @ivar exited: the program itself is over and reaped, whoever still holds its pipes
    @ivar closed: the program is over and every pipe is closed
    @ivar decided: it exited or printed too much: nothing more is worth waiting for
    @ivar overflowed: it printed more than was allowed
    @ivar status: exit status; C{None} before the end and after a signal
    @ivar signal: what ended it, C{None} otherwise
    @ivar firstLine: its first line on standard error, at most L{KEPT_ERRORS}
    """

    transport: IProcessTransport

    def __init__(self, maxOutput: int, maxErrors: float = math.inf) -> None:
        """
        @param maxOutput: bytes of standard output
        @param maxErrors: bytes of standard error that are read; it is closed after that
        """
        self.exited = Happening()
        self.closed = Happening()
        self.decided = Happening()
        self.overflowed = False
        self.status: int | None = None
        self.signal: int | None = None
        self.firstLine = b""
        self._maxOutput = maxOutput
        self._chunks: list[bytes] = []
        self._size = 0
        self._errors = b""
        self._errorRoom = maxErrors

    @property
    def stdout(self) -> bytes:
        """What it printed so far."""
        return b"".join(self._chunks)

    @property
    def stderr(self) -> bytes:
        """The last L{KEPT_ERRORS} bytes of its standard error so far."""
        return self._errors

    def outReceived(self, data: bytes) -> None:
        """Keep it, or stop listening when it is too much."""
        if self.overflowed:
            return
        self._size += len(data)
        if self._size > self._maxOutput:
            self.overflowed = True
            self._chunks.clear()
            self.transport.closeStdout()
            self.decided.happen()
            return
        self._chunks.append(data)

    def errReceived(self, data: bytes) -> None:
        """Keep the first line and the end, or stop listening when it is too much."""
        if self._errorRoom < 0:
            return
        self._errorRoom -= len(data)
        if self._errorRoom < 0:
            self.transport.closeStderr()
        if b"\n" not in self.firstLine and len(self.firstLine) < KEPT_ERRORS:
            self.firstLine = (self.firstLine + data)[:KEPT_ERRORS]
        self._errors = (self._errors + data)[-KEPT_ERRORS:]

    def processExited(self, reason: Failure) -> None:
        """The program is over; others may still hold its pipes."""
        if isinstance(reason.value, ProcessTerminated):
            self.status = reason.value.exitCode
            self.signal = reason.value.signal
        else:
            self.status = 0
        self.exited.happen()
        self.decided.happen()

    def processEnded(self, reason: Failure) -> None:
        """The pipes are closed as well."""
        self.closed.happen()
