"""The line commits wait in: decide, record, then apply, tell and answer (ARCHITECTURE rule 9).

It knows neither tables nor disks: a store gives it the three steps.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NoReturn, TypeVar

import attrs
from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy, GMAError
from gma_twisted.timing import Ready, spawn

__all__ = ["CommitLine"]

# What is applied and then decided in one turn, observers included: about 25 ms.
_BATCH = 250
_RECORDING = "the recording of a commit"

W = TypeVar("W")
D = TypeVar("D")
C = TypeVar("C")


@attrs.define(eq=False, slots=True)
class _Ticket(Generic[W, C]):
    """One commit from its asking to its answer."""

    work: Sequence[W]
    burden: int
    changes: C | None = None
    error: Exception | None = None
    waiter: Deferred[C] | None = None

    def succeed(self, changes: C) -> None:
        self.changes = changes
        if self.waiter is not None:
            self.waiter.callback(changes)

    def fail(self, error: Exception) -> None:
        self.error = error
        if self.waiter is not None:
            self.waiter.errback(error)

    def answer(self) -> Awaitable[C]:
        if self.error is not None:
            raise self.error
        if self.changes is not None:
            return Ready(self.changes)
        self.waiter = Deferred()
        return self.waiter


@attrs.define(eq=False, slots=True)
class CommitLine(Generic[W, D, C]):
    """
    Commits of work C{W}, decided as C{D}, answered with C{C}, in the order asked, one batch at a time: what comes
    while a batch is recorded is the next batch, as far as one turn of the reactor has time for.

    With a C{record} that is L{Ready} everything happens before L{submit} returns. A commit asked for while another is
    applied (by an observer) waits for it: nothing recurses, and every observer hears both in order.

    @ivar decide: takes the commits of a batch, gives for each what it changes or why it cannot be done; pure
    @ivar record: makes decisions durable, all or none, and says where; a failure fails the whole batch, and nothing is
        applied
    @ivar apply: applies one decision recorded at a place, tells observers, gives the answer; what it raises by a
        defect is the error of that commit, and the line goes on
    @ivar queued: most values and names that the commits in the line may touch together
    @ivar bound: what the error calls C{queued}
    """

    decide: Callable[[Sequence[Sequence[W]]], Sequence[D | GMAError]]
    record: Callable[[Sequence[D]], Awaitable[int]]
    apply: Callable[[D, int], C]
    queued: int
    bound: str = "queued"
    _waiting: deque[_Ticket[W, C]] = attrs.field(factory=deque, init=False, repr=False)
    _burden: int = attrs.field(default=0, init=False)
    _working: bool = attrs.field(default=False, init=False)

    def submit(self, work: Sequence[W], burden: int = 0, mayBeRefused: bool = True) -> Awaitable[C]:
        """
        Do the work when its turn comes.

        @param burden: values and names it touches
        @param mayBeRefused: whether it counts against C{queued}; the store's own work does not
        @return: what was changed, once it is recorded, applied and told
        @raise Busy: too much is waiting; at once
        @raise GMAError: why it cannot be done, at once or when awaited
        """
        if not self._working:
            return self._straight(work, burden)
        if burden and mayBeRefused and self._burden + burden > self.queued and self._waiting:
            raise Busy(
                f"more than {self.queued} changes wait to be committed, the bound {self.bound}"
            )
        ticket: _Ticket[W, C] = _Ticket(work, burden)
        self._waiting.append(ticket)
        self._burden += burden
        return ticket.answer()

    @property
    def isIdle(self) -> bool:
        """Whether all that was asked for is done."""
        return not self._working

    def close(self) -> None:
        """
        Refuse what is asked from now on, and let go of who made the line: then no cycle keeps that alive. For a line
        that L{isIdle}, and for good.
        """
        self.decide = self.record = self.apply = _refuse

    def _straight(self, work: Sequence[W], burden: int) -> Awaitable[C]:
        """A batch of one, as nearly all are: nothing waits, and its asker is here to be answered."""
        self._working = True
        isUnderWay = False
        try:
            (outcome,) = self.decide((work,))
            if isinstance(outcome, GMAError):
                raise outcome
            recorded = self.record((outcome,))
            if isinstance(recorded, Ready):
                return Ready(self.apply(outcome, recorded.value))
            isUnderWay = True
        finally:
            if not isUnderWay:
                self._advance()
        ticket: _Ticket[W, C] = _Ticket(work, burden)
        spawn(self._later(recorded, [(ticket, outcome)]), _RECORDING)
        return ticket.answer()

    def _advance(self) -> None:
        self._working = True
        while self._waiting:
            batch = self._nextBatch()
            recorded: Awaitable[int] | None = None
            decided: list[tuple[_Ticket[W, C], D]] = []
            try:
                decided = self._decided(batch)
                recorded = self.record([decision for _, decision in decided])
            except Exception as error:  # noqa: BLE001 (it goes to everyone who asked, as awaiting would bring it)
                _failAll(batch, error)
            if isinstance(recorded, Ready):
                self._finish(decided, recorded.value)
            elif recorded is not None:
                spawn(self._later(recorded, decided), _RECORDING)
                return
        self._working = False

    def _nextBatch(self) -> list[_Ticket[W, C]]:
        batch = [self._waiting.popleft()]
        burden = batch[0].burden
        while self._waiting and burden + self._waiting[0].burden <= _BATCH:
            batch.append(self._waiting.popleft())
            burden += batch[-1].burden
        self._burden -= burden
        return batch

    def _decided(self, batch: list[_Ticket[W, C]]) -> list[tuple[_Ticket[W, C], D]]:
        decided: list[tuple[_Ticket[W, C], D]] = []
        outcomes = self.decide([ticket.work for ticket in batch])
        for ticket, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, GMAError):
                ticket.fail(outcome)
            else:
                decided.append((ticket, outcome))
        return decided

    async def _later(
        self, recorded: Awaitable[int], decided: list[tuple[_Ticket[W, C], D]]
    ) -> None:
        try:
            place = await recorded
        except Exception as error:  # noqa: BLE001 (as above)
            _failAll([ticket for ticket, _ in decided], error)
        else:
            self._finish(decided, place)
        self._advance()

    def _finish(self, decided: list[tuple[_Ticket[W, C], D]], place: int) -> None:
        for ticket, decision in decided:
            try:
                changes = self.apply(decision, place)
            except Exception as error:  # noqa: BLE001 (as above)
                ticket.fail(error)
            else:
                ticket.succeed(changes)


def _refuse(*given: object) -> NoReturn:
    raise Busy("it is closed: nothing is committed any more")


def _failAll(tickets: Sequence[_Ticket[W, C]], error: Exception) -> None:
    for ticket in tickets:
        if ticket.error is None:
            ticket.fail(error)
