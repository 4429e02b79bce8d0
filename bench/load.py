"""The load: keep-alive connections on one epoll, each asking again as soon as it is answered."""

import gc
import select
import socket
import time
from collections.abc import Callable, Iterator
from itertools import count

import attrs

from bench.answers import WrongAnswer, completeLength
from bench.talk import Talk

__all__ = ["Load"]

_SILENCE = 10.0
_PRIMING = 0.1


@attrs.define(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    make: Callable[[int], bytes]
    needle: bytes
    ending: bytes
    then: Callable[[bytes], bytes | None] | None
    data: bytes = b""


@attrs.define(eq=False)
class Load:
    """
    One slice of load on one server.

    @ivar port: on 127.0.0.1
    @ivar talks: what each connection says, by its number
    @ivar connections: how many at once
    @ivar numbers: for the requests; shared by all slices of a server, so that none comes twice
    """

    port: int
    talks: Callable[[int], Talk]
    connections: int = 16
    numbers: Iterator[int] = attrs.field(factory=count)
    _all: dict[int, _Connection] = attrs.field(factory=dict, init=False)
    _epoll: select.epoll = attrs.field(factory=select.epoll, init=False)
    _lengths: set[int] = attrs.field(factory=set, init=False)

    def open(self) -> None:
        """Connect and let every connection be answered for a moment, unmeasured."""
        for number in range(self.connections):
            each = socket.create_connection(("127.0.0.1", self.port), timeout=_SILENCE)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.setblocking(False)
            talk = self.talks(number)
            self._all[each.fileno()] = _Connection(
                each, talk.make, talk.needle, talk.ending, talk.then
            )
            self._epoll.register(each.fileno(), select.EPOLLIN)
            each.send(talk.make(next(self.numbers)))
        self.run(_PRIMING)

    def run(self, seconds: float) -> tuple[int, float]:
        """
        Ask for a while. Every answer is checked.

        @return: operations answered, and the seconds it took
        @raise WrongAnswer: one was wrong, a connection was closed or nothing came
        """
        wasCollecting = gc.isenabled()
        gc.disable()
        try:
            return self._run(seconds)
        finally:
            if wasCollecting:
                gc.enable()

    def _run(self, seconds: float) -> tuple[int, float]:
        answered = 0
        everyone, numbers, lengths = self._all, self.numbers, self._lengths
        poll, clock = self._epoll.poll, time.perf_counter
        began = now = clock()
        end = began + seconds
        while now < end:
            events = poll(_SILENCE)
            if not events:
                raise WrongAnswer(f"no answer within {_SILENCE:g} s")
            for handle, _ in events:
                connection = everyone[handle]
                data = connection.socket.recv(65536)
                # The lean half: one piece, as long as one that was taken apart before, about the right thing.
                if (
                    connection.data
                    or connection.then is not None
                    or len(data) not in lengths
                    or not data.startswith(b"HTTP/1.1 200 ")
                    or connection.needle not in data
                ):
                    data = connection.data + self._received(data)
                    if completeLength(data, connection.needle, connection.ending):
                        connection.data = data
                        continue
                    lengths.add(len(data))
                    connection.data = b""
                    more = None if connection.then is None else connection.then(data)
                    if more is not None:
                        connection.socket.send(more)
                        continue
                answered += 1
                connection.socket.send(connection.make(next(numbers)))
            now = clock()
        return answered, now - began

    def _received(self, data: bytes) -> bytes:
        if not data:
            raise WrongAnswer("the server closed a connection")
        return data

    def close(self) -> None:
        """End all connections."""
        for connection in self._all.values():
            connection.socket.close()
        self._all.clear()
        self._epoll.close()
