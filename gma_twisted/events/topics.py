"""Who asks for the same is looked after together: an event is matched once for all of them, and found by its name."""

from collections import Counter, deque
from collections.abc import Callable, Sequence

import attrs
from twisted.logger import Logger
from twisted.python.failure import Failure

from gma_twisted.errors import GMAError, ServiceError, TooLarge, cut
from gma_twisted.events.feed import Feed
from gma_twisted.events.groupfeed import GroupFeed, Receivers
from gma_twisted.events.kept import Kept, copied
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.markup.events import writeEvent
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter
from gma_twisted.model.template import Template
from gma_twisted.model.timestamp import Timestamp

__all__ = ["AnyFeed", "Topic", "Topics", "Unjudged", "Wanted", "wantedOf"]

log = Logger()

AnyFeed = Feed | GroupFeed
"""A subscription that is sent to by itself, or one of a group."""

_Key = tuple[bytes, EventFilter | None]


@attrs.frozen(slots=True, eq=False)
class Wanted:
    """
    Which events somebody wants, and how.

    @ivar template: true of them
    @ivar passes: and this, of an event in the units of the template; C{None} for nothing more
    """

    template: Template
    passes: Callable[[Event], bool] | None

    def take(self, event: Event) -> Event | None:
        """
        The event in the units asked for; C{None} when it is not wanted.

        @raise GMAError: the filter cannot be evaluated on it
        @raise ServiceError: template or filter failed on it as they never should
        """
        try:
            if not self.template.matches(event):
                return None
            made = self.template.convert(event)
            return made if self.passes is None or self.passes(made) else None
        except GMAError:
            raise
        except Exception as error:
            # What somebody asks for must not end what others get.
            raise ServiceError(
                f'what is asked for failed on event "{cut(event.name, 60)}": {type(error).__name__}'
            ) from error


def wantedOf(template: Event, filter: EventFilter | None) -> Wanted:
    """
    What template and filter ask for.

    @raise ParameterError: one of them cannot be used
    @raise TooLarge: a bound of templates or filters
    """
    return Wanted(Template(template), None if filter is None else compileFilter(filter))


@attrs.define(slots=True, eq=False)
class Unjudged:
    """
    An event that some topics have not judged yet.

    @ivar left: how many of them; 0 also when it waits no more
    """

    kept: Kept
    left: int


@attrs.define(slots=True, eq=False)
class Topic:
    """
    What several ask for in the same words.

    @ivar wanted: by which events are judged
    @ivar size: bytes of what it keeps, about
    @ivar feeds: of those who ask, in the order they came, each with its owner
    @ivar receivers: who is given events: of those feeds that are in a group the group
    @ivar owner: the one of those owners whose share of the work it is
    @ivar waiting: events it has not judged, oldest first
    @ivar isReady: whether it is among those that have a turn
    """

    key: _Key
    wanted: Wanted
    size: int
    feeds: dict[AnyFeed, str] = attrs.field(factory=dict, init=False)
    receivers: Receivers = attrs.field(factory=dict, init=False)
    owner: str = attrs.field(default="", init=False)
    waiting: deque[Unjudged] = attrs.field(factory=deque, init=False)
    isReady: bool = attrs.field(default=False, init=False)
    _isLogged: bool = attrs.field(default=False, init=False)

    def offer(self, kept: Kept) -> bool:
        """
        Give an event to everybody when it is wanted.

        @return: whether it could be judged; when not, it is left out, and that is told
        """
        isJudged = True
        made: Event | None = None
        try:
            made = self.wanted.take(kept.event)
        except GMAError as error:
            isJudged = False
            self._log(error)
        if made is not None or not isJudged:
            for one in tuple(self.receivers.values()):
                one.offer(made, kept)
        return isJudged

    def leaveOut(self, kept: Kept) -> None:
        """Leave out for everybody what came too fast to be judged."""
        for one in tuple(self.receivers.values()):
            one.offer(None, kept)

    def _log(self, error: GMAError) -> None:
        # Once: events come as fast as their producer likes.
        if self._isLogged:
            return
        self._isLogged = True
        name = cut(self.wanted.template.name, 60)
        told = 'events are left out of a subscription to "{name}": {reason}'
        if error.__cause__ is None:
            log.warn(told, name=name, reason=error.message)
        else:
            log.failure(told, Failure(error.__cause__), name=name, reason=error.message)


class Topics:
    """The topics there are, by the names of events."""

    __slots__ = ("_all", "_globs", "_most", "_names", "_owners")

    def __init__(self, most: int) -> None:
        """@param most: bytes of one template with its filter"""
        self._most = most
        self._all: dict[_Key, Topic] = {}
        # How many feeds each owner has.
        self._owners: Counter[str] = Counter()
        self._names: dict[str, dict[Topic, None]] = {}
        self._globs: dict[Topic, None] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def of(self, template: Event, filter: EventFilter | None) -> Topic:
        """
        The topic of who asks for this; not kept before somebody L{joins<join>}.

        @raise ParameterError: as L{wantedOf}
        @raise TooLarge: as L{wantedOf}
        """
        # When a template was written says nothing about what it asks for.
        same, size = copied(template, float("inf"))
        size += 0 if filter is None else len(filter.expression.encode())
        if size > self._most:
            raise TooLarge(
                f'template "{cut(template.name, 60)}" and its filter come to about {size} bytes; a subscription may '
                f"have {self._most}, the bound event_asked_size"
            )
        same.timestamp = Timestamp(0)
        key = (writeEvent(same), filter)
        found = self._all.get(key)
        return found if found is not None else Topic(key, wantedOf(same, filter), size)

    def isKept(self, topic: Topic) -> bool:
        """Whether somebody asks for it."""
        return topic.key in self._all

    def join(self, topic: Topic, feed: AnyFeed, owner: str) -> None:
        """One more asks for it."""
        feed.enter(topic.receivers)
        self._owners[owner] += 1
        # Who asks for much must not slow down, by asking for the same, who asks for little.
        if not topic.feeds or self._owners[owner] < self._owners[topic.owner]:
            topic.owner = owner
        topic.feeds[feed] = owner
        if topic.key not in self._all:
            self._all[topic.key] = topic
            self._near(topic)[topic] = None

    def leave(self, topic: Topic, feed: AnyFeed) -> None:
        """One of them does no more."""
        feed.leave(topic.receivers)
        owner = topic.feeds.pop(feed, None)
        if owner is not None:
            self._owners[owner] -= 1
            if not self._owners[owner]:
                del self._owners[owner]
            if topic.feeds and owner == topic.owner:
                topic.owner = next(iter(topic.feeds.values()))
        if not topic.feeds and self._all.pop(topic.key, None) is not None:
            near = self._near(topic)
            del near[topic]
            if not near and near is not self._globs:
                del self._names[topic.wanted.template.name]

    def about(self, name: str) -> Sequence[Topic]:
        """Those that events of a name may be wanted by."""
        return (*self._names.get(name, ()), *self._globs)

    def _near(self, topic: Topic) -> dict[Topic, None]:
        template = topic.wanted.template
        return self._names.setdefault(template.name, {}) if template.isExact else self._globs
