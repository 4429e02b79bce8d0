"""Plans for the tests of this room."""

from collections.abc import Awaitable, Mapping, Sequence

from twisted.internet.task import Clock
from zope.interface import implementer

from gma_twisted.configuration import readDraft
from gma_twisted.errors import ProviderFailed
from gma_twisted.nodes import INDEX, NodeKind, Plan, makePlan
from gma_twisted.nodes.inspecting import Inspector
from gma_twisted.nodes.installing import Known, nothingKnown
from gma_twisted.nodes.serversource import GivenServer
from gma_twisted.processes import IProgramRunner, ProgramResult, ProviderRuntime
from gma_twisted.testing import ScriptedFetcher
from gma_twisted.timing import NodeClock

__all__ = ["planOf", "runtimeOf"]


@implementer(IProgramRunner)
class NoPrograms:
    """Runs nothing."""

    def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> Awaitable[ProgramResult]:
        """Refuse."""
        raise ProviderFailed("no programs here")


def runtimeOf(clock: NodeClock) -> ProviderRuntime:
    """A runtime that could run programs and read over the network, if anybody asked."""
    return ProviderRuntime(clock, NoPrograms(), ScriptedFetcher())


def planOf(
    text: str,
    environment: Mapping[str, str] | None = None,
    kind: NodeKind = INDEX,
    known: Known | None = None,
    server: GivenServer | None = None,
) -> Plan:
    """The plan of a configuration file named C{vo.toml}; what is known is not made again."""
    runtime = runtimeOf(NodeClock(Clock(), lambda: 0.0))
    draft = readDraft(text, "vo.toml")
    inspector = Inspector.of(kind, draft, runtime, "on PYTHONPATH", known or nothingKnown)
    home = environment or {"HOME": "/home/gma"}
    return makePlan(kind, draft, runtime, home, inspector=inspector, server=server)
