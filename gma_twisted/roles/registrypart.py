"""The directory of a node whose operator wrote it: ids, owners and leases around a server (WIRE 6)."""

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.errors import Busy, ParameterError, TooLarge, cut
from gma_twisted.interfaces.gma import IDirectory
from gma_twisted.markup.events import writeEvent
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Features, GMAEntry, GMARole, SearchAnswer
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.roles.holdings import Held, Holdings
from gma_twisted.roles.implemented import Implemented
from gma_twisted.roles.lastcalls import LastCalls
from gma_twisted.roles.methods import UserMethods, unread
from gma_twisted.roles.place import SOFTWARE, RoleLimits, RolePlace
from gma_twisted.roles.registry import RegistryServer
from gma_twisted.timing import Ready

__all__ = ["RegistryPart", "registryRole"]

_OF = {
    "doAdd": ("add", "renew", "renewMany"),
    "doUpdate": ("update",),
    "doRemove": ("remove",),
    "doSearch": ("search",),
    "doWatch": ("watch",),
    "doUnwatch": ("unwatch",),
}
_ID_BYTES = 10
# Ids of one renewMany.
_TOGETHER = 1_000

_Key = tuple[str, GMARole, str]


@attrs.define(slots=True, eq=False)
class _Entry:
    """
    An entry; what more there is to it the server keeps.

    @ivar isMade: whether doAdd has agreed
    """

    role: GMARole
    endpoint: str
    isMade: bool = False


@attrs.define(slots=True, eq=False)
class _Watch:
    """A watch. @ivar isMade: whether doWatch has agreed"""

    isMade: bool = False


def registryRole(
    server: RegistryServer, place: RolePlace, limits: RoleLimits | None = None
) -> "RegistryPart":
    """Make a directory of a server."""
    return RegistryPart(server, place, limits or RoleLimits())


