"""What twistd calls: from a command line to a node, or to one line about what is wrong and exit status 1."""

import atexit
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

from gma_twisted.configuration import Engine
from gma_twisted.errors import GMAError
from gma_twisted.nodes.aside import Aside
from gma_twisted.nodes.assemble import assemble
from gma_twisted.nodes.doubts import doubts, summary
from gma_twisted.nodes.kind import NodeKind
from gma_twisted.nodes.memory import keepLoaded, settleMemory
from gma_twisted.nodes.options import NodeOptions
from gma_twisted.nodes.plan import makePlan
from gma_twisted.nodes.rereading import Read, Rereading
from gma_twisted.nodes.service import NodeService
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.stores.journal import shortenTurns
from gma_twisted.timing import NodeClock, installBootClock
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.fetching import Fetcher

__all__ = ["launch"]

log = Logger()


def launch(kind: NodeKind, options: NodeOptions, reactor: Any) -> MultiService:
    """
    Make the service twistd runs.

    @param reactor: the process's; its clock is replaced, SIGTERM and SIGINT stop it with exit status 0, and SIGHUP
        has the configuration read again
    @raise SystemExit: after C{--check}, or when something is wrong; nothing was opened
    """
    try:
        installBootClock(reactor)
        clock = NodeClock(reactor)
        fetcher = Fetcher(clock, dialer(reactor))
        runtime = ProviderRuntime(clock, ProgramRunner(reactor, clock), fetcher)
        draft = options.configuration()
        plan = makePlan(kind, draft, runtime, os.environ, options.searched())
        # Whom the node believes was not known before; providers are made, and read nothing, until it starts.
        fetcher.connect = dialer(reactor, plan.tls.calling)
        hasFiles = options.settle()
    except GMAError as error:
        raise SystemExit(error.message) from None
    doubted = [*doubts(plan.setups, draft), *plan.doubts]
    if options["check"]:
        for line in doubted:
            sys.stderr.write(f"{line}\n")
        sys.stdout.write(f"{summary(plan)}\n")
        raise SystemExit(0)

    inThread: Aside[Read] = Aside(reactor.callFromThread, clock)
    isForeground = options.parent is None or bool(options.parent["nodaemon"])
    launched = _Launched(isForeground)
    node = assemble(
        plan,
        reactor,
        clock,
        runtime,
        lambda why: _halt(reactor, why, isForeground),
        started=keepLoaded,
        reread=Rereading(kind, options, runtime, inThread, plan) if hasFiles else None,
    )
    if plan.store.engine is Engine.SQLITE:
        shortenTurns()
    node.setServiceParent(launched)  # type: ignore[no-untyped-call]
    # Twice: now for what comes while the node starts, then again over the handlers the reactor installs.
    _endOnSignals(reactor)
    _reloadOnHangup(reactor, node)
    reactor.callWhenRunning(_warn, doubted)
    reactor.callWhenRunning(_endOnSignals, reactor)
    reactor.addSystemEventTrigger("after", "shutdown", _exitWell, reactor)
    reactor.callWhenRunning(settleMemory)
    return launched


class _Launched(MultiService):
    """A node whose failure to start is one line instead of a traceback."""

    def __init__(self, isForeground: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._isForeground = isForeground

    def privilegedStartService(self) -> None:
        try:
            super().privilegedStartService()  # type: ignore[no-untyped-call]
        except GMAError as error:
            self._end(error)

    def startService(self) -> None:
        try:
            super().startService()  # type: ignore[no-untyped-call]
        except GMAError as error:
            self._end(error)

    def _end(self, error: GMAError) -> None:
        if not self._isForeground:
            # The exception's text reaches the terminal through twistd's pipe, cut; the log has all of it.
            log.critical("{why}", why=error.message)
            raise error
        _tell(error.message)
        raise SystemExit(1)


def _warn(doubted: Iterable[str]) -> None:
    """Tell what may not be meant: who starts a node has not always checked it before."""
    for line in doubted:
        log.warn("{doubt}", doubt=line)


def _tell(why: str) -> None:
    # twistd has turned sys.stderr into its log by now.
    (sys.__stderr__ or sys.stderr).write(f"{why}\n")


def _halt(reactor: Any, why: str, isForeground: bool) -> None:
    """End the process, with exit status 1, from within the running reactor."""
    log.critical("{why}", why=why)
    if isForeground:
        _tell(why)
    # twistd's own status is 0 however the reactor ended.
    atexit.register(os._exit, 1)
    _stop(reactor)


def _stop(reactor: Any) -> None:
    try:
        reactor.stop()
    except ReactorNotRunning:
        log.info("stopping already")


def _endOnSignals(reactor: Any) -> None:
    """
    End well when asked to: twistd itself would kill the process by the same signal at the end.

    A second signal ends it at once.
    """

    def end(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        log.info("{signal}: stopping", signal=signal.Signals(number).name)
        reactor.callFromThread(_stop, reactor)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _reloadOnHangup(reactor: Any, node: NodeService) -> None:
    """Read the configuration again on SIGHUP; what became of it is in the log."""

    def reload(number: int, frame: object) -> None:
        reactor.callFromThread(node.control.reloader.soon)

    signal.signal(signal.SIGHUP, reload)


def _exitWell(reactor: Any) -> None:
    """
    Forget the signal that ended the reactor, which twistd would kill the process by.

    Between the moment the reactor installs its handlers and the one we install ours again, a signal is the reactor's.
    """
    if getattr(reactor, "_exitSignal", None) in (signal.SIGTERM, signal.SIGINT):
        reactor._exitSignal = None
