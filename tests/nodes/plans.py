"""Plans for the tests of this room."""

from collections.abc import Mapping

from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock

from gma_twisted.configuration import readConfiguration
from gma_twisted.nodes import INDEX, Plan, makePlan
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.timing import NodeClock

__all__ = ["planOf", "runtimeOf"]


def runtimeOf(clock: NodeClock) -> ProviderRuntime:
    """A runtime that could run programs, if anybody asked."""
    return ProviderRuntime(clock, ProgramRunner(MemoryReactorClock(), clock))


def planOf(text: str, environment: Mapping[str, str] | None = None) -> Plan:
    """The plan of a configuration file named C{vo.toml}."""
    configuration, source = readConfiguration(text, "vo.toml")
    runtime = runtimeOf(NodeClock(Clock(), lambda: 0.0))
    return makePlan(INDEX, configuration, source, runtime, environment or {"HOME": "/home/gma"})
