"""The producers, consumers and directories among the entries of a catalogue, by what searches ask for."""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import Any

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.markup.namespaces import GMAC, GMAP, GMAR
from gma_twisted.model import Ended, QName, Registration, RegistryChange, RegistryChanges, Renewed
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.eventtypes import EventType, EventTypes, eventTypesOf
from gma_twisted.registration.postings import EntryKey, Postings
from gma_twisted.registration.wanted import Wanted
from gma_twisted.timing import Turns

__all__ = ["INTERFACES", "DirectoryIndex", "Listed"]

INTERFACES = {
    GMARole.PRODUCER: QName(GMAP, "ProducerPortType"),
    GMARole.CONSUMER: QName(GMAC, "ConsumerPortType"),
    GMARole.REGISTRY: QName(GMAR, "RegistryPortType"),
}
"""What a member claims to be found as each."""

_ROLES = {interface: role for role, interface in INTERFACES.items()}
_PAGE = 250
# Bytes about an entry in an answer, and about an attribute, beside their texts.
_AROUND = 200
_ATTRIBUTE = 100


@attrs.define(slots=True, eq=False)
class Listed:
    """
    One entry as one of the things its member is.

    @ivar row: the registration; a renewed one takes its place
    @ivar role: what the member is
    @ivar types: its event types
    """

    row: Registration
    role: GMARole
    types: tuple[EventType, ...]

    @property
    def key(self) -> EntryKey:
        """By which it is found and ordered."""
        return self.row.handle, self.row.entry, self.role.value

    @property
    def size(self) -> int:
        """About how many bytes it has in an answer."""
        row = self.row
        texts = sum(len(name) + len(value) + _ATTRIBUTE for name, value in row.attributes)
        return len(row.content) + len(row.handle) + texts + _AROUND

    def entry(self, now: float) -> GMAEntry:
        """What is told of it. @param now: instant of the node's clock"""
        row = self.row
        return GMAEntry(
            self.role,
            row.handle,
            tuple([one.event for one in self.types]),
            row.attributes,
            row.entry,
            max(0.0, row.until - now),
        )


