"""Query workers as real processes: how they are started, bounded and ended, and questions while they are killed."""

import contextlib
import math
import os
import re
import signal
import sys
import textwrap
from collections.abc import Awaitable
from pathlib import Path
from random import Random
from typing import Any

import psutil
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorSocket, IReactorTime
from twisted.internet.utils import getProcessOutput
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from gma_twisted.errors import GMAError, TimedOut
from gma_twisted.model import Language, Put, Question, Remove
from gma_twisted.processes import Ending, WorkerLauncher, WorkerProcess
from gma_twisted.queries.launching import launchProgram
from gma_twisted.queries.pool import QueryPool
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import Happening, NodeClock, gather, sleep, toDeferred, withTimeout

PYTHON = sys.executable

ECHO = """
import os, socket
wire = socket.socket(fileno=3)
while data := wire.recv(65536):
    wire.sendall(data)
"""

FACTS = """
import json, os, socket
facts = [dict(os.environ), os.getcwd(), os.getsid(0) == os.getpid(), sorted(map(int, os.listdir("/proc/self/fd")))[:5]]
facts += [os.readlink("/proc/self/fd/0"), os.readlink("/proc/self/fd/1")]
print("lost")
socket.socket(fileno=3).sendall(json.dumps(facts).encode())
"""

BURN = """
import mmap, os
page = mmap.mmap(4, mmap.PAGESIZE)
page[:8] = (77).to_bytes(8, "little")
while True:
    pass
"""

FLOODS = """
    import os, socket
    wire = socket.socket(fileno=3)
    try:
        while True:
            os.write(2, b"x" * 19 + b"\\n")
    except OSError as error:
        wire.sendall(type(error).__name__.encode())
    os._exit(3)
"""

SAYS = """
import sys
sys.stderr.write("first\\nthe reason\\n")
sys.exit(7)
"""

DEAF = "import time; time.sleep(60)"

LEAVES = """
import os, time
os.close(3)
time.sleep(60)
"""

CUTS = "import os; os.ftruncate(4, 0)"

# A question of few bytes that takes long over many nodes.
SLOW = "//*[count(//*[count(//*[count(//*) > 0]) > 0]) > 0]"


# How long workers are killed.
SECONDS = 6.0


class Ears:
    """Hears a worker."""

    def __init__(self) -> None:
        self.data = b""
        self.some = Happening()
        self.over = Happening()
        self.ending: Ending | None = None

    def received(self, data: bytes) -> None:
        """Keep it."""
        self.data += data
        self.some.happen()

    def ended(self, ending: Ending) -> None:
        """Keep it."""
        assert not self.over.happened
        self.ending = ending
        self.over.happen()


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))


@implementer(IReactorProcess)
class Spawner:
    """Starts processes, and remembers which."""

    def __init__(self, reactor: IReactorProcess) -> None:
        self._reactor = reactor
        self.pids: list[int] = []

    def spawnProcess(self, *arguments: Any, **named: Any) -> Any:
        """See L{IReactorProcess}."""
        transport: Any = self._reactor.spawnProcess(*arguments, **named)
        self.pids.append(transport.pid)
        return transport

    def left(self) -> list[int]:
        """Those that are there, zombies included, and what they began."""
        found = []
        for process in psutil.Process().children(recursive=True):
            # What a test before this one began may end meanwhile. (A module's "suppress" is a word of trial's.)
            with contextlib.suppress(ProcessLookupError):
                if process.pid in self.pids or os.getsid(process.pid) in self.pids:
                    found.append(process.pid)
        return found


