"""A store, a pool over it, and workers in memory."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.messages import Answered
from gma_twisted.model import (
    Command,
    Language,
    NameQuery,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)
from gma_twisted.queries.pool import QueryPool
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.queries.fakeworker import Fleet, listed

WALL = 1_700_000_000.0


def question(text: str = "list", *names: str) -> Question:
    """An expression about some names in Clark notation, either part of which may be C{*}, or all."""
    parts = [name[1:].split("}") for name in names]
    selectors = tuple(NameSelector(QName(namespace, local)) for namespace, local in parts)
    return Question(Language.XPATH, text, selectors)


class PoolCase(SynchronousTestCase):
    """Begins with an empty store at instant 0."""

    limits = PoolLimits(timeout=10.0, cpu=5.0, elements=2000, queue=5, perClient=3)
    language = Language.XPATH
    kindOfStore: type[MemoryStore] = MemoryStore

    def setUp(self) -> None:
        """No worker yet."""
        self.time = Clock()
        self.wall = WALL
        self.clock = NodeClock(self.time, lambda: self.time.seconds() + self.wall)
        self.store = self.kindOfStore(self.clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.fleet = Fleet(self.time)
        self.pool = QueryPool(
            self.language, self.store, self.clock, self.fleet.launch, self.limits, lambda: 0.5
        )
        self.successResultOf(toDeferred(self.pool.start()))
        self.addCleanup(self.end)

    def end(self) -> None:
        """Nothing is left: no process, no timer, no observer."""
        stopped = toDeferred(self.pool.stop())
        self.advance(1.0)
        self.successResultOf(stopped)
        self.assertEqual(self.fleet.alive, [])
        self.successResultOf(toDeferred(self.store.stop()))
        self.assertEqual(self.time.getDelayedCalls(), [])

    def commit(self, *commands: Command) -> None:
        """Commit now."""
        self.assertIsInstance(self.store.commit(commands), Ready)

    def advance(self, seconds: float) -> None:
        """Let time go on in small steps, the last one to the instant."""
        end = self.time.seconds() + seconds
        while self.time.seconds() < end - 0.0005:
            self.time.advance(min(0.01, end - self.time.seconds()))

    def ask(self, text: str = "list", *names: str, client: str = "client") -> Deferred[Answered]:
        """Ask."""
        return toDeferred(self.pool.ask(question(text, *names), client))

    def answer(self, text: str = "list", *names: str) -> Answered:
        """The answer, a second later."""
        asked = self.ask(text, *names)
        self.advance(1.0)
        return self.successResultOf(asked)

    def expected(self, *names: str) -> bytes:
        """What the answer to C{list} is to be now."""
        found: list[ServiceDataElement] = []
        for name in self.store.names():
            found += self.store.find(NameQuery((NameSelector(name),))).elements
        return listed(found, question("list", *names), self.time.seconds())
