"""Real programs that tell of one host."""

from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.trial.unittest import TestCase

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import QName
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.providers.hostscript import HostScriptProvider
from gma_twisted.timing.clock import NodeClock


class HostScriptTests(TestCase):
    """HostScriptProvider and shell scripts."""

    timeout = 60

    def script(self, name: str, lines: str) -> str:
        """A program, and its path."""
        path = Path(self.mktemp()).absolute().with_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return str(path)

    def make(self, *scripts: str, **arguments: Any) -> HostScriptProvider:
        """A provider of them."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        clock = NodeClock(IReactorTime(reactor))
        runtime = ProviderRuntime(clock, ProgramRunner(IReactorProcess(reactor), clock))
        return HostScriptProvider(list(scripts), **arguments, runtime=runtime)

    async def test_merged(self) -> None:
        """What two scripts print is one Host."""
        memory = self.script(
            "memory", f"""echo "<g:MainMemory xmlns:g='{GLUE}' g:RAMSize='$1'/>" """
        )
        disks = self.script(
            "disks",
            f"""echo "<Host xmlns='{GLUE}'><FileSystem Name='/'/><FileSystem Name='/home'/></Host>" """,
        )
        document = await self.make(f"{memory} '7 8'", disks, uniqueID="n1.site").provide()
        host = XMLGate().parse(document)
        self.assertEqual(
            [nameOf(one).localName for one in host], ["MainMemory", "FileSystem", "FileSystem"]
        )
        self.assertEqual(host[0].get(QName(GLUE, "RAMSize").clark), "7 8")
        self.assertEqual(host.get(QName(GLUE, "UniqueID").clark), "n1.site")

    async def test_failing(self) -> None:
        """One that fails ends one that would take an hour, and is named with what it said."""
        slow = self.script("slow", "exec /bin/sleep 3600")
        bad = self.script("bad", "echo no disk >&2; exit 3")
        error = await self.failure(self.make(slow, bad), ProviderFailed)
        self.assertEqual(error.message, f"script {bad}: {bad} ended with exit status 3: no disk")

    async def test_tooMuch(self) -> None:
        """One that prints without end is killed at the bound."""
        endless = self.script("endless", "exec /usr/bin/yes")
        error = await self.failure(self.make(endless, maxOutput=1000), TooLarge)
        self.assertEqual(
            error.message,
            f"script {endless}: {endless} printed more than 1000 bytes and was killed",
        )

    async def failure(self, provider: HostScriptProvider, kind: type[Any]) -> Any:
        """The error of a run."""
        try:
            await provider.provide()
        except kind as error:
            return error
        raise self.failureException("it did not fail")
