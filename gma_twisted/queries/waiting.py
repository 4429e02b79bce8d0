"""Questions somebody waits for: who may ask, in which order they are answered, and what became of them."""

from collections import Counter, OrderedDict
from collections.abc import Iterator

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy, GMAError, TooLarge
from gma_twisted.evaluation.messages import Answered
from gma_twisted.model import Question
from gma_twisted.model.area import areaOf
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
    The questions before the workers. Clients are answered in turn, those that are counted together as one: who has many
    addresses does not come more often.

    @ivar clock: the node's
    @ivar limits: see there
    @ivar running: how many are at a worker
    @ivar answered: how many were, so far
    @ivar seconds: from asked to answered, of all of those
    @ivar refused: how many were, by the code of the error
    """

    clock: NodeClock
    limits: PoolLimits
    running: int = attrs.field(default=0, init=False)
    answered: int = attrs.field(default=0, init=False)
    seconds: float = attrs.field(default=0.0, init=False)
    refused: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    # Those that wait, by who is counted together; the first one is next.
    _turns: OrderedDict[str, list[Asked]] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _clients: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._turns.values()))

    def inTurn(self) -> Iterator[Asked]:
        """Those that wait, of whose turn is next first."""
        for line in self._turns.values():
            yield from line

    def admit(self, question: Question, client: str) -> Asked:
        """
        Let a question wait. When its reply is cancelled meanwhile, it is taken out. When as many wait as may, it takes
        the place of the last one of those who have most, unless its client is one of them.

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
        area = areaOf(client)
        if len(self) >= limits.queue:
            full = Busy(
                f"{limits.queue} questions wait for a worker, the bound [limits] query_queue"
            )
            crowd = max(self._turns.values(), key=len)
            if len(self._turns.get(area, ())) + 1 >= len(crowd):
                raise full
            last = crowd[-1]
            self._remove(last)
            self._fail(last, full)
        asked = Asked(question, client, self.clock.seconds())
        asked.reply = Deferred(lambda _: self._giveUp(asked))
        self._clients[client] += 1
        self._turns.setdefault(area, []).append(asked)
        return asked

    def take(self, asked: Asked) -> None:
        """It is at a worker now; L{giveBack}, L{tell} or L{refuse} follows."""
        area = self._remove(asked)
        if area in self._turns:
            self._turns.move_to_end(area)
        self.running += 1
        asked.tries += 1

    def giveBack(self, asked: Asked) -> None:
        """It was at a worker in vain, and is the next one now, unless nobody waits for it any more."""
        self.running -= 1
        if asked.reply.called:
            self._leave(asked)
        else:
            area = areaOf(asked.client)
            self._turns.setdefault(area, []).insert(0, asked)
            self._turns.move_to_end(area, last=False)

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
        """Nobody who waits is answered."""
        for asked in list(self.inTurn()):
            self._remove(asked)
            self._fail(asked, error)

    def _fail(self, asked: Asked, error: GMAError) -> None:
        self.refused[error.code] += 1
        self._leave(asked)
        if not asked.reply.called:
            asked.reply.errback(error)

    def _giveUp(self, asked: Asked) -> None:
        if asked in self._turns.get(areaOf(asked.client), ()):
            self._remove(asked)
            self._leave(asked)

    def _remove(self, asked: Asked) -> str:
        """@return: who it is counted with"""
        area = areaOf(asked.client)
        line = self._turns[area]
        line.remove(asked)
        if not line:
            del self._turns[area]
        return area

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
