"""The provider contract finds what is wrong with a provider, and lets a good one pass."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.reporter import TestResult
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from gma_twisted.interfaces import IAsyncDataProvider, ISimpleDataProvider
from gma_twisted.model import ProviderState
from gma_twisted.testing import ProviderContract


@implementer(ISimpleDataProvider)
class Good:
    """Keeps every promise."""

    name = "good"
    description = "a provider that keeps every promise"

    async def provide(self) -> bytes:
        """Give it."""
        return b"<Good/>"


class Garbled(Good):
    """Gives what is no XML."""

    async def provide(self) -> bytes:
        """Give it."""
        return b"<Good>"


class OnlyOnce(Good):
    """Gives its document once."""

    asked = 0

    async def provide(self) -> bytes:
        """Give it, the first time."""
        self.asked += 1
        return b"<Good/>" if self.asked == 1 else b""


class Swallowing(Good):
    """Takes any keyword."""

    def __init__(self, **options: Any) -> None: ...


class Nameless(Good):
    """Has no description."""

    description = " "


class Wrong:
    """Declares nothing."""

    name = description = "wrong"

    async def provide(self) -> bytes:
        """Give it."""
        return b"<Wrong/>"


@implementer(IAsyncDataProvider)
class Chatty(Good):
    """Delivers after its stop."""

    state = ProviderState.IDLE
    _deliver: Callable[[bytes], None] | None = None

    def start(self, deliver: Callable[[bytes], None]) -> None:
        """Talk of what was before, too."""
        if self._deliver is not None:
            self._deliver(b"<Late")
        self._deliver = deliver

    async def stop(self) -> None:
        """Go on talking."""


def verdict(provider: Callable[[], Any]) -> set[str]:
    """Names of the contract's tests a provider does not pass."""

    class Tests(ProviderContract, TestCase):
        def makeProvider(self) -> ISimpleDataProvider:
            made: ISimpleDataProvider = provider()
            return made

    names = [name for name in dir(ProviderContract) if name.startswith("test_")]
    failed = set()
    for name in names:
        result = TestResult()
        finished: Deferred[object] | None = Tests(name).run(result)
        assert finished is None
        if not result.wasSuccessful():
            failed.add(name)
    return failed


class ContractTests(SynchronousTestCase):
    """ProviderContract."""

    def test_good(self) -> None:
        """A provider that keeps every promise passes."""
        self.assertEqual(verdict(Good), set())

    def test_garbled(self) -> None:
        """A document that is no XML is found."""
        self.assertEqual(verdict(Garbled), {"test_contractDocument"})

    def test_onlyOnce(self) -> None:
        """A provider that works once is found."""
        self.assertEqual(verdict(OnlyOnce), {"test_contractDocument"})

    def test_swallowing(self) -> None:
        """A constructor that swallows misspelt keywords is found."""
        self.assertEqual(verdict(Swallowing), {"test_contractUnknownArgument"})

    def test_nameless(self) -> None:
        """An empty description is found."""
        self.assertEqual(verdict(Nameless), {"test_contractWords"})

    def test_undeclared(self) -> None:
        """A missing declaration is found."""
        self.assertEqual(verdict(Wrong), {"test_contractInterface"})

    def test_chatty(self) -> None:
        """A provider that delivers what is no document, or after its stop, is found."""
        self.assertEqual(verdict(Chatty), {"test_contractWatching"})
