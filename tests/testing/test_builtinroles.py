"""The roles of the package keep the contract of roles."""

import math
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.hosting.factory import ServiceFactory
from gma_twisted.hosting.instances import FactoryLimits, Places
from gma_twisted.hosting.resolver import HandleResolver
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import DataAggregation, ExecutionRequest, Handle, Locator, QName
from gma_twisted.soap import PortType
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.porttypes import (
    AGGREGATOR,
    DATA_AGGREGATION,
    FACTORY,
    GRID_SERVICE,
    HANDLE_RESOLVER,
    NOTIFICATION_SOURCE,
    PROVIDER_EXECUTION,
    REGISTRATION,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.testing import Calls, GridIndex, MemoryGrid, RoleContract
from gma_twisted.timing import toDeferred
from tests.aggregation.test_dataaggregation import PARAMS
from tests.execution.stand import Scripted, Stand
from tests.hosting.lodgings import ScriptedKind, ScriptedLodge
from tests.registration.stand import Registry, member, wallClock

_NAME = QName("urn:glue", "Host")
_OTHER = Handle("http://other:8480/services/index")
_FOREVER = math.inf


def _named(root: str, name: str) -> bytes:
    return (
        f'<ogsi:{root} xmlns:ogsi="{OGSI}" xmlns:g="urn:glue"><ogsi:name>{name}</ogsi:name></ogsi:{root}>'
    ).encode()


_FIND, _FIND_NOTHING = (_named("queryByServiceDataNames", one) for one in ("g:Host", "g:None"))
_SUBSCRIBE, _SUBSCRIBE_NOTHING = (
    _named("subscribeByServiceDataNames", one) for one in ("g:Host", "g:None")
)
_UNREAD = b"<sql/>"
_ENDLESS: Calls = (
    ("findServiceData", {"queryExpression": _FIND_NOTHING}),
    ("findServiceData", {"queryExpression": _UNREAD}),
    ("setServiceData", {"updateExpression": _UNREAD}),
    ("requestTerminationAfter", {"terminationTime": _FOREVER}),
    ("requestTerminationBefore", {"terminationTime": 0.0}),
    ("destroy", {}),
)


class IndexTests(RoleContract, SynchronousTestCase):
    """GridService, NotificationSource, Aggregator and DataAggregation, one role of a node in memory."""

    def makeRole(self) -> object:
        """Of a node that knows one name."""
        self.grid = MemoryGrid()
        index = GridIndex(self.grid, "site", [_NAME])
        index.start()
        self.addCleanup(index.stop)
        service = index.life.node.exchange.service(index.handle.path)
        role: object = getattr(service, "role", None)
        return role

    def portTypes(self) -> Sequence[PortType]:
        """What a node of the grid has."""
        return (GRID_SERVICE, NOTIFICATION_SOURCE, AGGREGATOR, DATA_AGGREGATION)

    def settle(self, waiting: "Deferred[Any]") -> None:
        """Let the grid's time pass."""
        self.grid.advance(10.0)

    def goodCalls(self) -> Calls:
        """Ask, subscribe, follow."""
        sink = Locator((Handle("http://sink:8480/services/sink"),))
        subscribing = {"subscriptionExpression": _SUBSCRIBE, "sink": sink}
        return (
            ("findServiceData", {"queryExpression": _FIND}),
            ("subscribe", {**subscribing, "expirationTime": _FOREVER}),
            ("listSubscriptions", {}),
            ("addSubscription", {"source": _OTHER, "name": [_NAME]}),
            ("addDataAggregation", {"DataAggregation": self._aggregation(PARAMS)}),
            ("listSubscriptions", {}),
        )

    def _aggregation(self, params: str) -> DataAggregation:
        # A caller gives the bytes of an expression, see Proxy.
        given: Any = params.encode()
        return DataAggregation(_OTHER, None, given)

    def badCalls(self) -> Calls:
        """Unknown names, expressions and sessions."""
        sink = Locator((_OTHER,))
        return (
            *_ENDLESS,
            *(
                ("subscribe", {"subscriptionExpression": one, "sink": sink, "expirationTime": 0.0})
                for one in (_SUBSCRIBE_NOTHING, _UNREAD)
            ),
            ("removeSubscription", {"subscriptionId": "none"}),
            ("addDataAggregation", {"DataAggregation": self._aggregation("<sql/>")}),
            ("removeDataAggregation", {"sessionID": "none"}),
            ("addSubscription", {"source": _OTHER, "name": [_NAME], "mode": "never"}),
        )


class RegistryTests(RoleContract, SynchronousTestCase):
    """GridService, ServiceGroupRegistration and registration, one role of a registry."""

    def makeRole(self) -> object:
        """Of a new registry."""
        registry = Registry(wallClock(Clock()))
        self.successResultOf(toDeferred(registry.start()))
        return registry.service.role

    def portTypes(self) -> Sequence[PortType]:
        """What it answers."""
        return (GRID_SERVICE, SERVICE_GROUP_REGISTRATION, REGISTRATION)

    def goodCalls(self) -> Calls:
        """Register, renew, add, and leave."""
        return (
            ("registerService", {"handle": _OTHER, "interface": [_NAME], "lifetime": 60.0}),
            ("add", {"serviceLocator": member("a"), "content": b"<a/>"}),
            ("add", {"serviceLocator": member("b")}),
            ("renewServices", {"entry": [_OTHER]}),
            ("unregisterService", {"handle": _OTHER}),
            (
                "remove",
                {
                    "matchExpression": b"<ogsi:matchByLocatorEquivalence><ogsi:locator><ogsi:handle>"
                    b"http://a.example:8480/services/s</ogsi:handle></ogsi:locator>"
                    b"</ogsi:matchByLocatorEquivalence>"
                },
            ),
        )

    def badCalls(self) -> Calls:
        """Nobody to remove, nobody to add."""
        return (
            *_ENDLESS,
            ("unregisterService", {"handle": _OTHER}),
            ("add", {"serviceLocator": Locator(())}),
            ("remove", {"matchExpression": _UNREAD}),
        )


class ProvidersTests(RoleContract, SynchronousTestCase):
    """ProviderExecution."""

    def makeRole(self) -> object:
        """Of one provider."""
        stand = Stand()
        stand.install(Scripted(), interval=None)
        stand.start()
        return stand.manager

    def portTypes(self) -> Sequence[PortType]:
        """What it answers."""
        return (PROVIDER_EXECUTION,)

    def goodCalls(self) -> Calls:
        """Tell of it."""
        return (("enumProviders", {"rescanConfig": False}),)

    def badCalls(self) -> Calls:
        """Another provider."""
        return (("executeProvider", {"ServiceDataProviderExecution": ExecutionRequest("other")}),)


class ResolverTests(RoleContract, SynchronousTestCase):
    """HandleResolver."""

    def makeRole(self) -> object:
        """Of a node with one service."""
        return HandleResolver(("http://gate:8480",), lambda path: (QName(GMA, "Aggregator"),))

    def portTypes(self) -> Sequence[PortType]:
        """What it answers."""
        return (HANDLE_RESOLVER,)

    def goodCalls(self) -> Calls:
        """A handle of its node."""
        here = Locator((Handle("http://gate:8480/services/index"),))
        return (("findByHandle", {"handleSet": here}),)

    def badCalls(self) -> Calls:
        """One of another, and none."""
        return (
            ("findByHandle", {"handleSet": Locator((_OTHER,))}),
            ("findByHandle", {"handleSet": Locator(())}),
        )


class FactoryTests(RoleContract, SynchronousTestCase):
    """Factory."""

    def makeRole(self) -> object:
        """Of one kind."""
        clock = wallClock(Clock())
        lodge = ScriptedLodge(clock)
        container = Handle("http://gate:8480/services/container")
        places = Places(Handle("http://gate:8480/services/instances"), clock, FactoryLimits(3, 2))
        kinds = {"echo": ScriptedKind(lodge.log)}
        factory = ServiceFactory(container, clock, places, lodge, kinds, lambda came, went: None)
        self.successResultOf(toDeferred(factory.start()))
        return factory

    def portTypes(self) -> Sequence[PortType]:
        """What it answers."""
        return (FACTORY,)

    def goodCalls(self) -> Calls:
        """Make one."""
        return (("createService", {"creationParameters": writeCreation(CreationRequest("echo"))}),)

    def badCalls(self) -> Calls:
        """Another kind, another expression, and none."""
        other = writeCreation(CreationRequest("other"))
        return (
            ("createService", {"creationParameters": other}),
            ("createService", {"creationParameters": _UNREAD}),
            ("createService", {}),
        )
