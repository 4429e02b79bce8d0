"""A manager with one provider of jobs, on real processes, and what clients see of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.trial.unittest import TestCase

from gma_twisted.execution import STATUS_NAME, ProviderManager, ProviderSetup
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.jobs import SCHEDULER
from gma_twisted.markup.parse import Element
from gma_twisted.model import ElementKey
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.stores import MemoryStore
from gma_twisted.timing.bridge import sleep
from gma_twisted.timing.clock import NodeClock
from tests.providers.batchstand import jobsOf

__all__ = ["SERVICE", "BatchCase"]

SERVICE = "http://127.0.0.1:8480/services/rips"
_INTERVAL = 0.3
_STEP = 0.05


class BatchCase(TestCase):
    """Beside the tests: C{begin} a provider, and wait for what is seen."""

    timeout = 120
    patience = 15.0
    """Seconds within which anything is seen."""

    def setUp(self) -> None:
        """A manager without providers."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = NodeClock(IReactorTime(reactor))
        runner = ProgramRunner(IReactorProcess(reactor), self.clock, grace=0.2)
        self.runtime = ProviderRuntime(self.clock, runner)
        self.store = MemoryStore(self.clock)
        self.manager = ProviderManager(
            self.clock, self.store, SERVICE, XMLGate(), lambda: 0.0, self.runtime
        )
        self.addCleanup(self.manager.stop)

    def scratch(self) -> Path:
        """A directory nobody else may write to."""
        path = Path(self.mktemp()).absolute()
        path.mkdir(parents=True, mode=0o755)
        return path

    async def begin(
        self,
        factory: Callable[..., IDOMDataProvider],
        arguments: Mapping[str, object],
        timeout: float = 10.0,
    ) -> None:
        """Run a provider again and again."""
        self.manager.install(
            ProviderSetup(
                name="jobs",
                factory=factory,
                arguments=arguments,
                interval=_INTERVAL,
                timeout=timeout,
            )
        )
        await self.manager.start()

    def document(self) -> Element | None:
        """The scheduler as clients read it."""
        element = self.store.get(ElementKey(SCHEDULER, SERVICE))
        return None if element is None else XMLGate().parse(element.content)

    def states(self) -> dict[str, str]:
        """The states of the jobs clients see."""
        root = self.document()
        if root is None:
            return {}
        return {jobID: job["gramStatus"] for jobID, job in jobsOf(root).items()}

    def status(self) -> Mapping[str, str]:
        """The provider's status as clients read it."""
        element = self.store.get(ElementKey(STATUS_NAME, SERVICE, "jobs"))
        if element is None:
            return {}
        return {nameOf(one).localName: one.text or "" for one in XMLGate().parse(element.content)}

    async def until(self, isSeen: Callable[[], bool], what: str) -> None:
        """Wait for something to be seen."""
        began = self.clock.seconds()
        while not isSeen():
            if self.clock.seconds() - began > self.patience:
                self.fail(f"{what} is not seen: {self.states()}, {self.status()}")
            await sleep(self.clock, _STEP)

    async def untilStates(self, states: Mapping[str, str]) -> None:
        """Wait for the jobs to have these states."""
        await self.until(lambda: self.states() == states, str(states))

    async def untilError(self, words: str) -> None:
        """Wait for the provider's status to say this of a failure."""
        await self.until(lambda: words in self.status().get("lastError", ""), words)
