"""Files of one line."""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.security import readSecret


class SecretTests(SynchronousTestCase):
    """readSecret."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp())
        self.home.mkdir()
        self.path = self.home / "secret"

    def _write(self, data: bytes, mode: int = 0o600) -> Path:
        self.path.write_bytes(data)
        self.path.chmod(mode)
        return self.path

    def test_line(self) -> None:
        """The line without its end, blanks and all."""
        for data, text in (
            (b"word", "word"),
            (b"word\n", "word"),
            (b" two words \r\n", " two words "),
            ("é\n".encode(), "é"),
            (b"a" * 1024 + b"\n", "a" * 1024),
        ):
            secret = readSecret(self._write(data))
            self.assertEqual((secret.text, secret.isOpen), (text, False))
            self.assertNotIn("word", repr(secret))

    def test_open(self) -> None:
        """Others may read it, or change it."""
        for mode in (0o640, 0o604, 0o620, 0o666):
            self.assertTrue(readSecret(self._write(b"word", mode)).isOpen)

    def test_wrong(self) -> None:
        """What is no such file is told without what is in it."""
        for data, why in (
            (b"", "is empty"),
            (b"\n", "is empty"),
            (b"secret\nother\n", "has more than one line, or control characters"),
            (b"secret\0", "has more than one line, or control characters"),
            (b"secret\xff", "is not UTF-8"),
            (b"secret" * 200, "has more than 1024 characters"),
            (b"secret" * 100_000, "has more than 1024 characters"),
        ):
            error = self.assertRaises(ConfigError, readSecret, self._write(data))
            self.assertTrue(error.message.startswith(f"{self.path} {why}; "), error.message)
            self.assertTrue(error.cure)
            self.assertNotIn("secret\n", error.message.replace(str(self.path), ""))

    def test_noFile(self) -> None:
        """What is not there, or no file, is not waited for."""
        os.mkfifo(self.home / "pipe")
        for name, why in (
            ("none", "cannot be read: No such file or directory"),
            ("pipe", "is no file"),
            (".", "is no file"),
            ("a\0b", "cannot be read: its name is not one of a file"),
        ):
            error = self.assertRaises(ConfigError, readSecret, self.home / name)
            self.assertIn(why, error.message)
