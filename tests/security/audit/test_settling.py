"""Bringing the audit to the disk."""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.security.audit.head import Head, readHead
from gma_twisted.security.audit.settling import settle


class SettlingTests(SynchronousTestCase):
    """In its order."""

    def setUp(self) -> None:
        """A file, and one that was full."""
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.path = str(self.home / "audit.jsonl")
        self.old = self.home / "audit.jsonl.1"
        self.old.write_bytes(b"x")
        self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT)
        self.addCleanup(os.close, self.file)

    def test_failed(self) -> None:
        """What the disk does not take is not told of in the head, and nothing is removed for it; nothing stays open."""
        # No pipe can be brought to a disk.
        reading, full = os.pipe()
        self.addCleanup(os.close, reading)
        with self.assertRaises(OSError):
            settle(self.path, self.file, 0, (full,), Head(1, 5, "x"), (str(self.old),))
        self.assertIsNone(readHead(self.path))
        self.assertTrue(self.old.exists())
        with self.assertRaises(OSError):
            os.fstat(full)

    def test_done(self) -> None:
        """What it took is, and then what is beyond goes."""
        self.assertTrue(settle(self.path, self.file, 0, (), Head(2, 5, "x"), (str(self.old),)))
        self.assertEqual(readHead(self.path), Head(2, 5, "x"))
        self.assertFalse(self.old.exists())

    def test_half(self) -> None:
        """Without a whole line at the end the head stays as it is."""
        settle(self.path, self.file, 0, (), None, ())
        self.assertIsNone(readHead(self.path))
