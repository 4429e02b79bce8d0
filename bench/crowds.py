"""Crowds of callers on one epoll that ask at times of their own, however they are answered: an open loop.

Those of bench.load ask when they are answered, so they slow down with the server; who comes too often does not.
"""

import re
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from socket import IPPROTO_IP, IPPROTO_TCP, TCP_NODELAY
from socket import socket as Socket

import attrs

from bench.answers import WrongAnswer

__all__ = ["Crowd", "Line", "Tally", "connect", "play"]

_STEP = 0.02
_LOOK = 0.25
# In a long line before the server a request that cannot be sent by then is not sent: it would be late anyway.
_WAIT = 0.2
_ANSWER = re.compile(
    rb"HTTP/1\.1 ([0-9]{3}) (?:[^\r\n]*\r\n)(?:[^\r\n]+\r\n)*?Content-Length: ([0-9]+)\r\n"
    rb"(?:[^\r\n]+\r\n)*?\r\n",
    re.IGNORECASE,
)
_PIECE = 256 * 1024
# Linux; Python has no name for it.
_BIND_ADDRESS_NO_PORT = 24


@attrs.define(slots=True, eq=False)
class Tally:
    """
    What became of requests; those that got nothing, or a refusal, are in none but C{offered} and C{refused}.

    @ivar offered: that were due
    @ivar good: answered as wished, within the time that is allowed
    @ivar late: answered as wished, later
    @ivar refused: answered 503 or 429
    @ivar wrong: answered otherwise
    @ivar lost: whose connection ended before they were answered
    @ivar hasRetryAfter: refusals that said when to come again
    @ivar slowest: seconds the slowest good one took
    """

    offered: int = 0
    good: int = 0
    late: int = 0
    refused: int = 0
    wrong: int = 0
    lost: int = 0
    hasRetryAfter: int = 0
    slowest: float = 0.0


