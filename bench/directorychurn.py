"""Things that happen to a directory, at random and checked one by one, while consumers watch it that fail at times."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from bench.answers import WrongAnswer
from bench.directorycheck import Conditions, DirectoryModel
from gma_twisted.errors import ParameterError, PeerUnreachable
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.markup import XMLGate
from gma_twisted.markup.events import readEvent, writeEvent
from gma_twisted.markup.namespaces import GMAE
from gma_twisted.model import Caller
from gma_twisted.model.entrymirror import EntryMirror
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer, Terms
from gma_twisted.timing import Ready

__all__ = ["Churn", "Operations", "Watcher", "WatcherPlane", "makeEntry"]

T = TypeVar("T")

_GATE = XMLGate()
_OWNERS = tuple(Caller(name, "192.0.2.1") for name in ("anne", "bob", "carol"))


class Operations(Protocol):
    """Those of L{IDirectory <gma_twisted.interfaces.gma.IDirectory>} that happen, done at once."""

    def add(self, entry: GMAEntry, lease: float | None, caller: Caller) -> Any:
        """See there."""

    def update(self, entryId: str, entry: GMAEntry, lease: float | None, caller: Caller) -> Any:
        """See there."""

    def remove(self, entryId: str, caller: Caller) -> Any:
        """See there."""

    def renewMany(self, entryId: Sequence[str], lease: float | None, caller: Caller) -> Any:
        """See there."""

    def search(
        self,
        role: str | None,
        template: Event | None,
        xpath: str | None,
        attribute: Sequence[tuple[str, str]],
        limit: int | None,
        cursor: str | None,
        caller: Caller,
    ) -> Any:
        """See there."""


def makeEntry(random: Random, number: int, role: GMARole, names: int = 40) -> GMAEntry:
    """
    A producer or consumer of events of few names, some of which ask for a field, and some of all of a kind.

    @param names: how many names of events there are
    """
    types = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = f"n{random.randrange(names):02}.load"
        if random.random() < 0.05:
            name = f"n{random.randrange(10)}*.load"
        event = Event(name)
        if random.random() < 0.3:
            event.add(EventField("host", f"h{random.randrange(5)}"))
        types.append(event)
    attributes = (("site", f"s{random.randrange(20)}"), ("tier", str(random.randrange(3))))
    host = f"http://h{number:04}.example:8490/services/{role.value}"
    return GMAEntry(role, host, types, attributes)


@implementer(IEventChannel)
@attrs.define(eq=False)
class Watcher:
    """
    A consumer that watches: reads what it gets as it comes over the wire, and keeps what it knows.

    @ivar conditions: of its watch
    @ivar random: decides when it fails
    @ivar failing: how often, from 0 to 1: it does not take what comes, or takes it and cannot say so, or takes its time
    @ivar mirror: what it knows
    @ivar notifications: that it took
    @ivar events: in them
    """

    conditions: Conditions
    random: Random
    failing: float = 0.0
    mirror: EntryMirror = attrs.field(factory=EntryMirror, init=False)
    notifications: int = attrs.field(default=0, init=False)
    events: int = attrs.field(default=0, init=False)
    waiting: list[Deferred[None]] = attrs.field(factory=list, init=False, repr=False)

    def send(self, events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        """See L{IEventChannel}."""
        wire = b"".join([writeEvent(event) for event in events])
        return self._take(wire, sequence, missed)

    async def _take(self, wire: bytes, sequence: int, missed: int) -> None:
        fate = self.random.random() / self.failing if self.failing else 1.0
        if fate < 0.3:
            raise PeerUnreachable("the watcher is away")
        if fate < 0.6:
            waiting: Deferred[None] = Deferred()
            self.waiting.append(waiting)
            await waiting
        root = _GATE.parse(b'<all xmlns:gmae="%b">%b</all>' % (GMAE.encode(), wire))
        events = [readEvent(one) for one in root]
        try:
            self.mirror.take(sequence, missed, events)
        except ParameterError as error:
            raise WrongAnswer(f"a watcher was told nonsense: {error}") from None
        self.notifications += 1
        self.events += len(events)
        if 0.6 <= fate < 0.8:
            raise PeerUnreachable("the watcher's answer is lost")

    def goOn(self) -> None:
        """Take what it takes its time for."""
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            # One may have been given up.
            if not one.called:
                one.callback(None)

    def close(self) -> Awaitable[None]:
        """See L{IEventChannel}."""
        return Ready(None)


@implementer(IDataPlane)
@attrs.define(eq=False)
class WatcherPlane:
    """The way to watchers: the one of the number in C{watchers} is meant by C{callerId}."""

    watchers: list[Watcher] = attrs.field(factory=list)
    schemes = ("http",)
    encodings = ("xml",)

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane}."""
        return Ready(None)

    def open(self, terms: Terms, callerId: int) -> Watcher:
        """See L{IDataPlane}."""
        return self.watchers[callerId]


