"""Classes of services as people write them, most of them wrong in one way."""

from collections.abc import Awaitable, Sequence
from pathlib import Path

from zope.interface import Interface, implementer

from gma_twisted.errors import Busy
from gma_twisted.interfaces import ICreatedService, ServicePlace
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.model import FOREVER, Access, ElementKey, Put, QName
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.declaration import InitialServiceData
from gma_twisted.soap.types import STRING, Part
from gma_twisted.timing import Ready

_URI = "urn:example:greeting"
MOOD = QName(_URI, "mood")


class IGreeting(Interface):
    """Greets."""

    def greet(who: str) -> Awaitable[str]:
        """Say hello."""


GREETING = PortType(
    QName(_URI, "Greeting"),
    IGreeting,
    (
        Operation(
            _URI, "greet", (Part("who", STRING),), (Part("text", STRING),), access=Access.READ
        ),
    ),
)


class IDestroying(Interface):
    """Clashes with GridService."""

    def destroy() -> Awaitable[None]:
        """Another one."""


CLASHING = PortType(
    QName(_URI, "Clash"), IDestroying, (Operation(_URI, "destroy", (), (), access=Access.CREATE),)
)


@implementer(ICreatedService, IGreeting)
class Greeter:
    """Nothing is wrong. C{begun} and C{ended} tell what happened to all of them."""

    portTypes = (GREETING,)
    serviceData: Sequence[InitialServiceData] = ()
    operatorOnly = ("path",)
    begun: list[ServicePlace] = []
    ended: list[str] = []

    def __init__(self, word: str, times: int = 1, path: Path = Path("/")) -> None:
        if times > 9:
            raise ValueError("too often")
        self._text = " ".join([word] * times)

    async def start(self, place: ServicePlace) -> None:
        """See L{ICreatedService}."""
        if self._text == "fail":
            raise Busy("not today")
        Greeter.begun.append(place)
        tree = XMLGate().parse(f'<mood xmlns="{_URI}">good</mood>'.encode())
        key = ElementKey(MOOD, place.handle.url)
        await place.store.commit([Put(valueFromTree(tree, key, FOREVER))])

    def stop(self) -> Awaitable[None]:
        """See L{ICreatedService}."""
        Greeter.ended.append(self._text)
        return Ready(None)

    def greet(self, who: str) -> Awaitable[str]:
        """See L{IGreeting}."""
        return Ready(f"{self._text} {who}")


class NotDeclared:
    """It says nothing of its interface."""

    portTypes = ()
    serviceData = ()

    def start(self, place: ServicePlace) -> Awaitable[None]:
        """Begin."""
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """End."""
        return Ready(None)


@implementer(ICreatedService)
class NoGreet(NotDeclared):
    """It has a port type and not its operation."""

    portTypes = (GREETING,)  # type: ignore[assignment]


@implementer(ICreatedService)
class NoPortTypes:  # type: ignore[misc]
    """It forgot its port types."""

    serviceData = ()

    def __init__(self) -> None:
        self.late = True

    def start(self, place: ServicePlace) -> Awaitable[None]:
        """Begin."""
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """End."""
        return Ready(None)


@implementer(ICreatedService, IDestroying)
class Clashing(NotDeclared):
    """One of its operations is GridService's too."""

    portTypes = (CLASHING,)  # type: ignore[assignment]

    def destroy(self) -> Awaitable[None]:
        """Another one."""
        return Ready(None)