@attrs.define(slots=True, eq=False)
class DirectoryIndex:
    """
    Follows a catalogue. What an entry says is read once, when it comes.

    @ivar catalogue: whose entries
    @ivar mostTypes: event types of one entry; of one with more it is only known what its member is
    @ivar changed: told of each entry that came, changed or went after L{start}, renewals excepted: its key, and what
        there was before
    """

    catalogue: Catalogue
    mostTypes: int
    changed: Callable[[EntryKey, Listed | None], None]
    types: EventTypes = attrs.field(factory=EventTypes, init=False)
    _listed: dict[EntryKey, Listed] = attrs.field(factory=dict, init=False, repr=False)
    # Roles under which an entry is listed, by its id: those a member claims are nearly always one.
    _keys: dict[str, tuple[EntryKey, ...]] = attrs.field(factory=dict, init=False, repr=False)
    # None for all of them.
    _byRole: Postings[GMARole | None] = attrs.field(factory=Postings, init=False, repr=False)
    # A name, or nothing for all that are globs.
    _byName: Postings[tuple[GMARole, str]] = attrs.field(factory=Postings, init=False, repr=False)
    _byAttribute: Postings[tuple[str, str]] = attrs.field(factory=Postings, init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        """How many are listed."""
        return len(self._listed)

    @property
    def terms(self) -> int:
        """How many different things entries are found by: nothing is kept for those that are gone."""
        return len(self._byRole) + len(self._byName) + len(self._byAttribute) + len(self.types)

    async def start(self) -> None:
        """List what is there, then follow. The store has been started."""
        catalogue = self.catalogue
        self._endObservation = catalogue.store.observe(self._changed)
        turns = Turns(catalogue.clock)
        rows = catalogue.store.entries("", _PAGE)
        while rows:
            last = rows[-1].entry
            for row in rows:
                # What came or changed during a breath is here already, and what ended then is not there any more.
                present = None if row.entry in self._keys else catalogue.store.get(row.entry)
                if present is not None:
                    self._put(present)
                await turns.breathe()
            rows = catalogue.store.entries(last, _PAGE)

    def stop(self) -> None:
        """Follow no more. No effect when it does not follow."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None

    # -- reading

    def get(self, key: EntryKey) -> Listed | None:
        """What is listed under a key, until its end is told."""
        return self._listed.get(key)

    def keysOf(self, entry: str) -> Sequence[EntryKey]:
        """Those of an entry, by its id; none for one that is no producer, consumer or directory."""
        return self._keys.get(entry, ())

    def walk(self, wanted: Wanted, after: EntryKey | None) -> Iterator[EntryKey]:
        """
        The keys of those that could be wanted, in order, some of them twice; all that are wanted are among them.

        Nothing may change meanwhile: who wants to breathe begins again after the key it was at.

        @param after: begin behind this key; C{None} for the beginning
        """
        ways = [self._rolesOf(wanted)]
        if wanted.names is not None:
            ways.append(self._namesOf(wanted, wanted.names))
        ways += [[(self._byAttribute, pair)] for pair in wanted.pairs]
        # The shortest way past all that are wanted.
        best = min(ways, key=_lengthOf)
        if len(best) == 1:
            postings, term = best[0]
            return postings.after(term, after)
        return merge(*[postings.after(term, after) for postings, term in best])

    def _rolesOf(self, wanted: Wanted) -> "list[_Place]":
        roles = (None,) if len(wanted.roles) == len(INTERFACES) else wanted.roles
        return [(self._byRole, role) for role in roles]

    def _namesOf(self, wanted: Wanted, names: Sequence[str]) -> "list[_Place]":
        return [(self._byName, (role, name)) for role in wanted.roles for name in names]

    # -- following

    def _changed(self, changes: RegistryChanges) -> None:
        for change in changes.changes:
            self._follow(change)

    def _follow(self, change: RegistryChange) -> None:
        row = change.row
        if isinstance(change, Renewed):
            keys = self._keys.get(row.entry)
            if keys is not None:
                for key in keys:
                    self._listed[key].row = row
                return
        before = self._take(row.entry)
        if not isinstance(change, Ended):
            self._put(row)
        keys = self._keys.get(row.entry, ())
        for key in dict.fromkeys(chain(before, keys)):
            self.changed(key, before.get(key))

    def _take(self, entry: str) -> dict[EntryKey, Listed]:
        taken = {}
        for key in self._keys.pop(entry, ()):
            listed = taken[key] = self._listed.pop(key)
            role, row = listed.role, listed.row
            self._byRole.remove(role, key)
            self._byRole.remove(None, key)
            for name in {one.term for one in listed.types}:
                self._byName.remove((role, name), key)
            for pair in set(row.attributes):
                self._byAttribute.remove(pair, key)
            self.types.release(listed.types)
        return taken

    def _put(self, row: Registration) -> None:
        roles = {_ROLES[one]: None for one in row.interfaces if one in _ROLES}
        if not roles:
            return
        keys = []
        for role in roles:
            listed = Listed(row, role, self._typesOf(row, role))
            key = listed.key
            keys.append(key)
            self._listed[key] = listed
            self._byRole.add(role, key)
            self._byRole.add(None, key)
            for name in {one.term for one in listed.types}:
                self._byName.add((role, name), key)
            for pair in set(row.attributes):
                self._byAttribute.add(pair, key)
        self._keys[row.entry] = tuple(keys)

    def _typesOf(self, row: Registration, role: GMARole) -> tuple[EventType, ...]:
        try:
            return self.types.take(eventTypesOf(row.content, role, self.mostTypes))
        except GMAError:
            # By another face anything can be registered; what it is stays to be found.
            return ()


_Place = tuple[Postings[Any], Any]


def _lengthOf(places: Sequence[_Place]) -> int:
    return sum([postings.count(term) for postings, term in places])