class RealCase(TestCase):
    """On the test's reactor; at the end neither a process nor a descriptor is left."""

    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        """A launcher."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = NodeClock(IReactorTime(reactor))
        self.spawner = Spawner(IReactorProcess(reactor))
        self.launcher = WorkerLauncher(self.spawner, IReactorSocket(reactor), IReactorTime(reactor))
        # The reactor opens some for itself when it begins to run.
        await sleep(self.clock, 0.0)
        self.open = descriptors()
        self.addCleanup(self.checkNothingLeft)

    def checkNothingLeft(self) -> None:
        """Neither a process, a zombie included, nor a descriptor."""
        self.assertEqual(self.spawner.left(), [])
        self.assertLessEqual(descriptors(), self.open)

    def within(self, awaitable: Awaitable[Any], seconds: float = 30.0) -> Awaitable[Any]:
        """Wait, not for ever."""
        return withTimeout(awaitable, seconds, self.clock, "what is waited for")


class ProcessTests(RealCase):
    """WorkerLauncher, with small programs."""

    def launch(self, program: str) -> tuple[WorkerProcess, Ears]:
        """Start a program in Python."""
        ears = Ears()
        worker = self.launcher.launch([PYTHON, "-I", "-c", textwrap.dedent(program)], ears)
        self.addCleanup(worker.kill)
        return worker, ears

    async def test_facts(self) -> None:
        """It has an empty environment, C{/}, a session of its own, and five descriptors."""
        _, ears = self.launch(FACTS)
        await self.within(ears.over.wait())
        # Python sets LC_CTYPE for itself where nothing says what the locale is.
        facts = re.sub(rb'"LC_CTYPE": "[^"]*"', b"", ears.data)
        self.assertEqual(facts, b'[{}, "/", true, [0, 1, 2, 3, 4], "/dev/null", "/dev/null"]')
        self.assertEqual(ears.ending, Ending(0, None))

    async def test_echo(self) -> None:
        """What is written comes back, however much; it is full meanwhile, and drained after that."""
        worker, ears = self.launch(ECHO)
        sent = os.urandom(8 * 1024 * 1024)
        worker.write(sent)
        self.assertTrue(worker.isFull)
        await self.within(worker.drained())
        self.assertFalse(worker.isFull)
        while len(ears.data) < len(sent):
            await sleep(self.clock, 0.01)
        self.assertEqual(ears.data, sent)
        worker.kill()
        await self.within(ears.over.wait())
        self.assertEqual(ears.ending, Ending(None, signal.SIGKILL))
        worker.kill()
        worker.write(b"x")
        worker.limitProcessor(1.0)
        self.assertEqual(worker.processorTime(), 0.0)

    async def test_deaf(self) -> None:
        """Who reads nothing makes nobody wait for ever: when it ends, the wait does."""
        worker, ears = self.launch(DEAF)
        worker.write(bytes(4 * 1024 * 1024))
        drained = toDeferred(worker.drained())
        await sleep(self.clock, 0.2)
        self.assertNoResult(drained)
        worker.kill()
        await self.within(drained)
        await self.within(ears.over.wait())

    async def test_processor(self) -> None:
        """Its processor time is known and bounded, and its page can be read while it runs and afterwards."""
        worker, ears = self.launch(BURN)
        while worker.watched() != 77:
            await sleep(self.clock, 0.02)
        await sleep(self.clock, 0.5)
        used = worker.processorTime()
        self.assertGreater(used, 0.02)
        worker.limitProcessor(1.0)
        worker.limitProcessor(math.inf)
        worker.limitProcessor(1.0)
        await self.within(ears.over.wait())
        self.assertEqual(ears.ending, Ending(None, signal.SIGXCPU))
        self.assertEqual(worker.watched(), 77)

    async def test_says(self) -> None:
        """Its last line on standard error and its status are told."""
        _, ears = self.launch(SAYS)
        await self.within(ears.over.wait())
        self.assertEqual(ears.ending, Ending(7, None, "the reason"))
        self.assertEqual(str(ears.ending), "ended with exit status 7: the reason")

    async def test_floods(self) -> None:
        """Of one that writes errors without end a part is read, and nothing more."""
        _, ears = self.launch(FLOODS)
        await self.within(ears.over.wait())
        self.assertEqual(ears.data, b"BrokenPipeError")
        assert ears.ending is not None
        self.assertEqual(ears.ending.status, 3)

    async def test_page(self) -> None:
        """It cannot cut its page off, which would kill whoever reads it."""
        worker, ears = self.launch(CUTS)
        await self.within(ears.over.wait())
        assert ears.ending is not None
        self.assertIn("not permitted", ears.ending.said)
        self.assertEqual(worker.watched(), 0)

    async def test_leaves(self) -> None:
        """Who closes its socket and lives on is killed."""
        _, ears = self.launch(LEAVES)
        await self.within(ears.over.wait())
        self.assertEqual(ears.ending, Ending(None, signal.SIGKILL))

    async def test_missing(self) -> None:
        """A program that is not there ends as it begins, and says so."""
        ears = Ears()
        self.launcher.launch(["/does/not/exist"], ears)
        await self.within(ears.over.wait())
        assert ears.ending is not None
        self.assertEqual(ears.ending.status, 127)
        self.assertIn("/does/not/exist", ears.ending.said)


class PoolCase(RealCase):
    """A pool with the program of query workers."""

    limits = PoolLimits(timeout=10.0, cpu=2.0, elements=5000)

    async def begin(self) -> None:
        """An empty store, and a pool over it."""
        self.store = MemoryStore(self.clock)
        await self.store.start()
        launch = launchProgram(self.launcher, Language.XPATH, self.limits)
        self.pool = QueryPool(
            Language.XPATH, self.store, self.clock, launch, self.limits, lambda: 0.5
        )
        await self.pool.start()

    async def finish(self) -> None:
        """End both."""
        await self.within(self.pool.stop())
        await self.store.stop()

    def ask(self, text: str, client: str = "c") -> Deferred[Any]:
        """Ask."""
        return toDeferred(self.pool.ask(Question(Language.XPATH, text), client))

    def workers(self) -> list[psutil.Process]:
        """Those that are alive, in the order of their start."""
        found = {psutil.Process(pid) for pid in self.spawner.left()}
        return sorted(found, key=lambda one: one.pid)


class AnsweringTests(PoolCase):
    """Real answers."""

    async def test_answers(self) -> None:
        """A question is answered, with what was committed before it."""
        await self.begin()
        for number in range(20):
            await self.store.commit([Put(makeElement(key=str(number), text=str(number)))])
            answered = await self.within(self.ask("string(self::*)"))
            found = re.findall(rb">(\d+)</gma:result>", answered.body)
            self.assertEqual(sorted(map(int, found)), list(range(number + 1)))
        await self.finish()

    async def test_kept(self) -> None:
        """A kept question is told each change, also when its worker is killed in between."""
        await self.begin()
        heard: list[bytes] = []
        refused: list[GMAError] = []
        question = Question(Language.XPATH, "self::*[. = 'yes']")
        end = self.pool.watch(question, heard.append, refused.append)
        expected = [0]
        for count, text in ((1, "yes"), (1, "no"), (2, "yes")):
            while len(heard) < len(expected):
                await sleep(self.clock, 0.02)
            if count == 2:
                os.kill(self.workers()[0].pid, signal.SIGKILL)
            await self.store.commit([Put(makeElement(key=f"{count}{text}", text=text))])
            if text == "yes":
                expected.append(count)
        while len(heard) < len(expected):
            await sleep(self.clock, 0.02)
        counts = [int(re.findall(rb'resultCount="(\d+)"', body)[0]) for body in heard]
        self.assertEqual((counts, refused), (expected, []))
        end()
        await self.finish()

    async def test_slow(self) -> None:
        """An expression that does not end is ended by the bound of processor time; others are answered meanwhile."""
        await self.begin()
        wide = "<x/>" * 1500
        await self.store.commit([Put(makeElement(text=wide))])
        await self.within(self.ask("count(//*)"))
        slow = self.ask(SLOW)
        for _ in range(10):
            await self.within(self.ask("1"), 5.0)
        with self.assertRaisesRegex(TimedOut, "query_cpu"):
            await self.within(slow)
        await self.within(self.ask("1"), 5.0)
        self.assertEqual(self.pool.figures()["restarts"], 1)
        await self.finish()


class KillingTests(PoolCase):
    """Workers that somebody kills."""

    async def test_anyMoment(self) -> None:
        """
        Under questions and commits, workers are killed at any moment: each question is answered with what the store had
        at one instant between asking and answer, or faults clearly; after that everything is answered.
        """
        chance = Random(7)
        await self.begin()
        self.values: dict[str, str] = {}
        self.history: list[dict[str, str]] = [{}]
        self.good = self.bad = killed = 0
        asked: list[Awaitable[None]] = []
        end = self.clock.seconds() + SECONDS
        while self.clock.seconds() < end or killed < 10:
            await self.change(chance)
            asked.append(toDeferred(self.check(str(chance.randrange(20)))))
            alive = self.workers()
            # Not faster than others are started, however busy the machine is; whether they have begun does not matter.
            if chance.random() < 0.04 and len(alive) == 3:
                os.kill(chance.choice(alive).pid, signal.SIGKILL)
                killed += 1
            await sleep(self.clock, chance.random() * 0.02)
        await self.within(gather(asked))
        self.assertGreater(self.good, 10)
        for _ in range(5):
            before = self.good
            await self.change(chance)
            await self.check("last")
            self.assertEqual(self.good, before + 1)
        await self.finish()

    async def change(self, chance: Random) -> None:
        """Put a value, or remove one."""
        key, text = str(chance.randrange(300)), str(chance.randrange(1000))
        if chance.random() < 0.2:
            await self.store.commit([Remove(makeElement(key=key).key)])
            self.values.pop(key, None)
        else:
            await self.store.commit([Put(makeElement(key=key, text=text))])
            self.values[key] = text
        self.history.append(dict(self.values))

    async def check(self, client: str) -> None:
        """Ask for everything."""
        begun = len(self.history) - 1
        question = Question(Language.XPATH, "concat(@gma:key, '=', self::*)")
        try:
            answered = await self.pool.ask(question, client)
        except GMAError as error:
            self.assertRegex(error.message, "SIGKILL|query_queue|query_per_client")
            self.bad += 1
        else:
            found = re.findall(rb">(\d+)=(\d+)</gma:result>", answered.body)
            values = {key.decode(): text.decode() for key, text in found}
            self.assertIn(values, self.history[begun:])
            self.good += 1

    async def test_node(self) -> None:
        """When the node is killed, its workers end, whatever they are doing."""
        script = Path(self.mktemp())
        script.write_text(NODE)
        output = await self.within(
            getProcessOutput(PYTHON, [str(script)], env=dict(os.environ), errortoo=True)
        )
        pids = [int(word) for word in output.split() if word.isdigit()]
        self.assertEqual(len(pids), 3, output)
        for _ in range(100):
            if not any(psutil.pid_exists(pid) and _runs(pid) for pid in pids):
                return
            await sleep(self.clock, 0.1)
        self.fail(f"still there: {pids}")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# A node that asks what does not end, prints its workers, and is killed.
NODE = f"""
import os, signal
import psutil
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from gma_twisted.model import Language, Put, Question
from gma_twisted.processes import WorkerLauncher
from gma_twisted.queries.launching import launchProgram
from gma_twisted.queries.pool import QueryPool
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import NodeClock, sleep, toDeferred

async def main():
    clock = NodeClock(reactor)
    limits = PoolLimits(timeout=60.0, cpu=60.0, elements=100)
    launch = launchProgram(WorkerLauncher(reactor, reactor, reactor), Language.XPATH, limits)
    store = MemoryStore(clock)
    pool = QueryPool(Language.XPATH, store, clock, launch, limits)
    await pool.start()
    await store.commit([Put(makeElement(text="<x/>" * 1500))])
    await pool.ask(Question(Language.XPATH, "1"), "c")
    toDeferred(pool.ask(Question(Language.XPATH, {SLOW!r}), "c"))
    await sleep(clock, 0.3)
    print(*(child.pid for child in psutil.Process().children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

reactor.callWhenRunning(lambda: ensureDeferred(main()))
reactor.run()
"""


class InstallationTests(RealCase):
    """Interpreters without this package."""

    async def test_missing(self) -> None:
        """When the worker cannot import the package, the error says so."""
        ears = Ears()
        self.launcher.launch([PYTHON, "-I", "-S", "-m", "gma_twisted.evaluation.program"], ears)
        await self.within(ears.over.wait())
        assert ears.ending is not None
        self.assertIn("gma_twisted", ears.ending.said)
