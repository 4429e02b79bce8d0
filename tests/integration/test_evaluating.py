"""The program of query workers, for real: what it answers, what it cannot do, and how it ends."""

import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.bounds import OUT_OF_MEMORY, WorkerBounds, boundsOf
from gma_twisted.evaluation.frames import FrameReader, readAnswer, writeOrder
from gma_twisted.evaluation.messages import (
    Answered,
    Ask,
    Began,
    Changed,
    FromWorker,
    Look,
    Looked,
    Put,
    Refused,
    ToWorker,
    Watch,
)
from gma_twisted.model import Language, ServiceDataElement
from tests.evaluation.values import made, question, read

_PROGRAM = "gma_twisted.evaluation.program"
_BOUNDS = boundsOf(Language.XPATH, 1000)
_LITTLE = WorkerBounds(120 * 1024**2, 0, 0, 0)
_PATIENCE = 60.0
# Squared, and squared again, in what a value has.
_ENDLESS = "count(//*[count(//*[count(//*) > 1]) > 1])"

_NO_MEMORY = (OUT_OF_MEMORY, "query worker: no memory is left of what it may have\n")

_PROBE = """
import codecs, json, os, resource, socket, sys, threading
from gma_twisted.evaluation.bounds import WorkerBounds
from gma_twisted.evaluation.confinement import beginConfinement, completeConfinement

codecs.lookup("unicode_escape")  # which nobody may not read
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
beginConfinement(WorkerBounds.read(sys.argv[1]))
completeConfinement()

def tried(act):
    try:
        act()
    except BaseException as error:
        return type(error).__name__
    return "done"

def fork():
    if os.fork() == 0:
        os._exit(0)

print(json.dumps({
    "open": tried(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "list": tried(lambda: os.listdir("/")),
    "socket": tried(socket.socket),
    "pair": tried(socket.socketpair),
    "pipe": tried(os.pipe),
    "fork": tried(fork),
    "thread": tried(threading.Thread(target=int).start),
    "memory": tried(lambda: bytearray(900 * 1024**2)),
    "less": tried(lambda: bytearray(100 * 1024**2)),
    "limit": tried(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))),
    "environment": dict(os.environ),
}))
"""


@attrs.define
class Running:
    """A worker, and this end of its socket."""

    process: "subprocess.Popen[bytes]"
    wire: socket.socket
    page: mmap.mmap
    reader: FrameReader = attrs.field(factory=FrameReader)
    heard: list[FromWorker] = attrs.field(factory=list)

    def say(self, *orders: ToWorker) -> None:
        """Send orders."""
        self.wire.sendall(b"".join(map(writeOrder, orders)))

    def hear(self) -> FromWorker:
        """What it says next."""
        while not self.heard:
            data = self.wire.recv(1024**2)
            if not data:
                raise EOFError("the worker has ended")
            self.heard += map(readAnswer, self.reader.feed(data))
        return self.heard.pop(0)

    def end(self) -> tuple[int, str]:
        """Close the socket and wait. @return: exit status, and what it wrote on standard error"""
        self.wire.close()
        _, said = self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode, said.decode()


