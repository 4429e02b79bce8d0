"""A place in which C{gma} is run as a user runs it."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

import gma_twisted
from tests.integration.forking import clientWords
from tests.integration.twistd import Node

__all__ = ["LONGEST", "PACKAGE", "PROGRAM", "CommandCase"]

LONGEST = 50.0
"""Seconds that a process of a test may take."""

PROGRAM = "from gma_twisted.command.main import gma; gma(prog_name='gma')"
"""What a Python runs to be the command."""

PACKAGE = str(Path(gma_twisted.__file__).parent.parent)
"""Where Python finds it."""


class CommandCase(SynchronousTestCase):
    """
    A home with C{gma} on the path.

    @ivar isForked: whether that is a fork of a process that has imported it, but at a terminal and in another encoding
    """

    timeout = 120
    isForked = True

    def setUp(self) -> None:
        """Make it."""
        self.bash = shutil.which("bash") or ""
        if not self.bash:
            raise SkipTest("bash is not installed")
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        script = self.home / "gma"
        starts = f'exec {sys.executable} -P -c "{PROGRAM}" "$@"\n'
        if self.isForked:
            isOther = '[ -t 0 ] || [ -t 1 ] || [ -n "$PYTHONIOENCODING" ]'
            starts = f'{isOther} || exec {shlex.join(clientWords("gma"))} "$@"\n{starts}'
        script.write_text(f"#!/bin/sh\n{starts}")
        script.chmod(0o755)

    def environment(self, **more: str) -> Mapping[str, str]:
        """Of the processes."""
        path = f"{self.home}:{os.environ['PATH']}"
        return {"PYTHONPATH": PACKAGE, "PATH": path, "LANG": "C.UTF-8", **more}

    def gma(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        return self.shell(shlex.join(("gma", *words)), **more)

    def shell(self, text: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run some lines to their end, or to the first that fails."""
        return subprocess.run(
            [self.bash, "-ec", text],
            cwd=self.home,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def began(self, *words: str) -> "subprocess.Popen[str]":
        """Begin it; it goes on until it ends, or the test."""
        process = subprocess.Popen(
            ("gma", *words),
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(_end, process)
        return process

    def index(self, *options: str) -> str:
        """Start a node. @return: its host and port"""
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "state"))
        node = Node(self.home, self.addCleanup, *options, *listen)
        return node.url().removeprefix("http://")


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=LONGEST)
