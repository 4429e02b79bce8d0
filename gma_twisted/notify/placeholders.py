"""Place-holders of jobs that are not there: what is subscribed to is there at once (GT3's RIPS; WIRE 4)."""

import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs
from twisted.logger import Logger

from gma_twisted.errors import GMAError, cut
from gma_twisted.interfaces import IServiceDataStore, ISubscriptionStore
from gma_twisted.markup.jobs import JOB
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.model import (
    Added,
    Change,
    Changes,
    ElementKey,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    Remove,
    Removed,
    Replaced,
    ServiceDataElement,
    Subscription,
    SubscriptionChanges,
)
from gma_twisted.model.area import areaOf
from gma_twisted.timing import NodeClock, Ready, spawn

__all__ = ["Placeholders"]

log = Logger()

_HEAD = f'<rips:Job xmlns:rips="{RIPS}"'.encode()
_TAIL = b"/>"
# A job may say all it has in attributes; only declarations are none. Copies of others' have those of their messages.
_SAYS_NOTHING = re.compile(rb'<[^\s"]+(?:\s+xmlns(?::[^\s="]+)?="[^"]*")*')
_LONGEST_KEY = 256
# Of one commit: what a turn of the reactor has time for.
_SLICE = 1000
# Between two log lines of one kind.
_SILENCE = 60.0
_WHAT = "keeping place-holders of jobs"

_Ours = Put | Remove


@attrs.define(slots=True, eq=False)
class _Held:
    """
    One place-holder.

    @ivar subscriptions: ids of those it is there for
    @ivar owners: of them, as L{areaOf} counts, with how many each has
    @ivar until: instant at which it is gone
    """

    subscriptions: set[str] = attrs.field(factory=set)
    owners: Counter[str] = attrs.field(factory=Counter)
    until: float = -math.inf


