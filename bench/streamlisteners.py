"""
C{python -m bench.streamlisteners}: plain sockets that are sent lines, a process of their own; some of them never read.

A line of JSON on its standard output for each order on its standard input: C{begin} forgets what was seen, C{end} tells
it, C{stall N} leaves so many connections unread from now on, C{resume} reads all again.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import attrs

from bench.figures import percentile

__all__ = ["Listeners", "main"]

_NUMBERS = re.compile(rb" n=(\d+) at=(\d+) ")
_PIECE = 256 * 1024
# Little, so that who does not read is noticed soon.
_BUFFER = 16 * 1024
_BACKLOG = 4096


@attrs.define(slots=True, eq=False)
class _Connection:
    """
    Somebody who sends.

    @ivar rest: of a line
    @ivar last: number of the last line
    @ivar lacking: numbers that were left out
    @ivar repeated: that came again, or too late
    @ivar waits: seconds from an event to its line, of the first line of each piece
    """

    socket: socket.socket
    rest: bytes = b""
    last: int = 0
    lines: int = 0
    lacking: int = 0
    repeated: int = 0
    waits: list[float] = attrs.field(factory=list)

    def forget(self) -> None:
        """Count anew; what number is next is known still."""
        self.lines = self.lacking = self.repeated = 0
        self.waits.clear()

    def read(self) -> bool:
        """Read what there is. @return: whether more may come"""
        try:
            data = self.socket.recv(_PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        lines, end, rest = (self.rest + data).rpartition(b"\n")
        self.rest = rest if end else self.rest + data
        found = _NUMBERS.findall(lines) if end else []
        if found:
            self._note(found)
        return True

    def _note(self, found: Sequence[tuple[bytes, bytes]]) -> None:
        self.waits.append(time.time() - int(found[0][1]) / 1e9)
        first, last, count = int(found[0][0]), int(found[-1][0]), len(found)
        if self.last and first > self.last:
            self.lacking += first - self.last - 1
        elif self.last:
            self.repeated += self.last - first + 1
        self.lacking += max(0, last - first + 1 - count)
        self.lines += count
        self.last = max(self.last, last)


class Listeners:
    """All connections of one port of 127.0.0.1."""

    def __init__(self) -> None:
        """Listen."""
        self._port = socket.socket()
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._port.bind(("127.0.0.1", 0))
        self._port.listen(_BACKLOG)
        self._port.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._port, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self._all: list[_Connection] = []
        self._stalled: list[_Connection] = []
        self._isOver = False

    def run(self) -> None:
        """Until the standard input ends."""
        _say({"port": self._port.getsockname()[1]})
        while not self._isOver:
            for key, _ in self._selector.select(1.0):
                if key.fileobj is self._port:
                    self._accept()
                elif key.data is None:
                    self._obey(sys.stdin.readline())
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._port.accept()
            except BlockingIOError:
                return
            accepted.setblocking(False)
            one = _Connection(accepted)
            self._all.append(one)
            self._selector.register(accepted, selectors.EVENT_READ, one)

    def _read(self, one: _Connection) -> None:
        if not one.read():
            self._selector.unregister(one.socket)
            one.socket.close()
            self._all.remove(one)

    def _obey(self, line: str) -> None:
        words = line.split()
        if not words:
            self._isOver = True
        elif words[0] == "begin":
            for one in self._all:
                one.forget()
            _say({})
        elif words[0] == "count":
            _say({"connections": len(self._all), "silent": sum(not one.last for one in self._all)})
        elif words[0] == "stall":
            self._stalled = self._all[-int(words[1]) :]
            for one in self._stalled:
                self._selector.unregister(one.socket)
            _say({})
        elif words[0] == "resume":
            for one in self._stalled:
                self._selector.register(one.socket, selectors.EVENT_READ, one)
            self._stalled = []
            _say({})
        else:
            _say(self._told())

    def _told(self) -> dict[str, Any]:
        read = [one for one in self._all if one not in self._stalled and one.waits]
        return {
            "connections": len(read),
            "lines": sum(one.lines for one in read),
            "fewest": min((one.lines for one in read), default=0),
            "lacking": sum(one.lacking for one in read),
            "repeated": sum(one.repeated for one in read),
            "p50": [percentile(one.waits, 50) for one in read],
            "p99": [percentile(one.waits, 99) for one in read],
        }


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


def main() -> None:
    """Run until the standard input ends."""
    Listeners().run()


if __name__ == "__main__":
    main()
