"""Providers that behave as badly as programs can, on real processes: told, killed, no harm to the others.

RELIABILITY P14: a hung provider dies with all its descendants within a second of its kill.
"""

import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import psutil
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from gma_twisted.errors import ConfigError
from gma_twisted.execution import STATUS_NAME, ProviderManager, ProviderSetup
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import ElementKey, ExecutionRequest, QName
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.providers import ScriptExecutionProvider
from gma_twisted.stores import MemoryStore
from gma_twisted.timing.bridge import sleep
from gma_twisted.timing.clock import NodeClock
from gma_twisted.timing.tasks import spawn
from tests.integration.processors import Sleepers, most, queued

PYTHON = str(Path(sys.executable).resolve())
SERVICE = "http://127.0.0.1:8480/services/index"
INTERVAL = 0.25
"""Of the good provider beside the bad one."""
LATEST = 0.1
"""Seconds the good one may come late: the reactor never blocks longer than half of that, and disks take some."""

HANG = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    time.sleep(60)
"""

FORKS = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def daemon(depth):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            if depth:
                daemon(depth - 1)
            time.sleep(60)
        os._exit(0)
for _ in range(5):
    daemon(2)
for _ in range(3):
    os.fork()
time.sleep(60)
"""

HELD = """
import os, sys, time
sys.stdout.write('<Held xmlns="urn:t"/>')
sys.stdout.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""


@implementer(ISimpleDataProvider)
class Good:
    """The provider beside the bad one."""

    name = description = "good"

    def __init__(self) -> None:
        self.asked: list[tuple[float, list[float]]] = []
        self.now: Callable[[], float] = lambda: 0.0
        self.late: Callable[[], list[float]] = list

    async def provide(self) -> bytes:
        """Give a count."""
        self.asked.append((self.now(), [queued(), *self.late()]))
        return b'<Good xmlns="urn:t">%d</Good>' % len(self.asked)


@implementer(ISimpleDataProvider)
class Lacking:  # type: ignore[misc]
    """Has no provide()."""

    name = description = "lacking"


def carrying(marker: str) -> list[psutil.Process]:
    """Running processes with the marker among their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and marker in process.cmdline():
                found.append(process)
        except psutil.Error:
            pass
    return found


