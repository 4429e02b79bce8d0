"""The directory of producers and consumers: GMA's face of a catalogue, and pyGMA's Registry (GFD-I.7, 3; WIRE 6)."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import (
    ParameterError,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
    cut,
)
from gma_twisted.interfaces import ICallerQueries
from gma_twisted.interfaces.gma import IDataPlane, IDirectory
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Handle,
    Locator,
    Registration,
)
from gma_twisted.model.entryevent import EntryNews
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Features, GMAEntry, GMARole, SearchAnswer
from gma_twisted.model.template import Template
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.changelog import ChangeLog
from gma_twisted.registration.content import EntryContent
from gma_twisted.registration.directoryindex import INTERFACES, DirectoryIndex, Listed
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.registration.directorysearch import DirectorySearch
from gma_twisted.registration.ending import Ending
from gma_twisted.registration.eventtypes import typeContent, writtenType
from gma_twisted.registration.grants import GrantLimits
from gma_twisted.registration.postings import EntryKey
from gma_twisted.registration.wanted import Wanted
from gma_twisted.registration.watch import WatchGround
from gma_twisted.registration.watches import Watches
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes.gma import DIRECTORY
from gma_twisted.soap.selection import flattened
from gma_twisted.timing import Ready

__all__ = ["Directory"]

_EVERY = tuple(GMARole)


@implementer(IDirectory)
@attrs.define(slots=True, eq=False)
class Directory:
    """
    Producers, consumers and directories in a catalogue, whichever face registered them.

    An entry is a registration that claims the port type of its role; its event types are in the content, and its
    attributes are those of the registration. What is not of an endpoint in the same role is another entry: one URL may
    be a producer and a consumer. What others register with C{registerService} or OGSI's C{add} is found, too.

    @ivar catalogue: of the registry
    @ivar plane: the way to who watches
    @ivar chance: gives a number in C{[0, 1)}, which spreads what is tried again
    @ivar instanceId: of this life of the node
    @ivar software: name and version
    @ivar engine: answers XPath over the registry's service data; C{None} where none does
    @ivar limits: bounds
    @ivar watchGrants: leases of watches
    """

    catalogue: Catalogue
    plane: IDataPlane
    chance: Callable[[], float]
    instanceId: str
    software: str
    engine: ICallerQueries | None = None
    limits: DirectoryLimits = attrs.field(factory=DirectoryLimits)
    watchGrants: GrantLimits = attrs.field(factory=GrantLimits)
    index: DirectoryIndex = attrs.field(init=False)
    watches: Watches = attrs.field(init=False)
    _search: DirectorySearch = attrs.field(init=False)
    _startTime: Timestamp = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        catalogue, limits = self.catalogue, self.limits
        clock = catalogue.clock
        self._startTime = Timestamp.ofSeconds(clock.wallTime())
        self.index = DirectoryIndex(catalogue, limits.eventTypes, self._changed)
        self._search = DirectorySearch(catalogue, self.index, limits, self.engine)
        changes = ChangeLog(limits.changes, limits.changesSize)
        ground = WatchGround(clock, self.index, changes, self.chance, limits.changes)
        self.watches = Watches(
            clock, self.plane, catalogue.random, ground, self.watchGrants, limits
        )

    def _changed(self, key: EntryKey, before: Listed | None) -> None:
        self.watches.changed(key, before)

    async def start(self) -> None:
        """List what there is and follow what comes; the store of the catalogue has been started."""
        await self.index.start()
        self.watches.start()

    async def stop(self) -> None:
        """End all watches, follow no more."""
        self.index.stop()
        await self.watches.stop()

    # -- what it is

    def getFeatures(self) -> Awaitable[Features]:
        """See L{IGMAComponent <gma_twisted.interfaces.gma.IGMAComponent>}."""
        told = [Event(news.value, Timestamp(0)) for news in EntryNews]
        return Ready(
            Features(
                self.instanceId,
                self._startTime,
                self.software,
                (GMARole.REGISTRY.value,),
                sorted(one.name for one in operationsOf(flattened((DIRECTORY,)))),
                tuple(self.plane.schemes),
                tuple(self.plane.encodings),
                self.catalogue.grants.most,
                told,
            )
        )

    def ping(self) -> Awaitable[Timestamp]:
        """See L{IGMAComponent <gma_twisted.interfaces.gma.IGMAComponent>}."""
        return Ready(Timestamp.ofSeconds(self.catalogue.clock.wallTime()))

    # -- entries

    async def add(
        self, entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[str, float, Sequence[GMAEntry]]:
        """
        See L{IDirectory}; further errors as of L{Catalogue.keep}.

        @raise ParameterError: the endpoint is no URL, or an event type cannot be a template
        """
        templates, content = self._read(entry)
        handle = Handle.parse(entry.endpoint)
        interface = INTERFACES[entry.role]
        known = self._known(handle, entry.role, caller)
        row, granted = await self.catalogue.keep(
            # What it said by another face of its interfaces and its name stays true.
            Locator((handle,), (interface,)) if known is None else known.member,
            caller.owner,
            "" if known is None else known.name,
            entry.attributes,
            content,
            lease,
            interface,
        )
        return row.entry, granted, await self._search.matches(entry.role, templates)

    async def update(
        self, entryId: str, entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> tuple[float, Sequence[GMAEntry]]:
        """See L{IDirectory}; further errors as of L{add}."""
        row = self._owned(entryId, caller)
        templates, content = self._read(entry)
        if Handle.parse(entry.endpoint).url != row.handle:
            raise ParameterError(
                f"entry {cut(entryId, 60)} is of {cut(row.handle)}, not of {cut(entry.endpoint)}",
                cure="add the other endpoint, and remove this entry",
            )
        if INTERFACES[entry.role] not in row.interfaces:
            raise ParameterError(
                f"entry {cut(entryId, 60)} is no {entry.role.value}",
                cure="add the endpoint in its other role, and remove this entry",
            )
        try:
            _, granted = await self.catalogue.replace(row, entry.attributes, content, lease)
        except (UnknownId, ServiceHasTerminated):
            raise _badId(entryId) from None
        return granted, await self._search.matches(entry.role, templates)

    async def remove(self, entryId: str, caller: Caller = OURSELVES) -> None:
        """See L{IDirectory}."""
        row = self._owned(entryId, caller)
        if not await self.catalogue.end([row.entry], Ending.UNREGISTERED):
            raise _badId(entryId)

    async def renew(self, entryId: str, lease: float | None, caller: Caller = OURSELVES) -> float:
        """See L{IDirectory}."""
        (granted,) = await self.catalogue.renew([entryId], lease, caller)
        if granted is None:
            raise _badId(entryId)
        return granted

    async def renewMany(
        self, entryId: Sequence[str], lease: float | None, caller: Caller = OURSELVES
    ) -> Sequence[tuple[str, float | None]]:
        """See L{IDirectory}. @raise TooLarge: more than one call takes"""
        granted = await self.catalogue.renew(entryId, lease, caller)
        return list(zip(entryId, granted, strict=True))

    def _read(self, entry: GMAEntry) -> tuple[Sequence[Template], EntryContent]:
        if len(entry.eventTypes) > self.limits.eventTypes:
            raise TooLarge(
                f"an entry with {len(entry.eventTypes)} event types; it may have at most"
                f" {self.limits.eventTypes}, the bound directory_event_types"
            )
        templates = [Template(one) for one in entry.eventTypes]
        return templates, typeContent(entry.role, entry.eventTypes)

    def _known(self, handle: Handle, role: GMARole, caller: Caller) -> Registration | None:
        interface = INTERFACES[role]
        for row in self.catalogue.store.ofMember(handle.url):
            if row.owner == caller.owner and interface in row.interfaces:
                return row
        return None

    def _owned(self, entryId: str, caller: Caller) -> Registration:
        try:
            row = self.catalogue.find(entryId)
        except (UnknownId, ServiceHasTerminated):
            raise _badId(entryId) from None
        if not caller.owns(row.owner):
            raise _badId(entryId)
        return row

    # -- searching

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
        """
        See L{IDirectory}. An entry is selected by an XPath expression that is true of its C{ogsi:entry}, the context
        node: a node, a text that is not empty, a number that is not 0.

        @raise ParameterError: a role, template, expression, limit or cursor that cannot be used; or no expression can
        @raise TooLarge: more attributes, longer globs or a longer expression than one search may have
        """
        wanted = self._wanted(role, template, attribute)
        return await self._search.page(wanted, xpath, limit, cursor, caller)

    def _wanted(
        self, role: str | None, template: Event | None, attributes: Sequence[tuple[str, str]]
    ) -> Wanted:
        if len(attributes) > self.limits.conditions:
            raise TooLarge(
                f"{len(attributes)} attributes are asked for; at most {self.limits.conditions} can be"
            )
        templates = None if template is None else (Template(template),)
        return Wanted.of(_rolesOf(role), templates, attributes)

    # -- watching

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
        """
        See L{IDirectory}. Asked again by the same owner for the same consumer and C{callerId}, it is renewed; with
        other conditions all is told anew.

        @raise ParameterError: a role, template or consumer that cannot be used
        @raise TooLarge: too many watches or attributes, or too long ones; the bound is named
        """
        wanted = self._wanted(role, template, attribute)
        written = b"" if template is None else writtenType(template)
        asked = (role, written, tuple(attribute))
        return await self.watches.watch(asked, wanted, template, consumer, callerId, lease, caller)

    def unwatch(self, watchId: int, caller: Caller = OURSELVES) -> Awaitable[int]:
        """See L{IDirectory}."""
        self.watches.unwatch(watchId, caller)
        return Ready(watchId)


def _badId(entry: str) -> ParameterError:
    return ParameterError(f"Bad id {cut(entry, 60)}", id=cut(entry, 60))


def _rolesOf(role: str | None) -> Sequence[GMARole]:
    if role is None:
        return _EVERY
    try:
        return (GMARole(role),)
    except ValueError:
        known = ", ".join(f'"{one.value}"' for one in GMARole)
        raise ParameterError(
            f'"{cut(role, 40)}" is no role', cure=f"write one of {known}"
        ) from None