@attrs.define(slots=True, eq=False)
class Placeholders:
    """
    Makes an empty C{rips:Job} for a key that somebody subscribes to by names while no job has it.

    It is the service's own value, holds as long as the longest of the subscriptions it was made for, and ends with the
    last of them, or when a job of that key comes: one of the service takes its place, and for one of another service it
    is removed in the same turn. It is not made again when the job has gone; who subscribes then gets another one.

    Who names the originator of the job gets none unless that is this service: nothing is said in the name of another.
    A key of more than 256 characters is no job's.

    Whoever may subscribe can make them, with keys that nobody has, and who reads all jobs sees them: so one owner has
    few, and they are few together, far less than a notice of all values has room for.

    @ivar store: of the service
    @ivar subscriptions: to it
    @ivar clock: the node's
    @ivar originator: handle of the service, as text
    @ivar most: place-holders at once; subscriptions above that are granted without
    @ivar perOwner: those that subscriptions of one owner, as L{areaOf} counts, are for; further ones of it neither make
        one nor keep one of others up
    """

    store: IServiceDataStore
    subscriptions: ISubscriptionStore
    clock: NodeClock
    originator: str
    most: int = 1000
    perOwner: int = 100
    _held: dict[str, _Held] = attrs.field(factory=dict, init=False, repr=False)
    # By owner, how many are held for it.
    _shares: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    # Of those that are put by commits that are not done yet.
    _underWay: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    # Jobs that are given back, the last of each key, until somebody removes them.
    _returning: dict[str, ServiceDataElement] = attrs.field(factory=dict, init=False, repr=False)
    # By what is logged, the instant before which it is not logged again.
    _silentUntil: dict[str, float] = attrs.field(factory=dict, init=False, repr=False)
    _ends: Sequence[Callable[[], None]] = attrs.field(default=(), init=False, repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._held)

    def start(self) -> None:
        """
        Begin; both stores have been started. Of the place-holders of an earlier life those are kept that the store has
        kept; none is made for subscriptions from then: their jobs may have come and gone.

        It has to hear of subscriptions before who tells them: what they hear first is the place-holder.
        """
        for subscription in self.subscriptions.all():
            for key in self._keysOf(subscription):
                element = self.store.get(self._identity(key))
                if element is not None and _isEmpty(element):
                    # Whatever the bounds: those were asked when it was made.
                    held = self._held.setdefault(key, _Held())
                    self._join(held, subscription)
                    held.until = element.lifetime.availableUntil
        over = [one for one in self._held if self._isThere(one)]
        for key in over:
            self._forget(key)
        self._end(over)
        self._ends = (
            self.store.observe(self._changed),
            self.subscriptions.observe(self._subscribed),
        )

    def stop(self) -> None:
        """Make, extend and end none any more; those there are stay."""
        for end in self._ends:
            end()
        self._ends = ()

    # -- subscriptions

    def _subscribed(self, changes: SubscriptionChanges) -> None:
        puts = [one for each in changes.begun for one in self._begun(each)]
        if self._held:
            puts += [one for each in changes.moved for one in self._moved(each)]
        self._commit(puts)
        if self._held:
            self._end([key for each in changes.ended for key in self._ended(each)])

    def _begun(self, subscription: Subscription) -> Iterator[Put]:
        for key in self._keysOf(subscription):
            held = self._held.get(key)
            if held is None:
                if self._isThere(key) or not self._hasRoom():
                    continue
                held = _Held()
            if self._mayJoin(held, subscription):
                self._held[key] = held
                self._join(held, subscription)
                yield from self._lasting(key, held, subscription.until)

    def _moved(self, subscription: Subscription) -> Iterator[Put]:
        for key in self._keysOf(subscription):
            held = self._held.get(key)
            if held is not None and subscription.id in held.subscriptions:
                yield from self._lasting(key, held, subscription.until)

    def _ended(self, subscription: Subscription) -> Iterator[str]:
        for key in self._keysOf(subscription):
            held = self._held.get(key)
            if held is None or subscription.id not in held.subscriptions:
                continue
            self._leave(held, subscription)
            if not held.subscriptions:
                self._forget(key)
                yield key

    def _lasting(self, key: str, held: _Held, until: float) -> Iterator[Put]:
        if until > held.until:
            held.until = until
            lifetime = Lifetime(min(self.clock.seconds(), until), until, until)
            # What only holds longer is an extension to the store.
            yield Put(
                ServiceDataElement(
                    self._identity(key), _HEAD, _TAIL, lifetime, self.clock.wallTime()
                )
            )

    def _hasRoom(self) -> bool:
        if len(self._held) < self.most:
            return True
        self._warn(
            "there are {count} place-holders of jobs, the bound placeholders: who subscribes to a job that is not"
            " there gets none",
            count=len(self._held),
        )
        return False

    def _mayJoin(self, held: _Held, subscription: Subscription) -> bool:
        owner = areaOf(subscription.owner)
        if owner in held.owners or self._shares[owner] < self.perOwner:
            return True
        self._warn(
            "{owner} has {count} place-holders of jobs, the bound placeholders_per_owner: it gets no other one",
            owner=cut(owner),
            count=self._shares[owner],
        )
        return False

    def _join(self, held: _Held, subscription: Subscription) -> None:
        owner = areaOf(subscription.owner)
        held.subscriptions.add(subscription.id)
        if not held.owners[owner]:
            self._shares[owner] += 1
        held.owners[owner] += 1

    def _leave(self, held: _Held, subscription: Subscription) -> None:
        owner = areaOf(subscription.owner)
        held.subscriptions.discard(subscription.id)
        held.owners[owner] -= 1
        if not held.owners[owner]:
            del held.owners[owner]
            self._release(owner)

    def _forget(self, key: str) -> None:
        held = self._held.pop(key, None)
        for owner in held.owners if held is not None else ():
            self._release(owner)

    def _release(self, owner: str) -> None:
        self._shares[owner] -= 1
        if not self._shares[owner]:
            del self._shares[owner]

    def _keysOf(self, subscription: Subscription) -> Iterable[str]:
        """Of the jobs that a subscription by names is to, each once."""
        topic = subscription.topic
        if topic.question is not None:
            return ()
        return dict.fromkeys(
            one.key
            for one in topic.selectors
            if one.key
            and one.name == JOB
            and one.originator in (None, self.originator)
            and len(one.key) <= _LONGEST_KEY
        )

    # -- jobs

    def _changed(self, changes: Changes) -> None:
        if not (self._held or self._returning):
            return
        over: list[str] = []
        for change in changes.changes:
            key = change.key
            if key.name != JOB:
                continue
            isOwn = key.originator == self.originator
            if isOwn and isinstance(change, Removed):
                if not change.expired:
                    self._returning.pop(key.key, None)
                if key.key in self._underWay:
                    continue  # the one before, and the next comes after it
            if key.key in self._held and _ends(change, isOwn):
                self._forget(key.key)
                if not isOwn:
                    over.append(key.key)
        self._end(over)

    def _isThere(self, key: str) -> bool:
        found = self.store.find(NameQuery((NameSelector(JOB, key=key),))).elements
        # Those of other services are copied as any value is.
        return any(not _isEmpty(one) for one in found)

    async def _giveBack(self, job: ServiceDataElement) -> None:
        """Unless somebody told of it meanwhile, or removed it."""
        key = job.key.key
        self._returning[key] = job
        try:
            await self.store.sync()
            present = self.store.get(job.key)
            if self._returning.get(key) is job and (present is None or _isEmpty(present)):
                await self.store.commit([Put(job)])
                if key not in self._returning:
                    # It was removed in the moment before it was back.
                    await self.store.commit([Remove(job.key)])
        finally:
            if self._returning.get(key) is job:
                del self._returning[key]

    # -- both

    def _identity(self, key: str) -> ElementKey:
        return ElementKey(JOB, self.originator, key)

    def _end(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        synced = self.store.sync()
        if isinstance(synced, Ready):
            self._remove(keys)
        else:
            spawn(self._removeLater(synced, keys), _WHAT)

    async def _removeLater(self, synced: Awaitable[object], keys: Sequence[str]) -> None:
        # What the store has on its way may be the job.
        await synced
        self._remove(keys)

    def _remove(self, keys: Sequence[str]) -> None:
        commands: list[_Ours] = []
        for key in keys:
            if key in self._held or key in self._returning:
                continue
            present = self.store.get(self._identity(key))
            if present is not None and _isEmpty(present):
                commands.append(Remove(present.key))
        self._commit(commands)

    def _commit(self, commands: Sequence[_Ours]) -> None:
        for at in range(0, len(commands), _SLICE):
            self._commitSome(commands[at : at + _SLICE])

    def _commitSome(self, commands: Sequence[_Ours]) -> None:
        keys = [one.element.key.key for one in commands if isinstance(one, Put)]
        # Before it is asked: it is told meanwhile.
        self._underWay.update(keys)
        try:
            answer = self.store.commit(commands)
        except GMAError as error:
            self._refused(keys, error)
        else:
            if isinstance(answer, Ready):
                self._done(keys, answer.value)
            else:
                spawn(self._wait(answer, keys), _WHAT)

    async def _wait(self, answer: Awaitable[Changes], keys: Sequence[str]) -> None:
        try:
            changes = await answer
        except GMAError as error:
            self._refused(keys, error)
        else:
            self._done(keys, changes)

    def _done(self, keys: Sequence[str], changes: Changes) -> None:
        self._underWay -= Counter(keys)
        for change in changes.changes:
            job = _takenBy(change)
            if job is not None:
                spawn(self._giveBack(job), _WHAT)
        # A job may have come, and gone, before what was on its way.
        self._end([key for key in keys if key not in self._held])

    def _refused(self, keys: Sequence[str], error: GMAError) -> None:
        self._underWay -= Counter(keys)
        for key in keys:
            self._forget(key)
        self._warn("place-holders of jobs are not kept: {reason}", reason=error.message)

    def _warn(self, format: str, **facts: Any) -> None:
        # Whoever subscribes and ends that in turn must not fill the disk.
        now = self.clock.seconds()
        if now >= self._silentUntil.get(format, -math.inf):
            self._silentUntil[format] = now + _SILENCE
            log.warn(format, **facts)


def _isEmpty(element: ServiceDataElement) -> bool:
    return element.tail == _TAIL and _SAYS_NOTHING.fullmatch(element.head) is not None


def _ends(change: Change, isOwn: bool) -> bool:
    """Whether a place-holder is over: the job is there, or it is the place-holder itself that is not."""
    if isinstance(change, Removed):
        return isOwn
    return isinstance(change, Added | Replaced) and not _isEmpty(change.element)


def _takenBy(change: Change) -> ServiceDataElement | None:
    """The job that a commit of ours took away: it was on its way into the store when that was asked for."""
    if isinstance(change, Removed) or (isinstance(change, Replaced) and _isEmpty(change.element)):
        return None if _isEmpty(change.previous) else change.previous
    return None
