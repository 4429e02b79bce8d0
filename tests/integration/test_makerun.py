"""`make run` in a fresh clone: it installs what is missing and serves within a minute."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.integration.foreign.contract import HOST
from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.shared import poll
from tests.readme import ROOT

LIMIT = 60.0
"""Seconds from the command to the first answer."""

_URL = re.compile(r"status page +(http://\S+)/$", re.MULTILINE)
_OFFLINE = re.compile(r"Temporary failure in name resolution|Failed to establish a new connection")
# A make or a Python around this test must not reach into the clone.
_OURS = ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


class MakeRunTests(SynchronousTestCase):
    """A copy of what is, or would be, committed, and nothing else."""

    timeout = 180

    def setUp(self) -> None:
        """Make the copy."""
        if shutil.which("git") is None or not (ROOT / ".git").exists():
            raise SkipTest("this is not a git checkout")
        if shutil.which("make") is None:
            raise SkipTest("make is not installed")
        self.clone = Path(self.mktemp()).absolute()
        self.clone.mkdir(parents=True)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.clone / name)

    def start(self) -> Path:
        """Run the command. @return: the file its output goes to"""
        output = self.clone / "make-run.log"
        environment = {key: text for key, text in os.environ.items() if key not in _OURS}
        arguments = f"--listen tcp:0:interface=127.0.0.1 --state-dir {self.clone / 'state'}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["make", "run", f"ARGS={arguments}"],
                cwd=self.clone,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.addCleanup(self.end, process)
        self.process = process
        return output

    def end(self, process: "subprocess.Popen[bytes]") -> None:
        """End make and the node below it."""
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        process.wait(20)

    def test_minute(self) -> None:
        """The first answer with this host's data comes within a minute."""
        began = time.monotonic()
        output = self.start()
        text = poll(
            output.read_text,
            lambda text: bool(_URL.search(text)) or self.process.poll() is not None,
            150,
        )
        if _OFFLINE.search(text):
            raise SkipTest("no package index can be reached")
        found = _URL.search(text)
        assert found is not None, text
        (host,) = makeZeep(f"{found[1]}/services/index").find(HOST)
        self.assertGreater(int(host.child("MainMemory").attributes["RAMAvailable"]), 0)
        self.assertLess(time.monotonic() - began, LIMIT)
