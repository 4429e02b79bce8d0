"""What every provider and every result handler promises, as tests to mix into a trial TestCase."""

import inspect
from typing import TYPE_CHECKING

from gma_twisted.execution.verify import checkHandler, checkProvider
from gma_twisted.interfaces import (
    IAsyncDataProvider,
    IDOMDataProvider,
    IResultHandler,
    ISimpleDataProvider,
)
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import ProviderRun, ServiceDataElement

if TYPE_CHECKING:
    from twisted.trial.unittest import TestCase as _Base
else:
    # A mixin: as a TestCase of its own it would be run without a provider.
    _Base = object

__all__ = ["HandlerContract", "ProviderContract"]


class ProviderContract(_Base):
    """
    C{class DiskTests(ProviderContract, TestCase)} with a C{makeProvider} proves a provider.

    The source must be there while the tests run, and C{provide} must give a document each time.
    """

    def makeProvider(self) -> ISimpleDataProvider:
        """Make a new provider, the way a configuration would."""
        raise NotImplementedError("write makeProvider: it returns a new provider")

    def test_contractInterface(self) -> None:
        """Class and object have every member of the interfaces they declare."""
        provider = self.makeProvider()
        checkProvider(type(provider), "")
        checkProvider(provider, "")

    def test_contractWords(self) -> None:
        """Name and description are text for people, on one line."""
        provider = self.makeProvider()
        for word in (provider.name, provider.description):
            self.assertIsInstance(word, str)
            self.assertTrue(word.strip(), "name and description must not be empty")
            self.assertNotIn("\n", word)

    def test_contractUnknownArgument(self) -> None:
        """The constructor declares its keywords: one it does not know is refused, not swallowed."""
        signature = inspect.signature(type(self.makeProvider()))
        self.assertRaises(TypeError, signature.bind_partial, noSuchArgumentAtAll=1)

    async def test_contractDocument(self) -> None:
        """Asked twice in a row it gives, each time, bytes that the XML gate lets in."""
        provider = self.makeProvider()
        for _ in range(2):
            document = await provider.provide()
            self.assertIsInstance(document, bytes)
            XMLGate().parse(document, f"document of {provider.name}")

    async def test_contractTree(self) -> None:
        """A provider that gives a tree too gives the same element both ways, and a new tree each time."""
        provider = self.makeProvider()
        if not IDOMDataProvider.providedBy(provider):
            return
        root = XMLGate().parse(await provider.provide())
        first, second = await provider.provideDocument(), await provider.provideDocument()
        self.assertEqual(nameOf(first), nameOf(root))
        self.assertIsNot(first, second)

    async def test_contractWatching(self) -> None:
        """A provider that watches its source may be started again after a stop, and is silent once stopped."""
        provider = self.makeProvider()
        if not IAsyncDataProvider.providedBy(provider):
            return
        stopped = False

        def deliver(document: bytes) -> None:
            self.assertFalse(stopped, "delivered after stop")
            XMLGate().parse(document, f"document of {provider.name}")

        for _ in range(2):
            stopped = False
            provider.start(deliver)
            await provider.stop()
            stopped = True


class HandlerContract(_Base):
    """
    C{class SplitTests(HandlerContract, TestCase)} with C{makeHandler} and C{makeDocument} proves a handler.
    """

    def makeHandler(self) -> IResultHandler:
        """Make a new handler."""
        raise NotImplementedError("write makeHandler: it returns a new handler")

    def makeDocument(self) -> bytes:
        """A document of the kind it handles."""
        raise NotImplementedError("write makeDocument: it returns a document it handles")

    def _elements(self, run: ProviderRun) -> list[ServiceDataElement]:
        document = XMLGate().parse(self.makeDocument())
        return list(self.makeHandler().handle(document, run))

    def test_contractInterface(self) -> None:
        """Class and object have every member of the interface."""
        handler = self.makeHandler()
        checkHandler(type(handler), "")
        checkHandler(handler, "")

    def test_contractElements(self) -> None:
        """What it makes is of the run's originator, each under a key of its own, named as its root element."""
        elements = self._elements(_RUN)
        for one in elements:
            self.assertIsInstance(one, ServiceDataElement)
            self.assertEqual(one.key.originator, _RUN.originator)
            self.assertEqual(nameOf(XMLGate().parse(one.content)), one.key.name)
        keys = [one.key for one in elements]
        self.assertEqual(len(keys), len(set(keys)), "two values share a key")

    def test_contractLifetimes(self) -> None:
        """Every value is readable from the moment of the run on."""
        for one in self._elements(_RUN):
            self.assertLessEqual(one.lifetime.goodFrom, _RUN.now)
            self.assertFalse(one.lifetime.isGone(_RUN.now))

    def test_contractRepeatable(self) -> None:
        """The same document and run make the same values: nothing is remembered that changes them."""
        self.assertEqual(self._elements(_RUN), self._elements(_RUN))


_RUN = ProviderRun(
    "contract", None, "http://127.0.0.1:8480/services/index", 1000.0, 1.8e9, 30.0, 60.0
)
