"""Sinks for notices: any number of keep-alive connections on one epoll, good ones and three kinds of bad ones.

It is as lean as it can be: what it takes is not what is measured, but it takes it from the same machine.
"""

import json
import os
import select
import socket
import struct
import sys
import time
from email.utils import formatdate

import attrs

from bench.notices import BLACK_HOLE, HEALTHY, SLOW, kindOf
from bench.servers.control import announce

__all__ = ["serveSinks"]

_BACKLOG = 4096
_READ = 65536
_RESET = struct.pack("ii", 1, 0)
_LENGTH = b"\r\nContent-Length: "
_END = b"\r\n\r\n"
_LOOPBACK = "127."


@attrs.define(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    kind: int
    data: bytes = b""


def _isWhole(data: bytes) -> bool:
    """Whether a request is there with all of its body, and nothing after it."""
    end = data.find(_END)
    at = data.find(_LENGTH, 0, end) + len(_LENGTH)
    return end >= 0 and len(data) == end + len(_END) + int(data[at : data.find(b"\r\n", at)])


class _Sinks:
    """Answers 202, as a Gate does it, and writes down when each notice was there."""

    def __init__(self) -> None:
        # Only a listener on all addresses is one on all of 127.0.0.0/8; who comes from elsewhere is sent away.
        self._listening = socket.create_server(("0.0.0.0", 0), backlog=_BACKLOG)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listening.fileno(), select.EPOLLIN)
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._all: dict[int, _Connection] = {}
        self._slow: set[_Connection] = set()
        self._arrivals: list[float] = []
        self._expected = -1
        self._needle = b""
        self._orders = b""
        self._answer = b""

    def run(self) -> None:
        """Until the standard input ends."""
        clock = time.monotonic
        tick = clock()
        while True:
            for handle, _ in self._epoll.poll(max(0.0, tick - clock())):
                connection = self._all.get(handle)
                if connection is not None:
                    self._read(connection)
                elif handle == self._listening.fileno():
                    self._accept()
                elif not self._obey():
                    return
            if clock() >= tick:
                tick = clock() + 1.0
                self._second()

    def _second(self) -> None:
        self._answer = (
            b"HTTP/1.1 202 Accepted\r\nDate: %b\r\nContent-Type: text/xml; charset=utf-8\r\n"
            b"Content-Length: 0\r\n\r\n" % formatdate(usegmt=True).encode()
        )
        for connection in list(self._slow):
            try:
                # One byte each way: an answer of this length would take a minute and more.
                if connection.socket.recv(1):
                    connection.socket.send(self._answer[:1])
            except BlockingIOError:
                pass
            except OSError:
                self._drop(connection)

    def _accept(self) -> None:
        while True:
            try:
                accepted, peer = self._listening.accept()
            except BlockingIOError:
                return
            if not peer[0].startswith(_LOOPBACK):
                accepted.close()
                continue
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(accepted, kindOf(accepted.getsockname()[0]))
            self._all[accepted.fileno()] = connection
            if connection.kind == SLOW:
                self._slow.add(connection)
            elif connection.kind != BLACK_HOLE:
                self._epoll.register(accepted.fileno(), select.EPOLLIN)

    def _drop(self, connection: _Connection) -> None:
        del self._all[connection.socket.fileno()]
        self._slow.discard(connection)
        connection.socket.close()

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(_READ)
        except OSError:
            data = b""
        if data and connection.kind != HEALTHY:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            data = b""
        if not data:
            self._drop(connection)
            return
        data = connection.data + data
        if not _isWhole(data):
            connection.data = data
            return
        connection.data = b""
        if self._needle in data:
            self._arrivals.append(time.monotonic())
            self._tell()
        connection.socket.send(self._answer)

    def _obey(self) -> bool:
        data = os.read(sys.stdin.fileno(), _READ)
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            # expect NUMBER TEXT: tell when so many notices with this text have arrived.
            _, number, self._needle = line.split(b" ", 2)
            self._expected, self._arrivals = int(number), []
        return bool(data)

    def _tell(self) -> None:
        if len(self._arrivals) == self._expected:
            told = json.dumps({"arrivals": self._arrivals})
            os.write(sys.stdout.fileno(), told.encode() + b"\n")


def serveSinks() -> None:
    """Serve until the standard input ends."""
    sinks = _Sinks()
    announce(sinks.port, {})
    sinks.run()
