"""What the subscribers of one question share: its answers, each told once and in order (WIRE 3, standing queries)."""

from collections import Counter, deque
from collections.abc import Callable

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

    When there is no more, whoever takes most gives way, not who comes or changes: of the owner whose questions take
    most together the one that takes most. A question counts for the owner of its first subscription.

    @ivar most: bytes they may have together
    @ivar taken: bytes they have
    """

    most: int = 64 * 1024**2
    taken: int = attrs.field(default=0, init=False)
    _channels: set["ResultChannel"] = attrs.field(factory=set, init=False, repr=False)

    def check(self, owner: str, size: int) -> None:
        """
        See whether an answer may come.

        @param owner: who asks
        @param size: bytes of the answer
        @raise TooLarge: there is no room, and it would have to give way itself
        """
        if self.taken + size > self.most and self._heaviest(None, owner, size) is None:
            raise self.tooLarge()

    def make(self, channel: "ResultChannel", size: int) -> None:
        """
        Let others give way until there is room for the next answer to a question.

        @param size: bytes of that answer
        @raise TooLarge: it would have to give way itself
        """
        while self.taken - channel.taken + size > self.most:
            heaviest = self._heaviest(channel, channel.owner, size)
            if heaviest is None:
                raise self.tooLarge()
            heaviest.giveWay()

    def account(self, channel: "ResultChannel", taken: int) -> None:
        """A question takes so many bytes from now on, after C{channel.taken}."""
        self.taken += taken - channel.taken
        if taken:
            self._channels.add(channel)
        else:
            self._channels.discard(channel)

    def tooLarge(self) -> TooLarge:
        """Why a question is refused."""
        return TooLarge(
            f"the answers to the questions of all subscribers would have more than {self.most} bytes ([limits]"
            " notice_answers), and those of this one's owner take most; ask for less"
        )

    def _heaviest(
        self, channel: "ResultChannel | None", owner: str, size: int
    ) -> "ResultChannel | None":
        """
        Who has to give way; C{None} when that is who needs the room, who does so also when others take as much.

        @param channel: whose next answer needs it, instead of what it takes now; C{None} for a question to come
        """
        if size > self.most:
            return None
        others = [one for one in self._channels if one is not channel and one.canGiveWay]
        totals = Counter({owner: size})
        for one in others:
            totals[one.owner] += one.taken
        ((heavy, _),) = totals.most_common(1)  # of equal ones the first
        found, most = None, size if heavy == owner else 0
        for one in others:
            if one.owner == heavy and one.taken > most:
                found, most = one, one.taken
        return found


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
    @ivar owner: of its first subscription
    @ivar overruled: called with the reason when it has to give way to others: ends the question, and calls L{refused}
    @ivar taken: bytes of the room that it takes
    @ivar end: see L{Channel <gma_twisted.notify.channel.Channel>}
    @ivar isOver: whether the question was refused, which is the last thing that is told
    """

    topic: Topic
    clock: NodeClock
    room: AnswerRoom = attrs.field(factory=AnswerRoom)
    mostResults: int = 100
    mostBytes: int = 1024**2
    owner: str = ""
    overruled: Callable[[GMAError], None] = attrs.field(
        default=attrs.Factory(lambda self: self.refused, takes_self=True), repr=False
    )
    taken: int = attrs.field(default=0, init=False)
    end: int = attrs.field(default=0, init=False)
    isOver: bool = attrs.field(default=False, init=False)
    _latest: Body | None = attrs.field(default=None, init=False, repr=False)
    # Those before C{end} that somebody has not been told of yet, the newest last.
    _kept: deque[Body] = attrs.field(factory=deque, init=False, repr=False)
    _size: int = attrs.field(default=0, init=False)
    _isEarly: bool = attrs.field(default=False, init=False)

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
        @raise TooLarge: as L{AnswerRoom.make}; nothing has changed here
        """
        self.room.make(self, len(message))
        before = self._latest
        isSame = self._isEarly and before is not None and _isSame(message, before.message)
        self._isEarly = False
        self._take(message, isTold=not (before is None or isSame))

    def refused(self, error: GMAError) -> None:
        """There will be no answer any more, which everybody is told."""
        self.isOver = True
        self._take(writeRefusal(error), isTold=True)

    @property
    def canGiveWay(self) -> bool:
        """Whether L{giveWay} would change anything."""
        return not self.isOver or len(self._kept) > 1

    def giveWay(self) -> None:
        """Take less: first without answers that are kept for those who are behind, then by being refused."""
        if len(self._kept) <= 1:
            self.overruled(self.room.tooLarge())
        while len(self._kept) > 1:
            self._size -= len(self._kept.popleft().message)
        self._account()

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
        count, others = len(self._kept), self.room.taken - self.taken
        isLarge = self._size > min(self.mostBytes, self.room.most - others)
        return count > self.mostResults or (isLarge and count > 1)

    def _account(self) -> None:
        # Of those that are kept the newest is the last.
        latest = 0 if self._latest is None else len(self._latest.message)
        taken = self._size if self._kept else latest
        self.room.account(self, taken)
        self.taken = taken

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
