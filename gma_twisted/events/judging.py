"""Events are judged for who asked for them: in turns, in order, and so that nobody's questions hold up the others'."""

from collections import OrderedDict, deque

import attrs

from gma_twisted.events.counts import EngineCounts
from gma_twisted.events.kept import Kept
from gma_twisted.events.topics import AnyFeed, Topic, Topics, Unjudged
from gma_twisted.timing import Slices

__all__ = ["Judging"]


@attrs.define(slots=True, eq=False)
class Judging:
    """
    Offers each event to the topics that it may be wanted by: at once as far as the slice of this turn lets it.

    A topic judges its events in the order they were published. Owners have one turn each, whatever they ask for; of
    more bytes than may wait the oldest event is left out of the topics that have not judged it, and that is told.

    @ivar topics: of one engine
    @ivar slices: of the same
    @ivar counts: of the same
    @ivar most: bytes of events that may wait
    """

    topics: Topics
    slices: Slices
    counts: EngineCounts
    most: int
    # Those some topic has not judged, oldest first; others may stand between them, which count no more.
    _events: deque[Unjudged] = attrs.field(factory=deque, init=False)
    _size: int = attrs.field(default=0, init=False)
    # The topics for which something waits, by owner.
    _ready: OrderedDict[str, deque[Topic]] = attrs.field(factory=OrderedDict, init=False)
    _isRunning: bool = attrs.field(default=False, init=False)

    @property
    def size(self) -> int:
        """Bytes of the events that wait."""
        return self._size

    def add(self, kept: Kept) -> None:
        """One more was published."""
        topics = self.topics.about(kept.event.name)
        if not topics:
            return
        unjudged = Unjudged(kept, len(topics))
        self._events.append(unjudged)
        self._size += kept.size
        for topic in topics:
            self._wait(topic, unjudged)
        while self._size > self.most:
            self._leaveOut()
        # Who is told may publish in that very turn: that comes after this, for everybody.
        if not self._isRunning:
            self._run()

    def move(self, feed: AnyFeed, old: Topic, new: Topic, owner: str, last: int) -> None:
        """
        A feed asks for something else of the same name: it counts for all that was not judged for it yet.

        @param last: number of the event that was published last
        """
        if new is old:
            return
        waiting = tuple(old.waiting)
        isKept = self.topics.isKept(new)
        self.topics.join(new, feed, owner)
        feed.skipTo(waiting[0].kept.number - 1 if waiting else last)
        if not isKept:
            for one in waiting:
                # Nobody has judged these for the new one.
                one.left += 1
                self._wait(new, one)
        else:
            first = new.waiting[0].kept.number if new.waiting else last + 1
            for one in waiting:
                if one.kept.number < first:
                    feed.offer(None, one.kept)
        self.leave(feed, old)
        if not self._isRunning:
            self._run()

    def leave(self, feed: AnyFeed, topic: Topic) -> None:
        """A feed asks for it no more."""
        self.topics.leave(topic, feed)
        if not topic.feeds:
            while topic.waiting:
                self._judged(topic.waiting.popleft())

    def _wait(self, topic: Topic, unjudged: Unjudged) -> None:
        topic.waiting.append(unjudged)
        self._hasTurn(topic)

    def _hasTurn(self, topic: Topic) -> None:
        if not topic.isReady:
            topic.isReady = True
            self._ready.setdefault(topic.owner, deque()).append(topic)

    def _leaveOut(self) -> None:
        oldest = self._events.popleft()
        if not oldest.left:
            return
        oldest.left = 0
        self._size -= oldest.kept.size
        for topic in self.topics.about(oldest.kept.event.name):
            if topic.waiting and topic.waiting[0] is oldest:
                topic.waiting.popleft()
                topic.leaveOut(oldest.kept)
                self.counts.unjudged += 1

    def _run(self) -> None:
        self._isRunning = True
        isLater = False
        try:
            while self._ready and not isLater:
                if self._size and self.slices.isOver:
                    isLater = True
                    self.slices.later(self._run)
                else:
                    self._judge(self._next())
        finally:
            self._isRunning = isLater

    def _judge(self, topic: Topic) -> None:
        if not topic.waiting:
            return
        unjudged = topic.waiting.popleft()
        if topic.waiting:
            self._hasTurn(topic)
        try:
            if not topic.offer(unjudged.kept):
                self.counts.unjudged += 1
        finally:
            self._judged(unjudged)

    def _next(self) -> Topic:
        owner, topics = next(iter(self._ready.items()))
        topic = topics.popleft()
        topic.isReady = False
        if topics:
            self._ready.move_to_end(owner)
        else:
            del self._ready[owner]
        return topic

    def _judged(self, unjudged: Unjudged) -> None:
        if unjudged.left:
            unjudged.left -= 1
            if not unjudged.left:
                self._size -= unjudged.kept.size
        while self._events and not self._events[0].left:
            self._events.popleft()
