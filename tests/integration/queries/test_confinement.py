"""What a query worker can reach, seen from outside: real workers without a node."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import psutil
from twisted.internet.interfaces import IReactorProcess, IReactorSocket, IReactorTime
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gma_twisted.errors import TimedOut, TooLarge
from gma_twisted.evaluation.bounds import WorkerBounds, boundsOf
from gma_twisted.evaluation.messages import Answered, Ask, Put, Refused
from gma_twisted.model import ElementKey, Language, Lifetime, QName, Question, ServiceDataElement
from gma_twisted.processes import SOCKET, WorkerLauncher
from gma_twisted.queries import launching
from gma_twisted.queries.asking import whyMissing
from gma_twisted.queries.endings import endError
from gma_twisted.queries.launching import launchProgram
from gma_twisted.queries.line import WorkerLine
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.timing import NodeClock, withTimeout
from tests.integration.commandcase import PACKAGE

_LIMITS = PoolLimits(elements=1000, cpu=1.0)
_NOBODY = "65534"
_PATIENCE = 60.0
_SMALL = 256 * 1024**2
# It is looked at ten times a second, and may get some gigabytes in that time.
_LEAP = 4 * 1024**3

# Tries what a worker must not be able to, after the same words as the program: what failed, and how.
_TRYING = """
import codecs, json, os, socket, sys
from gma_twisted.evaluation.bounds import WorkerBounds
from gma_twisted.evaluation.confinement import beginConfinement, completeConfinement

def fork():
    child = os.fork()
    if not child:
        os._exit(0)

codecs.lookup("unicode_escape")
if len(sys.argv) > 1:
    os.setuid(int(sys.argv[1]))
beginConfinement(WorkerBounds(64 << 20, 0, 1, 0))
completeConfinement()
found = {}
for name, trying in {
    "open": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": lambda: os.open("/tmp/gma-twisted-confined", os.O_WRONLY | os.O_CREAT),
    "socket": lambda: socket.socket(),
    "pipe": os.pipe,
    "memory": lambda: os.memfd_create("x"),
    "fork": fork,
    "bytes": lambda: bytearray(128 << 20),
}.items():
    try:
        trying()
    except OSError as error:
        found[name] = error.errno
    except MemoryError:
        found[name] = "MemoryError"
    else:
        found[name] = "done"