class ProgramCase(SynchronousTestCase):
    """Starts workers, and leaves none."""

    def start(self, *words: str, bounds: WorkerBounds = _BOUNDS) -> Running:
        """A worker as a node starts it, or started by other words."""
        ours, theirs = socket.socketpair()
        page = os.memfd_create("page")
        os.ftruncate(page, mmap.PAGESIZE)
        argv = words or (sys.executable, "-I", "-m", _PROGRAM, "xpath")
        process = subprocess.Popen(
            [*argv, str(theirs.fileno()), str(page), bounds.text],
            pass_fds=(theirs.fileno(), page),
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        worker = Running(process, ours, mmap.mmap(page, mmap.PAGESIZE))
        ours.settimeout(_PATIENCE)
        theirs.close()
        os.close(page)
        self.addCleanup(self.clean, worker)
        return worker

    def clean(self, worker: Running) -> None:
        """End a worker, whatever became of it."""
        worker.wire.close()
        if worker.process.poll() is None:
            worker.process.kill()
        worker.process.communicate()

    def begun(
        self, values: Sequence[ServiceDataElement] = (), bounds: WorkerBounds = _BOUNDS
    ) -> Running:
        """A worker that is ready and has values."""
        worker = self.start(bounds=bounds)
        self.assertEqual(worker.hear(), Began())
        worker.say(Put(values))
        return worker


class AnsweringTests(ProgramCase):
    """What it says."""

    def test_answers(self) -> None:
        """It answers in order, goes on after what it refuses, and ends without a word when the socket is closed."""
        worker = self.begun([made("<a v='1'/>", key="k"), made("<a v='2'/>", key="l")])
        worker.say(
            Ask(1, 0.0, 1e9, question("//["), 9999),
            Ask(2, 0.0, 1e9, question("string(@v)"), 9999),
            Ask(3, 0.0, 1e9, question("*"), 10),
            Look(4, 0.0, 1e9),
        )
        self.assertEqual(
            worker.hear(),
            Refused(1, "extensibilityTypeFault", "XPath, line 1, column 3: Invalid expression"),
        )
        answer = worker.hear()
        assert isinstance(answer, Answered)
        self.assertEqual(
            (answer.id, read(answer.body)),
            (2, [("xsd:string", "1", None), ("xsd:string", "2", None)]),
        )
        self.assertEqual(set(answer.figures), {"values", "candidates", "load", "evaluate", "write"})
        self.assertEqual(answer.figures["values"], 2)
        refused = worker.hear()
        assert isinstance(refused, Refused)
        self.assertEqual((refused.id, refused.code), (3, "TooLarge"))
        looked = worker.hear()
        assert isinstance(looked, Looked)
        self.assertEqual(looked.id, 4)
        self.assertEqual(worker.end(), (0, ""))

    def test_oddNames(self) -> None:
        """What Python would first open a file for is there before nothing can be opened."""
        worker = self.begun()
        worker.say(Ask(1, 0.0, 1e9, question("é:x"), 9999))
        refused = worker.hear()
        assert isinstance(refused, Refused)
        self.assertIn('the prefix "\\xe9" is not declared', refused.message)

    def test_standing(self) -> None:
        """It keeps questions, and tells what changed before it tells that it has looked."""
        worker = self.begun()
        worker.say(Watch(7, question("string(@v)"), 9999), Look(8, 0.0, 1e9))
        worker.say(Put([made("<a v='1'/>")]), Look(9, 0.0, 1e9))
        told = [worker.hear() for _ in range(4)]
        self.assertEqual([one.id for one in told if isinstance(one, Changed)], [7, 7])
        self.assertEqual([one.id for one in told if isinstance(one, Looked)], [8, 9])
        assert isinstance(told[2], Changed)
        self.assertEqual(read(told[2].body), [("xsd:string", "1", None)])


class ConfinementTests(ProgramCase):
    """What it cannot do."""

    def test_closed(self) -> None:
        """A confined process opens no file, socket or pipe, begins no process or thread, and has a bounded memory."""
        bounds = WorkerBounds(400 * 1024**2, 0, 0, 0)
        process = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE, bounds.text],
            env={"SECRET": "s"},
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        self.assertEqual(
            json.loads(process.stdout or process.stderr),
            {
                "open": "OSError",
                "list": "OSError",
                "socket": "OSError",
                "pair": "OSError",
                "pipe": "OSError",
                "fork": "BlockingIOError",
                "thread": "RuntimeError",
                "memory": "MemoryError",
                "less": "done",
                "limit": "ValueError",
                "environment": {},
            },
        )

    def test_limits(self) -> None:
        """The program is so confined when it says that it has begun; its processor time is left to the node."""
        worker = self.begun()
        pid = worker.process.pid
        for limit, most in (
            (resource.RLIMIT_NOFILE, 0),
            (resource.RLIMIT_NPROC, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_DATA, _BOUNDS.memory),
        ):
            self.assertEqual(resource.prlimit(pid, limit), (most, most))
        unbounded = resource.RLIM_INFINITY
        self.assertEqual(resource.prlimit(pid, resource.RLIMIT_CPU)[0], unbounded)


