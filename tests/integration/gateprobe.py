"""Runs a Gate on a real reactor in a program of its own, plays clients in a thread, and prints what they saw.

C{python -m tests.integration.gateprobe REACTOR}: epoll, asyncio or uvloop, the last with the native endpoint. The last
line of output is a JSON object: an answer for every scene, by name.
"""

# ruff: noqa: PLC0415 (the reactor is installed before anything imports it)

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable

_ENDS_AFTER = 25.0
_HOST = "127.0.0.1"
_BIG = 3_000_000
_HEAD = "POST /services/{} HTTP/1.1\r\nHost: gate\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n{}\r\n"


def install(name: str) -> None:
    """Install the reactor."""
    if name == "uvloop":
        from gma_twisted.transport.uvreactor import install as installReactor
    elif name == "asyncio":
        from twisted.internet.asyncioreactor import install as installReactor
    else:
        from twisted.internet.epollreactor import install as installReactor
    installReactor()


def post(body: bytes, path: str = "echo", fields: str = "") -> bytes:
    """A request."""
    return _HEAD.format(path, len(body), fields).encode() + body


class Client:
    """A blocking client."""

    def __init__(self, port: int, receives: int = 0) -> None:
        """@param receives: size of the socket's receive buffer; 0 for the system's"""
        self._socket = socket.socket()
        if receives:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self._socket.settimeout(10.0)
        self._socket.connect((_HOST, port))
        self._had = b""

    def send(self, data: bytes) -> bool:
        """Send it all. @return: whether that was possible"""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65_536)
        except OSError:
            return False
        self._had += data
        return bool(data)

    def read(self) -> tuple[int, bytes]:
        """An answer: status and body; (0, b"") when the connection ended before it was whole."""
        while b"\r\n\r\n" not in self._had:
            if not self._more():
                return 0, b""
        head, _, self._had = self._had.partition(b"\r\n\r\n")
        rows = head.lower().split(b"\r\n")
        size = next(int(row[15:]) for row in rows if row.startswith(b"content-length:"))
        while len(self._had) < size:
            if not self._more():
                return 0, b""
        body, self._had = self._had[:size], self._had[size:]
        return int(head.split(b" ")[1]), body

    def isEnded(self) -> bool:
        """Whether the server ends the connection without another byte."""
        return not self._more() and not self._had

    def close(self) -> None:
        """Go."""
        self._socket.close()


def ordered(port: int) -> object:
    """Pipelined requests, big, small and late: answers in order and whole, on a small receive buffer."""
    client = Client(port, 4096)
    client.send(b"".join(post(b"%d" % size) for size in (10, _BIG, 20)) + post(b"30", "late"))
    time.sleep(0.2)
    client.send(post(b"40"))
    found = [client.read() for _ in range(5)]
    client.close()
    return [[status, len(body), body[:1] == body[-1:]] for status, body in found]


def slices(port: int) -> object:
    """A reader that begins late still gets everything; asked again and again the order holds."""
    client = Client(port, 4096)
    total = 0
    for turn in range(6):
        client.send(post(b"%d" % (200_000 + turn)))
        time.sleep(0.02)
        status, body = client.read()
        total += len(body) if status == 200 and set(body) == {body[0]} else 0
    client.close()
    return total


def refused(port: int) -> object:
    """A client that keeps on sending a body that is too large can read the 413."""
    client = Client(port)
    client.send(_HEAD.format("echo", 50_000_000, "").encode())
    sent = 0
    for _ in range(40):
        if not client.send(b"x" * 65_536):
            break
        sent += 1
        time.sleep(0.005)
    status, body = client.read()
    ended = client.isEnded()
    client.close()
    return [status, b"Fault" in body, sent == 40, ended]


def closes(port: int) -> object:
    """Connection: close: the answer, then the end."""
    client = Client(port)
    client.send(post(b"1000000", fields="Connection: close\r\n"))
    status, body = client.read()
    ended = client.isEnded()
    client.close()
    return [status, len(body), ended]


def page(port: int) -> object:
    """A page of the Site, by a pull producer, to a slow reader."""
    client = Client(port, 4096)
    client.send(b"GET /page HTTP/1.1\r\nHost: gate\r\n\r\n")
    time.sleep(0.2)
    status, body = client.read()
    client.close()
    return [status, len(body)]


def tooSlow(port: int) -> object:
    """A reader that takes nothing is dropped at the write deadline."""
    client = Client(port, 4096)
    client.send(post(b"9000000"))
    time.sleep(2.0)
    status, _ = client.read()
    client.close()
    return status


def vanishes(port: int) -> object:
    """Clients that go in the middle harm nobody."""
    for _ in range(20):
        client = Client(port, 4096)
        client.send(post(b"%d" % _BIG) + post(b"5", "late"))
        client.close()
    last = Client(port)
    last.send(post(b"3"))
    answer = last.read()[0]
    last.close()
    return answer


SCENES: tuple[Callable[[int], object], ...] = (
    ordered, slices, refused, closes, page, tooSlow, vanishes,
)  # fmt: skip


def main(name: str) -> None:
    """Listen, play every scene, print, end."""
    install(name)
    from twisted.internet import reactor  # noqa: TID251
    from twisted.internet.interfaces import IReactorTime
    from twisted.web.resource import Resource

    from gma_twisted.interfaces import Reply, Request
    from gma_twisted.testing import ScriptedExchange
    from gma_twisted.timing import NodeClock, Ready, sleep, toDeferred
    from gma_twisted.transport import GateFactory, GateLimits, QuietSite
    from gma_twisted.transport.listening import serverEndpoint
    from tests.integration.pages import makePages

    clock = NodeClock(IReactorTime(reactor))
    seen: dict[str, object] = {}

    async def late(reply: Reply) -> Reply:
        await sleep(clock, 0.1)
        return reply

    def answer(request: Request) -> object:
        letter = request.body[:1]
        reply = Reply(200, letter * int(request.body))
        return late(reply) if request.path.endswith("late") else Ready(reply)

    exchange = ScriptedExchange(answer)  # type: ignore[arg-type]
    root = Resource()
    root.putChild(b"page", makePages(clock).children[b"slow"])
    # All clients have one address: what those that went have not read is not to turn the next one away.
    factory = GateFactory(
        clock,
        exchange,
        QuietSite(root),
        GateLimits(writeSeconds=1.0, answers=1 << 30),
        "http://gate",
    )

    def play(port: int) -> None:
        for scene in SCENES:
            seen[scene.__name__] = scene(port)
        seen["endpoint"] = type(endpoint).__name__
        time.sleep(0.5)
        seen["left"] = len(factory.listener.gates)
        sys.stdout.write(json.dumps(seen) + "\n")
        sys.stdout.flush()
        os._exit(0)

    def listening(port: object) -> None:
        number = port.getHost().port  # type: ignore[attr-defined]
        threading.Thread(target=play, args=[number], daemon=True).start()

    endpoint = serverEndpoint(reactor, "tcp:0:interface=127.0.0.1")
    reactor.callWhenRunning(lambda: toDeferred(endpoint.listen(factory)).addCallback(listening))
    threading.Timer(_ENDS_AFTER, os._exit, [1]).start()
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
