"""A node around a server that a program has made: C{server.serve(port)} without twistd (WIRE 6)."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.configuration import Draft, readDraft, readFile
from gma_twisted.configuration.kinds import LISTEN
from gma_twisted.configuration.sections import Engine
from gma_twisted.errors import ParameterError, ServiceError, cut
from gma_twisted.execution.verify import dotted
from gma_twisted.nodes.assemble import assemble
from gma_twisted.nodes.kind import CONSUMER, DIRECTORY_PATH, PRODUCER, REGISTRY, NodeKind
from gma_twisted.nodes.plan import makePlan
from gma_twisted.nodes.serverchecks import SERVERS
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.nodes.service import NodeService
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.timing import NodeClock, bootTime, installBootClock
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.fetching import Fetcher

__all__ = ["Served", "serving"]

_KINDS = {"producer": PRODUCER, "consumer": CONSUMER, "directory": REGISTRY}


class Served:
    """
    A node that serves one server, between L{start} and L{stop}; everything happens in the reactor's thread.

    Nothing is told on the way: C{stop} is for who has heard of L{start}, well or badly.
    """

    def __init__(self, path: str, temporary: Path | None) -> None:
        """
        @param path: of the server's service
        @param temporary: directory that ends with the node; C{None} for none
        """
        self._path = path
        self._temporary = temporary
        self._waiting: Deferred[None] | None = None
        self.node: NodeService

    @property
    def url(self) -> str:
        """Where the server answers, once L{start} has been called: port 0 is a number then."""
        return f"{self.node.control.baseUrl}{self._path}"

    def start(self) -> Deferred[None]:
        """
        Open the port and begin to serve.

        @return: when requests reach the server; its error is a L{GMAError <gma_twisted.errors.GMAError>}
        @raise GMAError: it cannot; the port is taken, for example
        """
        started: Deferred[None] = Deferred()
        self._waiting = started
        try:
            self.node.privilegedStartService()
            self.node.startService()
        except Exception:
            self._waiting = None
            self._clean()
            raise
        return started

    async def stop(self) -> None:
        """Serve no more; requests that are being answered are answered first, in a bounded time."""
        try:
            await self.node.stopService()
        finally:
            self._clean()

    def ready(self) -> None:
        """Requests reach the server."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def failed(self, why: str) -> None:
        """The node cannot go on."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.errback(ServiceError(why))

    def _clean(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def serving(
    server: object,
    reactor: Any,
    port: int | None = None,
    interface: str = "127.0.0.1",
    config: str | None = None,
    clock: NodeClock | None = None,
) -> Served:
    """
    Make a node of a server; nothing is opened before L{Served.start}.

    Without a configuration nothing of a node on port 0 survives it; on another port its identity does, as with twistd.

    @param server: a C{ProducerServer}, C{ConsumerServer} or C{RegistryServer}
    @param reactor: the process's; unless its clock is one that is never set, it is given such a one, and should have no
        delayed calls
    @param port: C{None} for the usual one of the role, or what the configuration says; 0 for a free one
    @param interface: address to listen on, when a port is given
    @param config: name of a TOML file
    @param clock: the node's; the reactor's when it is left out
    @raise ParameterError: the object is no server
    @raise Mistakes: what is wrong with the configuration, all of it
    """
    section = next((one for one, of in SERVERS.items() if isinstance(server, of)), None)
    if section is None:
        raise ParameterError(
            f"{cut(type(server).__name__)} is no ProducerServer, ConsumerServer or RegistryServer"
        )
    kind = attrs.evolve(_KINDS[section], providers={})
    path = DIRECTORY_PATH if section == "directory" else kind.path
    temporary = None
    if port == 0 and config is None:
        temporary = Path(tempfile.mkdtemp(prefix="gma-twisted-"))
    try:
        draft = _draft(kind, port, interface, config, temporary)
        if clock is None:
            if reactor.seconds is not bootTime:
                installBootClock(reactor)
            clock = NodeClock(reactor)
        fetcher = Fetcher(clock, dialer(reactor))
        runtime = ProviderRuntime(clock, ProgramRunner(reactor, clock), fetcher)
        given = GivenServer(server, dotted(server))
        plan = makePlan(kind, draft, runtime, os.environ, server=given)
        fetcher.connect = dialer(reactor, plan.tls.calling)
        served = Served(path, temporary)
        served.node = assemble(plan, reactor, clock, runtime, served.failed, started=served.ready)
    except Exception:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    return served


def _draft(
    kind: NodeKind, port: int | None, interface: str, config: str | None, temporary: Path | None
) -> Draft:
    draft = readFile(config) if config else readDraft("", "")
    node = draft.configuration.node
    if port is not None:
        # A colon ends a part of an endpoint.
        address = interface.replace(":", r"\:")
        type = "tcp6" if ":" in interface else "tcp"
        node = attrs.evolve(node, listen=LISTEN.read(f"{type}:{port}:interface={address}"))
    store = draft.configuration.store
    if temporary is not None:
        node = attrs.evolve(node, stateDir=str(temporary))
        store = attrs.evolve(store, engine=Engine.MEMORY)
    configuration = attrs.evolve(draft.configuration, node=node, store=store)
    return Draft(configuration, draft.source, draft.mistakes, draft.doubts)