found["environment"] = dict(os.environ)
sys.stdout.write(json.dumps(found))
"""


class ConfinedTests(SynchronousTestCase):
    """The confinement by itself, in a process that tries all by itself."""

    def tried(self, *user: str) -> dict[str, object]:
        """What it could not do, and why. @param user: number of another one to do it as"""
        done = subprocess.run(
            [sys.executable, "-c", _TRYING, *user],
            env={"PYTHONPATH": PACKAGE, "SECRET": "of the node"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def check(self, found: dict[str, object]) -> None:
        """Nothing can be opened, and there is no more memory than bounded."""
        for name in ("open", "write", "socket", "pipe", "memory"):
            self.assertEqual(found[name], errno.EMFILE, name)
        self.assertEqual(found["bytes"], "MemoryError")
        self.assertEqual(found["environment"], {})

    def test_sameUser(self) -> None:
        """Whoever runs it."""
        self.check(self.tried())

    def test_notRoot(self) -> None:
        """Who is not root can begin no process either."""
        found = self.tried() if os.geteuid() else self.tried(_NOBODY)
        self.check(found)
        self.assertEqual(found["fork"], errno.EAGAIN)


@attrs.define(slots=True, eq=False)
class _Worker:
    """One that can be asked."""

    line: WorkerLine
    clock: NodeClock

    @property
    def pid(self) -> int:
        return self.line.process.pid

    def put(self, count: int) -> None:
        """Give it values."""
        name = QName("urn:t", "Row")
        self.line.say(
            Put(
                [
                    ServiceDataElement(
                        ElementKey(name, "http://a/services/index", f"{number}"),
                        b'<t:Row xmlns:t="urn:t"',
                        b"><t:load>%d</t:load></t:Row>" % number,
                        Lifetime(0.0),
                    )
                    for number in range(count)
                ]
            )
        )

    async def ask(self, language: Language, text: str) -> Answered | Refused | None:
        """The answer; C{None} when it ended instead."""
        number = self.line.number()
        reply = self.line.answerTo(number)
        self.line.say(Ask(number, self.clock.seconds(), 0.0, Question(language, text), 1 << 20))
        said = await withTimeout(reply, _PATIENCE, self.clock, "the expression")
        assert said is None or isinstance(said, Answered | Refused)
        return said


class WorkerCase(TestCase):
    """Workers as nodes start them."""

    timeout = 120
    language = Language.XPATH

    def setUp(self) -> None:
        """A launcher."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        if whyMissing(self.language):
            raise SkipTest("saxonche is not installed")
        self.clock = NodeClock(IReactorTime(reactor))
        self.launcher = WorkerLauncher(
            IReactorProcess(reactor), IReactorSocket(reactor), IReactorTime(reactor)
        )

    async def started(self, limits: PoolLimits = _LIMITS) -> _Worker:
        """One that has begun."""
        line = WorkerLine(1 << 20, lambda _: None)
        line.process = launchProgram(self.launcher, self.language, limits)(line)

        async def end() -> None:
            line.process.kill()
            await line.over.wait()

        self.addCleanup(end)
        await withTimeout(line.began.wait(), _PATIENCE, self.clock, "the start")
        self.assertIsNone(line.ending, line.ending)
        return _Worker(line, self.clock)


