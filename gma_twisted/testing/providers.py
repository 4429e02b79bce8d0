"""What every provider and every result handler promises, as tests to mix into a trial TestCase."""

import math
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from gma_twisted.execution.setup import RESERVED
from gma_twisted.execution.verify import checkHandler, checkProvider
from gma_twisted.interfaces import (
    IAsyncDataProvider,
    IDOMDataProvider,
    IRenewingHandler,
    IResultHandler,
    ISimpleDataProvider,
)
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import ProviderRun, Quiet, ServiceDataElement
from gma_twisted.stores import StoreLimits
from gma_twisted.testing.keywords import checkKeywords

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
        checkKeywords(self, self.makeProvider())

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

    def test_contractInterface(self) -> None:
        """Class and object have every member of the interface."""
        handler = self.makeHandler()
        checkHandler(type(handler), "")
        checkHandler(handler, "")

    def test_contractElements(self) -> None:
        """
        What it makes, quiet or not, is of the run's originator, each under a key of its own, named as its root element.
        """
        for run in (_RUN, _OTHER):
            elements = self._elements(self.makeHandler(), run)
            for one in elements:
                if one.key.originator != run.originator:
                    self.fail(f"originator is {one.key.originator}, not run.originator")
                self.assertEqual(nameOf(XMLGate().parse(one.content)), one.key.name)
            keys = [one.key for one in elements]
            self.assertEqual(len(keys), len(set(keys)), "two values share a key")

    def test_contractNames(self) -> None:
        """No name is of a namespace that is kept for the service itself."""
        for one in self._elements(self.makeHandler(), _RUN):
            self.assertNotIn(
                one.key.name.namespace, RESERVED, f"{one.key.name} is kept for the service itself"
            )

    def test_contractLifetimes(self) -> None:
        """Every value is readable from the moment of the run on, also of a provider that runs once."""
        for run in (_RUN, attrs.evolve(_RUN, period=math.inf), attrs.evolve(_RUN, grace=0.0)):
            for one in self._elements(self.makeHandler(), run):
                self.assertLessEqual(one.lifetime.goodFrom, run.now)
                self.assertFalse(one.lifetime.isGone(run.now), "it is gone at once")

    def test_contractRepeatable(self) -> None:
        """The same document and run make the same values: nothing is remembered that changes them."""
        handler = self.makeHandler()
        first = self._given(handler, _RUN)
        self._given(handler, _OTHER)
        self.assertEqual(self._given(handler, _RUN), first, "it remembers what was before")
        self.assertEqual(self._given(self.makeHandler(), _RUN), first)

    def test_contractRenewing(self) -> None:
        """One that renews gives an unchanged document again, the same objects, but to another service nothing."""
        handler = self.makeHandler()
        if not IRenewingHandler.providedBy(handler):
            return
        first = self._given(handler, _RUN)
        document = XMLGate().parse(self.makeDocument())
        later = attrs.evolve(_RUN, now=_RUN.now + 10.0, wallTime=_RUN.wallTime + 10.0)
        again = list(handler.renew(document, later, first))
        self.assertEqual([id(one) for one in again], [id(one) for one in first])
        document = XMLGate().parse(self.makeDocument())
        self.assertEqual(list(handler.renew(document, _OTHER, first)), self._given(handler, _OTHER))

    def _elements(self, handler: IResultHandler, run: ProviderRun) -> list[ServiceDataElement]:
        return [one.element if isinstance(one, Quiet) else one for one in self._given(handler, run)]

    def _given(self, handler: IResultHandler, run: ProviderRun) -> list[ServiceDataElement | Quiet]:
        document = XMLGate().parse(self.makeDocument())
        given = list(islice(handler.handle(document, run), _MOST + 1))
        self.assertLessEqual(len(given), _MOST, "more values than a store takes at once")
        for one in given:
            inside = one.element if isinstance(one, Quiet) else one
            if not isinstance(inside, ServiceDataElement):
                self.fail(f"it gave {type(inside).__name__} instead of ServiceDataElement")
        return given


_RUN = ProviderRun(
    "contract", None, "http://127.0.0.1:8480/services/index", 1000.0, 1.8e9, 30.0, 60.0
)
# Later, elsewhere, under another name: a handler takes all of that from the run.
_OTHER = ProviderRun(
    "other", None, "http://127.0.0.1:8481/services/index", 2000.0, 1.8e9 + 1000.0, 10.0, 20.0
)
_MOST = StoreLimits().batch
