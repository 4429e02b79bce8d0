"""The files of a chain: one life of a node after the other, one file after the other."""

import errno
import os
from pathlib import Path

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.security.audit.chain import deedFields, readLink
from gma_twisted.security.audit.chainfile import ChainFile
from gma_twisted.security.audit.verify import BreakKind, verifyChain
from tests.security.audit import TIME, deed, written


@attrs.define
class Disk:
    """
    A disk with so much room; more is written nowhere.

    @ivar room: bytes
    """

    room: int = 10**9

    def write(self, file: int, data: bytes) -> int:
        """As much as there is room for."""
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = os.write(file, data[: self.room])
        self.room -= count
        return count


class ChainFileTests(SynchronousTestCase):
    """Each in a directory of its own."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.path = self.home / "audit.jsonl"

    def chain(self, size: int = 10**6, keep: int = 100, disk: Disk | None = None) -> ChainFile:
        """One on these files."""
        return ChainFile(str(self.path), size, keep, (disk or Disk()).write)

    def again(self) -> list[str]:
        """What another life says first; it writes a line then, and what it said before."""
        chain = self.chain()
        notes = chain.open()
        chain.put(TIME, deedFields(deed()))
        chain.settling()()
        chain.close()
        return [note.what for note in notes]

    def test_restart(self) -> None:
        """A life goes on where the one before ended."""
        written(self.path, 3)
        self.assertEqual(self.again(), [])
        verdict = verifyChain(str(self.path))
        self.assertEqual((verdict.broken, verdict.lines, verdict.last), (None, 4, 4))

    def test_mode(self) -> None:
        """Only its owner reads what is written."""
        for file in (*written(self.path, 9, 1300), Path(f"{self.path}.head")):
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)

    def test_killed(self) -> None:
        """What was written and not yet brought to the disk is gone on with, though the head is behind it."""
        chain = self.chain()
        chain.open()
        chain.put(TIME, deedFields(deed()))
        chain.close()
        self.assertEqual(self.again(), [])
        self.assertEqual(verifyChain(str(self.path)).lines, 2)

    def test_torn(self) -> None:
        """Of a line that was not whole nothing stays, and that is said."""
        written(self.path, 3)
        with self.path.open("ab") as file:
            file.write(b'{"sequence":4,"ti')
        chain = self.chain()
        (note,) = chain.open()
        self.assertEqual((note.what, note.count), ("cut", 17))
        chain.close()
        self.assertIsNone(verifyChain(str(self.path)).broken)

    def test_tornOnly(self) -> None:
        """So it is when there was no whole line in the file yet."""
        files = written(self.path, 9, 1300)
        self.path.write_bytes(b'{"seq')
        self.assertEqual(len(files), 3)
        self.assertEqual(self.again()[0], "cut")

    def test_truncated(self) -> None:
        """Lines the head tells of and that are not there are missing, and their numbers are not given again."""
        written(self.path, 5)
        lines = self.path.read_bytes().splitlines(keepends=True)
        self.path.write_bytes(b"".join(lines[:3]))
        self.assertEqual(self.again(), ["missing"])
        found = verifyChain(str(self.path)).broken
        assert found is not None
        self.assertEqual((found.kind, found.line), (BreakKind.REMOVED, 4))
        self.assertEqual(found.said, "lines 4 to 5 are not there")

    def test_damaged(self) -> None:
        """A last line that is another is said to be damaged, and stays to be seen."""
        written(self.path, 2)
        self.path.write_bytes(self.path.read_bytes().replace(b"services/1", b"services/2"))
        self.assertIn("damaged", self.again())
        found = verifyChain(str(self.path)).broken
        assert found is not None
        self.assertEqual((found.kind, found.line), (BreakKind.CHANGED, 2))

    def test_foreign(self) -> None:
        """Nothing is cut off a file that is none of ours."""
        self.path.write_bytes(b"x" * 100_000)
        chain = self.chain()
        chain.open()
        chain.close()
        self.assertEqual(self.path.stat().st_size, 100_000)

    def test_headless(self) -> None:
        """A head that is gone is said to be missing."""
        written(self.path, 2)
        Path(f"{self.path}.head").unlink()
        self.assertEqual(self.again(), ["missing"])

    def test_rotated(self) -> None:
        """A file that is full is kept under a number, and the chain goes on in the next."""
        files = written(self.path, 12, 1300)
        self.assertEqual(
            [file.name for file in files], ["audit.jsonl.1", "audit.jsonl.2", "audit.jsonl"]
        )
        first = readLink(files[1].read_bytes().splitlines(keepends=True)[0])
        last = readLink(files[0].read_bytes().splitlines(keepends=True)[-1])
        assert first is not None and last is not None
        self.assertEqual(first.previous, last.hash)

    def test_kept(self) -> None:
        """No more full files are kept than shall be, the oldest go, and what is left is right."""
        files = written(self.path, 40, 1300, keep=2)
        self.assertEqual(
            [file.name for file in files], ["audit.jsonl.8", "audit.jsonl.9", "audit.jsonl"]
        )
        verdict = verifyChain(str(self.path))
        self.assertIsNone(verdict.broken)
        self.assertEqual((verdict.first, verdict.last), (29, 40))
        self.assertEqual(self.again(), [])

    def test_betweenFiles(self) -> None:
        """A kill after a file was full, and before the next was begun, leaves a chain that goes on."""
        written(self.path, 4)
        self.path.rename(f"{self.path}.1")
        self.assertEqual(self.again(), [])
        verdict = verifyChain(str(self.path))
        self.assertEqual((verdict.broken, verdict.lines), (None, 5))

    def test_noTurn(self) -> None:
        """When the next file cannot be begun, the one before grows."""
        chain = self.chain(1300)
        chain.open()
        Path(f"{self.path}.1").mkdir()
        for _ in range(8):
            chain.put(TIME, deedFields(deed()))
        chain.settling()()
        chain.close()
        self.assertEqual(self.path.read_bytes().count(b"\n"), 8)

    @given(st.integers(0, 1500), st.integers(1, 600))
    def test_full(self, room: int, more: int) -> None:
        """Lines a full disk does not take wait, and are written whole, each once, when there is room bit by bit."""
        self.path.unlink(missing_ok=True)
        Path(f"{self.path}.head").unlink(missing_ok=True)
        disk = Disk(room)
        chain = self.chain(disk=disk)
        chain.open()
        for _ in range(5):
            try:
                chain.put(TIME, deedFields(deed()))
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)
        while chain.pending:
            disk.room += more
            try:
                chain.flush()
            except OSError:
                continue
        chain.settling()()
        chain.close()
        verdict = verifyChain(str(self.path))
        self.assertEqual((verdict.broken, verdict.lines), (None, 5))

    def test_two(self) -> None:
        """A file is written by one node at a time."""
        chain = self.chain()
        chain.open()
        self.addCleanup(chain.close)
        with self.assertRaisesRegex(
            ConfigError, "another node writes it; make room, or name another"
        ):
            self.chain().open()

    def test_nowhere(self) -> None:
        """A file that cannot be made is refused before anything is asked."""
        self.path = self.home / "none" / "audit.jsonl"
        with self.assertRaisesRegex(ConfigError, "cannot be used: No such file or directory"):
            self.chain().open()

    def test_gone(self) -> None:
        """A file that was removed, moved or cut is noticed when lines are brought to the disk."""
        for harm in (
            self.path.unlink,
            lambda: self.path.rename(self.home / "elsewhere"),
            lambda: os.truncate(self.path, 10),
        ):
            chain = self.chain()
            chain.open()
            chain.put(TIME, deedFields(deed()))
            self.assertTrue(chain.settling()())
            harm()
            self.assertFalse(chain.settling()())
            chain.close()
            self.path.unlink(missing_ok=True)
