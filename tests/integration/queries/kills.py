"""Query workers killed at random moments, under questions and changes.

C{python -m tests.integration.queries.kills --kills 200 --seed 1}
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import attrs
import psutil

from gma_twisted.model import Language, NameSelector, QName, Question
from tests.integration.queries.node import MARKS, NAMESPACE, Asker, QueryNode
from tests.integration.queries.tasks import Task

__all__ = ["Kills", "killWorkers", "main"]

_KILLED = "the query worker was killed by SIGKILL"
_ASKED = {Language.XPATH: "string(.)", Language.XQUERY: "?* ! string(.)"}
# On a machine with much to do all may be killed before any has begun.
_NONE = f"no query worker can be started: {_KILLED}"
# Longest pause before a kill, with which a pool loses less than the one worker in a second that it may begin.
_PAUSE = 2.0
# Seconds from a kill until the node has heard of it, and a question put in between is over.
_HEARD = 2.0
_PATIENCE = 30.0


@attrs.define(slots=True)
class Kills:
    """
    What came of the kills.

    @ivar kills: instants of them
    @ivar answered: questions that were, each with what was set right before it
    @ivar faults: questions that ended with their worker
    @ivar without: questions for which there was no worker, since those that began were killed
    @ivar slowest: seconds of an answer or a fault at most
    @ivar wrong: what was not as it has to be
    """

    kills: list[float] = attrs.field(factory=list)
    answered: int = 0
    faults: int = 0
    without: int = 0
    slowest: float = 0.0
    wrong: list[str] = attrs.field(factory=list)

    def line(self) -> str:
        """In one line."""
        return (
            f"{len(self.kills)} kills, {self.answered} questions answered with what was set before, "
            f"{self.faults} ended with their worker, {self.without} found none, "
            f"slowest {self.slowest:.2f} s: {len(self.wrong)} wrong"
        )


@attrs.define(slots=True)
class _Client:
    """Sets a value that nobody else sets, and asks for it right after that, again and again."""

    node: QueryNode
    kills: Kills
    number: int
    isOver: bool = False
    asked: int = 0

    @property
    def question(self) -> Question:
        """By turns in both languages."""
        language = list(Language)[self.asked % 2]
        return Question(
            language, _ASKED[language], (NameSelector(QName(NAMESPACE, f"Mark{self.number}")),)
        )

    def work(self) -> None:
        """Until it is over."""
        # An address each, so that none is kept waiting for others.
        with closing(Asker(self.node.port, f"127.0.1.{self.number + 1}")) as asker:
            while not self.isOver:
                self.turn(asker)

    def turn(self, asker: Asker) -> bool:
        """Set and ask once. @return: whether it was answered"""
        kills = self.kills
        self.asked += 1
        asker.put(f"<t:Mark{self.number}>{self.asked}</t:Mark{self.number}>")
        question = self.question
        began = time.monotonic()
        found = asker.ask(question)
        kills.slowest = max(kills.slowest, found.seconds)
        what = f"client {self.number}, question {self.asked} in {question.language.value}"
        if found.error is None:
            kills.answered += 1
            if found.texts != [f"{self.asked}"]:
                kills.wrong.append(f"{what}: answered {found.texts}")
            return True
        if found.error.message.startswith(_NONE):
            kills.without += 1
            return False
        kills.faults += 1
        if not found.error.message.startswith(_KILLED):
            kills.wrong.append(f"{what}: {found.error.code} {found.error.message}")
        elif not any(began - _HEARD < kill < began + found.seconds for kill in list(kills.kills)):
            kills.wrong.append(f"{what}: no kill was near")
        return False


def killWorkers(node: QueryNode, count: int, seed: int, pause: float = _PAUSE) -> Kills:
    """
    Kill any worker at random moments, one after the other, while clients set and ask; then each must be answered.

    @param pause: longest before a kill, in seconds
    @raise AssertionError: no worker comes back, or a change is refused
    """
    random = Random(seed)
    kills = Kills()
    clients = [_Client(node, kills, number) for number in range(MARKS)]
    _askAll(node, clients)
    tasks = [Task(client.work) for client in clients]
    try:
        for _ in range(count):
            time.sleep(random.uniform(0.0, pause))
            killed = random.choice(_awaited(node))
            _kill(killed, kills)
        # Until the node has heard of it, a question put to that worker ends with it.
        psutil.wait_procs([killed], _PATIENCE)
    finally:
        for client in clients:
            client.isOver = True
        for task in tasks:
            task.end()
    if kills.without:
        # Others are begun after a pause.
        time.sleep(_PATIENCE)
    _askAll(node, clients)
    # A worker has one question at a time.
    if kills.faults > len(kills.kills):
        kills.wrong.append(f"{kills.faults} questions ended by {len(kills.kills)} kills")
    return kills


def _askAll(node: QueryNode, clients: Sequence[_Client]) -> None:
    """Each once in each language, with nobody killed: none may fail."""
    with closing(Asker(node.port)) as asker:
        for client in clients:
            for _ in Language:
                if not client.turn(asker):
                    client.kills.wrong.append(f"client {client.number} is not answered")


def _awaited(node: QueryNode) -> list[psutil.Process]:
    deadline = time.monotonic() + _PATIENCE
    while not (found := node.workers()):
        assert time.monotonic() < deadline, "no worker comes back"
        time.sleep(0.01)
    return found


def _kill(worker: psutil.Process, kills: Kills) -> None:
    try:
        worker.kill()
    except psutil.NoSuchProcess:
        return
    kills.kills.append(time.monotonic())


def _lines(kills: Kills) -> Iterator[str]:
    yield from kills.wrong
    yield kills.line()


def main(arguments: Sequence[str]) -> int:
    """Kill, and say what came of it. @return: exit status"""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        node = QueryNode(Path(home), stack.callback)
        kills = killWorkers(node, options.kills, options.seed)
    for line in _lines(kills):
        sys.stdout.write(f"{line}\n")
    return 1 if kills.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