class HostileTests(TestCase):
    """With PID namespaces where the system allows them."""

    timeout = 30
    namespaces: bool | None = None

    def setUp(self) -> None:
        """A manager with a good provider every quarter of a second."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = NodeClock(IReactorTime(reactor))
        runner = ProgramRunner(
            IReactorProcess(reactor), self.clock, grace=0.2, namespaces=self.namespaces
        )
        self.store = MemoryStore(self.clock)
        self.manager = ProviderManager(
            self.clock,
            self.store,
            SERVICE,
            XMLGate(),
            lambda: 0.5,
            ProviderRuntime(self.clock, runner),
        )
        self.addCleanup(self.manager.stop)
        self.good = Good()
        self.good.now = self.clock.seconds
        self.good.late = Sleepers(self.addCleanup).late
        self.manager.install(
            ProviderSetup(name="good", factory=lambda: self.good, interval=INTERVAL)
        )
        self.marker = uuid4().hex
        self.addCleanup(self.killAll)
        self.logged: list[str] = []

        @implementer(ILogObserver)
        def note(event: LogEvent) -> None:
            if event.get("provider") == "bad":
                self.logged.append(str(event.get("error")))

        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

    def killAll(self) -> None:
        """Leave nothing behind, even when a test has failed."""
        for one in carrying(self.marker):
            one.kill()

    def told(self, name: str = "bad") -> Mapping[str, str]:
        """A provider's status as clients read it."""
        element = self.store.get(ElementKey(STATUS_NAME, SERVICE, name))
        assert element is not None
        return {nameOf(one).localName: one.text or "" for one in XMLGate().parse(element.content)}

    async def run_(self, *command: str, timeout: float = 10.0, maxOutput: int = 1 << 20) -> None:
        """Run a program once as the provider C{bad}, until its run is over, the good one beside it."""
        self.manager.install(
            ProviderSetup(
                name="bad",
                factory=ScriptExecutionProvider,
                arguments={"command": list(command), "maxOutput": maxOutput},
                interval=0.0,
                timeout=timeout,
            )
        )
        await self.manager.start()
        began = self.clock.seconds()
        while self.told()["state"] in ("running", "idle") and "lastDuration" not in self.told():
            self.assertLess(self.clock.seconds() - began, 15, "the run does not end")
            await sleep(self.clock, 0.05)
        ended = self.clock.seconds()
        while carrying(self.marker):
            self.assertLess(self.clock.seconds() - ended, 6.0, "a process survives its kill")
            await sleep(self.clock, 0.05)
        await self.others()

    async def others(self) -> None:
        """The good provider kept its schedule all the while."""
        count = len(self.good.asked)
        began = self.clock.seconds()
        while len(self.good.asked) == count:
            self.assertLess(self.clock.seconds() - began, 15, "the good provider is asked no more")
            await sleep(self.clock, INTERVAL)
        self.assertEqual(self.told("good")["failures"], "0")
        # What a busy machine takes, and who has the machine, is counted and taken off: the rest is the bad one's doing.
        late = [
            after - before - most(taken, takenAfter) - INTERVAL
            for (before, taken), (after, takenAfter) in pairwise(self.good.asked)
        ]
        self.assertLess(max(late), LATEST)

    def failed(self, reason: str) -> None:
        """The status and the log say the reason."""
        told = self.told()
        self.assertEqual((told["state"], told["runs"], told["failures"]), ("failed", "1", "1"))
        self.assertIn(reason, told["lastError"])
        self.assertEqual(self.logged, [told["lastError"]])

    async def test_hangs(self) -> None:
        """A program that ignores SIGTERM: killed after its time."""
        await self.run_(PYTHON, "-ISc", HANG, self.marker, timeout=0.6)
        self.failed("provider bad did not end within 0.6 s")

    async def test_forks(self) -> None:
        """A tree of daemons, each in a session of its own: killed to the last one."""
        started = sleep(self.clock, 0.7)
        seen: list[int] = []

        async def look() -> None:
            await started
            seen.append(len(carrying(self.marker)))

        watching = spawn(look(), "look")
        await self.run_(PYTHON, "-ISc", FORKS, self.marker, timeout=1.0)
        await watching.wait()
        self.assertGreater(seen[0], 15)
        self.failed("provider bad did not end within 1 s")

    async def test_heldOutput(self) -> None:
        """A daemon holds standard output open: the run ends with the program, and the daemon with it."""
        began = self.clock.seconds()
        await self.run_(PYTHON, "-ISc", HELD, self.marker)
        # The daemon would hold it until the run's time is over, which is a failure.
        self.assertLess(self.clock.seconds() - began, 9.0)
        self.assertEqual((self.told()["state"], self.told()["failures"]), ("idle", "0"))
        self.assertIsNotNone(self.store.get(ElementKey(QName("urn:t", "Held"), SERVICE)))

    async def test_gigabyte(self) -> None:
        """A gigabyte of output: killed at the bound, in memory and time that do not grow with it."""
        before = psutil.Process().memory_info().rss
        await self.run_("/usr/bin/head", "-c", "1G", "/dev/zero")
        self.failed("/usr/bin/head printed more than 1048576 bytes and was killed")
        self.assertLess(psutil.Process().memory_info().rss - before, 64 << 20)

    async def test_endless(self) -> None:
        """Output without end: killed at the bound."""
        await self.run_("/usr/bin/yes", self.marker)
        self.failed("/usr/bin/yes printed more than 1048576 bytes and was killed")

    async def test_garbage(self) -> None:
        """Random bytes are no XML."""
        await self.run_("/usr/bin/head", "-c", "4096", "/dev/urandom")
        self.failed("output of provider bad ")

    async def test_text(self) -> None:
        """Text is no XML."""
        await self.run_("/bin/echo", "load: 3")
        self.failed("output of provider bad is not well-formed XML")

    async def test_nothing(self) -> None:
        """No output is no document."""
        await self.run_("/bin/true")
        self.failed("output of provider bad is not well-formed XML")

    async def test_doctype(self) -> None:
        """A DOCTYPE is refused before any entity is looked at."""
        bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
        await self.run_("/bin/echo", bomb)
        self.failed("output of provider bad has a DOCTYPE")

    async def test_exit(self) -> None:
        """Exit status 3 fails, whatever was printed, with the first line of standard error."""
        source = "import sys; print('<A/>'); print('no such queue', file=sys.stderr); sys.exit(3)"
        await self.run_(PYTHON, "-ISc", source)
        self.failed(f"{PYTHON} ended with exit status 3: no such queue")
        self.assertIsNone(self.store.get(ElementKey(QName("", "A"), SERVICE)))

    async def test_missing(self) -> None:
        """A program that is not there is named."""
        await self.run_("/no/such/probe")
        self.failed("program /no/such/probe cannot be run: No such file or directory")

    async def test_writable(self) -> None:
        """A program others may write to is not run."""
        path = Path(self.mktemp()).absolute()
        path.write_text("#!/bin/sh\necho '<Evil/>'\n")
        path.chmod(0o777)
        await self.run_(str(path))
        self.failed("is writable by others (mode 777)")

    async def test_stopped(self) -> None:
        """Stopping the manager ends a hanging program with it."""
        setup = ProviderSetup(
            name="bad",
            factory=ScriptExecutionProvider,
            arguments={"command": [PYTHON, "-ISc", HANG, self.marker]},
            interval=0.0,
        )
        self.manager.install(setup)
        await self.manager.start()
        await sleep(self.clock, 0.5)
        self.assertNotEqual(carrying(self.marker), [])
        await self.manager.stop()
        self.assertEqual(carrying(self.marker), [])

    async def test_callerNamesNoProgram(self) -> None:
        """executeProvider cannot change the command the configuration gives."""
        await self.run_("/bin/echo", "<A/>")
        request = ExecutionRequest("bad", arguments="command=/bin/sh command=-c")
        try:
            await self.manager.executeProvider(request)
        except Exception as error:  # noqa: BLE001
            self.assertIn('"command" is fixed by the configuration', str(error))
        else:
            self.fail("it was accepted")
        self.assertEqual(self.told()["runs"], "1")

    def test_lacking(self) -> None:
        """A class that lacks a method is refused in one line when it is installed."""
        setup = ProviderSetup(name="bad", factory=Lacking)
        error = self.assertRaises(ConfigError, self.manager.install, setup)
        self.assertRegex(
            str(error),
            r'^provider bad ".*:Lacking" does not provide ISimpleDataProvider: missing provide\(\)$',
        )


class SessionTests(HostileTests):
    """Without PID namespaces."""

    namespaces = False
