"""Files that configure something: whole, bounded, and never waited for."""

import os
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readFile
from gma_twisted.configuration.files import readContent
from gma_twisted.errors import ConfigError


class FilesTests(SynchronousTestCase):
    """readContent."""

    def setUp(self) -> None:
        """A directory."""
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.path = self.home / "file"

    def refused(self, path: Path, why: str) -> None:
        """It is refused in these words; no descriptor stays open."""
        before = os.listdir("/proc/self/fd")
        error = self.assertRaises(ConfigError, readContent, path, 10)
        self.assertEqual((error.message, error.cure), (why, ""))
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_read(self) -> None:
        """Up to the bound, and of one that is larger a byte more."""
        for size in (0, 1, 10, 11, 5000):
            self.path.write_bytes(b"a" * size)
            content = readContent(self.path, 10)
            self.assertEqual(content.data, b"a" * min(size, 11))
            self.assertNotIn("aaa", repr(content))

    def test_open(self) -> None:
        """Whether others may read or change it is told, through a link as well."""
        self.path.touch()
        (self.home / "link").symlink_to("file")
        for mode, isOpen in ((0o600, False), (0o400, False), (0o640, True), (0o602, True)):
            self.path.chmod(mode)
            self.assertEqual(readContent(self.home / "link", 10).isOpen, isOpen)

    def test_noFile(self) -> None:
        """What is no file is refused, and not waited for: a pipe may never have another end."""
        os.mkfifo(self.path)
        for path, why in (
            (self.path, "is no file"),
            (self.home, "is no file"),
            (Path("/dev/null"), "is no file"),
            (self.home / "none", "cannot be read: No such file or directory"),
            (self.path / "none", "cannot be read: Not a directory"),
            (self.home / "a\0b", "cannot be read: its name is not one of a file"),
        ):
            self.refused(path, why)

    def test_written(self) -> None:
        """What is written, emptied or replaced in place while it is read is not used."""
        fstat = os.fstat
        for change in (
            lambda: self.path.write_bytes(b"bbbbbb"),
            lambda: self.path.write_bytes(b""),
            # As many bytes as before, at another time.
            lambda: os.utime(self.path, ns=(5, 5)),
        ):
            self.path.write_bytes(b"a")
            changes = [change]

            def changing(file: int, changes: Any = changes) -> os.stat_result:
                status = fstat(file)
                if changes:
                    changes.pop()()
                return status

            self.patch(os, "fstat", changing)
            self.refused(self.path, "was written while it was read: try again")
            self.patch(os, "fstat", fstat)

    def test_configuration(self) -> None:
        """A configuration is read so: the file's name stands before, a cure behind."""
        os.mkfifo(self.path)
        error = self.assertRaises(ConfigError, readFile, str(self.path))
        self.assertEqual(error.message, f"{self.path}: is no file; name a file that can be read")
