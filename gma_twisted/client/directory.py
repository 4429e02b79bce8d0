"""Producers and consumers of this node kept in directories elsewhere."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from gma_twisted.client.gma import Added, RegistryProxy
from gma_twisted.client.holding import HeldState, Holding
from gma_twisted.errors import ConfigError, PeerError
from gma_twisted.interfaces import ICaller
from gma_twisted.model.gma import GMAEntry
from gma_twisted.timing import NodeClock, Ready

__all__ = ["DirectoryKeeper", "Placement"]

Matched = Callable[[str, GMAEntry, Sequence[GMAEntry]], None]
"""Takes the directory's URL, the entry that was added, and who it could talk to."""

_LEAVING = 5.0


def _unheard(directory: str, entry: GMAEntry, matches: Sequence[GMAEntry]) -> None:
    return


@attrs.frozen(slots=True, eq=False)
class Placement:
    """
    What a producer or consumer wants of a directory.

    @ivar directory: its URL; without a path where directories are
    @ivar entry: what shall be in it
    @ivar lease: seconds it asks for; C{None} for the usual ones
    """

    directory: str
    entry: GMAEntry
    lease: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What cannot be in a directory twice."""
        return self.directory, self.entry.role.value, self.entry.endpoint


@attrs.define(slots=True, eq=False)
class _Entry:
    """
    One placement as a L{Holding} holds it.

    @ivar placement: what shall be there
    @ivar sent: what is, as far as is known
    """

    placement: Placement
    caller: ICaller
    timeout: float
    matched: Matched
    added: Added | None = None
    sent: Placement | None = None
    proxy: RegistryProxy | None = None

    async def take(self) -> float:
        self.added = None
        place = self.placement
        if self.proxy is None:
            self.proxy = await RegistryProxy.connect(place.directory, self.caller, self.timeout)
        return self._taken(place, await self.proxy.add(place.entry, place.lease))

    async def renew(self) -> float:
        proxy, added = self._held()
        place = self.placement
        if self.sent is not place:
            return self._taken(place, await proxy.update(added.entryId, place.entry, place.lease))
        return await proxy.renew(added.entryId, place.lease)

    async def leave(self) -> None:
        if self.added is not None:
            proxy, added = self._held()
            self.added = None
            await proxy.remove(added.entryId)

    def _taken(self, placement: Placement, added: Added) -> float:
        self.added = added
        self.sent = placement
        self.matched(placement.directory, placement.entry, added.matches)
        return added.lease

    def _held(self) -> tuple[RegistryProxy, Added]:
        if self.proxy is None or self.added is None:
            raise PeerError(f"{self} is not added")
        return self.proxy, self.added

    def __str__(self) -> str:
        return f"{self.placement.entry.endpoint} at {self.placement.directory}"


@attrs.define(eq=False)
class DirectoryKeeper:
    """
    Keeps entries in directories from L{start} until L{stop}: each is added as soon as its directory answers, renewed
    before its lease ends, and added again when the directory has lost it.

    @ivar clock: the node's
    @ivar caller: sends
    @ivar matched: told, whenever an entry was added or changed, which entries of the other role it could talk to. Who
        comes later is told by a C{watch}
    @ivar timeout: seconds for one exchange
    """

    clock: NodeClock
    caller: ICaller
    matched: Matched = _unheard
    timeout: float = 10.0
    _entries: dict[tuple[str, str, str], _Entry] = attrs.field(factory=dict, init=False, repr=False)
    _holding: Holding | None = attrs.field(default=None, init=False, repr=False)

    def add(self, placement: Placement) -> None:
        """
        Keep one more entry, from L{start} on.

        @raise ConfigError: there is one of the same directory, role and endpoint: L{change} it
        @raise TooLarge: there are L{MAX_HELD <gma_twisted.client.holding.MAX_HELD>}
        """
        if placement.key in self._entries:
            raise ConfigError(
                f"{placement.entry.endpoint} at {placement.directory} is kept already"
            )
        entry = _Entry(placement, self.caller, self.timeout, self.matched)
        if self._holding is not None:
            self._holding.hold(entry)
        self._entries[placement.key] = entry

    async def change(self, placement: Placement) -> None:
        """
        Put another entry in the place of the one with the same directory, role and endpoint.

        @raise ConfigError: there is none
        @raise GMAError: the directory still has the one before; it gets the other when the lease is renewed
        """
        entry = self._entries.get(placement.key)
        if entry is None:
            raise ConfigError(f"{placement.entry.endpoint} at {placement.directory} is not kept")
        entry.placement = placement
        if entry.added is not None:
            await entry.renew()

    async def remove(self, placement: Placement, seconds: float = _LEAVING) -> None:
        """Keep an entry no longer, and take it out. @param seconds: the longest this may take"""
        entry = self._entries.pop(placement.key, None)
        if entry is not None and self._holding is not None:
            await self._holding.release(entry, seconds)

    def start(self) -> Awaitable[None]:
        """Begin to add; nobody waits for it."""
        self._holding = Holding(self.clock, timeout=self.timeout)
        for entry in self._entries.values():
            self._holding.hold(entry)
        return Ready(None)

    async def stop(self, seconds: float = _LEAVING) -> None:
        """Renew no more and take out what is in; what cannot be ends with its lease."""
        holding, self._holding = self._holding, None
        if holding is not None:
            await holding.stop(seconds)

    def status(self) -> Sequence[Mapping[str, str]]:
        """Per entry: directory, role, endpoint, state, entry (its id), lastError; as text."""
        return [self._statusOf(one) for one in self._entries.values()]

    def _statusOf(self, entry: _Entry) -> Mapping[str, str]:
        state, error = HeldState.STOPPED, ""
        if self._holding is not None:
            state, error = self._holding.state(entry)
        directory, role, endpoint = entry.placement.key
        return {
            "directory": directory,
            "role": role,
            "endpoint": endpoint,
            "state": state.value,
            "entry": "" if entry.added is None else entry.added.entryId,
            "lastError": error,
        }