@attrs.define(eq=False)
class Churn:
    """
    Does things to a directory, and to a model of it.

    @ivar operations: the directory's
    @ivar random: decides
    @ivar now: the instant
    @ivar leases: seconds to choose from
    @ivar numbers: how many different hosts there are
    @ivar names: of events
    @ivar owners: who does it
    @ivar model: what there is
    @ivar counts: of what was done and checked
    """

    operations: Operations
    random: Random
    now: Callable[[], float]
    leases: Sequence[float]
    numbers: int
    names: int = 40
    owners: Sequence[Caller] = _OWNERS
    model: DirectoryModel = attrs.field(factory=DirectoryModel, init=False)
    counts: dict[str, int] = attrs.field(factory=dict, init=False)

    def step(self) -> None:
        """Do something. @raise WrongAnswer: the directory answers something wrong"""
        self.passed()
        kind = self.random.random()
        if kind < 0.4 or not self.model.entries:
            self.add(
                makeEntry(
                    self.random,
                    self.random.randrange(self.numbers),
                    self.random.choice((GMARole.PRODUCER, GMARole.CONSUMER)),
                    self.names,
                )
            )
        elif kind < 0.6:
            self._update()
        elif kind < 0.75:
            self._remove()
        elif kind < 0.9:
            self.renew([self._any() for _ in range(self.random.randint(1, 5))])
        else:
            self.search(self.conditions())

    def passed(self) -> None:
        """Time may have passed."""
        self._count("ended by their leases", self.model.expire(self.now()))

    def conditions(self) -> Conditions:
        """What somebody could ask for."""
        random = self.random
        role = random.choice((None, "producer", "consumer"))
        template = None
        if random.random() < 0.5:
            template = makeEntry(random, 0, GMARole.PRODUCER, self.names).eventTypes[0]
        site = f"s{random.randrange(20)}" if random.random() < 0.7 else "s1*"
        attributes = [("site", site)] if random.random() < 0.5 else []
        return Conditions(role, template, attributes)

    def add(self, entry: GMAEntry, lease: float | None = None) -> None:
        """Add an entry, and see that it is told all its matches."""
        caller = self.random.choice(self.owners)
        seconds = self.random.choice(self.leases) if lease is None else lease
        expected = self.model.matches(entry)
        id, granted, matches = self.operations.add(entry, seconds, caller)
        self._told(expected, matches)
        known = self.model.entries.get(id)
        if known is not None and (known.owner, known.entry.endpoint, known.entry.role) != (
            caller.owner,
            entry.endpoint,
            entry.role,
        ):
            raise WrongAnswer(f"{id} is given to two entries")
        self.model.put(id, entry, caller.owner, self.now() + granted)
        self._count("added" if known is None else "added again")

    def _update(self) -> None:
        id = self._any()
        done = self.model.entries[id]
        made = makeEntry(self.random, 0, done.entry.role, self.names)
        entry = attrs.evolve(made, endpoint=done.entry.endpoint)
        expected = self.model.matches(entry)
        granted, matches = self.operations.update(
            id, entry, self.random.choice(self.leases), self._ownerOf(done.owner)
        )
        self._told(expected, matches)
        self.model.put(id, entry, done.owner, self.now() + granted)
        self._count("updated")

    def _remove(self) -> None:
        id = self._any()
        self.operations.remove(id, self._ownerOf(self.model.entries.pop(id).owner))
        self._count("removed")

    def renew(self, ids: Sequence[str]) -> None:
        """Renew those that are of one owner, and see that the others are not."""
        owner = self.model.entries[ids[0]].owner
        seconds = self.random.choice(self.leases)
        answered = self.operations.renewMany(ids, seconds, self._ownerOf(owner))
        for id, granted in answered:
            if (granted is not None) != (self.model.entries[id].owner == owner):
                raise WrongAnswer(f"{id} was renewed by somebody else, or not by its owner")
            if granted is not None:
                self.model.renew(id, self.now() + granted)
        self._count("renewed", len(answered))

    def search(self, conditions: Conditions, limit: int | None = None) -> None:
        """Search, page by page, and see that all is found."""
        found: list[GMAEntry] = []
        cursor = None
        while True:
            page: SearchAnswer = self.operations.search(
                conditions.role,
                conditions.template,
                None,
                conditions.attributes,
                limit,
                cursor,
                self.owners[0],
            )
            found += page.entries
            cursor = page.cursor
            if cursor is None:
                break
        self.model.checkFound(conditions, found, "a search")
        self._count("searches")

    def _told(self, expected: set[str], matches: Sequence[GMAEntry]) -> None:
        told = {one.entry for one in matches}
        if told != expected:
            raise WrongAnswer(f"{len(expected)} matches were to be told, and {len(told)} were")
        self._count("matches told", len(told))

    def _any(self) -> str:
        return self.random.choice(list(self.model.entries))

    def _ownerOf(self, owner: str) -> Caller:
        return next(one for one in self.owners if one.owner == owner)

    def _count(self, what: str, count: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + count
