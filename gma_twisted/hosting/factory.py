"""The Factory of a node: services made by request, of the kinds its configuration allows (OGSI 1.0, chapter 10)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.configuration import checkName
from gma_twisted.errors import (
    Busy,
    ConfigError,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ParameterError,
    cut,
)
from gma_twisted.hosting.container import Member
from gma_twisted.hosting.created import LONGEST, CreatedService
from gma_twisted.hosting.ends import endTime
from gma_twisted.hosting.instances import Places
from gma_twisted.hosting.lodging import Lodge
from gma_twisted.hosting.resolver import wsdlReference
from gma_twisted.hosting.values import StandardValues
from gma_twisted.interfaces import ICreatedService, IFactory, IServiceKind
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.markup.xsd import checkedQName
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    Handle,
    Locator,
    ServiceDataElement,
    TerminationTime,
)
from gma_twisted.soap import PortType
from gma_twisted.soap.creation import CREATION, CreationRequest, readCreation
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types import QNAME
from gma_twisted.timing import LeaseTable, NodeClock, Ready, Sweeper, Task, gather, spawn

__all__ = ["DEFAULT_LIFETIME", "SHORTEST", "ServiceFactory"]

SHORTEST = 5.0
"""Least seconds a service is made for (RELIABILITY, soft-state abuse)."""

DEFAULT_LIFETIME = 3600.0
"""Seconds a service is made for when nobody says for how long."""

# How many end in one turn of the reactor: each gives back a store and all that stands on it.
_SLICE = 10


@implementer(IFactory)
@attrs.define(slots=True, eq=False)
class ServiceFactory:
    """
    Makes services below the path of its places, each with a store and an end of its own.

    What was made is soft state: it ends with its time, by C{destroy}, or with the node.

    @ivar handle: of the service whose part this is, the container
    @ivar clock: the node's
    @ivar places: where services live, and how many may
    @ivar lodge: gives them what they stand on
    @ivar kinds: by name
    @ivar changed: told which services came and which went
    """

    handle: Handle
    clock: NodeClock
    places: Places
    lodge: Lodge
    kinds: Mapping[str, IServiceKind]
    changed: Callable[[Sequence[Member], Sequence[Member]], None] = lambda came, went: None
    _leases: LeaseTable[CreatedService] = attrs.field(factory=LeaseTable, init=False, repr=False)
    _sweeper: Sweeper[CreatedService] = attrs.field(init=False, repr=False)
    _living: dict[str, CreatedService] = attrs.field(factory=dict, init=False, repr=False)
    _closing: set[Task] = attrs.field(factory=set, init=False, repr=False)

    # Ready when a service was made or could not be.
    _making: dict[str, Deferred[None]] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._sweeper = Sweeper(self.clock, self._leases, self._expired, _SLICE)

    def start(self) -> Awaitable[None]:
        """Begin to make services, and to end those whose time has passed."""
        self._sweeper.start()
        return Ready(None)

    async def stop(self) -> None:
        """End every service, those that are being made included, and wait until all they used is given back."""
        self._sweeper.stop()
        if self._living:
            self._expired(list(self._living.values()))
        await gather(list(self._making.values()))
        await gather([task.wait() for task in list(self._closing)])

    def serviceData(self) -> Sequence[ServiceDataElement]:
        """
        C{createServiceExtensibility}: a value a kind, the kind's name as its key, C{createsInterface} for each port
        type. Without any kind, one that says which element would be read.
        """
        if not self.kinds:
            return [self._extensibility("", ())]
        return [self._extensibility(kind.name, kind.portTypes) for kind in self.kinds.values()]

    async def createService(
        self,
        terminationTime: TerminationTime | None,
        creationParameters: Expression | None,
        caller: Caller = OURSELVES,
    ) -> tuple[Locator, TerminationTime, bytes | None]:
        """
        See L{IFactory}.

        @raise TooLarge: a bound on created services; named
        @raise ServiceAlreadyExists: the name asked for is taken
        @raise ParameterError: the end asked for has a C{before} that is earlier than its C{after}
        @raise TimedOut: what the kind adds does not start in time
        @raise Busy: the node starts or stops
        """
        asked = _read(creationParameters)
        kind = self._kind(asked.kind)
        made = _make(kind, asked)
        lifetime = self._lifetime(terminationTime)
        self._checkRunning()
        id = self.places.take(asked.name, caller.owner)
        service = None
        isMade = False
        over: Deferred[None] = Deferred()
        self._making[id] = over
        try:
            service = self._service(id, kind, asked, made, lifetime, caller.owner)
            await service.begin()
            self._checkRunning()
            isMade = True
        finally:
            if not isMade:
                self._undo(id, asked.name, service)
            del self._making[id]
            over.callback(None)
        self._living[id] = service
        self._leases.set(service, service.until)
        member = service.member
        self.changed((member,), ())
        locator = Locator((member.handle,), member.interfaces, (wsdlReference(member.handle),))
        return locator, endTime(service.until, self.clock), None

    def _service(
        self,
        id: str,
        kind: IServiceKind,
        asked: CreationRequest,
        made: ICreatedService,
        lifetime: float,
        owner: str,
    ) -> CreatedService:
        handle = self.places.handle.child(id)
        portTypes = flattened([GRID_SERVICE, *kind.portTypes])
        return CreatedService(
            id,
            handle,
            kind.name,
            asked.name,
            self.handle,
            portTypes,
            made,
            self.lodge(handle, portTypes, made.serviceData, owner),
            self.clock,
            self._leases,
            self._end,
            self.clock.seconds() + lifetime,
        )

    def _undo(self, id: str, name: str, service: CreatedService | None) -> None:
        if service is None:
            self.places.leave(id, name)
        else:
            service.lodging.withdraw()
            self._close(service, name)

    def _kind(self, name: str) -> IServiceKind:
        if not self.kinds:
            raise ExtensibilityTypeError(
                "no kinds of services are configured here; the operator adds one with [factory.NAME]"
            )
        if name not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise ExtensibilityTypeError(f'there is no kind "{cut(name)}"; there are {known}')
        return self.kinds[name]

    def _checkRunning(self) -> None:
        if not self._sweeper.running:
            raise Busy("the node makes no services while it starts or stops")

    def _lifetime(self, asked: TerminationTime | None) -> float:
        wanted = None if asked is None else asked.seconds(self.clock.wallTime())
        return DEFAULT_LIFETIME if wanted is None else min(max(wanted, SHORTEST), LONGEST)

    def _expired(self, services: Sequence[CreatedService]) -> None:
        for service in services:
            self._bury(service)
        self.changed((), [service.member for service in services])

    def _end(self, service: CreatedService) -> None:
        self._bury(service)
        self.changed((), (service.member,))

    def _bury(self, service: CreatedService) -> None:
        self._leases.discard(service)
        del self._living[service.id]
        service.lodging.withdraw()
        self.places.end(service.id, service.name)
        self._close(service)

    def _close(self, service: CreatedService, name: str = "") -> None:
        task = spawn(self._closed(service, name), f"ending {service.handle}", self._closing.discard)
        if not task.ended:
            self._closing.add(task)

    async def _closed(self, service: CreatedService, name: str) -> None:
        try:
            await service.close()
        finally:
            # Only now: what it used counts until it is given back.
            self.places.leave(service.id, name)

    def _extensibility(self, name: str, portTypes: Iterable[PortType]) -> ServiceDataElement:
        creates = b"".join(
            QNAME.write("ogsi:createsInterface", portType.name)
            for portType in flattened([GRID_SERVICE, *portTypes])
        )
        values = StandardValues(self.handle, self.clock.seconds(), self.clock.wallTime())
        return values.value(
            "createServiceExtensibility",
            "ogsi:CreateServiceExtensibilityType",
            creates if name else b"",
            name,
            f' xmlns:gma="{GMA}" ogsi:inputElement="gma:{CREATION.localName}"',
        )


def _read(creationParameters: Expression | None) -> CreationRequest:
    if creationParameters is None or creationParameters.name != CREATION:
        given = "nothing" if creationParameters is None else f'"{cut(creationParameters.name)}"'
        raise ExtensibilityNotSupported(
            f"createService takes {CREATION} as its creationParameters, not {given}"
        )
    asked = creationParameters.read(readCreation)
    if asked.name:
        try:
            checkName(asked.name)
        except ParameterError as error:
            raise ExtensibilityTypeError(error.message) from None
    return asked


def _make(kind: IServiceKind, asked: CreationRequest) -> ICreatedService:
    try:
        made = kind.make(asked.arguments)
        for one in made.serviceData:
            name = checkedQName(one.declaration.name)
            if name.namespace in (OGSI, GMA):
                raise ParameterError(f"{name} is kept for the service itself")
    except (ParameterError, ConfigError) as error:
        raise ExtensibilityTypeError(f"kind {kind.name}: {error.message}") from error
    return made