class XPathWorkerTests(WorkerCase):
    """A worker in XPath."""

    simple = "true()"
    hostile = "//*[count(" * 60 + "//*" + ") > 0]" * 60

    async def test_outside(self) -> None:
        """From outside: no environment, the root for a directory, a session of its own, nothing open but its own."""
        worker = await self.started()
        process = psutil.Process(worker.pid)
        try:
            self.assertEqual(process.environ(), {})
            self.assertEqual(process.cwd(), "/")
            opened = {
                int(one.name): os.readlink(one) for one in Path(f"/proc/{worker.pid}/fd").iterdir()
            }
        except (psutil.AccessDenied, PermissionError):
            raise SkipTest("only root may look into what shows nothing of itself") from None
        self.assertEqual([opened.pop(number) for number in range(3)], [os.devnull] * 3)
        self.assertEqual(opened.pop(SOCKET).partition(":")[0], "socket")
        # What Python says of an end.
        (errors,) = opened.values()
        self.assertEqual(errors.partition(":")[0], "pipe")
        self.assertEqual(os.getsid(worker.pid), worker.pid)

    async def test_limits(self) -> None:
        """What the kernel refuses it."""
        worker = await self.started()
        bounds = boundsOf(self.language, _LIMITS.elements)
        for what, most in {
            resource.RLIMIT_NOFILE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_DATA: bounds.memory,
        }.items():
            self.assertEqual(resource.prlimit(worker.pid, what), (most, most))

    async def test_answers(self) -> None:
        """It answers all the same, also in messages that have to be escaped, and has opened nothing by that."""
        worker = await self.started()
        worker.put(100)
        answered = await worker.ask(self.language, self.simple)
        assert isinstance(answered, Answered), answered
        for wrong in ("$ä", "中" * 500, "(\\'\u2028", "unknown(1)"):
            refused = await worker.ask(self.language, wrong)
            self.assertIsInstance(refused, Answered | Refused, f"{wrong}: {worker.line.ending}")
        self.assertEqual(psutil.Process(worker.pid).children(), [])

    async def test_processor(self) -> None:
        """Past its processor time the kernel ends it, whatever it does; the fault names the key."""
        worker = await self.started()
        worker.put(100)
        await worker.ask(self.language, self.simple)
        worker.line.process.limitProcessor(_LIMITS.cpu)
        self.assertFalse(await worker.ask(self.language, self.hostile))
        ending = worker.line.ending
        assert ending is not None
        self.assertEqual(ending.signal, signal.SIGXCPU)
        error = endError(worker.line, _LIMITS)
        self.assertIsInstance(error, TimedOut)
        self.assertIn("query_cpu", error.message)

    async def test_node(self) -> None:
        """It ends with who started it."""
        starting = (
            "import os, socket, subprocess, sys\n"
            "ours, theirs = socket.socketpair()\n"
            "page = os.memfd_create('page')\n"
            "os.ftruncate(page, 4096)\n"
            "words = [sys.executable, '-I', '-m', 'gma_twisted.evaluation.program', sys.argv[1],\n"
            "         str(theirs.fileno()), str(page), sys.argv[2]]\n"
            "worker = subprocess.Popen(words, pass_fds=[theirs.fileno(), page], stderr=subprocess.DEVNULL)\n"
            "ours.recv(1)\n"
            "print(worker.pid, flush=True)\n"
            "sys.stdin.read()\n"
        )
        bounds = boundsOf(self.language, 1000).text
        with subprocess.Popen(
            [sys.executable, "-c", starting, self.language.value, bounds],
            env={"PYTHONPATH": PACKAGE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            self.assertTrue(psutil.pid_exists(pid))
            worker = psutil.Process(pid)
            parent.kill()
        psutil.wait_procs([worker], _PATIENCE)
        self.assertFalse(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE)


class XQueryWorkerTests(XPathWorkerTests):
    """A worker in XQuery."""

    language = Language.XQUERY
    simple = "count(?*)"
    hostile = "count(for $a in 1 to 1000000, $b in 1 to 1000000 where $a + $b eq -1 return 1)"

    async def test_trace(self) -> None:
        """What an expression writes is nowhere, and no reason for an end of which somebody else hears."""
        worker = await self.started()
        for _ in range(3):
            traced = await worker.ask(self.language, "trace(1 to 100000, 'memory of secrets')[1]")
            self.assertIsInstance(traced, Answered)
        worker.line.process.kill()
        await withTimeout(worker.line.over.wait(), _PATIENCE, self.clock, "the end")
        assert worker.line.ending is not None
        self.assertEqual(worker.line.ending.said, "")
        self.assertNotIsInstance(endError(worker.line, _LIMITS), TooLarge)

    async def test_memory(self) -> None:
        """Who takes all memory ends at the bound, and is told so."""
        await self.taken("let $x := (1 to 1000000000) ! string(.) return ($x[last()], $x[1])")

    async def test_leap(self) -> None:
        """Who takes much more than all memory at one stroke ends too, before it has much of that."""
        await self.taken("1 to 1000000000")
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        self.assertLess(largest, _LEAP)

    async def taken(self, text: str) -> None:
        """Evaluate what takes all memory there is."""
        bounds = WorkerBounds(_SMALL, 1024, 1000, 0)
        self.patch(launching, "boundsOf", lambda language, elements: bounds)
        worker = await self.started()
        worker.line.process.limitProcessor(_PATIENCE)
        self.assertFalse(await worker.ask(self.language, text))
        error = endError(worker.line, _LIMITS)
        self.assertIsInstance(error, TooLarge, str(worker.line.ending))
        self.assertIn("query_elements", error.message)

    async def test_stack(self) -> None:
        """Recursion without end ends in a fault, or with the worker."""
        worker = await self.started()
        worker.line.process.limitProcessor(_PATIENCE)
        said = await worker.ask(self.language, "let $f := function($f) { $f($f) } return $f($f)")
        if said is None:
            self.assertIn("called itself deeper", endError(worker.line, _LIMITS).message)
        else:
            self.assertIsInstance(said, Refused)
