"""Servers of Debian packages, in the foreground, on ports of their own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

__all__ = ["Server", "freeUDPPort", "programOf"]

_LONGEST = 30.0
_WHERE = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def programOf(name: str) -> str:
    """Where a program is, one for administrators too; empty when it is not installed."""
    return shutil.which(name, path=_WHERE) or ""


def freeUDPPort() -> int:
    """One that nobody has on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Server:
    """A program that runs until the test ends it, by its process id."""

    def __init__(
        self, home: Path, cleanUp: Callable[..., object], *words: str, listening: int = 1
    ) -> None:
        """
        Start it, and wait until it listens.

        @param home: its current directory, where its output is kept
        @param cleanUp: a test's C{addCleanup}
        @param listening: how many TCP ports it opens
        """
        log = home / f"{Path(words[0]).name}.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                words, cwd=home, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        cleanUp(self.end)
        end = time.monotonic() + _LONGEST
        while len(self.ports()) < listening:
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(
                    f"{words[0]} does not listen: {log.read_text('utf-8', 'replace')}"
                )
            time.sleep(0.05)

    def ports(self) -> Sequence[int]:
        """The TCP ports on which it listens, in order."""
        try:
            found = psutil.Process(self._process.pid).net_connections("tcp")
        except psutil.Error:
            return ()
        return sorted(one.laddr.port for one in found if one.status == psutil.CONN_LISTEN)

    def end(self) -> None:
        """End it; nothing happens when it has ended."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_LONGEST)
