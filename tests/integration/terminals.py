"""The terminals of a reader who types what a page says."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.commandcase import LONGEST, PACKAGE, PROGRAM
from tests.integration.foreign.shared import poll
from tests.integration.forking import clientWords
from tests.readme import ROOT

__all__ = ["ACTIVATE", "ANYWHERE", "Terminal", "TerminalCase", "documentIn", "patient"]

ACTIVATE = ". .venv/bin/activate\n"
"""What a terminal begins with."""

ANYWHERE = "--listen tcp:0:interface=127.0.0.1"
"""What a node is told that another one may run beside."""

_SERVES = "status page  http://"
_ASKS = re.compile(r"gma (get|ls) 127\.0\.0\.1:\d+ ")
_PYTHON = (sys.executable,)
_PROGRAMS = {
    "gma": (*_PYTHON, "-P", "-c", PROGRAM),
    "twistd": (*_PYTHON, "-P", "-c", "from twisted.scripts.twistd import run; run()"),
    "python": _PYTHON,
}


def patient(text: str) -> str:
    """The block of a reader who asks again when there is nothing yet."""
    lines = []
    for line in text.splitlines():
        again = f"for i in $(seq 150); do {line} > /dev/null 2>&1 && break; sleep 0.1; done\n"
        lines.append(f"{again if _ASKS.match(line) else ''}{line}\n")
    return "".join(lines)


def documentIn(told: str) -> Any:
    """The XML in what a command printed; words for people may stand around it."""
    return etree.fromstring(told[told.index("<") : told.rindex(">") + 1])


class TerminalCase(SynchronousTestCase):
    """
    A directory like that of a checkout in which C{make} has installed everything.

    @ivar bases: host and port of each node that was started, by those that the page says
    @ivar patience: seconds until a command that stays must have said what is waited for
    @ivar isForked: whether programs of the project are forked from a process that has imported them, and not started
    """

    timeout = 180
    patience = 30.0
    isForked = False

    def setUp(self) -> None:
        """Make it; the programs are those of the Python that runs the tests."""
        if not (ROOT / "README.md").exists():
            raise SkipTest("the documentation is not installed")
        for program in ("bash", "make"):
            if shutil.which(program) is None:
                raise SkipTest(f"{program} is not installed")
        self.home = Path(self.mktemp()).absolute()
        self.bases: dict[str, str] = {}
        programs = self.home / ".venv" / "bin"
        programs.mkdir(parents=True, mode=0o755)
        for name, words in _PROGRAMS.items():
            isFork = self.isForked and name != "python"
            start = shlex.join(clientWords(name) if isFork else words)
            (programs / name).write_text(f'#!/bin/sh\nexec {start} "$@"\n')
            (programs / name).chmod(0o755)
        (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n')
        for name in ("Makefile", "pyproject.toml", "tools/compiled.py", "tools/venv.sh"):
            (self.home / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.home / name)
        # Newer than those it depends on: nothing is to be installed.
        (self.home / ".venv" / "stamp").touch()

    def here(self, text: str) -> str:
        """With the ports of the nodes that run."""
        for said, base in self.bases.items():
            text = text.replace(said, base)
        return text

    def environment(self) -> Mapping[str, str]:
        """Of a shell that has just been opened."""
        more = {"HOME": str(self.home), "LANG": "C.UTF-8", "ARGS": ANYWHERE, "no_proxy": "*"}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGE, **more}


class Terminal:
    """One terminal: blocks are typed into it, and a node may stay in it."""

    def __init__(self, case: TerminalCase) -> None:
        """@param case: where it is opened"""
        self._case = case
        self._directory = case.home
        self._begin = ""
        self._node: subprocess.Popen[bytes] | None = None
        self._output = case.home / f"output-{id(self)}"

    @property
    def isBusy(self) -> bool:
        """Whether a node stays in it."""
        return self._node is not None

    def type(self, text: str) -> str:
        """
        Type a block, whose last line may start a node that stays. C{gma watch --match TEXT} is ended by Ctrl-C when
        it has printed the text.

        @return: what the commands that ended printed, to either stream
        """
        *lines, last = text.strip().splitlines()
        if last.startswith("twistd"):
            told = self._run("\n".join(lines))
            kind = shlex.split(last)[3]
            self._stay(f"{last} {ANYWHERE}", "8484" if kind == "gma-aggregator" else "8480")
        elif last == "make run":
            told = self._run("\n".join(lines))
            self._stay(last, "8480")
        elif last.startswith("gma watch "):
            self._run("\n".join(lines))
            words = shlex.split(last)
            told = self._begun(self._case.here(last), words[words.index("--match") + 1])
            self.interrupt()
        else:
            told = self._run(text)
        return told

    def interrupt(self) -> None:
        """Press Ctrl-C: the node that stays here is told, and everything that it runs."""
        if self._node is None:
            raise AssertionError("nothing runs in this terminal")
        self._finish(self._node, signal.SIGINT)

    def _run(self, text: str) -> str:
        if self._node is not None:
            raise AssertionError(f"a node runs in this terminal, nobody reads {text}")
        marked = self._case.home / "directory"
        command = f"{self._begin}\n{self._case.here(text)}\npwd > {shlex.quote(str(marked))}"
        ended = subprocess.run(
            ["bash", "-ec", command],
            cwd=self._directory,
            env=self._case.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        self._case.assertEqual(ended.returncode, 0, (text, ended.stdout))
        self._directory = Path(marked.read_text().strip())
        if ACTIVATE in text:
            self._begin = f". {shlex.quote(str(self._case.home / '.venv/bin/activate'))}"
        return ended.stdout

    def _stay(self, command: str, port: str) -> None:
        told = self._begun(command, _SERVES)
        base = told.split(_SERVES, 1)[1].split("/", 1)[0]
        self._case.bases[f"127.0.0.1:{port}"] = base

    def _begun(self, command: str, sign: str) -> str:
        """Begin a command that stays. @return: what it has printed when a sign is in it"""
        with self._output.open("wb") as output:
            self._node = subprocess.Popen(
                ["bash", "-ec", f"{self._begin}\nexec {command}"],
                cwd=self._directory,
                env=self._case.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        node = self._node
        self._case.addCleanup(self._end)
        told = poll(
            self._output.read_text,
            lambda text: sign in text or node.poll() is not None,
            self._case.patience,
        )
        self._case.assertIn(sign, told, (command, told))
        return told

    def _end(self) -> None:
        if self._node is not None:
            self._finish(self._node, signal.SIGKILL)

    def _finish(self, node: "subprocess.Popen[bytes]", number: int) -> None:
        os.killpg(node.pid, number)
        node.wait(LONGEST)
        self._node = None
