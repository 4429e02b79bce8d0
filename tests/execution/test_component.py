"""Making providers of classes and arguments."""

from collections.abc import Mapping, Sequence
from typing import cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import ConfigError, ParameterError
from gma_twisted.execution.component import makeComponent
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.processes import IProgramRunner, ProgramResult, ProviderRuntime
from gma_twisted.timing.clock import NodeClock
from tests.execution.stand import Scripted


@implementer(IProgramRunner)
class NoPrograms:
    """A runner that is never asked."""

    async def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> ProgramResult:
        """Refuse."""
        raise AssertionError("no program runs here")


@implementer(ISimpleDataProvider)
class Sized:
    """Takes a size and the node's means."""

    name = description = "sized"

    def __init__(self, size: int, *, runtime: ProviderRuntime) -> None:
        if size < 0:
            raise RuntimeError("size is below zero")
        if size == 99:
            raise ParameterError("size 99 is too large")
        self.size = size
        self.runtime = runtime

    async def provide(self) -> bytes:
        """Give the size."""
        return b"<s>%d</s>" % self.size


RUNTIME = ProviderRuntime(NodeClock(Clock()), NoPrograms())


def _nothing() -> ISimpleDataProvider:
    return cast(ISimpleDataProvider, object())


class MakeTests(SynchronousTestCase):
    """makeComponent."""

    def test_made(self) -> None:
        """Arguments and the node's means reach the constructor."""
        made = cast(Sized, makeComponent(Sized, {"size": 3}, RUNTIME, "provider x"))
        self.assertEqual(made.size, 3)
        self.assertIs(made.runtime, RUNTIME)

    def test_notAsked(self) -> None:
        """Who does not ask for the node's means is made without."""
        self.assertIsInstance(makeComponent(Scripted, {}, RUNTIME, "provider x"), Scripted)

    def test_noRuntime(self) -> None:
        """A node without means says so instead of calling the constructor."""
        error = self.assertRaises(
            ConfigError, makeComponent, Sized, {"size": 1}, None, "provider x"
        )
        self.assertEqual(str(error), "provider x needs a runtime, and this node gives none")

    def test_refusedByConstructor(self) -> None:
        """What a constructor raises is one line that names the provider."""
        error = self.assertRaises(
            ParameterError, makeComponent, Sized, {"size": -1}, RUNTIME, "provider x"
        )
        self.assertEqual(
            str(error),
            'provider x "tests.execution.test_component:Sized" cannot be made: RuntimeError: size is below zero; '
            "give other arguments",
        )

    def test_dottedName(self) -> None:
        """The class is named as it was configured; what one of our own errors says speaks for itself."""
        error = self.assertRaises(
            ParameterError, makeComponent, Sized, {"size": 99}, RUNTIME, "f:1:2: k", "p.m:Sized"
        )
        self.assertEqual(
            str(error),
            'f:1:2: k "p.m:Sized" cannot be made: size 99 is too large; give other arguments',
        )

    def test_check(self) -> None:
        """What is made is checked as the caller says, by place and name."""
        checked: list[object] = []

        def note(*words: object) -> None:
            checked.append(words)

        made = makeComponent(object, {}, None, "f:1:2: k", "p.m:C", note)
        self.assertEqual(checked, [(made, "f:1:2: k", "p.m:C")])

    def test_runtimeIsNoArgument(self) -> None:
        """A configuration cannot give the node's means."""
        error = self.assertRaises(
            ParameterError, makeComponent, Sized, {"size": 1, "runtime": 1}, RUNTIME, "provider x"
        )
        self.assertIn('unknown argument "runtime"', str(error))

    def test_madeWrong(self) -> None:
        """What a factory makes is checked against the interface."""
        error = self.assertRaises(ConfigError, makeComponent, _nothing, {}, None, "x")
        self.assertIn("does not provide ISimpleDataProvider", str(error))
