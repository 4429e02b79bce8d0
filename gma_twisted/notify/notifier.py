"""From what a commit changed to those who want to hear of it (ARCHITECTURE, the way of a datum)."""

import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import GMAError, TimedOut, TooLarge, cut
from gma_twisted.interfaces import IDeliverer, IServiceDataStore, ISubscriptionStore
from gma_twisted.model import (
    Change,
    Changes,
    ElementKey,
    Extended,
    Handle,
    Question,
    Replaced,
    ServiceDataElement,
    Subscription,
    SubscriptionChanges,
    Topic,
    Unsubscribe,
)
from gma_twisted.notify.audience import Audience
from gma_twisted.notify.channel import Channel, KeyedChannel, channelOf
from gma_twisted.notify.feed import Feed, FeedOwner
from gma_twisted.notify.hearers import Hearers
from gma_twisted.notify.results import AnswerRoom, ResultChannel
from gma_twisted.notify.standing import StandingQuestions
from gma_twisted.notify.writing import NoticeWriter, Told
from gma_twisted.timing import LeaseTable, NodeClock, Ready, Sweeper, Task, spawn, withTimeout

__all__ = ["Notifier"]

log = Logger()

# Seconds that kept subscriptions wait for what is slow to come.
_LONGEST_WAIT = 10.0
_AT_ONCE = Ready(None)
# Seconds of one turn of the reactor.
_TURN = 0.01

_Heard = dict[ElementKey, Told]


