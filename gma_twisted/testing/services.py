"""What every class of C{[services.NAME]} and C{[factory.NAME]} promises, as tests its author runs."""

from collections.abc import Sequence

from twisted.python.failure import Failure

from gma_twisted.execution.verify import checkService
from gma_twisted.interfaces import ICreatedService, IServiceDataStore, ServicePlace
from gma_twisted.model import (
    Declare,
    Freshness,
    Handle,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.soap import PortType
from gma_twisted.soap.selection import flattened
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.testing.keywords import checkKeywords
from gma_twisted.testing.roles import RoleContract

__all__ = ["CreatedServiceContract"]


class CreatedServiceContract(RoleContract, ClockStand):
    """
    Mix into a C{SynchronousTestCase} that has L{makeService}, C{goodCalls} and C{badCalls}, see L{RoleContract}.

    Calls are asked of a service that has started. Those of C{goodCalls} should publish what it has to publish.

    @ivar time: turned by hand
    @ivar clock: the node's
    """

    def makeService(self) -> ICreatedService:
        """A new service, as configuration and client would have it made, not started."""
        raise NotImplementedError("write makeService: it returns a new service")

    def makeRole(self) -> object:
        """A service that has started."""
        return self.started(self.makePlace())

    def portTypes(self) -> Sequence[PortType]:
        """Those of its class."""
        found: Sequence[PortType] = self.makeService().portTypes
        return found

    def makePlace(self, name: str = "one") -> ServicePlace:
        """Where a service lives. @param name: its own, and the last part of its handle"""
        store = MemoryStore(self.clock)
        self.result(store.start())
        self.addCleanup(lambda: self.result(store.stop()))
        self.result(store.commit([Declare(tuple(self._declared()))]))
        return ServicePlace(Handle(f"http://127.0.0.1:8480/services/instances/{name}"), name, store)

    def started(self, place: ServicePlace) -> ICreatedService:
        """A service that has started, and is stopped when the test ends."""
        service = self.makeService()
        self.addCleanup(lambda: self.result(service.stop()))
        self.result(service.start(place))
        return service

    def elements(self, store: IServiceDataStore) -> Sequence[ServiceDataElement]:
        """What a service has published."""
        names = store.names()
        if not names:
            return ()
        return store.find(
            NameQuery(tuple(NameSelector(name) for name in names), Freshness.ANY)
        ).elements

    def test_contractService(self) -> None:
        """Class and object have every member of C{ICreatedService} and of their port types' interfaces."""
        service = self.makeService()
        checkService(type(service), "")
        checkService(service, "")

    def test_contractUnknownArgument(self) -> None:
        """The constructor declares its keywords: one it does not know is refused, not swallowed."""
        checkKeywords(self, self.makeService())

    def test_contractServiceData(self) -> None:
        """It publishes what it declares, under its own handle."""
        place = self.makePlace()
        self._asked(self.started(place))
        declared = self._declared()
        for one in self.elements(place.store):
            if one.key.name not in declared:
                self.fail(f"{one.key.name} is published, and declared nowhere")
            if one.key.originator != place.handle.url:
                self.fail(
                    f"{one.key.name} is published for {one.key.originator}, not for place.handle"
                )

    def test_contractSeparate(self) -> None:
        """What is asked of one service changes nothing that another of its class has published."""
        here, there = self.makePlace("one"), self.makePlace("two")
        asked = self.started(here)
        self.started(there)
        before = self.elements(there.store)
        self._asked(asked)
        self.assertEqual(self.elements(there.store), before, "two services share something")

    def test_contractStops(self) -> None:
        """It stops after it was asked, and also when it was never started; no timer of it is left."""
        self.result(self.makeService().stop())
        place = self.makePlace()
        before = list(self.time.getDelayedCalls())
        service = self.makeService()
        self.result(service.start(place))
        self._asked(service)
        self.result(service.stop())
        self.result(place.store.stop())
        left = [one for one in self.time.getDelayedCalls() if one not in before]
        self.assertEqual(left, [], "timers run on after stop")

    def _asked(self, role: object) -> None:
        service = self._serviceOf(role)
        for name, arguments in self.goodCalls():
            value = self.ask(service, name, arguments)
            if isinstance(value, Failure):
                value.raiseException()

    def _declared(self) -> set[QName]:
        service = self.makeService()
        names = {one.name for each in flattened(service.portTypes) for one in each.serviceData}
        return names | {one.declaration.name for one in service.serviceData}
