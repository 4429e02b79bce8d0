"""The handler contract finds what is wrong with a handler, and says it."""

from collections.abc import Iterable, Iterator
from itertools import count

import attrs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.execution import DefaultHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import ElementKey, Lifetime, ProviderRun, QName, Quiet, ServiceDataElement
from gma_twisted.testing import HandlerContract
from tests.testing.verdict import verdictOf


@implementer(IResultHandler)
class Altered:
    """Makes something else of the default handler's value."""

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """See L{IResultHandler}."""
        (one,) = DefaultHandler().handle(document, run)
        return self.alter(one, run)

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """Nothing else."""
        return [one]


class Twice(Altered):
    """Two values of one key."""

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> list[ServiceDataElement]:
        """Both."""
        return [one, one]


class Endless(Altered):
    """Never ends."""

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """One a number."""
        return (attrs.evolve(one, key=attrs.evolve(one.key, key=str(n))) for n in count())


class Foreign(Altered):
    """Values of somebody else."""

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> list[ServiceDataElement]:
        """Of an address it knows."""
        key = ElementKey(one.key.name, "http://127.0.0.1:8480/services/index")
        return [attrs.evolve(one, key=key)]


class Gone(Altered):
    """Values nobody sees when the provider runs without a grace."""

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> list[ServiceDataElement]:
        """Good for no time."""
        return [attrs.evolve(one, lifetime=Lifetime.lasting(run.now, 0.0, run.grace))]


class Remembering(Altered):
    """Its second answer is another one."""

    def __init__(self) -> None:
        self._runs = 0

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> list[ServiceDataElement]:
        """Numbered."""
        self._runs += 1
        return [attrs.evolve(one, key=attrs.evolve(one.key, key=str(self._runs)))]


class Bytes(Altered):
    """Gives documents."""

    def alter(self, one: ServiceDataElement, run: ProviderRun) -> list[ServiceDataElement]:
        """The value alone."""
        return [one.content]  # type: ignore[list-item]


@implementer(IResultHandler)
class Hushed:
    """The default handler's value, quiet, of somebody else where it shall be wrong."""

    def __init__(self, content: object = None) -> None:
        self._content = content

    def handle(self, document: Element, run: ProviderRun) -> Iterable[Quiet]:
        """One quiet value."""
        (one,) = DefaultHandler().handle(document, run)
        yield Quiet(self._content or one)  # type: ignore[arg-type]


class HushedBytes(Hushed):
    """It is quiet about a document."""

    def __init__(self) -> None:
        super().__init__(b"<a/>")


class Undeclared:
    """Says nothing of its interface."""

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """As the default handler."""
        return DefaultHandler().handle(document, run)


def complaints(handler: type[object], document: bytes = b"<a/>") -> dict[str, str]:
    """What the contract says of a handler, without the beginning its tests' names share."""

    class Tests(HandlerContract, SynchronousTestCase):
        def makeHandler(self) -> IResultHandler:
            made: IResultHandler = handler()  # type: ignore[assignment]
            return made

        def makeDocument(self) -> bytes:
            return document

    return {name.removeprefix("test_contract"): why for name, why in verdictOf(Tests).items()}


class HandlerContractTests(SynchronousTestCase):
    """HandlerContract."""

    def _finds(self, handler: type[object], test: str, words: str) -> None:
        self.assertIn(words, complaints(handler).get(test, "nothing"))

    def test_good(self) -> None:
        """The default handler passes, also behind another one, and one whose values are quiet."""
        for handler in (DefaultHandler, Altered, Hushed):
            self.assertEqual(complaints(handler), {})

    def test_wrong(self) -> None:
        """Shared keys, foreign values, no end, no lifetime, a memory, no elements, no declaration."""
        self._finds(Twice, "Elements", "two values share a key")
        self._finds(Foreign, "Elements", "services/index, not run.originator")
        self._finds(Endless, "Names", "more values than a store takes at once")
        self._finds(Gone, "Lifetimes", "it is gone at once")
        self._finds(Remembering, "Repeatable", "it remembers what was before")
        self._finds(Bytes, "Names", "it gave bytes instead of ServiceDataElement")
        self._finds(HushedBytes, "Names", "it gave bytes instead of ServiceDataElement")
        self._finds(
            Undeclared, "Interface", "missing @implementer(IResultHandler) before the class"
        )

    def test_reserved(self) -> None:
        """Names of the service's own namespaces are refused."""
        name = QName(GMA, "node")
        (why,) = complaints(DefaultHandler, f'<node xmlns="{GMA}"/>'.encode()).values()
        self.assertIn(f"{name} is kept for the service itself", why)
