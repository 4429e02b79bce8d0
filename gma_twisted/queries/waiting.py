"""Questions somebody waits for: who may ask, in which order they are answered, and what became of them."""

from collections import Counter

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy, GMAError, TooLarge
from gma_twisted.evaluation.messages import Answered
from gma_twisted.model import Question
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.timing import NodeClock

__all__ = ["Asked", "Waiting", "checkLength"]


@attrs.define(eq=False, slots=True)
class Asked:
    """
    A question somebody waits for.

    @ivar since: instant at which it was asked
    @ivar reply: what is waited for
    @ivar tries: workers that were to be asked
    """

    question: Question
    client: str
    since: float
    reply: Deferred[Answered] = attrs.field(init=False)
    tries: int = attrs.field(default=0, init=False)


@attrs.define(eq=False, slots=True)
class Waiting:
    """
    The line of questions before the workers.

    @ivar clock: the node's
    @ivar limits: see there
    @ivar line: those that wait, the first one first
    @ivar running: how many are at a worker
    @ivar answered: how many were, so far
    @ivar seconds: from asked to answered, of all of those
    @ivar refused: how many were, by the code of the error
    """

    clock: NodeClock
    limits: PoolLimits
    line: list[Asked] = attrs.field(factory=list, init=False, repr=False)
    running: int = attrs.field(default=0, init=False)
    answered: int = attrs.field(default=0, init=False)
    seconds: float = attrs.field(default=0.0, init=False)
    refused: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _clients: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)

    def admit(self, question: Question, client: str) -> Asked:
        """
        Take a question to the end of the line. When its reply is cancelled while it waits, it is taken out.

        @raise TooLarge: the expression is too long
        @raise Busy: too many wait, or too many of this client
        """
        limits = self.limits
        checkLength(question, limits)
        if self._clients[client] >= limits.perClient:
            raise Busy(
                f"{limits.perClient} questions of this client are being answered,"
                " the bound [limits] query_per_client"
            )
        if len(self.line) >= limits.queue:
            raise Busy(
                f"{limits.queue} questions wait for a worker, the bound [limits] query_queue"
            )
        asked = Asked(question, client, self.clock.seconds())
        asked.reply = Deferred(lambda _: self._giveUp(asked))
        self._clients[client] += 1
        self.line.append(asked)
        return asked

    def take(self, asked: Asked) -> None:
        """It is at a worker now; L{giveBack}, L{tell} or L{refuse} follows."""
        self.line.remove(asked)
        self.running += 1
        asked.tries += 1

    def giveBack(self, asked: Asked) -> None:
        """It was at a worker in vain, and is the first of the line now, unless nobody waits for it any more."""
        self.running -= 1
        if asked.reply.called:
            self._leave(asked)
        else:
            self.line.insert(0, asked)

    def tell(self, asked: Asked, answered: Answered) -> None:
        """It was answered."""
        self.running -= 1
        self.answered += 1
        self.seconds += self.clock.seconds() - asked.since
        self._leave(asked)
        if not asked.reply.called:
            asked.reply.callback(answered)

    def refuse(self, asked: Asked, error: GMAError) -> None:
        """There is no answer, said a worker, or because of one."""
        self.running -= 1
        self._fail(asked, error)

    def refuseAll(self, error: GMAError) -> None:
        """Nobody in the line is answered."""
        while self.line:
            self._fail(self.line.pop(0), error)

    def _fail(self, asked: Asked, error: GMAError) -> None:
        self.refused[error.code] += 1
        self._leave(asked)
        if not asked.reply.called:
            asked.reply.errback(error)

    def _giveUp(self, asked: Asked) -> None:
        if asked in self.line:
            self.line.remove(asked)
            self._leave(asked)

    def _leave(self, asked: Asked) -> None:
        self._clients[asked.client] -= 1
        if not self._clients[asked.client]:
            del self._clients[asked.client]


def checkLength(question: Question, limits: PoolLimits) -> None:
    """@raise TooLarge: the expression is too long"""
    if len(question.text.encode()) > limits.maxExpression:
        raise TooLarge(
            f"the expression has more than {limits.maxExpression} bytes,"
            " the bound [limits] query_max_expression"
        )
