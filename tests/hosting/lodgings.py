"""Lodgings and services as a test wants them: they fail when told to, and remember what happened."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.errors import Busy
from gma_twisted.interfaces import ICreatedService, IServiceKind, ServicePlace
from gma_twisted.model import Handle, QName
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Ready

__all__ = ["ScriptedKind", "ScriptedLodge", "ScriptedService"]


class ScriptedLodging:
    """Says what is done to it. @ivar log: in order"""

    queries: Sequence[QName] = ()

    def __init__(self, lodge: "ScriptedLodge", handle: Handle) -> None:
        self.store = MemoryStore(lodge.clock)
        self.parts: Sequence[object] = ()
        self._lodge = lodge
        self._handle = handle

    def start(self) -> Awaitable[None]:
        """See L{Lodging}."""
        self._lodge.log.append("open")
        return self.store.start()

    def publish(self, parts: Sequence[object]) -> None:
        """See L{Lodging}."""
        if self._lodge.isFull:
            raise Busy("no room")
        self._lodge.log.append("publish")
        self.parts = parts
        self._lodge.published[self._handle.path] = self

    def withdraw(self) -> None:
        """See L{Lodging}."""
        self._lodge.log.append("withdraw")
        self._lodge.published.pop(self._handle.path, None)

    def stop(self) -> Awaitable[None]:
        """See L{Lodging}."""
        self._lodge.log.append("close")
        return self.store.stop()


class ScriptedLodge:
    """Has them. @ivar isFull: publishing fails @ivar isShut: there is none"""

    def __init__(self, clock: NodeClock) -> None:
        self.clock = clock
        self.log: list[str] = []
        self.published: dict[str, ScriptedLodging] = {}
        self.owners: dict[str, str] = {}
        self.isFull = self.isShut = False

    def __call__(
        self,
        handle: Handle,
        portTypes: Sequence[PortType],
        serviceData: Sequence[InitialServiceData],
        owner: str,
    ) -> ScriptedLodging:
        """See L{Lodge}."""
        self.owners[handle.path] = owner
        if self.isShut:
            raise Busy("shut")
        return ScriptedLodging(self, handle)


@implementer(ICreatedService)
class ScriptedService:
    """Starts and stops when it is told to, at once by default."""

    portTypes: tuple[PortType, ...] = ()

    def __init__(self, log: list[str], serviceData: Sequence[InitialServiceData]) -> None:
        self.serviceData = serviceData
        self.starting: Awaitable[None] = Ready(None)
        self.stopping: Awaitable[None] = Ready(None)
        self.places: list[ServicePlace] = []
        self._log = log

    def start(self, place: ServicePlace) -> Awaitable[None]:
        """See L{ICreatedService}."""
        self._log.append("start")
        self.places.append(place)
        return self.starting

    def stop(self) -> Awaitable[None]:
        """See L{ICreatedService}."""
        self._log.append("stop")
        return self.stopping


@implementer(IServiceKind)
class ScriptedKind:
    """
    Makes them.

    @ivar made: every one
    @ivar asked: with which arguments
    @ivar starting, stopping: wait for these, when there are any
    @ivar fails: raised instead of making one
    """

    name = "echo"
    portTypes: Sequence[PortType] = ()

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.made: list[ScriptedService] = []
        self.asked: list[Sequence[tuple[str, str]]] = []
        self.starting: Deferred[None] | None = None
        self.stopping: Deferred[None] | None = None
        self.fails: Any = None
        self.serviceData: Sequence[InitialServiceData] = ()

    def make(self, arguments: Sequence[tuple[str, str]]) -> ScriptedService:
        """See L{IServiceKind}."""
        if self.fails is not None:
            raise self.fails
        self.asked.append(arguments)
        made = ScriptedService(self.log, self.serviceData)
        made.starting = self.starting or made.starting
        made.stopping = self.stopping or made.stopping
        self.made.append(made)
        return made
