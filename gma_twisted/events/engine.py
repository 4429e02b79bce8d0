"""The engine: events that were published, who asked for them, and what is asked of the past."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy, ParameterError, TooLarge, cut
from gma_twisted.events.answers import Answers
from gma_twisted.events.counts import EngineCounts
from gma_twisted.events.estimating import Estimating
from gma_twisted.events.feed import Feed
from gma_twisted.events.feedowner import FeedOwner
from gma_twisted.events.groupfeed import GroupFeed, GroupOwner
from gma_twisted.events.history import History, Latest
from gma_twisted.events.judging import Judging
from gma_twisted.events.keeping import Keeping
from gma_twisted.events.kept import Kept, copied
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.lookback import LookingBack, checkLookBack
from gma_twisted.events.lookbacks import LookBacks
from gma_twisted.events.lookedback import LookedBack
from gma_twisted.events.past import Past
from gma_twisted.events.rate import checkedRate
from gma_twisted.events.restoring import restored
from gma_twisted.events.sources import Sources
from gma_twisted.events.topics import AnyFeed, Topic, Topics, Wanted
from gma_twisted.interfaces.events import IEventArchive, IEventEngine
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel, IStreamPlane
from gma_twisted.model import Caller
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, EventSource, Terms
from gma_twisted.timing import Backoff, NodeClock, Slices, Task, Tasks, gather, spawn

__all__ = ["EventEngine"]

log = Logger()

_BACKOFF = Backoff(1.0, 60.0)


@attrs.define(slots=True, eq=False)
class _Asked:
    """What a feed came of. @ivar owner: who pays for the work"""

    topic: Topic
    terms: Terms
    owner: str


@implementer(IEventEngine)
class EventEngine:
    """
    The events of one producer.

    An event is copied and numbered when it is published, and in that turn it is in the history and the last of its
    source and name; with an archive, in the turn in which it is on the disk. A look-back is what was published before
    the subscription, what comes live was published after it, and nothing is in both or in neither. Who wants it is
    found out in that turn too as far as there is time, and later in order.

    @ivar limits: its bounds
    """

    def __init__(
        self,
        clock: NodeClock,
        planes: Sequence[IDataPlane],
        random: Callable[[], float],
        limits: EngineLimits | None = None,
        name: str = "producer",
        backoff: Backoff = _BACKOFF,
        archive: IEventArchive | None = None,
    ) -> None:
        """
        @param planes: ways events can go; of two for one scheme the first counts
        @param random: gives a number in C{[0, 1)}; attempts of many are spread by it
        @param name: of the producer itself, as a source of events
        @param backoff: pauses between attempts to reach a consumer
        @param archive: keeps what is published on the disk, and is started and stopped with the engine; events are told
            once it has them
        """
        self.limits = limits or EngineLimits()
        self._clock = clock
        self._random = random
        self._name = name
        self._planes = {scheme: one for one in reversed(planes) for scheme in one.schemes}
        self._history = History(clock, self.limits)
        self._latest = Latest(self.limits)
        self._sources = Sources(clock, self.limits.sources)
        self._topics = Topics(self.limits.askedBytes)
        self._feeds: dict[AnyFeed, _Asked] = {}
        # Bytes of what each owner asks for.
        self._asked: Counter[str] = Counter()
        self._counts = EngineCounts()
        # What each feed sends, and looks for in the past.
        self._tasks = Tasks("the events of a producer", 2 * self.limits.feeds)
        self._slices = Slices(clock)
        self._judging = Judging(self._topics, self._slices, self._counts, self.limits.judgedBytes)
        self._owner = FeedOwner(
            clock,
            random,
            self.limits,
            self._counts,
            backoff,
            self._tasks,
            self._slices,
            self._refilter,
            self._move,
            self._gone,
        )
        self._groupOwner = GroupOwner(
            clock,
            self._counts,
            lambda: self._answers.life,
            self._planeOf,
            self._refilter,
            self._gone,
        )
        self._answers = Answers(
            clock, self._history, self._latest, self._sources, self.limits, self._slices
        )
        self._estimating = Estimating(clock, self._history, self._latest, self._slices, self.limits)
        # Of the event that was published last, and of the one that was told last.
        self._number = self._told = 0
        self._lookBacks = LookBacks(self._tasks)
        self._looking = LookingBack(clock, self._history, self.limits, self._slices)
        self._archive = archive
        self._keeping: Keeping | None = None
        self._closing: set[Task] = set()

    @property
    def schemes(self) -> Sequence[str]:
        """See L{IEventEngine}."""
        return sorted(self._planes)

    @property
    def encodings(self) -> Sequence[str]:
        """See L{IEventEngine}."""
        planes = dict.fromkeys(self._planes[scheme] for scheme in self.schemes)
        return list(dict.fromkeys(encoding for plane in planes for encoding in plane.encodings))

    @property
    def life(self) -> str:
        """What tells its numbers from those of other lives; with an archive, once it is started."""
        return self._answers.life

    def publish(self, event: Event, source: str = "") -> None:
        """See L{IEventEngine}."""
        made, size = copied(event, self.limits.eventBytes)
        keeping = self._keeping
        if keeping is not None:
            keeping.check(size)
        elif self._archive is not None:
            raise _notOpen()
        kept = self._numbered(made, size, source)
        if keeping is None:
            self._tell(kept)
        else:
            keeping.publish(kept)

    async def keep(
        self, events: Sequence[tuple[Event, str]], positions: Mapping[str, str] | None = None
    ) -> None:
        """See L{IEventEngine}."""
        most = self.limits.eventBytes
        made = [(*copied(event, most), source) for event, source in events]
        keeping = self._keeping
        if keeping is None and self._archive is not None:
            raise _notOpen()
        kept = [self._numbered(*one) for one in made]
        if keeping is not None:
            await keeping.keep(kept, positions or {})
        else:
            for one in kept:
                self._tell(one)

    def _numbered(self, event: Event, size: int, source: str) -> Kept:
        self._number += 1
        return Kept(event, source or self._name, self._number, size, self._clock.seconds())

    def _tell(self, kept: Kept) -> None:
        self._told = kept.number
        self._counts.published += 1
        self._sources.heard(kept)
        self._history.add(kept)
        self._latest.put(kept)
        self._judging.add(kept)

    def expect(self, source: str, seconds: float) -> None:
        """See L{IEventEngine}."""
        self._sources.expect(source or self._name, seconds)

    def failed(self, source: str, reason: str) -> None:
        """See L{IEventEngine}."""
        self._sources.failed(source or self._name, reason)

    def alive(self, source: str) -> None:
        """See L{IEventEngine}."""
        self._sources.alive(source or self._name)

    def forget(self, source: str) -> None:
        """See L{IEventEngine}."""
        self._sources.forget(source or self._name)
        self._latest.forget(source or self._name)

    def sources(self) -> Sequence[EventSource]:
        """See L{IEventEngine}."""
        return self._sources.all()

    def check(self, terms: Terms, caller: Caller) -> Awaitable[None]:
        """See L{IEventEngine}."""
        checkedRate(terms.rateLimit)
        checkLookBack(terms.lookBack)
        self._topics.of(terms.template, terms.filter)
        return self._planeOf(terms).check(terms.dataUrl, terms.encoding, caller)

    def subscribe(
        self, terms: Terms, callerId: int, over: Callable[[str], bool | None], owner: str = ""
    ) -> AnyFeed:
        """See L{IEventEngine}."""
        if len(self._feeds) >= self.limits.feeds:
            raise TooLarge(
                f"{self.limits.feeds} subscriptions are sent to here, the most; try again later"
            )
        checkLookBack(terms.lookBack)
        topic = self._topics.of(terms.template, terms.filter)
        self._mayAsk(owner, topic.size)
        feed = self._feed(terms, callerId, over, owner)
        self._feeds[feed] = _Asked(topic, terms, owner)
        self._asked[owner] += topic.size
        self._topics.join(topic, feed, owner)
        if terms.lookBack > 0.0:
            upTo = self._told
            self._lookBacks.add(
                feed, owner, lambda: self._lookBack(feed, topic.wanted, terms, upTo)
            )
        return feed

    def query(
        self,
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
    ) -> Awaitable[EventAnswer]:
        """See L{IEventEngine}."""
        return self._answers.find(template, filter, mode, interval, maxEvents, cursor)

    def estimate(
        self,
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        expected: Mapping[str, float | None],
    ) -> Awaitable[Estimate]:
        """See L{IEventEngine}."""
        return self._estimating.of(template, filter, encoding, rateLimit, expected)

    def counts(self) -> Mapping[str, int]:
        """Those of L{EngineCounts}, and C{feeds}, C{topics}, C{history}, C{held} (bytes of lines) and so on now."""
        archive = {} if self._archive is None else self._archive.counts()
        return {
            **{f"archive{name[0].upper()}{name[1:]}": many for name, many in archive.items()},
            **attrs.asdict(self._counts),
            "feeds": len(self._feeds),
            "topics": len(self._topics),
            "history": len(self._history),
            "historyBytes": self._history.size,
            "latest": len(self._latest),
            "latestBytes": self._latest.size,
            "unjudgedBytes": self._judging.size,
            "sources": len(self._sources),
            "held": sum(one.counts.held for one in self._streamPlanes()),
        }

    async def start(self) -> None:
        """See L{IEventEngine}. @raise ConfigError: the archive cannot be opened"""
        archive = self._archive
        if archive is None:
            return
        await archive.start()
        self._number = self._told = archive.last
        before = await restored(archive, self.limits, self._clock)
        self._latest.isRead, self._latest.lostNumber = before.isRead, before.lostNumber
        for kept in before.kept:
            self._sources.known(kept)
            self._latest.put(kept)
        self._keeping = keeping = Keeping(
            archive, self._clock, self._random, self._tell, self.limits.judgedBytes
        )
        self._answers.life = archive.life
        self._answers.past = self._looking.past = Past(
            archive, self.limits, self._slices, keeping.settled, keeping.waiting
        )

    async def stop(self) -> None:
        """See L{IEventEngine}; what is on the disk is asked for no more."""
        if self._keeping is not None:
            await self._keeping.stop()
        for feed in tuple(self._feeds):
            feed.end()
        self._slices.stop()
        await self._tasks.cancelAll()
        # How long a way takes to close is bounded by its plane.
        await gather([task.wait() for task in self._closing])
        if self._archive is not None:
            await self._archive.stop()
        await gather([one.stop() for one in self._streamPlanes()])

    def _streamPlanes(self) -> Sequence[IStreamPlane]:
        planes = dict.fromkeys(self._planes.values())
        return [one for one in planes if IStreamPlane.providedBy(one)]

    def _planeOf(self, terms: Terms) -> IDataPlane:
        try:
            scheme = urlsplit(terms.dataUrl).scheme
        except ValueError:
            scheme = ""
        plane = self._planes.get(scheme)
        if plane is None:
            known = ", ".join(f"{one}:" for one in self.schemes) or "nothing"
            raise ParameterError(
                f'no events can be sent to "{cut(terms.dataUrl)}"; here they go to {known}',
                parameter="dataUrl",
            )
        return plane

    def _feed(
        self, terms: Terms, callerId: int, over: Callable[[str], bool | None], owner: str
    ) -> AnyFeed:
        # What has a number and was not told yet may never be kept: its number is given anew after a restart.
        plane, isLookingBack, since = self._planeOf(terms), terms.lookBack > 0.0, self._told
        if IStreamPlane.providedBy(plane):
            return GroupFeed(self._groupOwner, plane, terms, callerId, since, isLookingBack, owner)
        channel = plane.open(terms, callerId)
        return Feed(self._owner, channel, terms.rateLimit, over, since, isLookingBack, owner)

    async def _lookBack(self, feed: AnyFeed, wanted: Wanted, terms: Terms, upTo: int) -> None:
        looked = LookedBack()
        try:
            looked = await self._looking.find(
                terms.template, wanted, terms.lookBack, upTo, lambda: feed in self._feeds
            )
        except Busy as error:
            # What is published from now on comes all the same; what was cannot be counted.
            log.warn("a look-back brings nothing: {reason}", reason=error.message)
        self._counts.unjudged += looked.unjudged
        feed.lookedBack(looked)

    def _mayAsk(self, owner: str, more: int) -> None:
        most = self.limits.ownerAskedBytes
        # What the node itself asks for nobody else made larger.
        if owner and self._asked[owner] + more > most:
            raise TooLarge(
                f"the templates and filters of {cut(owner)} come to more than {most} bytes, the bound "
                "event_owner_asked_size"
            )

    def _refilter(self, feed: AnyFeed, filter: EventFilter) -> None:
        asked = self._feeds[feed]
        old, owner = asked.topic, asked.owner
        new = self._topics.of(asked.terms.template, filter)
        self._mayAsk(owner, new.size - old.size)
        self._asked[owner] += new.size - old.size
        asked.topic = new
        self._judging.move(feed, old, new, owner, self._told)

    def _gone(self, feed: AnyFeed) -> None:
        asked = self._feeds.pop(feed)
        self._lookBacks.leave(feed, asked.owner)
        self._asked[asked.owner] -= asked.topic.size
        if not self._asked[asked.owner]:
            del self._asked[asked.owner]
        self._judging.leave(feed, asked.topic)
        self._close(feed)

    def _move(self, feed: Feed, dataUrl: str, encoding: str | None, callerId: int) -> IEventChannel:
        asked = self._feeds[feed]
        terms = attrs.evolve(asked.terms, dataUrl=dataUrl, encoding=encoding)
        way = self._planeOf(terms).open(terms, callerId)
        asked.terms = terms
        self._close(feed)
        return way

    def _close(self, feed: AnyFeed) -> None:
        closing = spawn(feed.close(), "the way of a subscription", self._closing.discard)
        if not closing.ended:
            self._closing.add(closing)


def _notOpen() -> Busy:
    return Busy("no events are taken before the archive is open")
