"""The composition root: where transport, console and what is served meet; L{builder} makes the services."""

import os
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.web.http import Request as WebRequest

import gma_twisted
from gma_twisted.configuration import Engine
from gma_twisted.console import Console
from gma_twisted.errors import Refused
from gma_twisted.execution import Quarantine, QuarantineLimits
from gma_twisted.markup import XMLLimits
from gma_twisted.model import Access
from gma_twisted.netlogger.dataurl import TCP, UDP
from gma_twisted.nodes.auditing import auditOf
from gma_twisted.nodes.builder import NodeBuilder
from gma_twisted.nodes.control import NodeControl
from gma_twisted.nodes.earlyworker import EarlyWorker
from gma_twisted.nodes.exposure import whyClosed
from gma_twisted.nodes.listening import Listening
from gma_twisted.nodes.part import Part, Parts
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.questions import Questions
from gma_twisted.nodes.reach import LineReach, Reach
from gma_twisted.nodes.reloading import Reloader
from gma_twisted.nodes.rereading import Reread
from gma_twisted.nodes.service import NodeService
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.nodes.storage import FileStorage, NoStorage, Storage
from gma_twisted.processes import ProviderRuntime, WorkerLauncher
from gma_twisted.security import (
    Attempts,
    ConnectGuard,
    FileAudit,
    Identities,
    LineRules,
    Nonces,
    PinnedGuard,
    SinkPins,
    SinkRules,
)
from gma_twisted.stores.journal import Worker, WriterThread
from gma_twisted.timing import NodeClock
from gma_twisted.transport import (
    Admission,
    Exchange,
    GateFactory,
    GateLimits,
    QuietSite,
    SOAPResource,
)
from gma_twisted.transport.caller import Connect, PooledCaller
from gma_twisted.transport.dialing import dialer, guardedDialer
from gma_twisted.transport.guarded import GuardedDialer
from gma_twisted.transport.handshakes import Handshakes
from gma_twisted.transport.limits import SINK_LIMITS, CallerLimits
from gma_twisted.transport.listening import serverEndpoint
from gma_twisted.transport.named import NamedPeers
from gma_twisted.transport.names import localNames
from gma_twisted.transport.tokens import Tokens

__all__ = ["assemble"]

_QUARANTINE = "quarantine"


def assemble(
    plan: Plan,
    reactor: Any,
    clock: NodeClock,
    runtime: ProviderRuntime,
    halt: Callable[[str], None],
    connect: Connect | None = None,
    workerOf: Callable[[str], Worker] | None = None,
    started: Callable[[], None] = lambda: None,
    reread: Reread | None = None,
) -> NodeService:
    """
    Build a node; nothing is opened before its service is started.

    @param reactor: listens, connects and has threads
    @param clock: the node's time and timers
    @param runtime: for providers that ask for it
    @param halt: ends the process with a message
    @param connect: to other nodes; by sockets of the reactor when it is left out
    @param workerOf: makes, of a name, what a journal writes in; a thread, once the reactor
        runs, when it is left out
    @param started: called when everything that is kept has been loaded and is served
    @param reread: makes the plan anew, from a file that may have changed; C{None} when there is no file
    """
    limits = plan.limits
    gateLimits = GateLimits(**limits.of("gate"))
    xmlLimits = XMLLimits(**limits.of("xml"))
    audit = auditOf(plan, clock, workerOf or _workers(reactor))
    identities = Identities(
        plan.identified.known,
        clock,
        Attempts(clock, **limits.of("attempts")),
        Nonces(clock, **limits.of("nonces")),
    )
    exchange = Exchange(clock, plan.policy, identities, audit, xmlLimits, **limits.of("exchange"))
    reloader = Reloader(clock, plan, reread)
    control = NodeControl(
        plan.name, plan.kind.command, gma_twisted.__version__, exchange, clock, reloader
    )
    control.role = plan.role
    control.audited = audit.counts
    control.attempted = identities.attempts.counts
    services = SOAPResource(exchange, gateLimits)
    console = Console(control, clock, {b"services": services}, lambda: exchange.isGuarded)

    def accessOf(request: WebRequest) -> Access | None:
        # Those ask themselves.
        isService = request.path.startswith(b"/services/")
        return None if isService else console.accessOf(request)

    site = QuietSite(console, Admission(exchange, accessOf))
    gates = GateFactory(clock, exchange, site, gateLimits, admits=_names(plan))
    control.listener = gates.listener
    handshakes = Handshakes(
        clock,
        gates.listener.counters,
        gateLimits.connectionsPerAddress + gateLimits.handshakes,
        gateLimits.handshakes,
    )

    storage: Storage = NoStorage()
    if plan.store.engine is Engine.SQLITE:
        storage = FileStorage(plan.stateDir, clock, workerOf or _workers(reactor))

    control.tls = plan.tls
    plan.tls.taken = gates.listener.secure.retireAll
    reach = _reach(plan, reactor, clock, connect)

    def host(baseUrl: str, nodeId: str, epoch: int) -> Part:
        quarantine = _quarantine(plan, clock, workerOf or _workers(reactor))
        builder = NodeBuilder(
            plan,
            baseUrl,
            nodeId,
            epoch,
            exchange,
            clock,
            runtime,
            reach,
            storage,
            reloader,
            identities,
            Questions(WorkerLauncher(reactor, reactor, reactor), clock, limits),
            quarantine,
            workerOf or _workers(reactor),
        )
        control.hosted = builder.build()
        control.hosted.open()
        # Before anybody can ask for a write, and after the last who could.
        first: list[Part] = [audit] if isinstance(audit, FileAudit) else []
        if quarantine is not None:
            first.append(quarantine)
        return Parts([*first, control.hosted]) if first else control.hosted

    return NodeService(
        control,
        clock,
        StateDirectory(plan.stateDir, plan.elsewhere),
        Listening(
            plan.listens,
            lambda text: serverEndpoint(reactor, text, plan.tls, handshakes.admits),
            lambda listen: whyClosed(listen, plan.configuration),
            plan.publicUrl,
        ),
        gates,
        host,
        limits.of("stop")["seconds"],
        halt,
        started,
    )


