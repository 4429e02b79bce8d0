"""The composition root: the one place where stores, queries, providers, transport and console meet."""

import random
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gma_twisted
from gma_twisted.console import Console
from gma_twisted.execution import STATUS_NAME, ProviderManager
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.model import Handle
from gma_twisted.nodes.control import NodeControl
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.identity import NODE_NAME, NodeIdentity
from gma_twisted.nodes.listening import Listening
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.service import NodeService
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.processes import ProviderRuntime
from gma_twisted.queries import NameQueries, NameQueryLimits
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.security import AllowAll, Anonymous, LogAudit
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import NodeClock
from gma_twisted.transport import (
    Exchange,
    GateFactory,
    GateLimits,
    QuietSite,
    Service,
    SOAPResource,
)
from gma_twisted.transport.listening import serverEndpoint
from gma_twisted.transport.names import localNames

__all__ = ["assemble"]


def assemble(
    plan: Plan,
    reactor: Any,
    clock: NodeClock,
    runtime: ProviderRuntime,
    halt: Callable[[str], None],
) -> NodeService:
    """
    Build a node; nothing is opened before its service is started.

    @param reactor: listens
    @param clock: the node's time and timers
    @param runtime: for providers that ask for it
    @param halt: ends the process with a message
    """
    limits = plan.limits
    gateLimits = GateLimits(**limits.of("gate"))
    xmlLimits = XMLLimits(**limits.of("xml"))
    exchange = Exchange(
        clock, AllowAll(), Anonymous(), LogAudit(), xmlLimits, **limits.of("exchange")
    )
    control = NodeControl(plan.name, plan.kind.command, gma_twisted.__version__, exchange, clock)
    control.role = plan.role
    site = QuietSite(Console(control, {b"services": SOAPResource(exchange, gateLimits)}))
    gates = GateFactory(clock, exchange, site, gateLimits, admits=_names(plan))
    control.counters = gates.listener.counters

    def host(baseUrl: str, nodeId: str) -> HostedService:
        hosted = _host(plan, baseUrl, nodeId, exchange, clock, runtime, xmlLimits)
        control.hosted = hosted
        return hosted

    return NodeService(
        control,
        clock,
        StateDirectory(plan.stateDir, plan.elsewhere),
        Listening(
            plan.listens,
            lambda text: serverEndpoint(reactor, text),
            plan.isOpen,
            plan.publicUrl,
        ),
        gates,
        host,
        limits.of("stop")["seconds"],
        halt,
    )


def _names(plan: Plan) -> Callable[[str], bool]:
    if not all(one.isLocal for one in plan.listens):
        return lambda host: True
    public = urlsplit(plan.publicUrl or "").hostname
    return localNames((public,) if public else ())


def _host(
    plan: Plan,
    baseUrl: str,
    nodeId: str,
    exchange: Exchange,
    clock: NodeClock,
    runtime: ProviderRuntime,
    xmlLimits: XMLLimits,
) -> HostedService:
    kind, limits = plan.kind, plan.limits
    handle = Handle.parse(baseUrl + kind.path)
    store = MemoryStore(clock, StoreLimits(**limits.of("store")))
    queries = NameQueries(store, clock, NameQueryLimits(**limits.of("query")))
    manager = ProviderManager(clock, store, handle.url, XMLGate(xmlLimits), random.random, runtime)
    for setup in plan.setups:
        manager.install(setup)
    role = CompositeRole([PermanentService(store, [queries]), manager])
    service = Service(kind.path, handle, role, kind.portTypes)
    declarations = [one.name for portType in kind.portTypes for one in portType.serviceData]
    standard = StandardServiceData(
        store,
        clock,
        handle,
        [portType.name for portType in kind.portTypes],
        queries.dialects,
        [pair for portType in kind.portTypes for pair in portType.staticValues],
        [*declarations, NODE_NAME, STATUS_NAME],
    )
    identity = NodeIdentity(
        nodeId, str(uuid.uuid4()), plan.name, plan.role, gma_twisted.__version__
    )
    own = [identity.element(handle.url, clock)]
    return HostedService(exchange, service, store, queries, manager, standard, own)
