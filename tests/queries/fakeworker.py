"""Query workers in memory, on a virtual clock: they speak the frames of real ones, and do what an expression says."""

import math
import signal
from collections.abc import Awaitable

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from gma_twisted.errors import ServiceError
from gma_twisted.evaluation.bounds import OUT_OF_MEMORY
from gma_twisted.evaluation.frames import FrameReader, readOrder, writeAnswer
from gma_twisted.evaluation.messages import (
    Answered,
    Ask,
    Began,
    Changed,
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
from gma_twisted.evaluation.results import XPATH_RESULTS
from gma_twisted.markup import escapeText
from gma_twisted.model import ElementKey, Question, ServiceDataElement
from gma_twisted.processes import Ending
from gma_twisted.queries.line import WorkerLine
from gma_twisted.timing import Happening, Ready

STEP = 0.001
"""Seconds a worker takes for anything."""

START = 0.1
"""Seconds it takes to begin."""


class FakeWorker:
    """
    Keeps what it is told and answers with a list of it. Some expressions do something else: C{hang}, C{burn} (ends by
    SIGXCPU), C{crash}, C{eat} (ends without memory), C{bad} (is refused), C{big} (is too large), C{nonsense}.
    """

    def __init__(self, fleet: "Fleet", line: WorkerLine, number: int) -> None:
        self.fleet = fleet
        self.line = line
        self.number = number
        self.orders: list[ToWorker] = []
        self.values: dict[ElementKey, ServiceDataElement] = {}
        self.kept: dict[int, tuple[Question, bytes | None]] = {}
        self.limit = math.inf
        self.used = 0.0
        self.page = 0
        self.isDead = False
        self.isFull = fleet.isFull
        self._room = Happening()
        self._calls: list[IDelayedCall] = []
        self._reader = FrameReader()

    @property
    def pid(self) -> int:
        """A number."""
        return 10_000 + self.number

    def write(self, data: bytes) -> None:
        """Obey."""
        if not self.isDead:
            for frame in self._reader.feed(data):
                order = readOrder(frame)
                self.orders.append(order)
                self._obey(order)

    def fill(self) -> None:
        """Read nothing more for a while."""
        self.isFull = True
        self._room = Happening()

    def drain(self) -> None:
        """Read again."""
        self.isFull = False
        self._room.happen()

    def drained(self) -> Awaitable[None]:
        """When it reads again."""
        return self._room.wait() if self.isFull else Ready(None)

    def limitProcessor(self, seconds: float) -> None:
        """Remember it."""
        self.limit = seconds

    def processorTime(self) -> float:
        """As told."""
        return self.used

    def watched(self) -> int:
        """As it wrote."""
        return self.page

    def kill(self) -> None:
        """End."""
        self.end(Ending(None, signal.SIGKILL))

    def end(self, ending: Ending) -> None:
        """End in some way; the node hears of it a bit later."""
        if not self.isDead:
            self.isDead = True
            for call in self._calls:
                if call.active():
                    call.cancel()
            self.fleet.clock.callLater(STEP, self._over, ending)

    def say(self, message: FromWorker, delay: float = STEP) -> None:
        """Tell the node."""
        self._send(writeAnswer(message), delay)

    def told(self, kind: type) -> list[ToWorker]:
        """The orders of one kind."""
        return [order for order in self.orders if isinstance(order, kind)]

    def _over(self, ending: Ending) -> None:
        self.line.ended(ending)
        self.drain()

    def _send(self, data: bytes, delay: float) -> None:
        self._calls.append(self.fleet.clock.callLater(delay, self.line.received, data))

    def _obey(self, order: ToWorker) -> None:
        match order:
            case Put(elements):
                self.values.update({one.key: one for one in elements})
            case Extend(lifetimes):
                for key, lifetime in lifetimes:
                    self.values[key] = self.values[key].withLifetime(lifetime)
            case Remove(keys):
                for key in keys:
                    self.values.pop(key, None)
            case Forget(names):
                self.values = {
                    key: one for key, one in self.values.items() if key.name not in names
                }
            case _:
                self._think(order)

    def _think(self, order: ToWorker) -> None:
        match order:
            case Ask(id, now, _, question):
                self._ask(id, now, question)
            case Watch(id, question):
                self.kept[id] = (question, None)
            case Unwatch(id):
                self.kept.pop(id, None)
            case Look(id, now):
                self._look(id, now)

    def _ask(self, id: int, now: float, question: Question) -> None:
        if question.text == "bad":
            self.say(Refused(id, "extensibilityTypeFault", "XPath: line 1, column 2: wrong"))
        elif question.text == "big":
            self.say(Refused(id, "TooLarge", "the answer is too large"))
        elif question.text == "nonsense":
            self._send(b"\0\0\0\1x", STEP)
        elif not self._suffer(question):
            body = self.list(question, now)
            self.say(Answered(id, body, {"values": len(self.values)}), self.fleet.taking)

    def _suffer(self, question: Question) -> bool:
        endings = {
            "burn": Ending(None, signal.SIGXCPU),
            "crash": Ending(None, signal.SIGSEGV, "Segmentation fault"),
            "eat": Ending(OUT_OF_MEMORY, None, "no more"),
        }
        if question.text in endings:
            self.end(endings[question.text])
        return question.text == "hang" or question.text in endings

    def _look(self, id: int, now: float) -> None:
        for number, (question, before) in list(self.kept.items()):
            self.page = number
            if question.text == "bad":
                del self.kept[number]
                self.say(Refused(number, "extensibilityTypeFault", "wrong", isWatch=True))
                continue
            if self._suffer(question):
                return
            answer = self.list(question, now)
            if answer != before:
                self.kept[number] = (question, answer)
                self.say(Changed(number, answer))
        self.page = 0
        self.say(Looked(id, self.fleet.looking, self.fleet.resting), max(STEP, self.fleet.looking))

    def list(self, question: Question, now: float) -> bytes:
        """What it answers."""
        return listed(list(self.values.values()), question, now)


def listed(values: list[ServiceDataElement], question: Question, now: float) -> bytes:
    """Keys and contents of the values a question sees, in order."""
    seen = [
        one
        for one in sorted(values, key=lambda one: one.key)
        if not one.lifetime.isGone(now)
        and (
            not question.selectors
            or any(selector.covers(one.key.name) for selector in question.selectors)
        )
    ]
    lines = [
        f"{one.key.name} {one.key.originator} {one.key.key} {one.tail.decode()} {one.lifetime}"
        f" {one.created}"
        for one in seen
    ]
    return answerOf("\n".join(lines))


def answerOf(text: str) -> bytes:
    """An answer that says something."""
    return f'<{XPATH_RESULTS} resultCount="1">{escapeText(text)}</{XPATH_RESULTS}>'.encode()


NOTHING = answerOf("")
"""The answer over no value."""


class Fleet:
    """
    Every worker of a test.

    @ivar started: all, in order
    @ivar failure: why none can be started; empty when they can
    @ivar isFull: whether those that are started read nothing
    @ivar isMute: whether those that are started never begin
    @ivar dies: how those that are started end at once; C{None} when they do not
    @ivar taking: seconds of an answer
    @ivar looking: seconds of processor time a look takes
    @ivar resting: seconds until the turn of a question comes, as it is said then; C{None} when none waits for it
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.started: list[FakeWorker] = []
        self.failure = ""
        self.isFull = False
        self.isMute = False
        self.dies: Ending | None = None
        self.taking = STEP
        self.looking = 0.0
        self.resting: float | None = None

    def launch(self, line: WorkerLine) -> FakeWorker:
        """Start one."""
        if self.failure:
            raise ServiceError(self.failure)
        worker = FakeWorker(self, line, len(self.started) + 1)
        self.started.append(worker)
        if self.dies is not None:
            worker.end(self.dies)
        elif not self.isMute:
            worker.say(Began(), START)
        return worker

    @property
    def alive(self) -> list[FakeWorker]:
        """Those that have not ended."""
        return [worker for worker in self.started if not worker.isDead]

    def asked(self, text: str) -> list[FakeWorker]:
        """Those to which an expression was put, once for each time."""
        return [
            worker
            for worker in self.started
            for order in worker.orders
            if isinstance(order, Ask) and order.question.text == text
        ]
