"""
A query worker: C{python -I -m gma_twisted.evaluation.program LANGUAGE SOCKET PAGE BOUNDS}.

It reads orders from a socket, one after the other, writes answers to it, and ends when the socket is closed. In a page
it shares with the node it writes which kept question it evaluates.
"""

import gc
import mmap
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from select import select
from time import process_time

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.evaluation.bounds import OUT_OF_MEMORY, OWN_WORDS, WorkerBounds
from gma_twisted.evaluation.byvalue import AnswersByValue
from gma_twisted.evaluation.confinement import beginConfinement, completeConfinement, hush
from gma_twisted.evaluation.evaluator import Evaluator
from gma_twisted.evaluation.frames import FrameReader, readOrder, writeAnswer
from gma_twisted.evaluation.messages import (
    Answered,
    Ask,
    Began,
    Extend,
    Forget,
    FromWorker,
    Look,
    Looked,
    Put,
    Refused,
    Remove,
    ToWorker,
    Unwatch,
    Watch,
)
from gma_twisted.evaluation.standing import StandingQuestions, WholeAnswers
from gma_twisted.evaluation.xpath import XPathEvaluator
from gma_twisted.model import Language

__all__ = ["Worker", "main", "makeWorker"]

_CHUNK = 1024**2
_ID = 8
# Seconds after which nothing more is expected, and what nobody asks for yet is made ready.
_IDLE = 0.02
# Copies and trees are no rings, and there are hundreds of thousands: they are looked through seldom.
_GARBAGE = (200_000, 10, 10)


@attrs.define(slots=True, eq=False)
class Worker:
    """
    Does what the node says.

    @ivar evaluator: of its language
    @ivar standing: the questions it keeps
    """

    evaluator: Evaluator
    standing: StandingQuestions

    def obey(self, order: ToWorker) -> Iterator[FromWorker]:
        """Do what one order says. @return: what is answered, when it is known: take all"""
        match order:
            case Put(elements):
                self.evaluator.put(elements)
            case Extend(lifetimes):
                self.evaluator.extend(lifetimes)
            case Remove(keys):
                self.evaluator.remove(keys)
            case Forget(names):
                self.evaluator.forget(names)
            case Ask():
                yield self._answer(order)
            case Watch():
                yield from self.standing.watch(order)
            case Unwatch(id):
                self.standing.unwatch(id)
            case Look(id, now, offset):
                began = process_time()
                self.evaluator.settle(now, offset)
                yield from self.standing.look(order)
                yield Looked(id, process_time() - began, self.standing.rest)

    def _answer(self, ask: Ask) -> Answered | Refused:
        question = ask.question
        try:
            compiled = self.evaluator.compile(question)
            answer = self.evaluator.evaluate(compiled, question, ask.now, ask.offset, ask.maxResult)
        except GMAError as error:
            return Refused(ask.id, error.code, error.message)
        figures = {
            "values": answer.values,
            "candidates": answer.values if answer.candidates is None else answer.candidates,
            "load": answer.load,
            "evaluate": answer.evaluate,
            "write": answer.write,
        }
        return Answered(ask.id, answer.body, figures)


def makeWorker(language: Language, bounds: WorkerBounds, current: Callable[[int], None]) -> Worker:
    """
    A worker of a language, without a value.

    @param current: see L{StandingQuestions}
    @raise ImportError: the language is not installed
    """
    if language is Language.XPATH:
        byValue = XPathEvaluator()
        answers = AnswersByValue(byValue, bounds.kept)
        return Worker(byValue, StandingQuestions(byValue, answers, current))
    # Only here: it may not be installed, and takes its time to load.
    from gma_twisted.evaluation.xquery import XQueryEvaluator  # noqa: PLC0415

    whole = XQueryEvaluator()
    return Worker(whole, StandingQuestions(whole, WholeAnswers(whole), current))


def main(arguments: Sequence[str]) -> int:
    """
    Work until the socket is closed.

    @param arguments: language, descriptor of the socket, descriptor of the page, L{WorkerBounds.text}
    @return: exit status; what went wrong is one line on standard error
    """
    language, descriptor, page, text = arguments
    try:
        bounds = WorkerBounds.read(text)
        beginConfinement(bounds)
        worker = makeWorker(Language(language), bounds, _pageWriter(int(page)))
        wire = socket.socket(fileno=int(descriptor))
        wire.setblocking(True)
        worker.evaluator.warm()
        completeConfinement(wire.fileno(), hush())
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        _serve(worker, wire)
    except MemoryError:
        return _failed("no memory is left of what it may have", OUT_OF_MEMORY)
    except ImportError as error:
        return _failed(f"{language} is not installed: {error}")
    except (OSError, ValueError, GMAError) as error:
        return _failed(f"{type(error).__name__}: {error}")
    return 0


def _serve(worker: Worker, wire: socket.socket) -> None:
    wire.sendall(writeAnswer(Began()))
    reader = FrameReader()
    known = worker.evaluator.replica.known
    while data := _received(worker, wire):
        for frame in reader.feed(data):
            for answer in worker.obey(readOrder(frame, known)):
                wire.sendall(writeAnswer(answer))


def _received(worker: Worker, wire: socket.socket) -> bytes:
    """What comes next; until something does the worker has time."""
    isQuiet = False
    wait: float | None = 0.0
    while not select([wire], (), (), wait)[0]:
        if worker.evaluator.idle(isQuiet):
            wait = 0.0
        elif isQuiet:
            wait = None
        else:
            isQuiet, wait = True, _IDLE
    return wire.recv(_CHUNK)


def _pageWriter(descriptor: int) -> Callable[[int], None]:
    page = mmap.mmap(descriptor, mmap.PAGESIZE)

    def write(id: int) -> None:
        page[:_ID] = id.to_bytes(_ID, "little")

    return write


def _failed(why: str, status: int = 1) -> int:
    sys.stderr.write(f"{OWN_WORDS}{why}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