class EndingTests(ProgramCase):
    """How it ends."""

    def test_memory(self) -> None:
        """With more values than there is memory for it ends, with its own exit status and one line."""
        worker = self.begun(bounds=_LITTLE)
        with self.assertRaises(OSError):
            for each in range(1000):
                worker.say(Put([made("<a>" + "x" * 1_000_000 + "</a>", key=str(each))]))
        self.assertEqual(worker.end(), _NO_MEMORY)

    def test_hungry(self) -> None:
        """So it does when an expression builds more than that, kept or not."""
        text = "."
        for _ in range(4):
            text = f"concat({','.join([text] * 8)})"
        for order in (Ask(1, 0.0, 1e9, question(text), 9999), Watch(1, question(text), 9999)):
            worker = self.begun([made("<a>" + "x" * 1_000_000 + "</a>")], _LITTLE)
            worker.say(order, Look(2, 0.0, 1e9))
            self.assertRaises(EOFError, worker.hear)
            self.assertEqual(worker.end(), _NO_MEMORY)
            kept = int.from_bytes(worker.page[:8], "little")
            self.assertEqual(kept, 1 if isinstance(order, Watch) else 0)

    def test_processorTime(self) -> None:
        """What has no end ends at the time the node gives it, and leaves the id of a kept question behind."""
        worker = self.begun([made("<a>" + "<b/>" * 2000 + "</a>")])
        worker.say(Watch(77, question(_ENDLESS), 9999))
        resource.prlimit(worker.process.pid, resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))
        worker.say(Look(1, 0.0, 1e9))
        self.assertRaises(EOFError, worker.hear)
        self.assertEqual(worker.end(), (-signal.SIGXCPU, ""))
        self.assertEqual(int.from_bytes(worker.page[:8], "little"), 77)

    def test_innocent(self) -> None:
        """What is asked once leaves no id behind, whatever was kept."""
        worker = self.begun([made("<a>" + "<b/>" * 2000 + "</a>")])
        worker.say(Watch(77, question("count(*)"), 9999), Look(1, 0.0, 1e9))
        worker.hear()
        worker.hear()
        resource.prlimit(worker.process.pid, resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))
        worker.say(Ask(2, 0.0, 1e9, question(_ENDLESS), 9999))
        self.assertRaises(EOFError, worker.hear)
        self.assertEqual(int.from_bytes(worker.page[:8], "little"), 0)

    def test_nodeEnds(self) -> None:
        """It does not outlive the process that started it, whoever holds the socket."""
        starter = (
            "import subprocess, sys, time\n"
            "command = [sys.executable, '-I', '-m', *sys.argv[1:]]\n"
            "child = subprocess.Popen(command, close_fds=False)\n"
            "sys.stderr.write(f'{child.pid}\\n')\n"
            "sys.stderr.flush()\n"
            "time.sleep(60)\n"
        )
        worker = self.start(sys.executable, "-c", starter, _PROGRAM, "xpath")
        self.assertEqual(worker.hear(), Began())
        assert worker.process.stderr is not None
        pid = int(worker.process.stderr.readline())
        os.kill(pid, 0)
        worker.process.kill()
        self.assertRaises(EOFError, worker.hear)
        deadline = time.monotonic() + _PATIENCE
        while _isRunning(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(_isRunning(pid))

    def test_arguments(self) -> None:
        """What it is not meant to be started with is one line."""
        worker = self.start(sys.executable, "-I", "-m", _PROGRAM, "sql")
        self.assertRaises(EOFError, worker.hear)
        self.assertEqual(
            worker.end(), (1, "query worker: ValueError: 'sql' is not a valid Language\n")
        )


def _isRunning(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