@implementer(IDirectory)
class RegistryPart:
    """
    A served directory. It has all operations; which of them the server implements, C{role} tells.

    @ivar role: the operations it implements, as a service takes them
    """

    def __init__(self, server: RegistryServer, place: RolePlace, limits: RoleLimits) -> None:
        """See L{registryRole}."""
        self._place = place
        self._limits = limits
        self._methods = UserMethods(server)
        clock = place.clock
        self._entries: Holdings[str, _Entry] = Holdings(clock, limits, "entries", self._entryEnded)
        self._watches: Holdings[int, _Watch] = Holdings(clock, limits, "watches", self._watchEnded)
        # What an owner has added with a role and endpoint.
        self._added: dict[_Key, Held[str, _Entry]] = {}
        self._last = LastCalls(clock, self._methods.name)
        self.role = Implemented(self, IDirectory, self._operations())

    @property
    def features(self) -> Features:
        """What it can do, computed from its methods."""
        return Features(
            self._place.instanceId,
            self._place.started,
            SOFTWARE,
            (GMARole.REGISTRY.value,),
            self.role.operations,
            maxLease=self._limits.most,
        )

    def start(self) -> Awaitable[None]:
        """Let leases end."""
        self._entries.start()
        self._watches.start()
        return Ready(None)

    async def stop(self) -> None:
        """End all entries and watches; the server hears of each, within a bounded time."""
        for entry in self._entries.stop():
            self._entryEnded(entry)
        for watch in self._watches.stop():
            self._watchEnded(watch)
        await self._last.finish()

    def owners(self) -> Sequence[str]:
        """Who has watches."""
        return self._watches.owners()

    def endOf(self, owners: Collection[str]) -> int:
        """
        End all watches of some owners; the server hears of each. Entries end with their leases.

        @return: how many
        """
        ended = self._watches.ofOwners(owners)
        for held in ended:
            self._watches.remove(held)
            self._watchEnded(held)
        return len(ended)

    def counts(self) -> Mapping[str, int]:
        """How many C{entries} and C{watches} there are."""
        return {"entries": len(self._entries), "watches": len(self._watches)}

    def _operations(self) -> Iterable[str]:
        yield from ("getFeatures", "ping")
        for method, names in _OF.items():
            if self._methods.has(method):
                yield from names

    def getFeatures(self) -> Awaitable[Features]:
        """See L{IDirectory}."""
        return Ready(self.features)

    def ping(self) -> Awaitable[Timestamp]:
        """See L{IDirectory}."""
        return Ready(Timestamp.ofSeconds(self._place.clock.wallTime()))

    async def add(
        self, entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[str, float, Sequence[GMAEntry]]:
        """See L{IDirectory}."""
        granted = self._entries.grant(lease)
        self._check(entry)
        key = (caller.owner, entry.role, entry.endpoint)
        known = self._added.get(key)
        if known is not None:
            return await self._addAgain(known, entry, granted, caller)
        id = token_hex(_ID_BYTES)
        made = attrs.evolve(entry, entry=id)
        held = self._entries.add(id, caller.owner, _Entry(entry.role, entry.endpoint))
        self._added[key] = held
        try:
            matches = await self._call("doAdd", made, granted, caller)
        except BaseException:
            self._drop(held)
            raise
        held.thing.isMade = True
        if not self._entries.has(held):
            # The node was stopped meanwhile.
            self._tellEnd(held)
            raise Busy(f"{self._methods.name} is being stopped")
        return id, self._entries.lease(held, granted), matches

    async def _addAgain(
        self, held: Held[str, _Entry], entry: GMAEntry, granted: float, caller: Caller
    ) -> tuple[str, float, Sequence[GMAEntry]]:
        if not held.thing.isMade:
            raise Busy(f'"{cut(entry.endpoint)}" is being added; add it again later')
        made = attrs.evolve(entry, entry=held.id)
        method = "doUpdate" if self._methods.has("doUpdate") else "doAdd"
        with self._entries.changing(held):
            matches = await self._call(method, made, granted, caller)
        return held.id, self._entries.lease(held, granted), matches

    async def update(
        self, entryId: str, entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[float, Sequence[GMAEntry]]:
        """See L{IDirectory}."""
        held = self._entries.of(entryId, caller)
        granted = self._entries.grant(lease)
        self._check(entry)
        known = held.thing
        if (known.role, known.endpoint) != (entry.role, entry.endpoint):
            raise ParameterError(
                f'entry {entryId} is the {known.role.value} at "{cut(known.endpoint)}"; it stays that',
                cure="remove it and add another",
            )
        made = attrs.evolve(entry, entry=entryId)
        with self._entries.changing(held):
            matches = await self._call("doUpdate", made, granted, caller)
        return self._entries.lease(held, granted), matches

    async def remove(self, entryId: str, caller: Caller = OURSELVES) -> None:
        """See L{IDirectory}. What the server raises is told; the entry is gone all the same."""
        held = self._entries.of(entryId, caller)
        self._drop(held)
        await self._methods.call("doRemove", (entryId,), {"caller": caller}, unread)

    async def renew(self, entryId: str, lease: float | None, caller: Caller = OURSELVES) -> float:
        """See L{IDirectory}."""
        held = self._entries.of(entryId, caller)
        return self._entries.lease(held, self._entries.grant(lease))

    async def renewMany(
        self, entryId: Sequence[str], lease: float | None, caller: Caller = OURSELVES
    ) -> Sequence[tuple[str, float | None]]:
        """See L{IDirectory}. @raise TooLarge: too many ids"""
        if len(entryId) > _TOGETHER:
            raise TooLarge(f"{len(entryId)} entries cannot be renewed at once: {_TOGETHER} can")
        granted = self._entries.grant(lease)
        return [(id, self._renewed(id, granted, caller)) for id in entryId]

    def _renewed(self, id: str, granted: float, caller: Caller) -> float | None:
        try:
            return self._entries.lease(self._entries.of(id, caller), granted)
        except ParameterError:
            return None

    async def search(
        self,
        role: str | None,
        template: Event | None,
        xpath: str | None,
        attribute: Sequence[tuple[str, str]],
        limit: int | None,
        cursor: str | None,
        caller: Caller = OURSELVES,
    ) -> SearchAnswer:
        """See L{IDirectory}."""
        named = {
            "role": None if role is None else _roleOf(role).value,
            "xpath": xpath,
            "attribute": tuple(attribute),
            "limit": limit,
            "cursor": cursor,
            "caller": caller,
        }
        found = await self._methods.call("doSearch", (template,), named, _foundOf)
        return attrs.evolve(found, entries=[self._timed(one) for one in found.entries])

    async def watch(
        self,
        role: str | None,
        template: Event | None,
        attribute: Sequence[tuple[str, str]],
        consumer: str,
        callerId: int,
        lease: float | None,
        caller: Caller = OURSELVES,
    ) -> tuple[int, float]:
        """See L{IDirectory}."""
        granted = self._watches.grant(lease)
        id = self._place.numbers()
        while self._watches.isTaken(id):
            id = self._place.numbers()
        held = self._watches.add(id, caller.owner, _Watch())
        named = {
            "role": None if role is None else _roleOf(role).value,
            "attribute": tuple(attribute),
            "watchId": id,
            "lease": granted,
            "caller": caller,
        }
        try:
            await self._methods.call("doWatch", (template, consumer, callerId), named, unread)
        except BaseException:
            self._watches.remove(held)
            raise
        held.thing.isMade = True
        if not self._watches.has(held):
            self._watchEnded(held)
            raise Busy(f"{self._methods.name} is being stopped")
        return id, self._watches.lease(held, granted)

    async def unwatch(self, watchId: int, caller: Caller = OURSELVES) -> int:
        """See L{IDirectory}."""
        held = self._watches.of(watchId, caller)
        self._watches.remove(held)
        await self._methods.call("doUnwatch", (watchId,), {"caller": caller}, unread)
        return watchId

    async def _call(
        self, method: str, entry: GMAEntry, granted: float, caller: Caller
    ) -> Sequence[GMAEntry]:
        named = {"entryId": entry.entry, "lease": granted, "caller": caller}
        found = await self._methods.call(method, (entry,), named, _foundOf)
        return [self._timed(one) for one in found.entries]

    def _check(self, entry: GMAEntry) -> None:
        limits = self._limits
        if len(entry.eventTypes) > limits.eventTypes:
            raise TooLarge(
                f"an entry with {len(entry.eventTypes)} event types; it may have {limits.eventTypes}, the bound "
                "role_event_types"
            )
        size = len(entry.endpoint.encode())
        size += sum(len(name.encode()) + len(value.encode()) for name, value in entry.attributes)
        size += sum(len(writeEvent(one)) for one in entry.eventTypes)
        if size > limits.entryBytes:
            raise TooLarge(
                f'the entry of "{cut(entry.endpoint)}" has {size} bytes; it may have {limits.entryBytes}, the bound '
                "role_entry_size"
            )

    def _timed(self, entry: GMAEntry) -> GMAEntry:
        held = self._entries.get(entry.entry)
        return entry if held is None else attrs.evolve(entry, lifetime=self._entries.left(held))

    def _drop(self, held: Held[str, _Entry]) -> None:
        self._entries.remove(held)
        key = (held.owner, held.thing.role, held.thing.endpoint)
        if self._added.get(key) is held:
            del self._added[key]

    def _entryEnded(self, held: Held[str, _Entry]) -> None:
        self._drop(held)
        if held.thing.isMade:
            self._tellEnd(held)

    def _tellEnd(self, held: Held[str, _Entry]) -> None:
        if self._methods.has("doRemove"):
            named = {"caller": OURSELVES}
            self._last.call(self._methods.call("doRemove", (held.id,), named, unread))

    def _watchEnded(self, held: Held[int, _Watch]) -> None:
        if held.thing.isMade and self._methods.has("doUnwatch"):
            named = {"caller": OURSELVES}
            self._last.call(self._methods.call("doUnwatch", (held.id,), named, unread))


def _roleOf(text: str) -> GMARole:
    try:
        return GMARole(text.strip())
    except ValueError:
        raise ParameterError(
            f'"{cut(text, 40)}" is no role',
            cure='write "producer", "consumer" or "registry"',
            parameter="role",
        ) from None


def _foundOf(value: Any) -> SearchAnswer:
    if isinstance(value, SearchAnswer):
        return value
    entries = [] if value is None else list(value)
    for one in entries:
        if not isinstance(one, GMAEntry):
            raise TypeError(f"it gave {type(one).__name__} among its entries")
    return SearchAnswer(entries)
