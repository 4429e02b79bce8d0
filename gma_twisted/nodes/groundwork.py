"""What every service of a node stands on, whatever it does: a store, queries, updates, standard service data."""

from collections.abc import Collection, Mapping, Sequence

import attrs

from gma_twisted.execution import STATUS_NAME
from gma_twisted.hosting import StandardServiceData
from gma_twisted.interfaces import (
    IDemand,
    IQueryLanguage,
    IServiceDataStore,
    IServiceFamily,
    IStandingQueries,
)
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Handle, Language, QName, ServiceDataElement
from gma_twisted.nodes.hosted import HostedService
from gma_twisted.nodes.identity import NODE_NAME
from gma_twisted.nodes.part import Part, naming
from gma_twisted.nodes.questions import HostedQuestions
from gma_twisted.queries import NameQueries, NameQueryLimits
from gma_twisted.roles import CompositeRole, ModifiableServiceData, PermanentService
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.soap.selection import flattened
from gma_twisted.timing import NodeClock
from gma_twisted.transport import Exchange, Service

__all__ = ["Groundwork"]


@attrs.define(slots=True, eq=False)
class Groundwork:
    """
    A service before it has roles: they need its store and its handle.

    @ivar handle: of the service
    @ivar portTypes: as they are declared
    @ivar store: its service data
    @ivar clock: the node's
    @ivar queryLimits: of queries to it
    @ivar questions: its own languages beside those by names
    @ivar serviceData: what it has beside that of its port types
    @ivar keeping: begins and ends the store; the store itself does when there is none
    @ivar languages: the operator's
    @ivar engines: of the languages, begun before anything else of the service
    @ivar what: section and class of a store of the operator's, for messages; empty for the node's own
    @ivar demand: hears of what is asked
    """

    handle: Handle
    portTypes: Sequence[PortType]
    store: IServiceDataStore
    clock: NodeClock
    queryLimits: NameQueryLimits
    questions: HostedQuestions = attrs.field(factory=HostedQuestions)
    serviceData: Sequence[InitialServiceData] = ()
    keeping: Part | None = None
    languages: Sequence[IQueryLanguage] = ()
    engines: Sequence[Part] = ()
    what: str = ""
    demand: IDemand | None = None

    @property
    def standing(self) -> Mapping[Language, IStandingQueries]:
        """What keeps the questions of its subscribers, or says what it lacks."""
        return self.questions.standing

    @property
    def standardNames(self) -> Collection[QName]:
        """Names of its service data that every service of its port types has, and every node."""
        declared = (one.name for each in flattened(self.portTypes) for one in each.serviceData)
        return frozenset((*declared, NODE_NAME, STATUS_NAME))

    def hosted(
        self,
        exchange: Exchange,
        roles: Sequence[object],
        parts: Sequence[Part],
        further: Sequence[QName] = (),
        own: Sequence[ServiceDataElement] = (),
        families: Sequence[IServiceFamily] = (),
        mostBytes: int | None = None,
    ) -> HostedService:
        """
        The whole service.

        @param roles: for what GridService does not answer
        @param parts: begin and end with it
        @param further: names known before any value, beside those of the port types
        @param own: values that hold as long as it lives
        @param families: services below it that parts begin to answer for
        @param mostBytes: see L{Service <gma_twisted.transport.Service>}
        """
        store, clock, handle = self.store, self.clock, self.handle
        with naming(self.what):
            queries = NameQueries(store, clock, self.queryLimits)
        portTypes = flattened(self.portTypes)
        declared = [one for portType in portTypes for one in portType.serviceData]
        modifiable = ModifiableServiceData(
            store, clock, handle, [*declared, *(one.declaration for one in self.serviceData)]
        )
        questions = self.questions
        languages = [queries, *questions.languages, *self.languages]
        base = PermanentService(languages, modifiable, questions.missing, self.demand)
        role = CompositeRole([base, *roles])
        service = Service(
            handle.path, handle, role, self.portTypes, self.serviceData, mostBytes=mostBytes
        )
        subscribable = [
            (ogsi("subscribeExtensibility"), one.subscribeDialects[0])
            for one in self.standing.values()
            if one.subscribeDialects and NOTIFICATION_SOURCE in portTypes
        ]
        standard = StandardServiceData(
            store,
            clock,
            handle,
            [portType.name for portType in portTypes],
            [one.dialects[0] for one in languages],
            [*(pair for portType in portTypes for pair in portType.staticValues), *subscribable],
            [*(one.name for one in declared), *further],
            self.serviceData,
        )
        return HostedService(
            exchange,
            service,
            store,
            clock,
            queries,
            standard,
            own,
            [*questions.parts, *self.engines, *parts],
            families,
            self.keeping,
            self.what,
        )
