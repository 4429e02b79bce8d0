"""Several programs that tell of one host; the programs themselves run in tests/integration."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.processes import IProgramRunner, ProgramResult, ProviderRuntime
from gma_twisted.providers.hostscript import HostScriptProvider
from gma_twisted.testing import ProviderContract
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock

LOAD = f'<g:SMPLoad xmlns:g="{GLUE}"/>'.encode()


@implementer(IProgramRunner)
class Programs:
    """A runner of programs that end when a test says so."""

    def __init__(self) -> None:
        self.running: dict[str, Deferred[ProgramResult]] = {}
        self.asked: list[tuple[object, ...]] = []
        self.killed: list[str] = []
        self.ending: Deferred[None] | None = None
        """When there is one, killed programs end with it."""
        self.complains = False
        """Whether a killed program's end is an error of its own."""

    async def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> ProgramResult:
        """Note it, and wait."""
        self.asked.append((argv, timeout, maxOutput, environment))
        running = self.running[argv[0]] = Deferred()
        try:
            return await running
        except CancelledError:
            self.killed.append(argv[0])
            if self.ending is not None:
                await self.ending
            if self.complains:
                raise ProviderFailed(f"{argv[0]} was killed by SIGTERM") from None
            raise
        finally:
            del self.running[argv[0]]

    def end(self, program: str, printed: bytes = LOAD) -> None:
        """A program ends well."""
        self.running[program].callback(ProgramResult(printed, b"", 0.1))


