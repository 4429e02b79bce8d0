"""The container's entries: which services a node has, as service data anybody can read (OGSI 1.0, 12.2; GT3)."""

import math
from collections.abc import Awaitable, Iterable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ServiceNotDestroyed, TerminationTimeUnchanged, UnknownId, cut
from gma_twisted.hosting.values import StandardValues
from gma_twisted.interfaces import IServiceDataStore, IServiceGroup, IServiceRow, IServiceRows
from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.model import (
    Command,
    Handle,
    Locator,
    Put,
    QName,
    Remove,
    ReplaceAll,
    ServiceDataElement,
)
from gma_twisted.soap.types import LOCATOR
from gma_twisted.timing import NodeClock

__all__ = ["MEMBER", "ContainerEntries", "Member", "entryId"]

MEMBER = QName(GMA, "member")
"""The element inside the content of an entry."""

_ENTRY = ogsi("entry")
_GMA = f' xmlns:gma="{GMA}"'
_BELOW = "/services/"


@attrs.frozen(slots=True)
class Member:
    """
    A service of the node, as its container shows it.

    @ivar path: of the service
    @ivar handle: of the service
    @ivar interfaces: port types it offers
    @ivar kind: what a Factory made it as; empty for one that came with the node
    @ivar name: what its maker calls it; empty for the last part of the path
    """

    path: str
    handle: Handle
    interfaces: Sequence[QName]
    kind: str = ""
    name: str = ""


def entryId(path: str) -> str:
    """
    The id of a service's entry, the same at every start: C{index} for C{/services/index},
    C{instances~ID} for C{/services/instances/ID}.
    """
    return path.removeprefix(_BELOW).strip("/").replace("/", "~")


@implementer(IServiceGroup, IServiceRows)
@attrs.define(eq=False, slots=True)
class ContainerEntries:
    """
    One C{ogsi:entry} in the container's store for every service of the node, itself included; GT3's
    ContainerRegistry. Nobody adds to it or removes from it but the node.

    The content of an entry is C{<gma:member><gma:name>index</gma:name><gma:kind>holder</gma:kind></gma:member>};
    C{gma:kind} is there for created services only. The value's key is the last part of the entry's own handle,
    C{<container>/entries/ID}: entries are services too, as rows.

    @ivar store: the container's
    @ivar handle: the container's
    @ivar clock: the node's
    """

    store: IServiceDataStore
    handle: Handle
    clock: NodeClock
    _told: dict[str, "_Entry"] = attrs.field(factory=dict, init=False, repr=False)
    # Whether the store has what was told; a commit that waits or has failed leaves that open.
    _isInStep: bool = attrs.field(default=False, init=False)

    async def tell(self, came: Iterable[Member] = (), went: Iterable[Member] = ()) -> None:
        """
        Say who is there now; to be called whenever services are published or withdrawn.

        @param came: new members, and those that have changed; the entry of one that has not stays as it is
        @param went: members no more
        @raise GMAError: the store cannot take it; the next call tells it too
        """
        commands: list[Command] = []
        for member in went:
            entry = self._told.pop(entryId(member.path), None)
            if entry is not None:
                commands.append(Remove(entry.element.key))
        for member in came:
            id = entryId(member.path)
            entry = self._told.get(id)
            if entry is None or entry.member != member:
                self._told[id] = entry = self._entry(id, member)
                commands.append(Put(entry.element))
        if not self._isInStep:
            elements = tuple(entry.element for entry in self._told.values())
            commands = [ReplaceAll(_ENTRY, self.handle.url, elements)]
        self._isInStep = False
        await self.store.commit(commands)
        self._isInStep = True

    def row(self, id: str) -> IServiceRow:
        """See L{IServiceRows}."""
        entry = self._told.get(id)
        if entry is None:
            raise UnknownId(f'the container has no entry "{cut(id)}"')
        return entry

    def serviceData(self) -> Sequence[ServiceDataElement]:
        """C{membershipContentRule}: every GridService may be in it, with C{gma:member} as content."""
        content = (
            "<ogsi:memberInterface>ogsi:GridService</ogsi:memberInterface>"
            f"<ogsi:content>gma:{MEMBER.localName}</ogsi:content>"
        )
        return [
            self._values().value(
                "membershipContentRule",
                "ogsi:MembershipContentRuleType",
                content.encode(),
                attributes=_GMA,
            )
        ]

    def _values(self) -> StandardValues:
        return StandardValues(self.handle, self.clock.seconds(), self.clock.wallTime())

    def _entry(self, id: str, member: Member) -> "_Entry":
        handle = self.handle.child("entries", id)
        content = b"".join(
            (
                LOCATOR.write("ogsi:serviceGroupEntryLocator", Locator((handle,))),
                LOCATOR.write("ogsi:memberServiceLocator", _locator(member)),
                b"<ogsi:content>%b</ogsi:content>" % _content(member),
            )
        )
        element = self._values().value("entry", "ogsi:EntryType", content, id, _GMA)
        return _Entry(handle, member, element)


@implementer(IServiceRow)
@attrs.frozen(slots=True, eq=False)
class _Entry:
    """An entry as a service: as long as its member is there, nobody ends it."""

    handle: Handle
    member: Member
    element: ServiceDataElement

    @property
    def until(self) -> float:
        """See L{IServiceRow}."""
        return math.inf

    @property
    def created(self) -> float:
        """See L{IServiceRow}."""
        return self.element.created

    @property
    def owner(self) -> str | None:
        """See L{IServiceRow}."""
        return None

    def values(self) -> Sequence[ServiceDataElement]:
        """See L{IServiceRow}."""
        made = StandardValues(self.handle, self.element.lifetime.goodFrom, self.created)
        locator = LOCATOR.write("ogsi:memberServiceLocator", _locator(self.member))
        return [
            made.value("memberServiceLocator", "ogsi:LocatorType", _inside(locator)),
            made.value("content", "ogsi:EntryContentType", _content(self.member), attributes=_GMA),
        ]

    def endAt(self, until: float) -> Awaitable[float]:
        """See L{IServiceRow}."""
        raise TerminationTimeUnchanged(f"the entry {self.handle} is there as long as its service")

    def end(self) -> Awaitable[None]:
        """See L{IServiceRow}."""
        raise ServiceNotDestroyed(f"the entry {self.handle} is there as long as its service")


def _locator(member: Member) -> Locator:
    return Locator((member.handle,), tuple(member.interfaces))


def _content(member: Member) -> bytes:
    name = escapeText(member.name or member.path.rstrip("/").rpartition("/")[2])
    kind = f"<gma:kind>{escapeText(member.kind)}</gma:kind>" if member.kind else ""
    return f"<gma:member><gma:name>{name}</gma:name>{kind}</gma:member>".encode()


def _inside(element: bytes) -> bytes:
    return element[element.index(b">") + 1 : element.rindex(b"</")]
