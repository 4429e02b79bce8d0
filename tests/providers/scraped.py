"""The means of providers that read over the network, for their tests."""

from typing import Any

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from gma_twisted.processes import ProviderRuntime
from gma_twisted.testing import ScriptedFetcher
from gma_twisted.timing import NodeClock
from tests.nodes.plans import runtimeOf

__all__ = ["Ticking", "runtimeWith"]


class Ticking(Clock):
    """Whoever looks at it takes a millisecond; it counts the turns that others get."""

    turns = 0

    def seconds(self) -> float:
        """The time."""
        self.rightNow += 0.001
        return self.rightNow

    def callLater(self, *given: Any, **more: Any) -> IDelayedCall:
        """Later."""
        self.turns += 1
        return super().callLater(*given, **more)


def runtimeWith(fetcher: ScriptedFetcher | None, time: Clock | None = None) -> ProviderRuntime:
    """A runtime that reads so, or not at all."""
    return attrs.evolve(runtimeOf(NodeClock(time or Clock(), lambda: 1.7e9)), fetcher=fetcher)