@implementer(IProgramRunner)
class AtOnce:
    """A runner of programs that end at once."""

    async def run(
        self,
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> ProgramResult:
        """Print a load."""
        if argv[0] == "/bad":
            raise ProviderFailed("/bad ended with exit status 1")
        return ProgramResult(LOAD, b"", 0.1)


def make(scripts: Sequence[str], runner: object, **arguments: Any) -> HostScriptProvider:
    """A provider of these scripts."""
    runtime = ProviderRuntime(NodeClock(Clock()), runner)  # type: ignore[arg-type]
    return HostScriptProvider(list(scripts), **arguments, runtime=runtime)


class ContractTests(ProviderContract, TestCase):
    """HostScriptProvider keeps the contract."""

    def makeProvider(self) -> ISimpleDataProvider:
        """A provider of two programs."""
        return make(["/usr/libexec/load", "/usr/libexec/memory --all"], AtOnce())


class HostScriptTests(SynchronousTestCase):
    """HostScriptProvider."""

    def setUp(self) -> None:
        """Programs that wait."""
        self.programs = Programs()

    def test_words(self) -> None:
        """Command lines are words as a shell has them; each gets its bound and no environment."""
        scripts = ["/x 'a b' $HOME", "/y"]
        providing = toDeferred(make(scripts, self.programs, maxOutput=99).provide())
        for name in ("/x", "/y"):
            self.programs.end(name)
        self.successResultOf(providing)
        self.assertEqual(
            self.programs.asked,
            [
                (("/x", "a b", "$HOME"), math.inf, 99, None),
                (("/y",), math.inf, 99, None),
            ],
        )

    def test_sideBySide(self) -> None:
        """Four run at once; when one ends the next begins; the order of their ends does not matter."""
        names = [f"/p{number}" for number in range(6)]
        providing = toDeferred(make(names, self.programs, uniqueID="h").provide())
        self.assertEqual(list(self.programs.running), names[:4])
        for name in ("/p3", "/p0", "/p5", "/p4", "/p2"):
            self.programs.end(name, f'<g:FileSystem xmlns:g="{GLUE}" n="{name}"/>'.encode())
            self.assertLessEqual(len(self.programs.running), 4)
        self.assertNoResult(providing)
        self.programs.end("/p1", f'<g:FileSystem xmlns:g="{GLUE}" n="/p1"/>'.encode())
        host = XMLGate().parse(self.successResultOf(providing))
        self.assertEqual([one.get("n") for one in host], names)

    def test_failing(self) -> None:
        """One that fails ends the others and is named; nothing is told of the host, and no other begins."""
        names = [f"/p{number} -x" for number in range(6)]
        providing = toDeferred(make(names, self.programs).provide())
        self.programs.end("/p0")
        self.programs.running["/p1"].errback(ProviderFailed("/p1 ended with exit status 3"))
        failure = self.failureResultOf(providing, ProviderFailed)
        self.assertEqual(str(failure.value), "script /p1 -x: /p1 ended with exit status 3")
        self.assertEqual(sorted(self.programs.killed), ["/p2", "/p3", "/p4"])
        self.assertEqual(len(self.programs.asked), 5)

    def test_waitsForEnds(self) -> None:
        """The run is over when those it ended are gone, not before."""
        ending = self.programs.ending = Deferred()
        providing = toDeferred(make(["/a", "/b"], self.programs).provide())
        self.programs.running["/a"].errback(TooLarge("/a printed more than 9 bytes"))
        self.assertNoResult(providing)
        ending.callback(None)
        failure = self.failureResultOf(providing, TooLarge)
        self.assertEqual(str(failure.value), "script /a: /a printed more than 9 bytes")

    def test_first(self) -> None:
        """The first that failed is told, not what became of the others by that."""
        self.programs.complains = True
        providing = toDeferred(make(["/a", "/b"], self.programs).provide())
        self.programs.running["/b"].errback(ProviderFailed("/b has no disk"))
        failure = self.failureResultOf(providing, ProviderFailed)
        self.assertEqual(str(failure.value), "script /b: /b has no disk")

    def test_atOnce(self) -> None:
        """So it is with one that fails before the others begin."""
        providing = toDeferred(make(["/bad", "/b", "/c"], AtOnce()).provide())
        failure = self.failureResultOf(providing, ProviderFailed)
        self.assertEqual(str(failure.value), "script /bad: /bad ended with exit status 1")

    def test_cancelled(self) -> None:
        """A run whose time is over ends all programs, and waits for them."""
        ending = self.programs.ending = Deferred()
        providing = toDeferred(make(["/a", "/b"], self.programs).provide())
        providing.cancel()
        self.assertEqual(sorted(self.programs.killed), ["/a", "/b"])
        self.assertNoResult(providing)
        ending.callback(None)
        self.failureResultOf(providing, CancelledError)

    def test_output(self) -> None:
        """What the XML gate does not let in is named with its script."""
        for printed, message in (
            (b"", "its output is not well-formed XML: line 1, column 1"),
            (
                b"<!DOCTYPE a><a/>",
                "its output has a DOCTYPE; document type declarations are not accepted",
            ),
            (b"<a>" + b"<b/>" * 10_001 + b"</a>", "its output has more than 10000 elements"),
        ):
            providing = toDeferred(make(["/a"], self.programs).provide())
            self.programs.end("/a", printed)
            failure = self.failureResultOf(providing, ProviderFailed, TooLarge)
            self.assertEqual(str(failure.value), f"script /a: {message}")

    def test_otherDocument(self) -> None:
        """So is what is well-formed and tells nothing of a host."""
        providing = toDeferred(make(["/a --b"], self.programs).provide())
        self.programs.end("/a", b"<html/>")
        failure = self.failureResultOf(providing, ProviderFailed)
        self.assertTrue(str(failure.value).startswith("script /a --b prints html, which is"))

    def test_again(self) -> None:
        """Each run is a new one."""
        provider = make(["/a"], AtOnce())
        for _ in range(2):
            host = XMLGate().parse(self.successResultOf(toDeferred(provider.provide())))
            self.assertEqual([nameOf(one).localName for one in host], ["SMPLoad"])

    def test_secrets(self) -> None:
        """A password on a command line is not told."""
        providing = toDeferred(make(["/a --password=hunter2"], self.programs).provide())
        self.programs.end("/a", b"")
        failure = self.failureResultOf(providing, ProviderFailed)
        self.assertNotIn("hunter2", str(failure.value))

    def test_callers(self) -> None:
        """Callers from outside never name a program, nor the host."""
        self.assertEqual(forCallers(HostScriptProvider), ())

    def test_refused(self) -> None:
        """Arguments that cannot be are refused at once."""
        for scripts, bound, message in (
            ([], 1, "there are 0 scripts, not 1 to 64"),
            (["/a"] * 65, 1, "there are 65 scripts, not 1 to 64"),
            (["a b"], 1, 'script "a b" does not begin with the absolute path of a program'),
            ([""], 1, 'script "" does not begin with the absolute path of a program'),
            (["/a 'b"], 1, 'script "/a \'b": No closing quotation'),
            (["/a"], 0, "maxOutput 0 is not between 1 and 1048576"),
            (["/a"], 2**20 + 1, "maxOutput 1048577 is not between 1 and 1048576"),
        ):
            error = self.assertRaises(ParameterError, make, scripts, self.programs, maxOutput=bound)
            self.assertEqual(error.what, message)
        for key in ("name", "uniqueID"):
            for value, shown in (("a\x1bb", "a\\x1bb"), ("\uffff", "\\uffff")):
                error = self.assertRaises(
                    ParameterError, make, ["/a"], self.programs, **{key: value}
                )
                why = f'{key} "{shown}" has a character that XML does not have'
                self.assertEqual(error.what, why)