@attrs.define(slots=True, eq=False)
class Notifier:
    """
    Tells the subscribers of a service what changes in its store, and in the answers to their questions.

    A value that changed is told at once. One that only holds for another time is told before half of the lifetime told
    last has passed, so that a source whose data stays the same sends a few bytes now and then, and nothing of it
    dies elsewhere while it lives here (WIRE 4); a shorter lifetime is told at once. A quiet change (L{Replaced}) is
    told as the longer life of a value; its new content is there for whoever asks.

    A question that is refused ends its subscriptions: each tells why, and then is no more.

    @ivar store: of the service
    @ivar subscriptions: of the service; both have been started
    @ivar deliverer: sends
    @ivar clock: the node's
    @ivar handleOf: gives the handle of a subscription by its id
    @ivar epoch: of the node; higher than in any life before
    @ivar writer: of notices; of the same store
    @ivar mostKeys: what is remembered of one topic for subscribers that are behind; those further behind get
        everything anew
    @ivar patience: seconds until a sink that rejected a notice is told again, at least
    @ivar mostAnswerBytes: of the answers to all questions: the newest of each, and those that somebody was not told of
    @ivar questions: of the subscribers
    """

    store: IServiceDataStore
    subscriptions: ISubscriptionStore
    deliverer: IDeliverer
    clock: NodeClock
    handleOf: Callable[[str], Handle]
    epoch: int
    writer: NoticeWriter
    mostKeys: int = 10_000
    patience: float = 60.0
    mostAnswerBytes: int = 64 * 1024**2
    questions: StandingQuestions = attrs.field(
        default=attrs.Factory(lambda self: StandingQuestions(self.clock), takes_self=True)
    )
    _audiences: dict[Topic, Audience] = attrs.field(factory=dict, init=False, repr=False)
    # Of questions that were refused, until everybody has been told: who asks the same again is another audience.
    _refused: dict[Channel, Audience] = attrs.field(factory=dict, init=False, repr=False)
    _room: AnswerRoom = attrs.field(init=False, repr=False)
    _hearers: Hearers[KeyedChannel] = attrs.field(factory=Hearers, init=False, repr=False)
    _feeds: dict[str, Feed] = attrs.field(factory=dict, init=False, repr=False)
    _owner: FeedOwner = attrs.field(init=False, repr=False)
    _extensions: LeaseTable[tuple[KeyedChannel, ElementKey]] = attrs.field(
        factory=LeaseTable, init=False, repr=False
    )
    _repeats: LeaseTable[Feed] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweepers: tuple[Sweeper[tuple[KeyedChannel, ElementKey]], Sweeper[Feed]] = attrs.field(
        init=False, repr=False
    )
    # Not a dict: its first key is found by a search past all that were taken out before.
    _waking: OrderedDict[Feed, None] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _turn: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _ends: Sequence[Callable[[], None]] = attrs.field(default=(), init=False, repr=False)
    _beginning: Task | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._room = self.questions.room = AnswerRoom(self.mostAnswerBytes)
        self._owner = FeedOwner(
            self.clock,
            self.deliverer,
            self.epoch,
            self.handleOf,
            self._caughtUp,
            self._sent,
            self._gone,
            self.patience,
        )
        self._sweepers = (
            Sweeper(self.clock, self._extensions, self._extended),
            Sweeper(self.clock, self._repeats, self._again),
        )

    def __len__(self) -> int:
        """How many subscriptions are told."""
        return len(self._feeds)

    def start(self, complete: Awaitable[object] = _AT_ONCE) -> None:
        """
        Begin to tell. Subscriptions that were kept begin a new epoch, with everything there is; who hears of it drops
        what is not in it, so they wait until it is there, new ones do not.

        @param complete: ready when the store has what the service knows; waited for ten seconds at most
        """
        self._ends = (
            self.store.observe(self._changed),
            self.subscriptions.observe(self._subscribed),
        )
        for sweeper in self._sweepers:
            sweeper.start()
        self._beginning = spawn(self._beginKept(complete), "telling kept subscriptions")

    async def _beginKept(self, complete: Awaitable[object]) -> None:
        try:
            await withTimeout(complete, _LONGEST_WAIT, self.clock, "the first run of all providers")
        except TimedOut as error:
            log.info("kept subscriptions begin with what there is: {why}", why=error.message)
        for subscription in self.subscriptions.all():
            if subscription.id not in self._feeds:
                self._begin(subscription, isAnew=True)

    def stop(self) -> None:
        """Tell nothing more; subscriptions stay."""
        if self._beginning is not None:
            self._beginning.cancel()
        for end in self._ends:
            end()
        self._ends = ()
        for sweeper in self._sweepers:
            sweeper.stop()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        for feed in list(self._feeds.values()):
            self._end(feed)

    # -- subscriptions

    def _subscribed(self, changes: SubscriptionChanges) -> None:
        for subscription in changes.begun:
            self._begin(subscription, subscription.wantsSnapshot)
            self.deliverer.heardOf(subscription.sink)
        for subscription in changes.moved:
            feed = self._feeds.get(subscription.id)
            if feed is not None:
                feed.subscription = subscription
        for subscription in changes.ended:
            feed = self._feeds.get(subscription.id)
            if feed is not None:
                self._end(feed)

    def _begin(self, subscription: Subscription, isAnew: bool) -> None:
        topic = subscription.topic
        audience = self._audiences.get(topic)
        if audience is None:
            audience = self._audiences[topic] = self._gather(topic, subscription.owner)
        feed = Feed(subscription, audience.channel, self._owner, isAnew)
        audience.feeds.add(feed)
        self._feeds[subscription.id] = feed
        if isAnew:
            audience.behind.add(feed)
            self._wake([feed])
        else:
            self._sent(feed, self.clock.seconds() + subscription.maxInterval)

    def _gather(self, topic: Topic, owner: str) -> Audience:
        """The audience of a topic, which nobody is in yet. @param owner: who will be the first"""
        question = topic.question
        if question is not None:
            return self._asked(topic, question, owner)
        channel = channelOf(topic, self.writer, self.mostKeys)
        self._hearers.add(channel, topic.selectors)
        return Audience(channel, partial(self._hearers.remove, channel, topic.selectors))

    def _asked(self, topic: Topic, question: Question, owner: str) -> Audience:
        def changed(message: bytes) -> None:
            try:
                channel.answered(message)
            except TooLarge as error:
                overruled(error)
            else:
                self._wake(audience.allBehind())

        def overruled(error: GMAError) -> None:
            end()
            refused(error)

        def refused(error: GMAError) -> None:
            log.warn(
                "{count} subscriptions to the answer of {question!r} end: {reason}",
                count=len(audience.feeds),
                question=cut(question.text),
                reason=error.message,
            )
            del self._audiences[topic]
            self._refused[channel] = audience
            channel.refused(error)
            self._wake(audience.allBehind())

        def ends() -> None:
            end()
            channel.close()

        channel = ResultChannel(topic, self.clock, self._room, owner=owner, overruled=overruled)
        audience = Audience(channel, ends)
        early = self.questions.answerTo(question)
        if early is not None:
            with suppress(TooLarge):  # the answer that is told by and by will say so
                channel.begin(early)
        end = self.questions.watch(question, changed, refused)
        return audience

    def _end(self, feed: Feed) -> None:
        feed.end()
        self.deliverer.forget(feed)
        self._feeds.pop(feed.subscription.id, None)
        self._repeats.discard(feed)
        self._waking.pop(feed, None)
        audience = self._audienceOf(feed)
        if audience is None:
            return
        audience.feeds.discard(feed)
        audience.left(feed)
        if not audience.feeds:
            if self._refused.pop(feed.channel, None) is None:
                del self._audiences[feed.channel.topic]
            audience.ends()

    def _gone(self, feed: Feed) -> None:
        spawn(
            self.subscriptions.commit([Unsubscribe(feed.subscription.id)]), "ending a subscription"
        )

    # -- what changed

    def _changed(self, changes: Changes) -> None:
        if not self._audiences:
            return
        heard: dict[KeyedChannel, _Heard] = {}
        now = self.clock.seconds()
        for change in changes.changes:
            key = change.key
            channels = self._hearers.of(key)
            if not channels:
                continue
            told, at = _telling(change, now)
            for channel in channels:
                if at is not None:
                    if (channel, key) not in self._extensions:
                        self._extensions.set((channel, key), at)
                    continue
                keys = heard.setdefault(channel, {})
                if told is Told.VALUE or key not in keys:
                    keys[key] = told
                if len(self._extensions):
                    self._extensions.discard((channel, key))
        self._tell(heard)

    def _extended(self, due: Sequence[tuple[KeyedChannel, ElementKey]]) -> None:
        heard: dict[KeyedChannel, _Heard] = {}
        for channel, key in due:
            heard.setdefault(channel, {})[key] = Told.EXTENSION
        self._tell(heard)

    def _tell(self, heard: dict[KeyedChannel, _Heard]) -> None:
        for channel, keys in heard.items():
            audience = self._audiences.get(channel.topic)
            # Its audience may have gone home since.
            if audience is not None and audience.channel is channel:
                channel.heard(keys)
                self._wake(audience.allBehind())

    def _wake(self, feeds: Iterable[Feed]) -> None:
        self._waking.update(dict.fromkeys(feeds))
        if self._turn is None:
            self._wakeSome()

    def _wakeSome(self) -> None:
        """Ten thousand notices take longer than one turn of the reactor may: as many as its time is for."""
        self._turn = None
        waking, wake, now = self._waking, self.deliverer.wake, self.clock.seconds
        until = now() + _TURN
        while waking:
            wake(waking.popitem(last=False)[0])
            # After each: one alone may be eight megabytes.
            if waking and now() >= until:
                self._turn = self.clock.callLater(0, self._wakeSome)
                break

    # -- told by feeds

    def _caughtUp(self, feed: Feed) -> None:
        audience = self._audienceOf(feed)
        if audience is not None:
            audience.left(feed)
            if feed.channel.isOver:
                self._gone(feed)

    def _audienceOf(self, feed: Feed) -> Audience | None:
        audience = self._audiences.get(feed.channel.topic)
        if audience is not None and audience.channel is feed.channel:
            return audience
        return self._refused.get(feed.channel)

    def _sent(self, feed: Feed, again: float) -> None:
        if again < math.inf and feed.subscription.id in self._feeds:
            self._repeats.set(feed, again)

    def _again(self, feeds: Sequence[Feed]) -> None:
        for feed in feeds:
            feed.tellAgain()
        self._wake(feeds)


def _telling(change: Change, now: float) -> tuple[Told, float | None]:
    """What is told of a change, and when; C{None} for at once."""
    if isinstance(change, Extended) or (isinstance(change, Replaced) and change.isQuiet):
        return Told.EXTENSION, _tellAt(change, now)
    return Told.VALUE, None


def _tellAt(change: Extended | Replaced, now: float) -> float | None:
    """When the longer life of a value is told; C{None} for at once."""
    before, after = change.previous, change.element.lifetime
    if isinstance(before, ServiceDataElement):
        before = before.lifetime
    if after.goodUntil < before.goodUntil or after.availableUntil < before.availableUntil:
        return None
    until = before.goodUntil if before.goodUntil < math.inf else before.availableUntil
    return None if until == math.inf or until <= now else now + (until - now) / 2
