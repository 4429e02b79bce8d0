"""The contract of created services finds what is wrong with one, and says it; the package's own kind passes."""

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.hosting.holder import ServiceDataHolder
from gma_twisted.interfaces import ICreatedService, ServicePlace
from gma_twisted.model import Put, QName
from gma_twisted.soap.declaration import ANY, InitialServiceData, ServiceDataDeclaration
from gma_twisted.testing import Calls, CreatedServiceContract
from gma_twisted.testing.storemodel import makeElement
from tests.nodes.skeletons import Greeter
from tests.testing.verdict import verdictOf


class HolderTests(CreatedServiceContract, SynchronousTestCase):
    """ServiceDataHolder."""

    def makeService(self) -> ICreatedService:
        """With one name."""
        return ServiceDataHolder(["{urn:a}one"])

    def goodCalls(self) -> Calls:
        """It has no operation of its own."""
        return ()


_ONE = InitialServiceData(
    ServiceDataDeclaration(QName("urn:a", "one"), QName("urn:a", "oneType"), ANY)
)


class Sharing(Greeter):
    """Every start is told to the boards of all."""

    places: list[ServicePlace] = []

    def __init__(self) -> None:
        super().__init__("hi")

    async def start(self, place: ServicePlace) -> None:
        """Join."""
        Sharing.places.append(place)

    async def stop(self) -> None:
        """Close them."""
        Sharing.places.clear()

    async def greet(self, who: str) -> str:
        """Tell everybody."""
        for place in Sharing.places:
            await place.store.commit([Put(makeElement(originator=place.handle.url))])
        return who


def _publishing(name: str, originator: str | None) -> Callable[..., Any]:
    async def start(self: object, place: ServicePlace) -> None:
        await place.store.commit([Put(makeElement(name, originator or place.handle.url))])

    return start


def _greeter(**members: Any) -> type[Any]:
    def init(self: Any) -> None:
        Greeter.__init__(self, "hi")

    async def start(self: Any, place: ServicePlace) -> None: ...

    return type("Altered", (Greeter,), {"__init__": init, "start": start, **members})


def complaints(kind: type[Any]) -> dict[str, str]:
    """What the contract says of a class."""

    class Tests(CreatedServiceContract, SynchronousTestCase):
        def makeService(self) -> ICreatedService:
            made = kind()
            made.clock = self.clock
            service: ICreatedService = made
            return service

        def goodCalls(self) -> Calls:
            return (("greet", {"who": "you"}),)

    return {name.removeprefix("test_contract"): why for name, why in verdictOf(Tests).items()}


class ServiceContractTests(SynchronousTestCase):
    """CreatedServiceContract."""

    def _finds(self, test: str, words: str, kind: type[Any]) -> None:
        self.assertIn(words, complaints(kind).get(test, "nothing"))

    def test_good(self) -> None:
        """A class that keeps every promise passes."""
        self.assertEqual(complaints(_greeter()), {})

    def test_wrong(self) -> None:
        """Values nobody declared or of another originator, a shared state, swallowed arguments, no port types."""
        self._finds(
            "ServiceData",
            "{urn:b}two is published, and declared nowhere",
            _greeter(start=_publishing("{urn:b}two", None)),
        )
        self._finds(
            "ServiceData",
            "is published for http://a/, not for place.handle",
            _greeter(start=_publishing("{urn:a}one", "http://a/"), serviceData=(_ONE,)),
        )
        self._finds("Separate", "two services share something", Sharing)
        self._finds("Service", "its class needs portTypes", _greeter(portTypes=[]))

        def swallow(self: Any, **options: object) -> None:
            Greeter.__init__(self, "hi")

        self._finds(
            "UnknownArgument", "takes **options: a misspelt argument", _greeter(__init__=swallow)
        )

    def test_stops(self) -> None:
        """A stop that needs a start, and a timer that outlives its service, are found."""

        async def stop(self: Any) -> None:
            raise AttributeError("no timer")

        async def start(self: Any, place: ServicePlace) -> None:
            self.clock.callLater(1.0, list)

        self._finds("Stops", "no timer", _greeter(stop=stop))
        self._finds("Stops", "timers run on after stop", _greeter(start=start))