def _reach(plan: Plan, reactor: Any, clock: NodeClock, connect: Connect | None) -> Reach:
    limits = plan.limits
    guard = ConnectGuard([one.interface for one in plan.listens], plan.connect.allow)
    named = NamedPeers()

    def options(host: str, port: int) -> IOpenSSLClientConnectionCreator:
        return plan.tls.calling(host, lambda: named.has(host, port, True))

    guarded = guardedDialer(reactor, clock, guard, options=options)
    # As many connections as notices may be on their way: those that are full do not queue a second time.
    perPeer = limits.of("delivery")["perPeer"]
    pins = SinkPins()
    pinned = attrs.evolve(guarded, guard=PinnedGuard(guard, pins))
    sinkCaller = PooledCaller(
        clock, connect or pinned, attrs.evolve(SINK_LIMITS, connections=perPeer)
    )
    sinks = SinkRules(
        guard,
        guarded.lookup.addresses,
        sinkCaller.fetch,
        os.urandom,
        plan.notify.thirdPartySinks,
        plan.notify.thirdPartyExempt,
    )
    tokens = Tokens()
    tokens.use(plan.identified.tokens)
    return Reach(
        PooledCaller(clock, connect or dialer(reactor, plan.tls.calling), tokens=tokens),
        # What is larger than a document may be is not read anyway.
        PooledCaller(clock, connect or guarded, CallerLimits(answer=limits.of("xml")["size"])),
        sinkCaller,
        guard.check,
        pins,
        sinks.admit,
        plan.tls,
        named,
        tokens,
        _lines(plan, reactor, guard, pinned, connect),
    )


def _lines(
    plan: Plan, reactor: Any, guard: ConnectGuard, pinned: GuardedDialer, connect: Connect | None
) -> LineReach:
    def dial(host: str, port: int) -> IStreamClientEndpoint:
        return (connect or pinned)(host, port, False)

    async def resolve(host: str) -> Sequence[str]:
        found = []
        refused: Refused | None = None
        shown = f"[{host}]" if ":" in host else host
        for one in await pinned.lookup.addresses(host):
            try:
                pinned.guard.admit(f"http://{shown}", one)
            except Refused as error:
                refused = error
            else:
                found.append(one)
        if refused is not None and not found:
            raise refused
        return found

    rules = LineRules(
        attrs.evolve(guard, schemes=(TCP, UDP)), pinned.lookup.addresses, plan.streams.to
    )
    return LineReach(dial, resolve, rules.admit, reactor)


def _quarantine(
    plan: Plan, clock: NodeClock, workerOf: Callable[[str], Worker]
) -> Quarantine | None:
    if not plan.kind.runsProviders:
        return None
    worker = workerOf(_QUARANTINE)
    bounds = QuarantineLimits(**plan.limits.of("quarantine"))
    return Quarantine(plan.stateDir / _QUARANTINE, clock, worker.run, worker.stop, bounds)


def _workers(reactor: Any) -> Callable[[str], Worker]:
    return lambda name: EarlyWorker(
        lambda: bool(reactor.running), WriterThread(reactor.callFromThread, name)
    )


def _names(plan: Plan) -> Callable[[str], bool]:
    if not all(one.isLocal for one in plan.listens):
        return lambda host: True
    public = urlsplit(plan.publicUrl or "").hostname
    return localNames((public,) if public else ())
