"""The one soft-state catalogue of a service, whichever face registers: ids, lifetimes, owners, ends."""

from collections.abc import Callable, Sequence

import attrs

from gma_twisted.errors import ServiceAlreadyExists, ServiceHasTerminated, TooLarge, UnknownId, cut
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import (
    Caller,
    End,
    Ended,
    Handle,
    Keep,
    KnownMember,
    Locator,
    QName,
    Registration,
    RegistryChanges,
    Renew,
    Replace,
)
from gma_twisted.registration.content import DESCRIPTION, EntryContent, checkMember
from gma_twisted.registration.ending import Ending
from gma_twisted.registration.grants import GrantLimits
from gma_twisted.registration.rules import ADMIT_ALL, MembershipRule, admit
from gma_twisted.soap.types import MAX_LOCATOR
from gma_twisted.timing import NodeClock, Ready, Tombstones, sleep
from gma_twisted.timing.tombstones import Tombstone

__all__ = ["MAX_BATCH", "Catalogue"]

MAX_BATCH = 10_000
"""Most entries of one call."""

# What one turn of the reactor has time for, publishing included.
_SLICE = 250

_ID_BYTES = 10
_DESCRIPTION = frozenset((DESCRIPTION,))
_RENEW = KnownMember.RENEW


@attrs.define(slots=True, eq=False)
class Catalogue:
    """
    The entries of one service; both of its faces, and the entries as services, work on this.

    It observes the store from the beginning. Who may end an entry by its own handle, or move its end there, is asked
    before; by the handle of the member, and in a batch, a caller finds those it L{owns <Caller.owns>} alone.

    @ivar store: keeps the entries
    @ivar clock: the node's
    @ivar handle: of the service
    @ivar random: gives so many random bytes; ids are made of them, so that none is guessed or comes twice
    @ivar grants: lifetimes
    @ivar known: what becomes of a member that comes again
    @ivar rules: who may come; at least one
    @ivar interfaces: most of one member; more are refused before any is looked at
    @ivar attributes: most of one entry; more are refused before any is looked at
    @ivar tombstones: of the entries that are over; this catalogue's alone
    """

    store: IRegistryStore
    clock: NodeClock
    handle: Handle
    random: Callable[[int], bytes]
    tombstones: Tombstones[Ending]
    grants: GrantLimits = attrs.field(factory=GrantLimits)
    known: KnownMember = KnownMember.RENEW
    rules: Sequence[MembershipRule] = (ADMIT_ALL,)
    interfaces: int = 64
    attributes: int = 64
    entries: Handle = attrs.field(init=False)
    _isOpen: bool = attrs.field(init=False, repr=False)
    _ending: dict[str, Ending] = attrs.field(factory=dict, init=False, repr=False)
    _endObservation: Callable[[], None] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.entries = self.handle.child("entries")
        self._isOpen = bool(self.rules) and all(rule.isOpen for rule in self.rules)
        self._endObservation = self.store.observe(self._changed)

    def close(self) -> None:
        """End the observation of the store."""
        self._endObservation()

    # -- handles

    def handleOf(self, entry: str) -> Handle:
        """The handle of an entry."""
        return Handle(f"{self.entries.url}/{entry}")

    def entryOf(self, handle: Handle) -> str:
        """The id in an entry's handle; empty for a handle of another service."""
        start, _, entry = handle.url.rpartition("/")
        return entry if start == self.entries.url else ""

    # -- reading

    def find(self, entry: str) -> Registration:
        """
        The entry.

        @raise UnknownId: there never was one, or too long ago
        @raise ServiceHasTerminated: it is over; the message says when and why
        """
        row = self.store.get(entry)
        if row is None:
            raise self._gone(entry)
        return row

    def owned(self, handle: str, caller: Caller) -> list[Registration]:
        """The entries of a member, by its first handle, that the caller may end."""
        return [row for row in self.store.ofMember(handle) if caller.owns(row.owner)]

    def _gone(self, entry: str) -> UnknownId | ServiceHasTerminated:
        stone = self.tombstones.get(entry)
        late = self.store.kept(entry)
        if late is not None:
            # Its end waits to be recorded, for as long as the disk takes nothing.
            stone = Tombstone(self.clock.toWall(late.until), Ending.EXPIRED)
        if stone is None:
            return UnknownId(f'there is no entry "{cut(entry, 60)}" at {self.handle}')
        return ServiceHasTerminated(
            f'entry "{cut(entry, 60)}" at {self.handle} ended at {writeDateTime(stone.when)}: {stone.why.value}'
        )

    # -- writing

    async def keep(
        self,
        member: Locator,
        owner: str,
        name: str = "",
        attributes: Sequence[tuple[str, str]] = (),
        content: EntryContent = EntryContent(),  # noqa: B008 (a frozen value)
        seconds: float | None = None,
        interface: QName | None = None,
    ) -> tuple[Registration, float]:
        """
        Add a member, or what C{known} says of one its owner has added before.

        With an C{interface}, what its owner has added before is an entry that claims this one, and is always renewed:
        one URL may then be a member as several things.

        @param member: with a handle
        @param seconds: lifetime asked; C{inf} for ever, C{None} for the usual one
        @param interface: one of the member's; C{None} when any entry of the member is meant
        @return: the entry, and the seconds granted
        @raise ParameterError: its locator holds what cannot be shown
        @raise UnsupportedMemberInterface: no rule speaks of the member
        @raise ContentCreationFailed: its content lacks what a rule asks for
        @raise ServiceAlreadyExists: a known member that is to be refused; with the handle of its entry
        @raise TooLarge: more than L{MAX_LOCATOR} handles or references, or a bound of the store; named
        """
        _bounded("attributes", len(attributes), self.attributes, "registry_attributes")
        _bounded("interfaces", len(member.interfaces), self.interfaces, "registry_interfaces")
        _bounded("handles", len(member.handles), MAX_LOCATOR)
        _bounded("references", len(member.references), MAX_LOCATOR)
        checkMember(member)
        if not self._isOpen:
            described = _DESCRIPTION if name or attributes else frozenset()
            admit(self.rules, member.interfaces, content.names | described)
        granted = self.grants.grant(seconds)
        row = Registration(
            self._newEntry(),
            member,
            name,
            tuple(attributes),
            content.data,
            owner,
            self.clock.wallTime(),
            self.clock.seconds() + granted,
        )
        try:
            keep = Keep(row, self.known) if interface is None else Keep(row, _RENEW, interface)
            committing = self.store.commit((keep,))
            # What is there already is not awaited: that would make a generator.
            changes = committing.value if isinstance(committing, Ready) else await committing
        except ServiceAlreadyExists as error:
            # The store knows ids; the handle is what the caller can do something with.
            raise ServiceAlreadyExists(error.message, self.handleOf(error.existing).url) from None
        kept = changes.rows[0]
        assert kept is not None
        return kept, granted

    async def replace(
        self,
        row: Registration,
        attributes: Sequence[tuple[str, str]],
        content: EntryContent,
        seconds: float | None,
    ) -> tuple[Registration, float]:
        """
        Let an entry say something else of its member; all the rest of it stays.

        @param row: as it is now
        @param seconds: as L{keep}
        @return: as L{keep}
        @raise UnknownId: as L{find}
        @raise ServiceHasTerminated: as L{find}
        @raise ContentCreationFailed: as L{keep}
        @raise TooLarge: as L{keep}
        """
        _bounded("attributes", len(attributes), self.attributes, "registry_attributes")
        if not self._isOpen:
            described = _DESCRIPTION if row.name or attributes else frozenset()
            admit(self.rules, row.interfaces, content.names | described)
        granted = self.grants.grant(seconds)
        wanted = attrs.evolve(
            row,
            attributes=tuple(attributes),
            content=content.data,
            until=self.clock.seconds() + granted,
        )
        changes = await self.store.commit((Replace(wanted),))
        kept = changes.rows[0]
        if kept is None:
            raise self._gone(row.entry)
        return kept, granted

    async def renew(
        self, entries: Sequence[str], seconds: float | None, caller: Caller
    ) -> list[float | None]:
        """
        Renew many: up to 250 in one commit, more in several with a turn of the reactor between them.

        @return: the seconds granted to each; C{None} for one that is unknown, or another owner's and not the caller's
            to renew
        @raise TooLarge: more than L{MAX_BATCH}
        """
        if len(entries) > MAX_BATCH:
            raise TooLarge(f"{len(entries)} entries in one call; it takes at most {MAX_BATCH}")
        granted = self.grants.grant(seconds)
        renewed: set[str] = set()
        for start in range(0, len(entries), _SLICE):
            if start:
                await sleep(self.clock, 0)
            until = self.clock.seconds() + granted
            rows = [self.store.get(entry) for entry in entries[start : start + _SLICE]]
            commands = [Renew(row.entry, until) for row in rows if row and caller.owns(row.owner)]
            if commands:
                changes = await self.store.commit(commands)
                # What ended while the commit waited was not renewed.
                renewed.update(row.entry for row in changes.rows if row is not None)
        return [granted if entry in renewed else None for entry in entries]

    async def move(self, entry: str, until: float) -> float:
        """
        Move the end of an entry. An earlier one is taken as it is, a later one granted within the bounds; what was
        granted before they became narrower stays.

        @param until: instant on the node's clock; C{inf} for as late as is allowed
        @return: the instant granted
        @raise UnknownId: as L{find}
        @raise ServiceHasTerminated: as L{find}
        """
        row = self.find(entry)
        if until > row.until:
            now = self.clock.seconds()
            until = max(row.until, now + self.grants.grant(until - now))
        changes = await self.store.commit([Renew(entry, until)])
        if changes.rows[0] is None:
            raise self._gone(entry)
        return until

    async def end(self, entries: Sequence[str], why: Ending) -> int:
        """
        End entries, in commits as L{renew} does.

        @return: how many there were
        """
        ended = 0
        for start in range(0, len(entries), _SLICE):
            if start:
                await sleep(self.clock, 0)
            part = entries[start : start + _SLICE]
            self._ending.update(dict.fromkeys(part, why))
            try:
                changes = await self.store.commit([End(entry) for entry in part])
            finally:
                for entry in part:
                    self._ending.pop(entry, None)
            ended += sum(row is not None for row in changes.rows)
        return ended

    async def destroy(self, entry: str) -> None:
        """
        End one entry by its handle.

        @raise UnknownId: as L{find}
        @raise ServiceHasTerminated: it is over already
        """
        if not await self.end([entry], Ending.DESTROYED):
            raise self._gone(entry)

    def _newEntry(self) -> str:
        # 80 random bits: among ten thousand million ids two are alike with a chance of 1 in 20,000.
        return self.random(_ID_BYTES).hex()

    def _changed(self, changes: RegistryChanges) -> None:
        for change in changes.changes:
            if isinstance(change, Ended):
                entry = change.row.entry
                why = Ending.EXPIRED if change.expired else self._ending.get(entry)
                self.tombstones.put(entry, why or Ending.UNREGISTERED)


def _bounded(what: str, count: int, most: int, bound: str = "") -> None:
    if count > most:
        named = f", the bound {bound}" if bound else ""
        raise TooLarge(f"a registration with {count} {what}; it may have at most {most}{named}")
