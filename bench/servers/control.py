"""How the benchmark speaks with a server: lines on its standard input, JSON on its standard output."""

import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver

from gma_twisted.timing import spawn

__all__ = ["Control", "LagProbe", "Orders", "announce", "portOf", "watchInput"]

_TICK = 0.005

Orders = Mapping[str, Callable[..., Awaitable[dict[str, object]]]]


def announce(port: int, versions: Mapping[str, str]) -> None:
    """Tell where it listens, and what it is made of."""
    _tell({"port": port, "versions": dict(versions)})


def portOf(listening: Any) -> int:
    """The TCP port of an IListeningPort."""
    port: int = listening.getHost().port
    return port


def _tell(what: object) -> None:
    os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")


class LagProbe:
    """A timer every 5 ms that writes down how late it was; what a provider or a deadline would feel."""

    def __init__(self, reactor: Any) -> None:
        """@param reactor: the one that serves"""
        self._reactor = reactor
        self._lags: list[float] = []
        self._timer: Any = None
        self._due = 0.0

    def begin(self) -> None:
        """Watch."""
        self._lags = []
        self._schedule()

    def _schedule(self) -> None:
        self._due = self._reactor.seconds() + _TICK
        self._timer = self._reactor.callLater(_TICK, self._look)

    def _look(self) -> None:
        self._lags.append(max(0.0, self._reactor.seconds() - self._due))
        self._schedule()

    def end(self) -> Sequence[float]:
        """Watch no longer. @return: seconds"""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return [round(lag, 6) for lag in self._lags]


class Control(LineReceiver):
    """Reads the benchmark's lines in a Twisted server; their end ends the server."""

    delimiter = b"\n"

    def __init__(self, reactor: Any, orders: Orders) -> None:
        """
        @param reactor: watched, and stopped at the end
        @param orders: what else can be ordered, with numbers after it, and is answered when it is done
        """
        self._reactor = reactor
        self._orders = orders
        self._probe = LagProbe(reactor)

    @classmethod
    def attach(cls, reactor: Any, orders: Orders | None = None) -> None:
        """Listen to the standard input."""
        StandardIO(cls(reactor, orders or {}), reactor=reactor)

    def lineReceived(self, line: bytes) -> None:
        """C{begin}, C{end}, or an order."""
        word, *numbers = line.decode().split()
        if word == "begin":
            self._probe.begin()
        elif word == "end":
            self._answer({"lags": self._probe.end()})
        else:
            spawn(self._obey(word, [int(number) for number in numbers]), f"the order {word}")

    async def _obey(self, word: str, numbers: Sequence[int]) -> None:
        self._answer(await self._orders[word](*numbers))

    def _answer(self, what: object) -> None:
        self.sendLine(json.dumps(what).encode())  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: object = None) -> None:
        """The benchmark is over, or gone."""
        if self._reactor.running:
            self._reactor.stop()


def watchInput(stop: Callable[[], object]) -> None:
    """The same for a server without a Twisted loop, in a thread; it has no lag to tell."""

    def read() -> None:
        for line in sys.stdin:
            if line == "end\n":
                _tell({"lags": []})
        stop()

    threading.Thread(target=read, daemon=True).start()
