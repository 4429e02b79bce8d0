"""Which programs may be run."""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.processes import checkProgram


class CheckTests(SynchronousTestCase):
    """checkProgram."""

    def setUp(self) -> None:
        """Make an executable file nobody else can change."""
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(mode=0o755)
        self.program = self.directory / "probe"
        self.program.write_text("#!/bin/sh\n")
        self.program.chmod(0o755)

    def refusal(self, *argv: str) -> str:
        """The message with which a command is refused."""
        return str(self.assertRaises(ProviderFailed, checkProgram, list(argv)))

    def test_accepted(self) -> None:
        """An absolute path to our own executable file passes, whatever its arguments."""
        checkProgram([str(self.program), "; rm -rf /", ""])

    def test_system(self) -> None:
        """A program of the system passes, through symbolic links too."""
        checkProgram(["/bin/sh", "-c", "true"])

    def test_relative(self) -> None:
        """A name without a directory is refused: PATH is not searched."""
        self.assertEqual(
            self.refusal("sh"), "program sh must be an absolute path; PATH is not searched"
        )

    def test_missing(self) -> None:
        """A path where nothing is, is named with the reason."""
        self.assertEqual(
            self.refusal("/no/such/program"),
            "program /no/such/program cannot be run: No such file or directory",
        )

    def test_directory(self) -> None:
        """A directory is no program."""
        self.assertIn("is not a file", self.refusal(str(self.directory)))

    def test_notExecutable(self) -> None:
        """A file without the permission to run is refused before anything starts."""
        self.program.chmod(0o644)
        self.assertIn("is not executable", self.refusal(str(self.program)))

    def test_shellScriptInDisguise(self) -> None:
        """A text without #! is refused: the C library would hand it to a shell."""
        self.program.write_text("echo hello\n")
        self.assertIn(
            "neither a binary nor a script that begins with #!", self.refusal(str(self.program))
        )

    def test_groupWritable(self) -> None:
        """A program its group may change is refused, with the mode."""
        self.program.chmod(0o775)
        self.assertIn("is writable by others (mode 775)", self.refusal(str(self.program)))

    def test_worldWritable(self) -> None:
        """A program anybody may change is refused."""
        self.program.chmod(0o757)
        self.assertIn("is writable by others", self.refusal(str(self.program)))

    def test_replaceable(self) -> None:
        """A program in a directory where anybody may replace it is refused."""
        self.directory.chmod(0o777)
        self.assertIn("is world-writable", self.refusal(str(self.program)))

    def test_sticky(self) -> None:
        """In a sticky directory only the owner can replace it: that passes."""
        self.directory.chmod(0o1777)
        checkProgram([str(self.program)])

    def test_foreign(self) -> None:
        """A program of another user is refused: its owner could change it."""
        if os.geteuid() != 0:
            self.skipTest("only root can give files away")
        os.chown(self.program, 54321, -1)
        self.assertIn("belongs to user 54321", self.refusal(str(self.program)))

    def test_linkToWritable(self) -> None:
        """What a symbolic link points to counts, not the link."""
        self.program.chmod(0o777)
        link = self.directory / "link"
        link.symlink_to(self.program)
        self.assertIn("is writable by others", self.refusal(str(link)))

    def test_text(self) -> None:
        """One string is no list of words: nothing here splits commands."""
        error = self.assertRaises(ProviderFailed, checkProgram, "/bin/true")
        self.assertIn("is a list of words", str(error))

    def test_empty(self) -> None:
        """No words at all are refused."""
        self.assertIn("is a list of words", self.refusal())

    def test_nul(self) -> None:
        """A word with NUL would be cut by the system: refused."""
        self.assertIn("without NUL", self.refusal("/bin/true", "a\0b"))

    def test_tooMany(self) -> None:
        """The number of words is bounded."""
        self.assertIn("more than 1024 words", self.refusal("/bin/true", *["x"] * 1024))
