"""Providers at the main service of a node: who runs them, and hears of what is wanted."""

import random

from gma_twisted.execution import Demand, ProviderManager, Quarantine
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.plan import Plan
from gma_twisted.processes import ProviderRuntime
from gma_twisted.timing import NodeClock

__all__ = ["hostProviders"]

# Of the time an answer may take, what it waits for providers on demand.
_WAITS = 1 / 3


def hostProviders(
    plan: Plan,
    clock: NodeClock,
    runtime: ProviderRuntime,
    quarantine: Quarantine | None,
    main: Groundwork,
) -> ProviderManager:
    """
    Make the manager of a node's providers; none of them runs yet.

    @param plan: of the node
    @param clock: the node's
    @param runtime: for providers that ask for it
    @param quarantine: keeps documents that cannot be used; C{None} to keep none
    @param main: of the service whose data they give; it tells the manager what is asked
    """
    gate = XMLGate(XMLLimits(**plan.limits.of("xml")))
    manager = ProviderManager(clock, main.store, main.handle.url, gate, random.random, runtime)
    manager.quarantine = quarantine
    manager.demand = main.demand = Demand(clock, _WAITS * plan.limits.answerTimeout)
    for setup in plan.setups:
        manager.install(setup)
    return manager
