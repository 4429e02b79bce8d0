"""Reading what strace recorded."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.durability.disk import diskStates
from tests.integration.durability.trace import (
    Create,
    Rename,
    Said,
    Sync,
    Truncate,
    Unlink,
    UnreadTrace,
    Write,
    injecting,
    readTrace,
    recording,
    tracing,
    unusable,
)

_SCRIPT = """
import os, sqlite3, sys
directory = sys.argv[1]
base = sqlite3.connect(directory + "/base", isolation_level=None)
base.execute("PRAGMA journal_mode = WAL")
base.execute("CREATE TABLE IF NOT EXISTS t (a BLOB)")
for number in range(5):
    base.execute("INSERT INTO t VALUES (zeroblob(900))")
    os.write(1, b"%d\\n" % number)
base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
with open(directory + "/draft", "wb") as draft:
    draft.write(b"one")
    draft.flush()
    os.fsync(draft.fileno())
    draft.write(b"two")
os.replace(directory + "/draft", directory + "/final")
base.close()
"""


def quoted(text: str) -> str:
    """As strace -xx writes it."""
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def steps(*lines: str, known: tuple[str, ...] = ()) -> list[object]:
    """The changes of a trace whose strings are written plainly between @ signs."""
    escaped = (
        "".join(quoted(p) if i % 2 else p for i, p in enumerate(line.split("@"))) for line in lines
    )
    return [step.change for step in readTrace(escaped, "/d", 1, known)]


class ReadTraceTests(SynchronousTestCase):
    """Lines become changes."""

    def test_file(self) -> None:
        """A file's life: made, written at places and one after the other, cut, synced, renamed, removed."""
        found = steps(
            '7  openat(AT_FDCWD<@/@>, "@/d/f@", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 3<@/d/f@>',
            '7  pwrite64(3<@/d/f@>, "@abc@", 3, 4096) = 3',
            '7  write(3<@/d/f@>, "@de@", 2) = 2',
            '7  write(3<@/d/f@>, "@fgh@", 3) = 1',
            '7  write(3<@/d/f@>, "@i@", 1) = 1',
            "7  ftruncate(3<@/d/f@>, 2) = 0",
            "7  fdatasync(3<@/d/f@>) = 0",
            '7  rename("@/d/f@", "@/d/g@") = 0',
            '7  unlink("@/d/g@") = 0',
        )
        self.assertEqual(
            found,
            [
                Create("/d/f"),
                Write("/d/f", 4096, b"abc"),
                Write("/d/f", 0, b"de"),
                Write("/d/f", 2, b"f"),
                Write("/d/f", 3, b"i"),
                Truncate("/d/f", 2),
                Sync("/d/f"),
                Rename("/d/f", "/d/g"),
                Unlink("/d/g"),
            ],
        )

    def test_known(self) -> None:
        """A file that was there is opened, not made; opening may empty it."""
        line = '7  openat(AT_FDCWD<@/@>, "@/d/f@", O_RDWR|O_CREAT|O_TRUNC, 0644) = 3<@/d/f@>'
        self.assertEqual(steps(line, known=("/d/f",)), [Truncate("/d/f", 0)])

    def test_elsewhere(self) -> None:
        """Other directories, failed calls and calls without an end say nothing."""
        self.assertEqual(
            steps(
                '7  pwrite64(3<@/e/f@>, "@abc@", 3, 0) = 3',
                '7  pwrite64(3<@/d/f@>, "@abc@", 3, 0) = -1 ENOSPC (No space left on device)',
                '7  pwrite64(3<@/d/f@>, "@abc@", 3, 0) = ?',
                "7  +++ killed by SIGKILL +++",
            ),
            [],
        )

    def test_failedSync(self) -> None:
        """A failed sync is a change too: of what can still be relied on."""
        line = "7  fdatasync(3<@/d/f@>) = -1 EIO (Input/output error) (INJECTED)"
        self.assertEqual(steps(line), [Sync("/d/f", hasFailed=True)])

    def test_threads(self) -> None:
        """A call that another thread interrupts in the record is one call, with both its lines."""
        lines = [
            f"7  fdatasync(3<{quoted('/d/f')}> <unfinished ...>",
            f'8  write(1<{quoted("pipe:[1]")}>, "{quoted("A 1")}", 3) = 3',
            "7  <... fdatasync resumed>)        = 0",
        ]
        found = [(step.change, step.begun, step.ended) for step in readTrace(lines, "/d", 1)]
        self.assertEqual(found, [(Said(b"A 1"), 1, 1), (Sync("/d/f"), 0, 2)])

    def test_notModelled(self) -> None:
        """A change that is not modelled is an error, not nothing."""
        for line in (
            "7  fallocate(3<@/d/f@>, 0, 0, 4096) = 0",
            '7  pwrite64(3<@/d/f@>, "@a@"..., 3, 0) = 3',
            '7  link("@/d/f@", "@/d/g@") = 0',
        ):
            self.assertRaises(UnreadTrace, steps, line)


class RealTraceTests(SynchronousTestCase):
    """A real process under strace."""

    def setUp(self) -> None:
        """strace may be missing or forbidden."""
        if reason := unusable():
            raise SkipTest(reason)
        self.place = Path(tempfile.mkdtemp(prefix="gma-durability-"))
        self.addCleanup(shutil.rmtree, self.place)
        self.directory = self.place / "state"
        self.directory.mkdir()
        self.command = [sys.executable, "-c", _SCRIPT, str(self.directory)]

    def test_recording(self) -> None:
        """When every write is kept, the last of the rebuilt disks is the directory as it is, byte for byte."""
        output = self.place / "trace"
        command = [*tracing(recording(output)), *self.command]
        subprocess.run(command, check=True, timeout=30, stdout=subprocess.DEVNULL)
        with output.open() as lines:
            found = list(readTrace(lines, str(self.directory), 1))
        states = list(diskStates(found, str(self.directory), {}, Random(1), 0))
        last = [state for state in states if state.how == "all written"][-1]
        there = {str(path): path.read_bytes() for path in self.directory.iterdir()}
        self.assertEqual(last.files, there)
        self.assertEqual(last.said, b"0\n1\n2\n3\n4\n")

    def test_kill(self) -> None:
        """A process is killed at the system call that was asked for, and runs through when it makes fewer."""
        for when, status in ((3, -9), (10_000, 0)):
            words = injecting(["fdatasync"], f"signal=SIGKILL:when={when}")
            command = [*tracing(words), *self.command]
            done = subprocess.run(command, check=False, timeout=30, stdout=subprocess.DEVNULL)
            self.assertEqual(done.returncode, status)
