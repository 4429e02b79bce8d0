"""What the subscribers of one topic by names share: a log of keys that changed, and the notices made of it.

A subscriber is a place in the log. Who reads along gets the same bytes as everybody; who is behind gets the keys of
many entries at once, each with what the store has then: the latest state of every key, told once. Who is so far behind
that the log has lost something gets everything anew (WIRE 3, delivery).
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import ClassVar, Protocol

import attrs
from twisted.logger import Logger

from gma_twisted.errors import TooLarge
from gma_twisted.model import ElementKey, Topic
from gma_twisted.notify.writing import Body, NoticeWriter, Told

__all__ = ["ChangeChannel", "Channel", "KeyedChannel", "WholeChannel", "channelOf"]

log = Logger()

_ENTRY = 250
# Entries whose notice is kept: whoever reads along is not further behind.
_WARM = 4
# Names of a topic, in the log.
_SHOWN = 3


class Channel(Protocol):
    """
    The shared part of a topic's subscriptions.

    @ivar topic: what is told
    """

    @property
    def topic(self) -> Topic:
        """What is told."""

    @property
    def end(self) -> int:
        """The place after everything that happened."""

    @property
    def isOver(self) -> bool:
        """Whether nothing will happen any more; what happened says why."""

    def lost(self, place: int) -> int:
        """How many changes after a place are not known any more, and will not be told."""

    def merged(self, place: int) -> int:
        """Where to go on from a place for who takes what happened since as one: what is told then says it all."""

    def next(self, place: int, shown: int) -> tuple[Body, int, int]:
        """
        What happened after a place before C{end}, as far as one notice goes.

        @param shown: the subscriber has been shown what was so at that place: nothing earlier is shown to it any more
        @return: the notice, the place after it, and the place at which what it shows was so
        @raise TooLarge: it would be too large; the log has said so
        """

    def page(self, cursor: str | None) -> tuple[Body | None, str | None]:
        """
        A part of everything there is, as L{NoticeWriter.page}.

        @return: no notice as long as it is not known what there is; everybody is woken then
        @raise TooLarge: as L{next}
        """

    def nothing(self) -> Body | None:
        """The notice that says that nothing happened; C{None} as in L{page}. @raise TooLarge: as L{next}"""

    def caughtUp(self) -> None:
        """Nobody is behind C{end}: what was kept for those who were may go."""


class KeyedChannel(Channel, Protocol):
    """The shared part of subscriptions by names."""

    def heard(self, keys: Mapping[ElementKey, Told]) -> None:
        """These changed. @param keys: not changed any more by who gives it"""


@attrs.define(slots=True, eq=False)
class _Entry:
    keys: Mapping[ElementKey, Told]
    body: Body | None = None
    # The place at which what is in the body was so.
    shown: int = 0


@attrs.define(slots=True, eq=False)
class ChangeChannel:
    """
    A topic told by changes (C{gma:changes}). Places count keys.

    @ivar topic: see L{Channel}
    @ivar writer: of the service
    @ivar mostKeys: of the log; the oldest are lost
    @ivar end: see L{Channel}
    @cvar isOver: see L{Channel}: never
    """

    isOver: ClassVar[bool] = False
    topic: Topic
    writer: NoticeWriter
    mostKeys: int = 10_000
    end: int = attrs.field(default=0, init=False)
    _first: int = attrs.field(default=0, init=False)
    # By the place before it. Not a dict: its first key is found by a search past all that were taken out before.
    _entries: OrderedDict[int, _Entry] = attrs.field(factory=OrderedDict, init=False, repr=False)
    # By key, of those in the log: the place after the last entry that tells its value.
    _changed: dict[ElementKey, int] = attrs.field(factory=dict, init=False, repr=False)

    def heard(self, keys: Mapping[ElementKey, Told]) -> None:
        """See L{Channel}."""
        if len(keys) <= _ENTRY:
            self._append(keys)
        else:
            every = list(keys.items())
            for start in range(0, len(every), _ENTRY):
                self._append(dict(every[start : start + _ENTRY]))
        while self.end - self._first > self.mostKeys:
            place, entry = self._entries.popitem(last=False)
            self._first = place + len(entry.keys)
            for key in entry.keys:
                if self._changed.get(key, 0) <= self._first:
                    self._changed.pop(key, None)

    def _append(self, keys: Mapping[ElementKey, Told]) -> None:
        self._entries[self.end] = _Entry(keys)
        self.end += len(keys)
        for key, told in keys.items():
            if told is Told.VALUE:
                self._changed[key] = self.end
        for number, entry in enumerate(reversed(self._entries.values())):
            if number >= _WARM:
                # Those before it have lost theirs already.
                entry.body = None
                break

    def lost(self, place: int) -> int:
        """See L{Channel}."""
        return max(0, self._first - place)

    def merged(self, place: int) -> int:
        """See L{Channel}: a notice takes as many keys as there are."""
        return place

    def next(self, place: int, shown: int) -> tuple[Body, int, int]:
        """See L{Channel}; no place is inside an entry."""
        entry = self._entries[place]
        after = place + len(entry.keys)
        if after < self.end and len(entry.keys) < _ENTRY:
            body, after = self._several(place)
            return body, after, self.end
        if entry.body is None or entry.shown < shown:
            body, count = self._write(entry.keys, after)
            if count < len(entry.keys):
                self._split(place, entry, count)
                entry = self._entries[place]
                after = place + count
            entry.body, entry.shown = body, self.end
        return entry.body, after, entry.shown

    def _write(self, keys: Mapping[ElementKey, Told], after: int) -> tuple[Body, int]:
        """Notice of keys before the place C{after}, as L{NoticeWriter.changes}."""
        changed = self._changed
        # What is there now may have come after a removal that was told already, with an earlier entry: no extension
        # makes up for that.
        later = [key for key in changed.keys() & keys.keys() if changed[key] > after]
        if later:
            keys = {**keys, **dict.fromkeys(later, Told.VALUE)}
        return self.writer.changes(keys)

    def _split(self, place: int, entry: _Entry, count: int) -> None:
        """Make two entries of one whose values do not fit into a notice."""
        items = list(entry.keys.items())
        self._entries[place] = _Entry(dict(items[:count]))
        self._entries[place + count] = _Entry(dict(items[count:]))
        self._reorder()

    def _reorder(self) -> None:
        self._entries = OrderedDict(sorted(self._entries.items()))

    def _several(self, place: int) -> tuple[Body, int]:
        keys: dict[ElementKey, Told] = {}
        after = place
        while after < self.end:
            entry = self._entries[after]
            if len(keys) + len(entry.keys) > _ENTRY:
                break
            for key, told in entry.keys.items():
                keys[key] = max(told, keys.get(key, told))
            after += len(entry.keys)
        body, count = self._write(keys, after)
        if count == len(keys):
            return body, after
        return self._oneEntry(place)

    def _oneEntry(self, place: int) -> tuple[Body, int]:
        # Together they do not fit: no place is inside what was merged, so the first goes alone.
        entry = self._entries[place]
        body, count = self._write(entry.keys, place + len(entry.keys))
        if count < len(entry.keys):
            self._split(place, entry, count)
        return body, place + count

    def page(self, cursor: str | None) -> tuple[Body, str | None]:
        """See L{Channel}."""
        return self.writer.page(self.topic.selectors, cursor)

    def nothing(self) -> Body:
        """See L{Channel}: a notice without a change."""
        return self.writer.nothing()

    def caughtUp(self) -> None:
        """See L{Channel}."""
        self._entries.clear()
        self._changed.clear()
        self._first = self.end


@attrs.define(slots=True, eq=False)
class WholeChannel:
    """
    A topic told as OGSI does: all values of all names, whenever one changes. Places count changes.

    @ivar topic: see L{Channel}
    @ivar writer: of the service
    @ivar end: see L{Channel}
    @cvar isOver: see L{Channel}: never
    """

    isOver: ClassVar[bool] = False
    topic: Topic
    writer: NoticeWriter
    end: int = attrs.field(default=0, init=False)
    _body: Body | None = attrs.field(default=None, init=False, repr=False)
    _bodyAt: int = attrs.field(default=-1, init=False)
    # The place at which it is known to be too large, and why.
    _largeAt: int = attrs.field(default=-1, init=False)
    _why: str = attrs.field(default="", init=False, repr=False)

    def heard(self, keys: Mapping[ElementKey, Told]) -> None:
        """See L{Channel}."""
        self.end += len(keys)
        self._body = None

    def lost(self, place: int) -> int:
        """See L{Channel}: nothing ever, for each notice has everything."""
        return 0

    def merged(self, place: int) -> int:
        """See L{Channel}: so every notice does."""
        return place

    def next(self, place: int, shown: int) -> tuple[Body, int, int]:
        """See L{Channel}."""
        if self._body is None or self._bodyAt != self.end:
            self._body = self._whole()
            self._bodyAt = self.end
        return self._body, self.end, self.end

    def page(self, cursor: str | None) -> tuple[Body, str | None]:
        """See L{Channel}: there is one, with everything."""
        return attrs.evolve(self._whole(), isSnapshot=True), None

    def nothing(self) -> Body:
        """See L{Channel}: everything again (OGSI 1.0, 11.1.1, maxInterval)."""
        return self._whole()

    def caughtUp(self) -> None:
        """See L{Channel}."""
        self._body = None

    def _whole(self) -> Body:
        # Ten thousand values are not looked for once for each subscriber, to find each time that they are too many.
        if self._largeAt == self.end:
            raise TooLarge(self._why)
        try:
            body = self.writer.whole(self.topic.selectors)
        except TooLarge as error:
            if not self._why:
                log.warn(
                    "subscribers of {names} are not told of changes: {why}",
                    names=_named(self.topic),
                    why=error.message,
                )
            self._largeAt, self._why = self.end, error.message
            raise
        self._why = ""
        return body


def _named(topic: Topic) -> str:
    names = list(dict.fromkeys(str(one.name) for one in topic.selectors))
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} other names" if more > 0 else "")


def channelOf(topic: Topic, writer: NoticeWriter, mostKeys: int) -> KeyedChannel:
    """The channel of a topic without a question. @param mostKeys: see L{ChangeChannel}"""
    return (
        ChangeChannel(topic, writer, mostKeys)
        if topic.wantsChanges
        else WholeChannel(topic, writer)
    )
