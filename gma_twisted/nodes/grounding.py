"""How services of a node get what they stand on: a store, languages, and the limits of queries."""

import math
from collections.abc import Sequence

import attrs

from gma_twisted.interfaces import IQueryEngine, IServiceDataStore
from gma_twisted.model import Handle
from gma_twisted.nodes.groundwork import Groundwork
from gma_twisted.nodes.ownclasses import OwnClass
from gma_twisted.nodes.ownparts import OwnPart, ownLanguage
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.questions import Questions
from gma_twisted.nodes.storage import Storage
from gma_twisted.processes import ProviderRuntime
from gma_twisted.queries import NameQueryLimits
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.timing import NodeClock

__all__ = ["Grounding"]


@attrs.frozen(slots=True, eq=False)
class Grounding:
    """
    Lays the groundwork of services; nothing is started.

    @ivar plan: of the node
    @ivar baseUrl: what their handles begin with
    @ivar clock: the node's
    @ivar runtime: for stores and languages of the operator's
    @ivar storage: of what survives a restart
    @ivar questions: makes services answer expressions
    """

    plan: Plan
    baseUrl: str
    clock: NodeClock
    runtime: ProviderRuntime
    storage: Storage
    questions: Questions

    def lay(
        self,
        path: str,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
        kept: str,
        ownStore: OwnClass | None = None,
        pause: float = 0.0,
    ) -> Groundwork:
        """
        That of one service.

        @param path: of the service
        @param portTypes: as they are declared
        @param serviceData: what it has beside that of its port types
        @param kept: what its service data is kept in, when it is; unique in the node
        @param ownStore: the operator's class that keeps it; the node's own store when there is none
        @param pause: see L{MemoryStore}
        @raise GMAError: a class of the operator's cannot be made
        """
        limits = self.plan.limits
        keeping = None
        if ownStore is None:
            bounds = StoreLimits(**limits.of("store"))
            store: IServiceDataStore = MemoryStore(self.clock, bounds, self._recorder(kept), pause)
        else:
            store = ownStore.store(self.runtime)
            # As long as it takes: what was committed is to be there, and to stay.
            keeping = OwnPart(store, ownStore.what, self.clock, math.inf)
        languages = [(one.what, one.language(self.runtime, store)) for one in self.plan.languages]
        return Groundwork(
            Handle.parse(self.baseUrl + path),
            portTypes,
            store,
            self.clock,
            NameQueryLimits(**limits.of("query")),
            self.questions.host(store),
            serviceData,
            keeping,
            [ownLanguage(one, what, limits.maxAnswer) for what, one in languages],
            [
                OwnPart(one, what, self.clock)
                for what, one in languages
                if IQueryEngine.providedBy(one)
            ],
            "" if ownStore is None else ownStore.what,
        )

    def _recorder(self, name: str) -> Recorder:
        return self.storage.recorder(name) if self.plan.store.keepServiceData else Forgetful()
