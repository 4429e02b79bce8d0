"""Components that lack something are refused in one line."""

from collections.abc import Awaitable, Callable

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import ConfigError
from gma_twisted.execution import DefaultHandler, checkHandler, checkProvider
from gma_twisted.interfaces import IAsyncDataProvider, ISimpleDataProvider
from gma_twisted.providers import ScriptExecutionProvider, SimpleSystemInformationProvider
from tests.execution.stand import Watcher

WHERE = "vo.toml:21:9: providers.load.class"


@implementer(ISimpleDataProvider)
class NoMethod:  # type: ignore[misc]
    """Lacks provide()."""

    name = "a"
    description = "b"


@implementer(ISimpleDataProvider)
class NoDescription:  # type: ignore[misc]
    """Lacks an attribute."""

    name = "a"

    async def provide(self) -> bytes:
        """Give nothing."""
        return b""


@implementer(ISimpleDataProvider)
class SetLater:
    """Sets its attributes in the constructor."""

    def __init__(self) -> None:
        self.name = self.description = "a"

    async def provide(self) -> bytes:
        """Give nothing."""
        return b""


@implementer(ISimpleDataProvider)
class ExtraArgument:
    """Asks for more than the manager gives."""

    name = description = "a"

    async def provide(self, size: int) -> bytes:  # type: ignore[override]
        """Give nothing."""
        return b""


class Undeclared:
    """Has all members and declares nothing."""

    name = description = "a"

    async def provide(self) -> bytes:
        """Give nothing."""
        return b""


@implementer(IAsyncDataProvider)
class HalfAsync:  # type: ignore[misc]
    """Declares the asynchronous interface and has half of it."""

    name = description = "a"

    def provide(self) -> Awaitable[bytes]:
        """Give nothing."""
        raise NotImplementedError

    def start(self, deliver: Callable[[bytes], None]) -> None:
        """Begin nothing."""


class VerifyTests(SynchronousTestCase):
    """checkProvider and checkHandler."""

    def refusal(self, component: object) -> str:
        """The line with which a provider is refused."""
        message = str(self.assertRaises(ConfigError, checkProvider, component, WHERE, "p.m:C"))
        self.assertNotIn("\n", message)
        prefix = f'{WHERE} "p.m:C" does not provide '
        self.assertTrue(message.startswith(prefix), message)
        return message.removeprefix(prefix)

    def test_missingMethod(self) -> None:
        """A missing method is named, for the class and for an object of it."""
        self.assertEqual(self.refusal(NoMethod), "ISimpleDataProvider: missing provide()")
        self.assertEqual(self.refusal(NoMethod()), "ISimpleDataProvider: missing provide()")

    def test_missingAttribute(self) -> None:
        """A missing attribute of a class without constructor is named."""
        self.assertEqual(self.refusal(NoDescription), "ISimpleDataProvider: missing description")

    def test_setLater(self) -> None:
        """Attributes set by a constructor are believed of the class and seen on the object."""
        checkProvider(SetLater, WHERE)
        checkProvider(SetLater(), WHERE)

    def test_signature(self) -> None:
        """A method that asks for more than it will be given is named."""
        self.assertEqual(
            self.refusal(ExtraArgument),
            "ISimpleDataProvider: provide() requires too many arguments",
        )

    def test_undeclared(self) -> None:
        """Members without a declaration are not enough, and the line says what to add."""
        self.assertEqual(
            self.refusal(Undeclared),
            "ISimpleDataProvider: missing @implementer(ISimpleDataProvider) before the class",
        )

    def test_undeclaredAndMissing(self) -> None:
        """Without a declaration the missing members are named all the same."""
        self.assertEqual(
            self.refusal(type("Bare", (), {"name": "a"})),
            "ISimpleDataProvider: missing description, provide()",
        )

    def test_richer(self) -> None:
        """Who declares a richer interface is held to it."""
        self.assertEqual(self.refusal(HalfAsync), "IAsyncDataProvider: missing state, stop()")

    def test_ownName(self) -> None:
        """Without a configured name the class's own is told."""
        error = self.assertRaises(ConfigError, checkProvider, NoMethod, "")
        self.assertEqual(
            str(error),
            '"tests.execution.test_verify:NoMethod" does not provide ISimpleDataProvider:'
            " missing provide()",
        )

    def test_good(self) -> None:
        """Our own providers pass, as classes and as objects."""
        for one in (
            ScriptExecutionProvider,
            SimpleSystemInformationProvider,
            SimpleSystemInformationProvider(),
            Watcher,
            Watcher(),
        ):
            checkProvider(one, WHERE)

    def test_handler(self) -> None:
        """Handlers are checked alike."""
        checkHandler(DefaultHandler, WHERE)
        checkHandler(DefaultHandler(), WHERE)
        error = self.assertRaises(ConfigError, checkHandler, NoMethod, WHERE)
        self.assertIn("does not provide IResultHandler: missing handle()", str(error))
