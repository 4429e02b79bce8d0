"""The watches of a directory: who may have one, until when, and when they are to look (WIRE 6)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import Busy, ParameterError, TooLarge, cut
from gma_twisted.interfaces.gma import IDataPlane
from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.registration.changelog import ChangeLog
from gma_twisted.registration.directoryindex import Listed
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.registration.grants import GrantLimits
from gma_twisted.registration.postings import EntryKey
from gma_twisted.registration.wanted import Wanted
from gma_twisted.registration.watch import Watch, WatchGround
from gma_twisted.timing import LeaseTable, NodeClock, Sweeper, Tasks, Turns, gather, sleep

__all__ = ["Watches"]

log = Logger()

# Seconds in which changes gather, so that a storm of them is not looked at one by one.
_GATHER = 0.05
_ID_BYTES = 7
_ID_BITS = 53


@attrs.define(slots=True, eq=False)
class Watches:
    """
    Keeps watches for as long as their leases last; none survives a restart.

    They look one after the other, in turns of the reactor that all of them share.

    @ivar clock: the node's
    @ivar plane: the way to consumers
    @ivar random: gives so many random bytes; ids are made of them
    @ivar ground: what they share
    @ivar grants: leases
    @ivar limits: bounds
    """

    clock: NodeClock
    plane: IDataPlane
    random: Callable[[int], bytes]
    ground: WatchGround
    grants: GrantLimits
    limits: DirectoryLimits
    _watches: dict[int, Watch] = attrs.field(factory=dict, init=False, repr=False)
    _known: dict[tuple[str, str, int], Watch] = attrs.field(factory=dict, init=False, repr=False)
    _owned: Counter[str] = attrs.field(factory=Counter, init=False, repr=False)
    _leases: LeaseTable[int] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweeper: Sweeper[int] = attrs.field(init=False, repr=False)
    _tasks: Tasks = attrs.field(init=False, repr=False)
    _look: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    # Those that are to look, in this order.
    _waiting: dict[Watch, None] = attrs.field(factory=dict, init=False, repr=False)
    _isLooking: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._sweeper = Sweeper(self.clock, self._leases, self._expired)
        self._tasks = Tasks("the watches of a directory", 2 * self.limits.watches + 1)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._watches)

    @property
    def changes(self) -> ChangeLog:
        """What changed."""
        return self.ground.changes

    def start(self) -> None:
        """Take watches."""
        self._sweeper.start()

    async def stop(self) -> None:
        """End all, and tell nobody anything more."""
        self._sweeper.stop()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        ending = list(self._watches.values())
        for watch in ending:
            self._forget(watch)
        await self._tasks.cancelAll()
        await gather([watch.channel.close() for watch in ending])

    async def watch(
        self,
        asked: object,
        wanted: Wanted,
        template: Event | None,
        consumer: str,
        callerId: int,
        lease: float | None,
        caller: Caller,
    ) -> tuple[int, float]:
        """
        See L{IDirectory.watch <gma_twisted.interfaces.gma.IDirectory>}.

        @param asked: the conditions as they came; equal ones are the same
        @param template: of them; who opens the way may want to know
        """
        await self.plane.check(consumer, None, caller)
        if not self._sweeper.running:
            raise Busy("the directory takes no watches: it is not running")
        granted = self.grants.grant(lease)
        watch = self._known.get((caller.owner, consumer, callerId))
        if watch is None:
            self._checkRoom(caller.owner)
            terms = Terms(Event("*") if template is None else template, consumer)
            channel = self.plane.open(terms, callerId)
            watch = Watch(
                self._newId(),
                caller.owner,
                consumer,
                callerId,
                asked,
                wanted,
                channel,
                self.ground,
                self._end,
                self._asks,
            )
            self._watches[watch.id] = self._known[caller.owner, consumer, callerId] = watch
            self._owned[caller.owner] += 1
            self._lookSoon()
        elif watch.asked != asked:
            watch.change(asked, wanted)
            self._lookSoon()
        self._leases.set(watch.id, self.clock.seconds() + granted)
        return watch.id, granted

    def unwatch(self, id: int, caller: Caller) -> None:
        """See L{IDirectory.unwatch <gma_twisted.interfaces.gma.IDirectory>}."""
        watch = self._watches.get(id)
        if watch is None or not caller.owns(watch.owner):
            raise ParameterError(f"Bad id {id}", id=str(id))
        self._end(watch)

    def asked(self) -> Iterator[tuple[int, str]]:
        """The ids of all watches, and whose each is. What may not be any more is ended by L{unwatch}."""
        for watch in list(self._watches.values()):
            yield watch.id, watch.owner

    def changed(self, key: EntryKey, before: Listed | None) -> None:
        """An entry came, changed or went. @param before: as it was; C{None} when it came"""
        if self._watches:
            self.changes.add(key, before)
            self._lookSoon()

    def _checkRoom(self, owner: str) -> None:
        if len(self._watches) >= self.limits.watches:
            raise TooLarge(
                f"the directory has {self.limits.watches} watches, the bound directory_watches"
            )
        if self._owned[owner] >= self.limits.watchesPerOwner:
            raise TooLarge(
                f"{cut(owner)} has {self.limits.watchesPerOwner} watches, the bound directory_watches_per_owner"
            )

    def _newId(self) -> int:
        while True:
            id = int.from_bytes(self.random(_ID_BYTES), "big") >> (8 * _ID_BYTES - _ID_BITS)
            if id and id not in self._watches:
                return id

    def _lookSoon(self) -> None:
        if self._look is None and self._sweeper.running:
            self._look = self.clock.callLater(_GATHER, self._lookNow)

    def _lookNow(self) -> None:
        self._look = None
        for watch in self._watches.values():
            self._asks(watch)

    def _asks(self, watch: Watch) -> None:
        self._waiting[watch] = None
        if not self._isLooking and self._sweeper.running:
            self._isLooking = True
            self._tasks.spawn(self._lookAll(), "watches looking")

    async def _lookAll(self) -> None:
        try:
            # Who is told at once asks again at once: that is for another turn, which is shared from its beginning.
            await sleep(self.clock, 0.0)
            turns = Turns(self.clock)
            while self._waiting:
                watch = next(iter(self._waiting))
                del self._waiting[watch]
                try:
                    watch.look(turns)
                except Exception:  # noqa: BLE001 (the others are to hear nevertheless)
                    log.failure("watch {id} cannot look", id=watch.id)
                await turns.breathe()
        finally:
            self._isLooking = False

    def _expired(self, ids: Sequence[int]) -> None:
        for id in ids:
            self._end(self._watches[id])

    def _end(self, watch: Watch) -> None:
        if watch.id in self._watches:
            self._forget(watch)
            self._tasks.spawn(watch.channel.close(), "closing the way of a watch")

    def _forget(self, watch: Watch) -> None:
        del self._watches[watch.id]
        del self._known[watch.owner, watch.consumer, watch.callerId]
        self._leases.discard(watch.id)
        self._waiting.pop(watch, None)
        self._owned[watch.owner] -= 1
        if not self._owned[watch.owner]:
            del self._owned[watch.owner]
        if not self._watches:
            self.changes.forget()
        watch.end()
