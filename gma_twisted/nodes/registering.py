"""The registry of a service: its two faces, its entries as services, and how its service data tells of them."""

import os
from collections.abc import Awaitable, Mapping, Sequence

import attrs

from gma_twisted.configuration import RegistrySection
from gma_twisted.hosting import RowFamily
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.storage import Storage
from gma_twisted.queries import RowQueries
from gma_twisted.registration import (
    ADMIT_ALL,
    Catalogue,
    Entries,
    EntryPublisher,
    GrantLimits,
    GroupRegistration,
    MembershipRule,
    ServiceRegistrar,
)
from gma_twisted.soap.porttypes import SERVICE_GROUP_ENTRY
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.timing import NodeClock, Ready, Tombstones
from gma_twisted.transport import Exchange

__all__ = ["HostedRegistry", "hostRegistry"]

_REGISTRATIONS = "registrations"


@attrs.frozen(slots=True, eq=False)
class HostedRegistry:
    """
    A part of its service; the store is shared and has a life of its own.

    @ivar exchange: answers for the entries
    @ivar store: keeps them
    @ivar catalogue: works on them
    @ivar publisher: tells them in the service data
    @ivar entries: as services
    """

    exchange: Exchange
    store: RegistryStore
    catalogue: Catalogue
    publisher: EntryPublisher
    entries: RowFamily

    @property
    def roles(self) -> Sequence[object]:
        """What it adds to the service."""
        return (ServiceRegistrar(self.catalogue), GroupRegistration(self.catalogue))

    async def start(self) -> None:
        """Tell what there is, follow what comes, answer for the entries."""
        await self.publisher.start()
        self.exchange.publishFamily(self.entries)

    def stop(self) -> Awaitable[None]:
        """Answer and follow no more."""
        self.exchange.withdraw(self.entries.path)
        self.publisher.stop()
        return Ready(None)

    def counts(self) -> Mapping[str, int]:
        """See L{INodeControl.registry <gma_twisted.interfaces.INodeControl>}."""
        return {"entries": len(self.store), "tombstones": len(self.catalogue.tombstones)}


def hostRegistry(
    plan: Plan, clock: NodeClock, exchange: Exchange, storage: Storage, main: Groundwork
) -> HostedRegistry:
    """
    Make the registry of a node.

    @param plan: of the node
    @param clock: the node's
    @param exchange: answers for the entries
    @param storage: of what survives a restart
    @param main: of its service
    """
    section, limits = plan.registry, plan.limits
    store = RegistryStore(
        clock, RegistryLimits(**limits.of("registry")), storage.recorder(_REGISTRATIONS)
    )
    catalogue = Catalogue(
        store,
        clock,
        main.handle,
        os.urandom,
        Tombstones(clock, section.tombstones, **limits.of("tombstones")),
        GrantLimits(section.minLifetime, section.defaultLifetime, section.maxLifetime),
        section.knownMember,
        _rules(section) or (ADMIT_ALL,),
        interfaces=limits.registryInterfaces,
        attributes=limits.registryAttributes,
    )
    entries = RowFamily(
        catalogue.entries,
        (SERVICE_GROUP_ENTRY,),
        Entries(catalogue),
        RowQueries(clock, FewValues(clock).select, main.queryLimits),
        clock,
    )
    publisher = EntryPublisher(catalogue, main.store)
    return HostedRegistry(exchange, store, catalogue, publisher, entries)


def _rules(section: RegistrySection) -> Sequence[MembershipRule]:
    rules = []
    for one in section.membershipRules:
        assert one.memberInterface is not None  # the configuration was checked
        rules.append(MembershipRule(one.memberInterface, one.content))
    return rules
