"""FileLinePlane: appending below one directory, all or nothing."""

import errno
import fcntl
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, GMAError, Refused
from gma_twisted.model import OURSELVES
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.streams.appending import append, partsBelow
from gma_twisted.streams.files import FileLinePlane
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.lineplane import LinePlane
from gma_twisted.timing import Backoff, Ready, toDeferred
from tests.streams.groupcontract import GroupContract
from tests.streams.sendstand import SendStand, admitted, numbersIn

T = TypeVar("T")


class _Worker:
    """Works at once, or fails as it is told. @ivar error: what it raises"""

    def __init__(self) -> None:
        self.error: OSError | None = None

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """Do it."""
        if self.error is not None:
            raise self.error
        return Ready(job())


class FileTests(GroupContract, SendStand, SynchronousTestCase):
    """Groups of files."""

    def setUp(self) -> None:
        """Make a plane over an empty directory."""
        super().setUp()
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.url = f"file:{self.directory}/one.bp"
        self.other = f"file:{self.directory}/two.bp"
        self.worker = _Worker()
        self.plane = self.planeOf(str(self.directory))

    def planeOf(
        self, directory: str | None, files: int = 1_000, filesBytes: int = 10_000
    ) -> FileLinePlane:
        """A plane."""
        return FileLinePlane(
            directory,
            self.worker,
            admitted,
            self.clock,
            lambda: 0.5,
            StreamLimits(lines=20, files=files, filesBytes=filesBytes),
            Backoff(1.0, 60.0),
        )

    def got(self, url: str) -> bytes:
        """What is in a file, once it is made."""
        path = Path(DataUrl.parse(url).path)
        return path.read_bytes() if path.exists() else b""

    def refusal(self, plane: LinePlane, path: str, error: type[GMAError] = Refused) -> str:
        """Why lines may not go to a file."""
        asking = toDeferred(plane.check(f"file:{path}", None, OURSELVES))
        return str(self.failureResultOf(asking, error).value)

    def test_appended(self) -> None:
        """What was in the file stays; a line that somebody did not finish spoils no other. It is our user's alone."""
        path = self.directory / "one.bp"
        path.write_bytes(b"half a li")
        group = self.group()
        member, other = self.join(group, self.url), self.join(group, self.other)
        self.offer(group, 1)
        self.offer(group, 2)
        half, rest = path.read_bytes().split(b"\n", 1)
        self.assertEqual(half, b"half a li")
        self.assertEqual(numbersIn(rest), [1, 2])
        self.assertEqual((self.directory / "two.bp").stat().st_mode & 0o777, 0o600)
        self.leave(member, other)

    def test_diskFull(self) -> None:
        """A full disk is tried again; what waits comes when there is room, within the bound."""
        group = self.group()
        member = self.join(group, self.url)
        self.worker.error = OSError(errno.ENOSPC, "No space left on device")
        self.offer(group, 1)
        self.offer(group, 2, 3)
        self.assertFalse(Path(DataUrl.parse(self.url).path).exists())
        self.worker.error = None
        with capturedLogs() as said:
            self.turns(50, 10.0)
        (flows,) = (formatEvent(one) for one in said)
        self.assertEqual(flows, f"lines flow again: {self.url}")
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2, 3])
        self.assertGreater(self.plane.counts.failed, 0)
        self.leave(member)

    def test_elsewhere(self) -> None:
        """Files that are not below the directory are refused, and those a link leads to, and what is no file."""
        outside = Path(self.mktemp()).absolute()
        outside.mkdir(parents=True)
        (self.directory / "link").symlink_to(outside)
        (self.directory / "file").symlink_to(outside / "file")
        os.mkfifo(self.directory / "pipe")
        for path in (
            f"{outside}/file",
            f"{self.directory}/../file",
            f"{self.directory}/./file",
            f"{self.directory}//file",
            f"{self.directory}",
            f"{self.directory}x/file",
            f"{self.directory}/link/file",
            f"{self.directory}/file",
            f"{self.directory}/none/file",
        ):
            self.assertTrue(self.refusal(self.planeOf(str(self.directory)), path))
        self.assertTrue(self.refusal(self.planeOf(str(self.directory)), f"{self.directory}/pipe"))
        self.assertEqual(list(outside.iterdir()), [])

    def test_others(self) -> None:
        """A file that has another name too, or another owner, may be anything: nothing is appended to it."""
        outside = Path(self.mktemp()).absolute()
        outside.write_bytes(b"kept")
        path = self.directory / "one.bp"
        os.link(outside, path)
        self.assertIn("have one name", self.refusal(self.plane, str(path)))
        parts = partsBelow(str(self.directory), str(path))
        self.assertRaises(Refused, append, str(self.directory), parts, b"a line\n")
        outside.unlink()
        append(str(self.directory), parts, b"a line\n")
        self.assertEqual(path.read_bytes(), b"kept\na line\n")
        self.patch(os, "geteuid", lambda: path.stat().st_uid + 1)
        self.assertIn("the node's user", self.refusal(self.plane, str(path)))
        self.assertRaises(Refused, append, str(self.directory), parts, b"a line\n")

    def test_notMade(self) -> None:
        """Who only asks has no file made; where none can be made, the answer says so."""
        self.admit(self.url)
        self.assertEqual(list(self.directory.iterdir()), [])
        self.patch(os, "access", lambda path, mode, dir_fd: False)
        self.assertIn("Permission denied", self.refusal(self.plane, f"{self.directory}/one.bp"))

    def test_manyFiles(self) -> None:
        """No more files are made than may be, whoever made those that are there; lines of others go on."""
        (self.directory / "inner").mkdir()
        self.plane = self.planeOf(str(self.directory), files=2)
        group = self.group()
        one, two = self.join(group, self.url), self.join(group, self.other)
        self.offer(group, 1)
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.assertFalse((self.directory / "two.bp").exists())
        self.offer(group, 2)
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2])
        why = self.refusal(self.plane, f"{self.directory}/three.bp", Busy)
        self.assertIn("stream_files", why)
        (self.directory / "inner").rmdir()
        self.turns(60, 80.0)
        self.assertEqual(numbersIn((self.directory / "two.bp").read_bytes()), [1, 2])
        self.leave(one, two)

    def test_manyBytes(self) -> None:
        """Above the bytes they may have all together nothing is appended; when some are taken away, it is."""
        old = self.directory / "old.bp"
        old.write_bytes(b"x" * 9_990)
        self.admit(self.url)
        group = self.group()
        member = self.join(group, self.url)
        self.offer(group, 1, 2)
        self.assertFalse((self.directory / "one.bp").exists())
        old.unlink()
        self.turns(60, 80.0)
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2])
        self.leave(member)

    def test_uncounted(self) -> None:
        """Where there are too many files to be counted, whose they ever are, nothing is appended."""
        for number in range(11):
            (self.directory / str(number)).touch()
        plane = self.planeOf(str(self.directory), files=1)
        self.assertIn("too many", self.refusal(plane, f"{self.directory}/1", Busy))

    def test_missing(self) -> None:
        """A directory that is not there is what is missing, and not the file."""
        for below, path in (
            (f"{self.directory}/none", f"{self.directory}/none/one.bp"),
            (f"{self.directory}", f"{self.directory}/none/one.bp"),
        ):
            refusal = self.refusal(self.planeOf(below), path)
            self.assertIn(": its directory is not there; make the directory", refusal)

    def test_noDirectory(self) -> None:
        """Where the operator names no directory nobody may have a file."""
        self.assertIn("files", self.refusal(self.planeOf(None), f"{self.directory}/one.bp"))

    def test_allOrNothing(self) -> None:
        """When something fails midway the file is as it was."""
        path = self.directory / "one.bp"
        path.write_bytes(b"before\n")
        parts = partsBelow(str(self.directory), str(path))
        left = [3]

        def write(file: int, data: bytes) -> int:
            if not left:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(file, data[: left.pop()])

        original = os.write
        self.patch(os, "write", write)
        self.assertRaises(OSError, append, str(self.directory), parts, b"a line\n")
        self.assertEqual(path.read_bytes(), b"before\n")

    def test_locked(self) -> None:
        """While somebody else appends, nothing is."""
        path = self.directory / "one.bp"
        path.touch()
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            parts = partsBelow(str(self.directory), str(path))
            self.assertRaises(OSError, append, str(self.directory), parts, b"a line\n")
        append(str(self.directory), parts, b"a line\n")
        self.assertEqual(path.read_bytes(), b"a line\n")
