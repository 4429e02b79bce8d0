"""What the subscribers of one question share: its answers, each told once and in order (WIRE 3, standing queries)."""

from collections import deque

import attrs

from gma_twisted.errors import GMAError, TooLarge
from gma_twisted.evaluation.results import withoutLifetimes
from gma_twisted.model import Topic
from gma_twisted.notify.writing import Body
from gma_twisted.soap.notices import writeRefusal
from gma_twisted.timing import NodeClock

__all__ = ["AnswerRoom", "ResultChannel"]


@attrs.define(slots=True, eq=False)
class AnswerRoom:
    """
    What the answers to all questions of one service take.

    @ivar most: bytes they may have together
    @ivar taken: bytes they have
    """

    most: int = 64 * 1024**2
    taken: int = attrs.field(default=0, init=False)


@attrs.define(slots=True, eq=False)
class ResultChannel:
    """
    A topic told by the answers to its question, a L{Channel <gma_twisted.notify.channel.Channel>}. Places count answers
    that are another one than that before; the first one is what they begin from, and only told to who wants a snapshot.

    Answers are kept for those who are behind. Of more than may be kept the oldest are lost: who has not been told of
    them yet goes on with the newest, and hears how many were left out.

    @ivar topic: see L{Channel <gma_twisted.notify.channel.Channel>}
    @ivar clock: the node's
    @ivar room: for its answers and those of others
    @ivar mostResults: answers that are kept
    @ivar mostBytes: of them together; the newest is kept, however large it is
    @ivar end: see L{Channel <gma_twisted.notify.channel.Channel>}
    @ivar isOver: whether the question was refused, which is the last thing that is told
    """

    topic: Topic
    clock: NodeClock
    room: AnswerRoom = attrs.field(factory=AnswerRoom)
    mostResults: int = 100
    mostBytes: int = 1024**2
    end: int = attrs.field(default=0, init=False)
    isOver: bool = attrs.field(default=False, init=False)
    _latest: Body | None = attrs.field(default=None, init=False, repr=False)
    # Those before C{end} that somebody has not been told of yet, the newest last.
    _kept: deque[Body] = attrs.field(factory=deque, init=False, repr=False)
    _size: int = attrs.field(default=0, init=False)
    _isEarly: bool = attrs.field(default=False, init=False)
    # Of the room.
    _taken: int = attrs.field(default=0, init=False)

    def begin(self, message: bytes) -> None:
        """
        The answer was this when its first subscriber was granted. Only what is the same in the first one that is told
        is no change: nothing that happens from then on is missed.

        @raise TooLarge: as L{answered}
        """
        self.answered(message)
        self._isEarly = True

    def answered(self, message: bytes) -> None:
        """
        The answer is another one now.

        @param message: as C{ogsi:message} holds it
        @raise TooLarge: there is no room for it beside those of others; nothing has changed
        """
        room, before = self.room, self._latest
        if room.taken - self._taken + len(message) > room.most:
            raise TooLarge(
                f"the answers to the questions of all subscribers would have more than {room.most} bytes, the bound"
                " notice_answers; ask for less"
            )
        isSame = self._isEarly and before is not None and _isSame(message, before.message)
        self._isEarly = False
        self._take(message, isTold=not (before is None or isSame))

    def refused(self, error: GMAError) -> None:
        """There will be no answer any more, which everybody is told."""
        self.isOver = True
        self._take(writeRefusal(error), isTold=True)

    def _take(self, message: bytes, isTold: bool) -> None:
        # The wall time in it was reckoned a moment ago, from the same clocks.
        body = self._latest = Body(message, self.clock.wallTime() - self.clock.seconds())
        if isTold:
            self.end += 1
            self._kept.append(body)
            self._size += len(message)
            while self._isTooMuch():
                self._size -= len(self._kept.popleft().message)
        self._account()

    def _isTooMuch(self) -> bool:
        count, others = len(self._kept), self.room.taken - self._taken
        isLarge = self._size > min(self.mostBytes, self.room.most - others)
        return count > self.mostResults or (isLarge and count > 1)

    def _account(self) -> None:
        # Of those that are kept the newest is the last.
        latest = 0 if self._latest is None else len(self._latest.message)
        taken = self._size if self._kept else latest
        self.room.taken += taken - self._taken
        self._taken = taken

    def close(self) -> None:
        """Nobody hears of it any more."""
        self._latest = None
        self.caughtUp()

    def lost(self, place: int) -> int:
        """See L{Channel <gma_twisted.notify.channel.Channel>}: all but the newest, once one is not there any more."""
        return 0 if place >= self.end - len(self._kept) else self.end - place - 1

    def merged(self, place: int) -> int:
        """See L{Channel <gma_twisted.notify.channel.Channel>}: the newest answer is what counts."""
        return max(place, self.end - 1)

    def next(self, place: int, shown: int) -> tuple[Body, int, int]:
        """See L{Channel <gma_twisted.notify.channel.Channel>}: one answer a notice."""
        after = place + 1
        return self._kept[place - self.end], after, after

    def page(self, cursor: str | None) -> tuple[Body | None, str | None]:
        """See L{Channel <gma_twisted.notify.channel.Channel>}: the newest answer is all there is."""
        latest = self._latest
        if latest is None or self.isOver:
            return latest, None
        return attrs.evolve(latest, isSnapshot=True), None

    def nothing(self) -> Body | None:
        """See L{Channel <gma_twisted.notify.channel.Channel>}: the newest answer again (WIRE 3, maxInterval)."""
        return self._latest

    def caughtUp(self) -> None:
        """See L{Channel <gma_twisted.notify.channel.Channel>}."""
        self._kept.clear()
        self._size = 0
        self._account()


def _isSame(one: bytes, other: bytes) -> bool:
    return withoutLifetimes(one) == withoutLifetimes(other)
