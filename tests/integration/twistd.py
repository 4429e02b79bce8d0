"""Real twistd processes, found, watched and ended by the tests that start them."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import gma_twisted
from tests.integration.forking import Forked, clientWords

__all__ = ["Node", "fetch", "run", "words"]

_ROOT = str(Path(gma_twisted.__file__).parent.parent)
_LONGEST = 30.0
# -P: like the script twistd, which does not look for modules in the current directory.
_TWISTD = (sys.executable, "-P", "-c", "from twisted.scripts.twistd import run; run()")
_OPENER = build_opener(ProxyHandler({}))


def words(
    *options: str, before: Sequence[str] = ("-n", "--pidfile="), kind: str = "gma-index"
) -> list[str]:
    """A command line of a node. @param before: options of twistd itself"""
    return [*_TWISTD, *before, kind, *options]


def _environment(home: Path) -> Mapping[str, str]:
    return {"PYTHONPATH": _ROOT, "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def run(home: Path, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run gma-index to its end, in a fork. @param home: its home and current directory"""
    return subprocess.run(
        [*clientWords("twistd"), *words(*options, **more)[len(_TWISTD) :]],
        cwd=home,
        env=_environment(home),
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def fetch(url: str, body: bytes | None = None) -> bytes:
    """GET, or POST a SOAP 1.1 message."""
    request: Any = url
    if body is not None:
        from urllib.request import Request  # noqa: PLC0415

        request = Request(url, body, {"Content-Type": "text/xml; charset=utf-8"})
    with _OPENER.open(request, timeout=_LONGEST) as answer:
        found: bytes = answer.read()
        return found


class Node:
    """
    A node that runs until the test ends it.

    @ivar lines: its output so far
    """

    def __init__(
        self,
        home: Path,
        cleanUp: Callable[..., object],
        *options: str,
        reactor: str = "epoll",
        kind: str = "gma-index",
        environment: Mapping[str, str] | None = None,
        twistd: Sequence[str] = (),
        isForked: bool = True,
    ) -> None:
        """
        @param home: its home and current directory
        @param cleanUp: a test's C{addCleanup}
        @param environment: more variables; with any it is started
        @param twistd: more options of twistd itself
        @param isForked: whether twistd is forked from a process that has imported it, and not started
        """
        before = ("-n", "--pidfile=", f"--reactor={reactor}", *twistd)
        command = words(*options, before=before, kind=kind)
        variables = {**_environment(home), **(environment or {})}
        self.process: subprocess.Popen[str] | Forked
        # Loader and Python read an environment at a start, and the kernel shows that one.
        if isForked and environment is None:
            self.process = Forked("twistd", command[len(_TWISTD) :], home, variables)
        else:
            self.process = subprocess.Popen(
                command,
                cwd=home,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
            )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        cleanUp(self._end)

    def url(self) -> str:
        """The base URL it says it serves; waits for it."""
        return self.waitFor(r"status page +(http://\S+)/$")

    def waitFor(self, pattern: str) -> str:
        """The first group of the first line that matches; fails when the process ends without."""
        with self._news:
            found = self._news.wait_for(lambda: self._search(pattern), _LONGEST)
        text = self._search(pattern)
        if not found or not text.strip():
            raise AssertionError(f"no line matches {pattern}:\n" + "".join(self.lines))
        return text

    def _search(self, pattern: str) -> str:
        for line in list(self.lines):
            if found := re.search(pattern, line.rstrip("\n")):
                return found[1] if found.groups() else found[0]
        return "" if self._reader.is_alive() else " "

    def signal(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end. @return: the exit status, negative for a signal"""
        self.process.send_signal(number)
        status = self.process.wait(_LONGEST)
        self._reader.join(_LONGEST)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(_LONGEST)
        self._reader.join(_LONGEST)
        if self.process.stdout is not None:
            self.process.stdout.close()
