"""
The client of standing queries: it subscribes, and hears the notices of all its subscriptions at one port.

The sinks have one thread and one epoll; what they take is not what is measured, but it takes it from the same machine.
"""

import re
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import attrs

from bench.answers import WrongAnswer
from bench.asking import Client
from bench.standing import Heard
from bench.workload import OGSI_NS, SOAP_NS
from gma_twisted.model import Question, Topic
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression

__all__ = ["Sinks", "subscribe"]

_BACKLOG = 128
_READ = 1 << 18
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_PATH = re.compile(rb"POST /sinks/([0-9]+) HTTP/1\.1\r\n")
_SEQUENCE = re.compile(rb"<gma:sequence>([0-9]+)</gma:sequence>")
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
# Subscriptions asked for at once; a client may have so many questions answered.
_AT_ONCE = 4
_LOOK = 0.02


@attrs.define(slots=True, eq=False)
class Sinks:
    """
    Hears notices, at C{/sinks/0}, C{/sinks/1} and so on.

    @ivar heard: of each, in the order they came
    @ivar count: all of them
    """

    heard: list[list[Heard]] = attrs.field(factory=list)
    count: int = 0
    _listening: socket.socket = attrs.field(init=False)
    _epoll: select.epoll = attrs.field(init=False)
    _all: dict[int, tuple[socket.socket, bytearray]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._listening.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listening.fileno(), select.EPOLLIN)

    @classmethod
    @contextmanager
    def open(cls, count: int) -> Iterator["Sinks"]:
        """So many."""
        sinks = cls([[] for _ in range(count)])
        try:
            yield sinks
        finally:
            sinks._close()

    def _close(self) -> None:
        for one, _ in self._all.values():
            one.close()
        self._listening.close()
        self._epoll.close()

    def url(self, number: int) -> str:
        """Where a sink is."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/sinks/{number}"

    def hear(self, seconds: float, isEnough: Callable[[], bool]) -> bool:
        """
        Hear what comes.

        @param seconds: how long; 0 for what is there already
        @param isEnough: asked again and again
        @return: whether it was enough before the time was over
        @raise WrongAnswer: something else than a notice came
        """
        deadline = time.monotonic() + seconds
        while not isEnough():
            wait = max(0.0, deadline - time.monotonic())
            for handle, _ in self._epoll.poll(min(wait, _LOOK)):
                if handle == self._listening.fileno():
                    self._accept()
                else:
                    self._read(handle)
            if not wait:
                return False
        return True

    def _accept(self) -> None:
        accepted, _ = self._listening.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._all[accepted.fileno()] = accepted, bytearray()
        self._epoll.register(accepted.fileno(), select.EPOLLIN)

    def _read(self, handle: int) -> None:
        connection, data = self._all[handle]
        try:
            more = connection.recv(_READ)
        except ConnectionError:
            more = b""
        if not more:
            del self._all[handle]
            connection.close()
            return
        data += more
        end = data.find(_END)
        length = _LENGTH.search(data, 0, end + 2) if end >= 0 else None
        if length is not None and len(data) >= end + len(_END) + int(length[1]):
            self._take(bytes(data))
            data.clear()
            connection.sendall(_ACCEPTED)

    def _take(self, request: bytes) -> None:
        path, sequence = _PATH.match(request), _SEQUENCE.search(request)
        if path is None or sequence is None or b"gma:refused" in request:
            raise WrongAnswer(f"no notice: {request[:2000]!r}")
        result = Heard.resultOf(request)
        self.heard[int(path[1])].append(Heard(time.monotonic(), int(sequence[1]), result))
        self.count += 1


def subscribe(port: int, questions: Sequence[Question], sinks: Sinks) -> None:
    """
    Subscribe to the answers of questions, beginning with what each is now.

    @param port: of the node
    @raise WrongAnswer: a subscription is refused
    """
    with ExitStack() as ends:
        clients = [ends.enter_context(Client(port)) for _ in range(_AT_ONCE)]
        for number, question in enumerate(questions):
            client = clients[number % _AT_ONCE]
            if number >= _AT_ONCE:
                client.receive()
            client.send(f"{OGSI_NS}#subscribe", _message(question, sinks.url(number)))
            # What the answers are now comes meanwhile.
            sinks.hear(0.0, lambda: False)
        for client in clients[: len(questions)]:
            client.receive()


def _message(question: Question, sink: str) -> bytes:
    asked = SubscribeExpression(Topic.asking(question), wantsSnapshot=True)
    return (
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}"><s:Body><ogsi:subscribe>'
        f"<ogsi:subscriptionExpression>{writeSubscribeExpression(asked).decode()}</ogsi:subscriptionExpression>"
        f"<ogsi:sink><ogsi:handle>{sink}</ogsi:handle></ogsi:sink>"
        "<ogsi:expirationTime>infinity</ogsi:expirationTime></ogsi:subscribe></s:Body></s:Envelope>"
    ).encode()
