"""From a configuration file to the plan of a node that is not started."""

import os

from twisted.internet.task import Clock

from gma_twisted.nodes import Plan, makePlan
from gma_twisted.nodes.kind import KINDS
from gma_twisted.nodes.optionsof import optionsOf
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.timing import NodeClock
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.fetching import Fetcher

__all__ = ["planOf"]


def planOf(file: str, kind: str) -> Plan:
    """
    Check a file as C{twistd --check} does; nothing is opened or connected.

    @param kind: sub-command of twistd
    @raise ConfigError: it has mistakes
    """
    known = KINDS[kind]
    # Of a reactor that never runs: nothing is waited for here.
    reactor = Clock()
    clock = NodeClock(reactor)
    runner = ProgramRunner(reactor, clock)  # type: ignore[arg-type]
    runtime = ProviderRuntime(clock, runner, Fetcher(clock, dialer(reactor)))
    options = optionsOf(known, file, None)
    return makePlan(known, options.configuration(), runtime, os.environ, options.searched())
