"""Query workers in memory that evaluate what they are asked, on a virtual clock."""

from twisted.internet.task import Clock

from gma_twisted.evaluation.bounds import WorkerBounds
from gma_twisted.evaluation.messages import Began, ToWorker
from gma_twisted.evaluation.program import Worker, makeWorker
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import Language
from gma_twisted.queries.line import WorkerLine
from gma_twisted.queries.pool import QueryPool
from gma_twisted.timing import NodeClock
from tests.queries.fakeworker import START, FakeWorker, Fleet

__all__ = ["EvaluatingFleet", "evaluatingPool"]

_BOUNDS = WorkerBounds(base=0, element=0, elements=100_000)


class _EvaluatingWorker(FakeWorker):
    """Obeys as the program of a worker process does."""

    def __init__(self, fleet: Fleet, line: WorkerLine, number: int, worker: Worker) -> None:
        super().__init__(fleet, line, number)
        self._worker = worker

    def _obey(self, order: ToWorker) -> None:
        for message in self._worker.obey(order):
            self.say(message)


class EvaluatingFleet(Fleet):
    """Workers of one language."""

    def __init__(self, clock: Clock, language: Language) -> None:
        super().__init__(clock)
        self.language = language

    def launch(self, line: WorkerLine) -> FakeWorker:
        """Start one."""
        program = makeWorker(self.language, _BOUNDS, lambda page: None)
        worker = _EvaluatingWorker(self, line, len(self.started) + 1, program)
        self.started.append(worker)
        worker.say(Began(), START)
        return worker


def evaluatingPool(
    language: Language, store: IServiceDataStore, clock: NodeClock, time: Clock
) -> QueryPool:
    """A pool over a store as a node has one, but for its processes. @param time: of C{clock}"""
    return QueryPool(language, store, clock, EvaluatingFleet(time, language).launch)
