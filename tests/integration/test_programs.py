"""Programs and their trees, for real, with a PID namespace and without one."""

import os
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.trial.unittest import TestCase

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.processes import ProgramResult, ProgramRunner
from gma_twisted.timing.bridge import sleep, toDeferred

PYTHON = str(Path(sys.executable).resolve())

IGNORES_TERM = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""

DOUBLE_SETSID = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid() if os.getpid() != os.getsid(0) else None
        time.sleep(60)
    os._exit(0)
for _ in range(4):
    if os.fork() == 0:
        os.fork()
        time.sleep(60)
time.sleep(60)
"""

DAEMON_HOLDS_STDOUT = """
import os, sys, time
sys.stdout.write("<Held/>")
sys.stdout.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""


def survivors(marker: str) -> list[int]:
    """Running processes that have the marker among their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and marker in process.cmdline():
                found.append(process.pid)
        except psutil.Error:
            pass
    return found


class ProgramsMixin(TestCase):
    """The same promises with both kinds of isolation."""

    namespaces = True
    timeout = 30

    def setUp(self) -> None:
        """A runner on the test's reactor."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = IReactorTime(reactor)
        self.processes = IReactorProcess(reactor)
        self.marker = uuid4().hex
        self.addCleanup(self.killAll)
        self.runner = ProgramRunner(
            self.processes, self.clock, grace=0.2, namespaces=self.namespaces
        )

    def killAll(self) -> None:
        """Leave nothing behind, even when a test has failed."""
        for pid in survivors(self.marker):
            os.kill(pid, signal.SIGKILL)

    def python(self, source: str, **options: Any) -> Awaitable[ProgramResult]:
        """Run a Python program that carries the marker."""
        return self.runner.run([PYTHON, "-I", "-S", "-c", source, self.marker], **options)

    async def refusal(self, kind: type[Exception], awaitable: Awaitable[object]) -> str:
        """The message of the error it ends with."""
        try:
            await awaitable
        except kind as error:
            return str(error)
        raise AssertionError("it did not fail")

    async def test_output(self) -> None:
        """Output, standard error and duration of a program that ends well come back."""
        result = await self.python("import sys; print('<A/>'); print('hm', file=sys.stderr)")
        self.assertEqual((result.stdout, result.stderr), (b"<A/>\n", b"hm\n"))
        self.assertTrue(0 < result.duration < 10)

    async def test_bigOutput(self) -> None:
        """Everything printed arrives, up to the very bound."""
        result = await self.python("print('x' * 999999)", maxOutput=1000000)
        self.assertEqual(result.stdout, b"x" * 999999 + b"\n")

    async def test_surroundings(self) -> None:
        """A program starts in / with an empty input, PATH, LANG and what it was given; nothing is inherited."""
        result = await self.python(
            "import os, sys; e = dict(os.environ); e.pop('GMA_RUN', 0); e.pop('LC_CTYPE', 0);"
            " print(os.getcwd(), sorted(e), e['X'], repr(sys.stdin.read()))",
            environment={"X": "1"},
        )
        self.assertEqual(result.stdout, b"/ ['LANG', 'PATH', 'X'] 1 ''\n")

    async def test_descriptors(self) -> None:
        """A program has three descriptors: no socket of ours reaches it."""
        result = await self.python("import os; print(len(os.listdir('/proc/self/fd')))")
        self.assertEqual(result.stdout, b"4\n")  # the fourth reads the directory

    async def test_session(self) -> None:
        """A program is in a session of its own."""
        result = await self.python("import os; print(open('/proc/self/stat').read().split()[5])")
        self.assertNotEqual(int(result.stdout), os.getsid(0))

    async def test_shellWords(self) -> None:
        """No shell reads the words."""
        result = await self.runner.run(["/bin/echo", "$HOME;", "`id`", "a  b"])
        self.assertEqual(result.stdout, b"$HOME; `id` a  b\n")

    async def test_status(self) -> None:
        """An exit status other than 0 is named, with the first line on standard error."""
        message = await self.refusal(
            ProviderFailed,
            self.python("import sys; print('no disk\\nmore', file=sys.stderr); sys.exit(3)"),
        )
        self.assertEqual(message, f"{PYTHON} ended with exit status 3: no disk")

    async def test_signal(self) -> None:
        """A program that kills itself is named with the signal."""
        message = await self.refusal(
            ProviderFailed,
            self.python(
                "import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()"
            ),
        )
        # The first process of a namespace may be immune to its own signal; abort then ends otherwise.
        self.assertIn(PYTHON + " was killed by SIG", message)

    async def test_hang(self) -> None:
        """A program that ignores SIGTERM is killed; nothing of it is left when the error arrives."""
        began = self.clock.seconds()
        message = await self.refusal(ProviderFailed, self.python(IGNORES_TERM, timeout=0.5))
        self.assertEqual(message, f"{PYTHON} did not end within 0.5 s and was killed")
        self.assertLess(self.clock.seconds() - began, 10.0)
        self.assertEqual(survivors(self.marker), [])

    async def test_tree(self) -> None:
        """Children in sessions of their own, orphaned twice over, die with the program."""
        run = toDeferred(self.python(DOUBLE_SETSID, timeout=1.0))
        await sleep(self.clock, 0.7)
        self.assertGreater(len(survivors(self.marker)), 5)
        await self.refusal(ProviderFailed, run)
        self.assertEqual(survivors(self.marker), [])

    async def test_heldOutput(self) -> None:
        """A daemon that keeps standard output open does not hold up the end, and does not survive it."""
        began = self.clock.seconds()
        result = await self.python(DAEMON_HOLDS_STDOUT, timeout=20)
        self.assertEqual(result.stdout, b"<Held/>")
        self.assertLess(self.clock.seconds() - began, 10.0)
        self.assertEqual(survivors(self.marker), [])

    async def test_endlessOutput(self) -> None:
        """A program that prints a gigabyte is killed at the bound."""
        began = self.clock.seconds()
        message = await self.refusal(
            TooLarge, self.runner.run(["/usr/bin/head", "-c", "1G", "/dev/zero"], maxOutput=1 << 20)
        )
        self.assertRegex(message, "^/usr/bin/head printed more than 1048576 bytes and was killed$")
        self.assertLess(self.clock.seconds() - began, 10.0)

    async def test_cancelled(self) -> None:
        """Cancelling kills the whole tree, and the awaitable ends after that."""
        run = toDeferred(self.python(DOUBLE_SETSID))
        await sleep(self.clock, 0.5)
        self.assertNotEqual(survivors(self.marker), [])
        run.cancel()
        await self.refusal(CancelledError, run)
        self.assertEqual(survivors(self.marker), [])

    async def test_cancelledAtOnce(self) -> None:
        """A program cancelled before it has a session is ended as well."""
        run = toDeferred(self.python("import time; time.sleep(60)"))
        run.cancel()
        await self.refusal(CancelledError, run)
        self.assertEqual(survivors(self.marker), [])

    async def test_interpreterMissing(self) -> None:
        """A script whose interpreter is missing ends with what the system says of it."""
        path = Path(self.mktemp()).absolute()
        path.write_text("#!/no/such/interpreter\n")
        path.chmod(0o755)
        message = await self.refusal(ProviderFailed, self.runner.run([str(path)]))
        self.assertRegex(message, "ended with exit status 12[67]: .*No such file or directory")


class NamespaceTests(ProgramsMixin):
    """With PID namespaces."""

    async def setUp(self) -> None:  # type: ignore[override]
        """Skip where the system does not allow them."""
        super().setUp()
        probing = ProgramRunner(self.processes, self.clock)
        await probing.run(["/bin/true"])
        if not probing.namespaces:
            self.skipTest("PID namespaces are not allowed here")


class SessionTests(ProgramsMixin):
    """Without PID namespaces: by session, parents and marker."""

    namespaces = False


del ProgramsMixin
