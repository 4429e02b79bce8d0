"""A node under test, as C{twistd} runs it: a process of its own, ended by its id."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import attrs
import psutil

from bench.process import ServerFailed, cpuSecondsOf

__all__ = ["NodeProcess"]

_START = 30.0
_LAST = 12
_TWISTD = (sys.executable, "-P", "-c", "from twisted.scripts.twistd import run; run()")


@attrs.define(eq=False)
class NodeProcess:
    """
    A node.

    @ivar process: of it
    @ivar port: on 127.0.0.1
    @ivar most: bytes of resident memory it had at most since this was set to 0
    """

    process: "subprocess.Popen[bytes]"
    port: int
    most: int = 0

    @classmethod
    def start(cls, kind: str, directory: str, *words: str) -> "NodeProcess":
        """
        @param kind: C{gma-registry}
        @param directory: where its log and its state are
        @param words: further options
        @raise ServerFailed: it does not serve in time
        """
        log = Path(directory) / "log"
        before = ["-n", "--pidfile=", f"--logfile={log}", kind]
        where = ["--state-dir", f"{directory}/state", "--listen", "tcp:0:interface=127.0.0.1"]
        process = subprocess.Popen(
            [*_TWISTD, *before, *where, *words], env={**os.environ, "PYTHONPATH": os.getcwd()}
        )
        deadline = time.monotonic() + _START
        said = ""
        while time.monotonic() < deadline and process.poll() is None:
            said = log.read_text() if log.exists() else ""
            if found := re.search(r"status page +http://127\.0\.0\.1:([0-9]+)/", said):
                return cls(process, int(found[1]))
            time.sleep(0.05)
        process.kill()
        process.wait()
        last = "\n".join(said.splitlines()[-_LAST:])
        raise ServerFailed(f"{kind} does not serve\n{last}".rstrip())

    def resident(self) -> int:
        """Bytes of resident memory now."""
        found: int = psutil.Process(self.process.pid).memory_info().rss
        return found

    def look(self) -> None:
        """See how much memory it has."""
        self.most = max(self.most, self.resident())

    def cpuSeconds(self) -> float:
        """User and system time so far."""
        return cpuSecondsOf(psutil.Process(self.process.pid))

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(_START)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
