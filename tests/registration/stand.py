"""A registry service with everything a catalogue has to do with, on a virtual clock; and the same as a node."""

from collections.abc import Awaitable
from itertools import count
from typing import TypeVar

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.hosting import RowFamily, StandardServiceData
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import (
    Caller,
    Expression,
    Handle,
    KnownMember,
    Locator,
    NameQuery,
    NameSelector,
    QName,
)
from gma_twisted.queries import NameQueries, RowQueries
from gma_twisted.registration import (
    ADMIT_ALL,
    ENTRY,
    Catalogue,
    Entries,
    EntryPublisher,
    GrantLimits,
    GroupRegistration,
    MembershipRule,
    ServiceRegistrar,
)
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    REGISTRATION,
    SERVICE_GROUP_ENTRY,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.soap.selection import flattened
from gma_twisted.stores import FewValues, MemoryStore
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.testing.grid import MemoryGrid
from gma_twisted.timing import NodeClock, Tombstones, toDeferred
from gma_twisted.transport import Service

__all__ = [
    "ANNE",
    "BOB",
    "HANDLE",
    "WALL",
    "CatalogueCase",
    "Registry",
    "expression",
    "member",
    "wallClock",
]

T = TypeVar("T")

WALL = 1_700_000_000.0
HANDLE = Handle("http://reg:8480/services/registry")
ANNE = Caller("anne", "192.0.2.1")
BOB = Caller("bob", "192.0.2.2")
PORT_TYPES = (GRID_SERVICE, SERVICE_GROUP_REGISTRATION, REGISTRATION)


def wallClock(time: Clock) -> NodeClock:
    """A node's clock whose wall runs with it."""
    return NodeClock(time, lambda: WALL + time.seconds())


def member(name: str = "a", *interfaces: QName) -> Locator:
    """A service somewhere."""
    return Locator((Handle(f"http://{name}.example:8480/services/s"),), interfaces)


def expression(text: str) -> Expression:
    """An element as a message holds it; our prefixes are declared."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    root = XMLGate().parse(f"<wrapped {declared}>{text}</wrapped>".encode())[0]
    return Expression(nameOf(root), root)


class Registry:
    """One service, wired as a node wires it."""

    def __init__(
        self,
        clock: NodeClock,
        grants: GrantLimits | None = None,
        known: KnownMember = KnownMember.RENEW,
        rules: tuple[MembershipRule, ...] = (ADMIT_ALL,),
        limits: RegistryLimits | None = None,
        data: MemoryStore | None = None,
    ) -> None:
        """Make it; nothing is started."""
        numbers = count(1)
        self.clock = clock
        self.store = RegistryStore(clock, limits or RegistryLimits())
        self.data = data or MemoryStore(clock)
        self.queries = NameQueries(self.data, clock)
        self.catalogue = Catalogue(
            self.store,
            clock,
            HANDLE,
            lambda length: next(numbers).to_bytes(length, "big"),
            Tombstones(clock),
            grants or GrantLimits(),
            known,
            rules,
        )
        self.registrar = ServiceRegistrar(self.catalogue)
        self.group = GroupRegistration(self.catalogue)
        self.publisher = EntryPublisher(self.catalogue, self.data)
        every = flattened(PORT_TYPES)
        self.standard = StandardServiceData(
            self.data,
            clock,
            HANDLE,
            [one.name for one in every],
            self.queries.dialects,
            [pair for one in every for pair in one.staticValues],
            [declared.name for one in every for declared in one.serviceData],
        )
        self.family = RowFamily(
            self.catalogue.entries,
            (SERVICE_GROUP_ENTRY,),
            Entries(self.catalogue),
            RowQueries(clock, FewValues(clock).select),
            clock,
        )
        role = CompositeRole([PermanentService([self.queries]), self.group, self.registrar])
        self.service = Service(HANDLE.path, HANDLE, role, PORT_TYPES)

    async def start(self) -> None:
        """In the order of a node."""
        await self.data.start()
        await self.store.start()
        await self.standard.publish()
        await self.publisher.start()

    def addTo(self, grid: MemoryGrid) -> None:
        """Make it a node of its own."""
        grid.result(self.start())
        node = grid.addNode("reg", self.service)
        node.exchange.publishFamily(self.family)


class CatalogueCase(SynchronousTestCase):
    """A started registry without a network, made anew for every test."""

    grants: GrantLimits | None = None
    known = KnownMember.RENEW
    rules: tuple[MembershipRule, ...] = (ADMIT_ALL,)
    limits: RegistryLimits | None = None

    def setUp(self) -> None:
        """Start it."""
        self.time = Clock()
        self.clock = wallClock(self.time)
        self.registry = Registry(self.clock, self.grants, self.known, self.rules, self.limits)
        self.catalogue = self.registry.catalogue
        self.done(self.registry.start())

    def done(self, awaitable: Awaitable[T]) -> T:
        """What is there at once."""
        result: T = self.successResultOf(toDeferred(awaitable))
        return result

    def fails(self, kind: type[Exception], awaitable: Awaitable[object]) -> Exception:
        """The error that is there at once."""
        failure = self.failureResultOf(toDeferred(awaitable), kind)
        error: Exception = failure.value
        return error

    def keep(self, name: str = "a", seconds: float | None = None, caller: Caller = ANNE) -> str:
        """Add a member. @return: the entry's id"""
        row, _ = self.done(self.catalogue.keep(member(name), caller.owner, seconds=seconds))
        return row.entry

    def pass_(self, seconds: float) -> None:
        """Let time pass in small steps."""
        end = self.time.seconds() + seconds
        while self.time.seconds() < end:
            self.time.advance(min(0.25, end - self.time.seconds()))

    def shown(self) -> list[str]:
        """Keys of the C{ogsi:entry} values."""
        answer = self.registry.data.find(NameQuery((NameSelector(ENTRY),)))
        return [element.key.key for element in answer.elements]
