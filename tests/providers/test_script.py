"""Programs as providers; the programs themselves run in tests/integration."""

import math
from collections.abc import Mapping, Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from gma_twisted.errors import ParameterError
from gma_twisted.execution import describe
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.model import ProviderParameter
from gma_twisted.processes import DEFAULT_OUTPUT, IProgramRunner, ProgramResult, ProviderRuntime
from gma_twisted.providers import CORE_PROVIDERS, ScriptExecutionProvider
from gma_twisted.testing import ProviderContract
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock


@implementer(IProgramRunner)
class Recorder:
    """A runner that notes what it is asked, and has it print a document."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    async def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> ProgramResult:
        """Note it."""
        self.asked.append((argv, timeout, maxOutput, environment))
        return ProgramResult(b"<Uptime/>", b"", 0.1)


class ContractTests(ProviderContract, TestCase):
    """ScriptExecutionProvider keeps the contract."""

    def makeProvider(self) -> ISimpleDataProvider:
        """A provider of a program that prints a document."""
        runtime = ProviderRuntime(NodeClock(Clock()), Recorder())
        return ScriptExecutionProvider(["/usr/bin/uptime-xml"], runtime=runtime)


class ScriptTests(SynchronousTestCase):
    """ScriptExecutionProvider."""

    def setUp(self) -> None:
        """A runner that notes."""
        self.runner = Recorder()
        self.runtime = ProviderRuntime(NodeClock(Clock()), self.runner)

    def test_runs(self) -> None:
        """The words go to the runner as they are, without a time limit of its own and nothing inherited."""
        provider = ScriptExecutionProvider(["/bin/x", "$a b"], 1000, runtime=self.runtime)
        document = self.successResultOf(toDeferred(provider.provide()))
        self.assertEqual(document, b"<Uptime/>")
        self.assertEqual(self.runner.asked, [(("/bin/x", "$a b"), math.inf, 1000, None)])

    def test_words(self) -> None:
        """It is named after its program."""
        provider = ScriptExecutionProvider(["/opt/bin/uptime-xml"], runtime=self.runtime)
        self.assertEqual(provider.name, "uptime-xml")
        self.assertEqual(provider.description, "what /opt/bin/uptime-xml prints")

    def test_declaration(self) -> None:
        """Configuration sees the command and the bound, not the node's means."""
        self.assertEqual(
            describe(ScriptExecutionProvider),
            (
                ProviderParameter("command", "list[str]", None),
                ProviderParameter("maxOutput", "int", str(DEFAULT_OUTPUT)),
            ),
        )

    def test_operators(self) -> None:
        """A caller from outside may give nothing of it: a bound of one byte would fail every run."""
        self.assertEqual(forCallers(ScriptExecutionProvider), ())

    def test_refused(self) -> None:
        """No words, a relative path and bounds out of range are refused at once."""
        for command, bound in (([], 1), (["x"], 1), (["/x"], 0), (["/x"], 2**26 + 1)):
            self.assertRaises(
                ParameterError, ScriptExecutionProvider, command, bound, runtime=self.runtime
            )

    def test_notYetThere(self) -> None:
        """A program that is not there yet is no mistake of the configuration."""
        ScriptExecutionProvider(["/net/late/probe"], runtime=self.runtime)

    def test_shortNames(self) -> None:
        """Core providers have short names for configurations."""
        self.assertEqual(
            CORE_PROVIDERS["ScriptExecutionProvider"],
            "gma_twisted.providers.script:ScriptExecutionProvider",
        )
