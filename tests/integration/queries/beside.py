"""Hostile expressions beside good ones, at one node: how each ends, and what the others have of it."""

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import attrs
import psutil

from gma_twisted.errors import GMAError
from gma_twisted.model import Language, Question
from tests.integration.queries.expression import Hostile
from tests.integration.queries.node import Asker, QueryNode, goodQuestions
from tests.integration.queries.tasks import Task

__all__ = ["ENDINGS", "Beside", "Ended", "askAlone", "askBeside", "endingOf"]

_EVIL = "127.0.0.66"
_GOOD = "127.0.0.7"
_PAUSE = 0.02
_LOOK = 0.1

ENDINGS = {
    "answered": "",
    "refused": r"extensibilityTypeFault (XPath|XQuery)(, line \d+, column \d+)?: ",
    "limited": r"(TimedOut|TooLarge) .*\bquery_(timeout|cpu|elements|max_result|max_expression)\b",
    "died": r"\w+ the query worker (ended with|was killed by) ",
}
"""How an expression may end, and what the fault then says."""


def endingOf(error: GMAError | None) -> str:
    """Which of L{ENDINGS} it is; empty when it is none."""
    if error is None:
        return "answered"
    said = f"{error.code} {error.message}"
    return next((name for name, sign in ENDINGS.items() if sign and re.match(sign, said)), "")


@attrs.frozen(slots=True)
class Ended:
    """
    How a hostile expression ended.

    @ivar seconds: it took
    @ivar how: see L{endingOf}
    @ivar said: code and message of its fault
    """

    hostile: Hostile
    seconds: float
    how: str
    said: str


@attrs.define(slots=True)
class Beside:
    """
    What happened.

    @ivar ended: each hostile one
    @ivar alone: seconds of each good answer with nothing beside it, by language
    @ivar good: seconds of each good answer beside hostile ones
    @ivar wrong: what was not as it has to be
    @ivar memory: bytes of the largest worker that was seen
    @ivar lag: seconds the reactor of the node came late at most
    @ivar seconds: in all
    """

    ended: list[Ended] = attrs.field(factory=list)
    alone: dict[Language, list[float]] = attrs.field(factory=lambda: defaultdict(list))
    good: dict[Language, list[float]] = attrs.field(factory=lambda: defaultdict(list))
    wrong: list[str] = attrs.field(factory=list)
    memory: int = 0
    lag: float = 0.0
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """The figures."""
        slowest = max(self.ended, key=lambda one: one.seconds)
        yield (
            f"{len(self.ended)} hostile expressions in {self.seconds:.0f} s: "
            + ", ".join(f"{count} {how}" for how, count in self.endings.most_common())
            + f"; the slowest after {slowest.seconds:.2f} s ({slowest.hostile.name})"
        )
        for language, those in self.good.items():
            before = self.alone[language]
            yield (
                f"good {language.value}: {len(those)} answered beside them, median {part(those, 0.5) * 1e3:.1f} ms, "
                f"p99 {part(those, 0.99) * 1e3:.1f} ms; alone {len(before)}, median {part(before, 0.5) * 1e3:.1f} ms, "
                f"p99 {part(before, 0.99) * 1e3:.1f} ms"
            )
        yield (
            f"loop lag {self.lag * 1e3:.1f} ms at most; largest worker {self.memory / 2**20:.0f} MiB; "
            f"{len(self.wrong)} wrong"
        )

    @property
    def endings(self) -> Counter[str]:
        """How many ended how."""
        return Counter(one.how for one in self.ended)


def part(values: Sequence[float], share: float) -> float:
    """The value below which so much of them is."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def askAlone(node: QueryNode, beside: Beside, seconds: float) -> None:
    """Ask the good ones for a while, with nothing beside them, each for the first time before that."""
    with _asking(node, beside, beside.alone):
        time.sleep(seconds)


def askBeside(
    node: QueryNode, hostiles: Iterable[Hostile], beside: Beside, parallel: int = 1
) -> None:
    """
    Ask hostile expressions, and good ones from another address all the time.

    @param parallel: hostile ones of each language at a time
    """
    began = time.monotonic()
    perLanguage: dict[Language, list[Hostile]] = defaultdict(list)
    for hostile in hostiles:
        perLanguage[hostile.language].append(hostile)
    with _asking(node, beside, beside.good):
        _together(
            [
                _harm(node.port, those[first::parallel], beside)
                for those in perLanguage.values()
                for first in range(parallel)
            ],
            lambda: _look(node, beside),
        )
    beside.seconds = time.monotonic() - began


def _harm(port: int, hostiles: Sequence[Hostile], beside: Beside) -> Callable[[], None]:
    def harm() -> None:
        with closing(Asker(port, _EVIL)) as asker:
            for hostile in hostiles:
                asked = asker.ask(hostile.question)
                how = endingOf(asked.error)
                said = "" if asked.error is None else f"{asked.error.code} {asked.error.message}"
                beside.ended.append(Ended(hostile, asked.seconds, how, said))
                if not how:
                    beside.wrong.append(f"{hostile.name}: {said}")

    return harm


def _look(node: QueryNode, beside: Beside) -> None:
    for worker in node.workers():
        try:
            beside.memory = max(beside.memory, worker.memory_info().rss)
        except psutil.Error:
            pass  # it has just ended


def _together(works: Sequence[Callable[[], None]], look: Callable[[], None]) -> None:
    tasks = [Task(work) for work in works]
    while any(task.isAlive for task in tasks):
        look()
        time.sleep(_LOOK)
    for task in tasks:
        task.end()


@contextmanager
def _asking(
    node: QueryNode, beside: Beside, seconds: dict[Language, list[float]]
) -> Iterator[None]:
    isOver = threading.Event()

    def work(question: Question, right: Sequence[str]) -> None:
        language = question.language
        with closing(Asker(node.port, _GOOD)) as asker:
            asker.ask(question)
            while not isOver.wait(_PAUSE):
                asked = asker.ask(question)
                seconds[language].append(asked.seconds)
                if asked.error is not None:
                    said = f"{asked.error.code} {asked.error.message}"
                    beside.wrong.append(f"good {language.value}: {said}")
                elif sorted(asked.texts) != sorted(right):
                    beside.wrong.append(f"good {language.value}: {asked.texts}")

    tasks = [Task(partial(work, *pair)) for pair in goodQuestions().items()]
    try:
        yield
    finally:
        isOver.set()
        for task in tasks:
            task.end()
