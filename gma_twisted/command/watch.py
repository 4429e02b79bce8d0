"""C{gma watch}: changes of service data as they come."""

import ipaddress
import os
import random
import shutil
import signal
import sys
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from gma_twisted.aggregation import AggregateSource
from gma_twisted.aggregation.upstream import SourceIdentity, identify
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.trust import Trust
from gma_twisted.command.calling import passCaller
from gma_twisted.command.feeding import Feeder, Program
from gma_twisted.command.names import SELECTION
from gma_twisted.command.output import Format, formatOption, safe, say
from gma_twisted.command.parameters import DURATION, timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.command.reading import Asked
from gma_twisted.command.watched import Watched
from gma_twisted.command.watcher import Watcher
from gma_twisted.configuration import TLSSection
from gma_twisted.errors import ConfigError
from gma_twisted.model import Freshness, Handle, QName, UpstreamMode
from gma_twisted.security import TLS, CredentialsReader
from gma_twisted.timing import NodeClock, installBootClock, spawn, toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.tokens import Tokens

__all__ = ["watch"]

_LEASE = 60.0
_HEARTBEAT = 10.0
_PROGRAM_SECONDS = 30.0
_PROGRAM = "gma_twisted.command.watch.program"


class _Watching(click.Command):
    """A verb whose words after C{--} are a program."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            context.meta[_PROGRAM] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(context, args)


@click.command(
    cls=_Watching, options_metavar="[OPTIONS]", epilog="CMD and its arguments follow on --."
)
@click.argument("node", type=NODE)
@click.argument("names", metavar="[NAME...] [-- CMD...]", type=SELECTION, nargs=-1)
@click.option("--match", "text", help="Only values with this text in them, or in their names.")
@click.option("--updates-only", "isUpdatesOnly", is_flag=True, help="Not what is there at first.")
@click.option(
    "--interval",
    type=DURATION,
    default="2s",
    show_default=True,
    help="Between two questions to a node that cannot tell us by itself.",
)
@formatOption(formats=(Format.TABLE, Format.JSON))
@timeoutOption
@passCaller
@click.pass_context
def watch(
    context: click.Context,
    caller: BlockingCaller,
    node: Place,
    names: Sequence[QName],
    text: str | None,
    isUpdatesOnly: bool,
    interval: float,
    format: Format,
    timeout: float,
) -> None:
    """Print changes of service data as they come.

    A line a change, until Ctrl-C. NAME is {uri}local, prefix:local for a known prefix such as
    glue, or glue:* for all of them; without one everything is watched. CMD is run for each
    change, with the value on its standard input.

    Example: gma watch 127.0.0.1:8480 glue:Host --updates-only
    """
    program = _program(context.meta.get(_PROGRAM))
    service = Asked.at(node, caller, timeout)
    if names:
        # What is not known is said now, and not asked for again and again.
        next(service.pages(*names, originator=None, key=None, freshness=Freshness.ANY))
    else:
        names = service.names()
    handle = service.proxy.handle
    interface = _interface(node)
    mode = _mode(finished(identify(service.proxy, handle)), interface, handle, interval)
    source = AggregateSource(
        handle,
        tuple(names),
        mode=mode,
        lifetime=_LEASE,
        interval=interval if mode is UpstreamMode.POLL else _HEARTBEAT,
    )
    _Run(
        source,
        text or "",
        isUpdatesOnly,
        format,
        timeout,
        program,
        tlsOf(caller.trust, caller.wallTime()),
        tokensOf(caller.trust, node.base),
    ).run(interface)


def _program(words: Sequence[str] | None) -> Program | None:
    if words is None:
        return None
    if not words:
        raise click.UsageError("there is no CMD after --")
    if shutil.which(words[0]) is None:
        raise click.UsageError(f"there is no program {words[0]}")
    return Program(words, _PROGRAM_SECONDS)


def tlsOf(trust: Trust, now: float) -> TLS:
    """
    The same for the reactor's connections.

    @param now: wall time, seconds since 1970
    @raise ConfigError: a file cannot be used
    """
    section = TLSSection(
        certificate=trust.certificate,
        privateKey=trust.key or trust.certificate,
        authorities=() if trust.ca is None else (trust.ca,),
    )
    reader = CredentialsReader(Path(), now)
    credentials = reader.read(section)
    for _, why, cure in reader.mistakes:
        raise ConfigError(f"{why}; {cure}")
    tls = TLS()
    tls.use(credentials)
    return tls


def tokensOf(trust: Trust, url: str) -> Tokens:
    """
    What the reactor's calls show to a node, and to no other.

    @raise ConfigError: as L{Trust.token}
    """
    tokens = Tokens()
    token = trust.token(url)
    tokens.use({url: token} if token else {})
    return tokens


def _interface(node: Place) -> str:
    """The address at which the node reaches us for certain; empty when there is none."""
    host = urlsplit(node.base).hostname or ""
    try:
        isHere = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        isHere = False
    if not isHere:
        return ""
    return "::1" if ":" in host else "127.0.0.1"


def _mode(
    identity: SourceIdentity, interface: str, handle: Handle, interval: float
) -> UpstreamMode:
    if interface and identity.isNotificationSource:
        say(f"{handle} tells us of changes")
        return UpstreamMode.SUBSCRIBE
    why = "tells nobody" if interface else "may not reach us"
    say(f"{handle} {why}: it is asked every {interval:g} s")
    return UpstreamMode.POLL


class _Run:
    """The reactor's part."""

    def __init__(
        self,
        source: AggregateSource,
        text: str,
        isUpdatesOnly: bool,
        format: Format,
        timeout: float,
        program: Program | None,
        tls: TLS,
        tokens: Tokens,
    ) -> None:
        # Here, because importing it chooses it.
        from twisted.internet import reactor, threads  # noqa: PLC0415, TID251

        self._reactor: Any = reactor
        installBootClock(reactor)
        clock = NodeClock(self._reactor)
        self._text = text
        self._format = format
        self._program = program
        self._feeder: Feeder | None = None
        if program is not None:
            run = program.run

            def later(content: bytes, environment: Mapping[str, str]) -> Awaitable[str]:
                return threads.deferToThread(run, content, environment)

            self._feeder = Feeder(later, say)
        self._watcher = Watcher(
            source,
            clock,
            PooledCaller(clock, dialer(reactor, tls.calling), tokens=tokens),
            timeout,
            random.random,
            self._heard,
            say,
            isUpdatesOnly,
        )

    def run(self, interface: str) -> None:
        """Until Ctrl-C or SIGTERM, or nobody reads any more."""
        self._reactor.callWhenRunning(self._start, interface)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._reactor.run()

    def _start(self, interface: str) -> None:
        base = "http://127.0.0.1"
        if interface:
            port = self._reactor.listenTCP(0, self._watcher.factory(), interface=interface)
            host = f"[{interface}]" if ":" in interface else interface
            base = f"http://{host}:{port.getHost().port}"
        spawn(self._watcher.start(base), "the watch")

    def _stop(self) -> Any:
        if self._feeder is not None and self._program is not None:
            self._feeder.end()
            self._program.end()
        return toDeferred(self._watcher.stop())

    def _heard(self, watched: Watched) -> None:
        if self._text and not watched.has(self._text):
            return
        line = watched.asJSON() if self._format is Format.JSON else safe(watched.line())
        try:
            click.echo(line)
        except BrokenPipeError:
            # Who read it has enough. What Python would still flush at its end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._reactor.callLater(0, self._end)
            return
        if self._feeder is not None:
            self._feeder.feed(watched)

    def _end(self) -> None:
        if self._reactor.running:
            self._reactor.stop()