@attrs.define(slots=True, eq=False)
class Line:
    """
    One connection of a crowd; it is made anew when the server ends it.

    @ivar address: it comes from
    @ivar port: of the server
    @ivar make: the next request, of a number
    @ivar socket: C{None} while there is none
    @ivar due: those that wait to be sent: when they were due, and how many of one instant
    @ivar sent: those that wait for their answers, alike
    @ivar underWay: how many those are
    @ivar unsent: bytes that the socket did not take
    @ivar data: bytes of an answer that is not whole
    """

    address: str
    port: int
    make: Callable[[int], bytes]
    socket: Socket | None = None
    due: deque[tuple[float, int]] = attrs.field(factory=deque)
    sent: deque[tuple[float, int]] = attrs.field(factory=deque)
    underWay: int = 0
    unsent: bytes = b""
    data: bytes = b""

    def open(self) -> None:
        """Connect; how it went is seen when it is used."""
        self.socket = one = Socket()
        one.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        # Many lines of one address to one port: the kernel picks a port of ours when it knows both ends.
        one.setsockopt(IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        one.bind((self.address, 0))
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", self.port))
        self.unsent = self.data = b""

    def close(self) -> None:
        """End it."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


@attrs.define(slots=True, eq=False)
class Crowd:
    """
    Callers of one kind.

    @ivar lines: theirs
    @ivar rate: requests a second, of all together; 0 to ask again as soon as it is answered
    @ivar depth: requests that one line sends before the first of them is answered
    @ivar patience: seconds after which an answer is late
    @ivar tally: of them
    """

    lines: Sequence[Line]
    rate: float
    depth: int = 1
    patience: float = 2.0
    tally: Tally = attrs.field(factory=Tally)
    _next: int = 0
    _number: int = 0

    def begin(self, now: float) -> None:
        """Count anew. @param now: an instant"""
        self.tally = Tally()
        for line in self.lines:
            line.due.clear()
            if not self.rate and line.socket is not None and not line.sent:
                line.due.append((now, 1))
                self.send(line, now)

    def close(self) -> None:
        """End all lines."""
        for line in self.lines:
            line.close()

    def schedule(self, since: float, now: float) -> None:
        """Make due what is due now. @param since: the instant of C{begin}"""
        if not self.rate:
            return
        lines = self.lines
        more = int((now - since) * self.rate) - self.tally.offered
        self.tally.offered += more
        each, rest = divmod(more, len(lines))
        for step in range(len(lines) if each else rest):
            line = lines[(self._next + step) % len(lines)]
            line.due.append((now, each + (step < rest)))
            self.send(line, now)
        self._next += rest

    def send(self, line: Line, now: float) -> None:
        """Send as much as the depth of a line and its socket take."""
        due, sent = line.due, line.sent
        wait = self.patience if self.depth == 1 else _WAIT
        while due and now - due[0][0] > wait:
            due.popleft()
        if line.socket is None or line.unsent:
            return
        pieces = []
        while due and line.underWay < self.depth:
            at, count = due.popleft()
            taken = min(count, self.depth - line.underWay)
            if taken < count:
                due.appendleft((at, count - taken))
            sent.append((at, taken))
            line.underWay += taken
            pieces += [line.make(self._number + step) for step in range(taken)]
            self._number += taken
        if pieces:
            line.unsent = b"".join(pieces)
            self.flush(line)

    def flush(self, line: Line) -> None:
        """Send what the socket did not take before."""
        assert line.socket is not None
        try:
            line.unsent = line.unsent[line.socket.send(line.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self.drop(line)

    def drop(self, line: Line) -> None:
        """The server ended a line: what was under way is lost."""
        line.close()
        self.tally.lost += line.underWay
        line.underWay = 0
        line.sent.clear()

    def receive(self, line: Line, now: float) -> None:
        """Count what has come."""
        assert line.socket is not None
        try:
            data = line.socket.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(line)
            return
        data = line.data + data
        offset = 0
        while (found := _ANSWER.match(data, offset)) is not None:
            end = found.end() + int(found[2])
            if end > len(data):
                break
            self._count(line, found, now)
            offset = end
        if data[offset : offset + 9] != b"HTTP/1.1 "[: len(data) - offset]:
            raise WrongAnswer(f"not an answer: {data[offset : offset + 200]!r}")
        line.data = data[offset:]
        if not self.rate:
            line.due.append((now, 1))
        self.send(line, now)

    def _count(self, line: Line, found: "re.Match[bytes]", now: float) -> None:
        tally, status = self.tally, found[1]
        if not line.sent:  # a refusal of the connection itself
            tally.refused += 1
            return
        at, count = line.sent[0]
        if count > 1:
            line.sent[0] = (at, count - 1)
        else:
            line.sent.popleft()
        line.underWay -= 1
        took = now - at
        if status == b"200" and took <= self.patience:
            tally.good += 1
            tally.slowest = max(tally.slowest, took)
        elif status == b"200":
            tally.late += 1
        elif status in (b"503", b"429"):
            tally.refused += 1
            tally.hasRetryAfter += b"Retry-After: " in found[0]
        else:
            tally.wrong += 1


def connect(crowds: Sequence[Crowd]) -> select.epoll:
    """Connect every line of some crowds. @return: what sees them"""
    poll = select.epoll()
    for crowd in crowds:
        for line in crowd.lines:
            _register(poll, line)
            # A backlog holds fifty.
            time.sleep(0.0005)
    return poll


def _register(poll: select.epoll, line: Line) -> int:
    line.open()
    assert line.socket is not None
    handle = line.socket.fileno()
    poll.register(handle, select.EPOLLIN)
    return handle


def play(
    poll: select.epoll,
    crowds: Sequence[Crowd],
    seconds: float,
    look: Callable[[], None] = lambda: None,
) -> float:
    """
    Let crowds ask for a while.

    @param poll: sees their lines
    @param look: called four times a second
    @return: the seconds it took
    """
    clock = time.monotonic
    began = stepped = looked = now = clock()
    lines: dict[int, tuple[Crowd, Line]] = {}
    for crowd in crowds:
        crowd.begin(began)
        lines |= {one.socket.fileno(): (crowd, one) for one in crowd.lines if one.socket}
    while now - began < seconds:
        for handle, _ in poll.poll(_STEP):
            # Of those that play now; and one may have ended a moment ago.
            found = lines.get(handle)
            if found is not None and found[1].socket is not None:
                found[0].receive(found[1], now)
        now = clock()
        if now - stepped >= _STEP:
            stepped = now
            for crowd in crowds:
                _mend(poll, crowd, lines)
                crowd.schedule(began, now)
        if now - looked >= _LOOK:
            looked = now
            look()
    return now - began


def _mend(poll: select.epoll, crowd: Crowd, lines: dict[int, tuple[Crowd, Line]]) -> None:
    """Connect again those that the server ended, and go on where a socket was full."""
    for line in crowd.lines:
        if line.socket is None:
            lines[_register(poll, line)] = (crowd, line)
        elif line.unsent:
            crowd.flush(line)
