"""C{gma listen}: events of lines as they come."""

import os
import re
import signal
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import click
from twisted.internet.error import CannotListenError
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogBeginner
from zope.interface import implementer

from gma_twisted.command.output import say
from gma_twisted.errors import ConfigError, ParameterError, TooLarge, cut
from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import readEvent
from gma_twisted.model.event import Event
from gma_twisted.model.eventjson import writeEventJSON
from gma_twisted.netlogger.dataurl import DEFAULT_PORT, TCP, UDP, DataUrl
from gma_twisted.netlogger.lines import LineReader
from gma_twisted.streams.datagramlistener import DatagramListener
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import NodeClock, Ready, installBootClock

__all__ = ["listen", "placeOf"]

_USUAL = f"{TCP}://127.0.0.1:{DEFAULT_PORT}"
_DATAGRAM = 65_536
_BACKLOG = 1024
_FREE = re.compile(r"([^?]*):0+(?=/?(?:\?|\Z))")
_NAMED = "localhost"
_LOOPBACK = "127.0.0.1"


@click.command()
@click.argument("urls", metavar="[URL...]", nargs=-1)
@click.option("--strict", "isStrict", is_flag=True, help="Take no line that is only nearly one.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
def listen(urls: Sequence[str], isStrict: bool, count: int | None) -> None:
    """Print events of lines as they come, each as a line of JSON.

    Until Ctrl-C. URL is x-netlog://ADDRESS:PORT for TCP, x-netlog-udp://ADDRESS:PORT for UDP; without
    one lines are listened for at x-netlog://127.0.0.1:14830. Port 0 is any that is free. How lines are
    written is said where they are sent: nothing stands behind the port. Whoever reaches the address may
    send.

    Example: gma listen x-netlog://127.0.0.1:14830 --count 10
    """
    try:
        places = [placeOf(one) for one in urls or (_USUAL,)]
    except (ParameterError, TooLarge) as error:
        raise click.UsageError(error.message) from None
    _Run(LineReader(isStrict, parse=_parser()), count).run(places)


def _parser() -> Any:
    gate = XMLGate()
    return lambda line: readEvent(gate.parse(line, "a line"))


def placeOf(text: str) -> tuple[str, str, int]:
    """
    Where a data URL says to listen: its scheme, an address of this machine, and a port.

    @raise ParameterError: one cannot listen there, or it says more than where
    @raise TooLarge: it is too long
    """
    if not text.strip().lower().startswith((f"{TCP}:", f"{UDP}:")):
        raise ParameterError(
            f'one cannot listen at "{cut(text)}": it is neither {TCP}: nor {UDP}:',
            cure=f"write {_meant(text)}",
        )
    # To send, there is no port 0 to go to.
    free = _FREE.match(text)
    url = DataUrl.parse(text if free is None else free[1] + text[free.end() :])
    if str(url) != url.place:
        raise ParameterError(
            f'"{cut(text)}" says more than where to listen: each line is read as it is written',
            cure=f"write {cut(text.partition('?')[0])}",
        )
    host = _LOOPBACK if url.host == _NAMED else url.host
    try:
        ip_address(host)
    except ValueError:
        raise ParameterError(
            f'"{cut(url.host)}" is no address to listen at',
            cure="write one of this machine, such as 127.0.0.1, or 0.0.0.0 for all",
        ) from None
    return url.scheme, host, url.ports[0] if free is None else 0


def _meant(text: str) -> str:
    """What somebody wanted to write who perhaps forgot the scheme."""
    if ":" not in text:
        return _USUAL
    try:
        return DataUrl.parse(f"{TCP}://{text.strip()}").place
    except (ParameterError, TooLarge):
        return _USUAL


class _Run:
    """The reactor's part."""

    def __init__(self, reader: LineReader, count: int | None) -> None:
        """@param count: events after which it ends"""
        # Here, because importing it chooses it.
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self._reactor: Any = reactor
        installBootClock(reactor)
        self._clock = NodeClock(self._reactor)
        self._reader = reader
        self._left = count
        self._isEnding = False

    def run(self, places: Sequence[tuple[str, str, int]]) -> None:
        """
        Until Ctrl-C or SIGTERM, or all that was wanted came, or nobody reads any more.

        @raise ConfigError: one cannot listen at one of them
        """
        globalLogBeginner.beginLoggingTo([_Said()], redirectStandardIO=False)
        for scheme, host, port in places:
            at = self._listen(scheme, host, port)
            shown = f"[{host}]" if ":" in host else host
            # Who reads it may end us at once: when there is somebody to notice.
            self._reactor.callWhenRunning(say, f"listening at {scheme}://{shown}:{at}")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._reactor.run()

    def _listen(self, scheme: str, host: str, port: int) -> int:
        reader = self._reader
        try:
            if scheme == UDP:
                datagrams = DatagramListener(self._take, self._clock, reader=reader)
                opened = self._reactor.listenUDP(port, datagrams, host, _DATAGRAM)
            else:
                lines = LineListener(self._take, self._clock, reader=reader)
                opened = self._reactor.listenTCP(port, lines, _BACKLOG, host)
        except CannotListenError as error:
            raise ConfigError(
                f"cannot listen at {scheme}://{host}:{port}: {cut(error.socketError)}",
                cure="name another port, or 0 for any that is free",
            ) from None
        found: int = opened.getHost().port
        return found

    def _take(self, events: Sequence[Event], peer: LinePeer) -> Ready[None]:
        if self._isEnding:
            return Ready(None)
        wanted = events if self._left is None else events[: self._left]
        try:
            for one in wanted:
                click.echo(writeEventJSON(one))
        except BrokenPipeError:
            # Who read it has enough. What Python would still flush at its end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._end()
            return Ready(None)
        if self._left is not None:
            self._left -= len(wanted)
            if not self._left:
                self._end()
        return Ready(None)

    def _end(self) -> None:
        self._isEnding = True
        self._reactor.callLater(0, self._stop)

    def _stop(self) -> None:
        if self._reactor.running:
            self._reactor.stop()


@implementer(ILogObserver)
class _Said:
    """What is wrong with lines, for whoever sits there."""

    def __call__(self, event: LogEvent) -> None:
        """See C{ILogObserver}."""
        level, namespace = event["log_level"], str(event["log_namespace"])
        if level >= LogLevel.info and namespace.startswith("gma_twisted"):
            say(formatEvent(event))
