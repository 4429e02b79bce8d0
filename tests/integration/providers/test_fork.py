"""Real processes as jobs: started, stopped, continued, ended."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.trial.unittest import SkipTest, TestCase

from gma_twisted.markup.jobs import JOB
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.providers.fork import ForkInfoProvider
from gma_twisted.timing.bridge import sleep
from gma_twisted.timing.clock import NodeClock

LONGEST = 10.0
"""Seconds the kernel and a busy machine may take."""


class ForkTests(TestCase):
    """ForkInfoProvider and processes of this test."""

    timeout = 60

    def setUp(self) -> None:
        """A provider of what this process starts."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.clock = NodeClock(IReactorTime(reactor))
        runner = ProgramRunner(IReactorProcess(reactor), self.clock)
        self.runtime = ProviderRuntime(self.clock, runner)
        self.provider = ForkInfoProvider(parent=os.getpid(), runtime=self.runtime)

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """A process that lasts until it is ended."""
        process = subprocess.Popen(words or ["/bin/sleep", "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    async def job(self, pid: int) -> dict[str, str]:
        """What is told of a process."""
        root = await self.provider.provideDocument()
        for one in root.iter(JOB.clark):
            told = {str(each.tag).removeprefix(f"{{{RIPS}}}"): each.text or "" for each in one}
            if told["jobID"] == f"pid-{pid}":
                return told
        return {}

    async def until(self, pid: int, isSo: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """The same, when it is so."""
        deadline = self.clock.seconds() + LONGEST
        told = await self.job(pid)
        while not isSo(told):
            if self.clock.seconds() > deadline:
                self.fail(f"in {LONGEST:g} s only {told}")
            await sleep(self.clock, 0.02)
            told = await self.job(pid)
        return told

    async def test_life(self) -> None:
        """From its start to its end, with what the kernel says in between."""
        process = self.begin()
        told = await self.until(process.pid, lambda job: job.get("jobname") == "sleep")
        self.assertEqual((told["gramStatus"], told["status"]), ("Active", "running"))
        self.assertEqual((told["queue"], told["count"]), ("fork", "1"))
        self.assertLessEqual(int(told["elapsedtime"]), LONGEST)
        self.assertNotIn("60", told.values(), "an argument is told")
        process.send_signal(signal.SIGSTOP)
        told = await self.until(process.pid, lambda job: job["gramStatus"] == "Suspended")
        self.assertEqual(told["status"], "stopped")
        process.send_signal(signal.SIGCONT)
        await self.until(process.pid, lambda job: job["gramStatus"] == "Active")
        process.terminate()
        told = await self.until(process.pid, lambda job: job["gramStatus"] == "Done")
        self.assertEqual(told["status"], "zombie")
        process.wait()
        told = await self.job(process.pid)
        self.assertEqual((told["gramStatus"], told["jobname"]), ("Done", "sleep"))

    async def test_secrets(self) -> None:
        """A process that writes its arguments over its name, and names with control characters, spoil nothing."""
        python = "import time\nopen('/proc/self/comm', 'wb').write(b'a\\x01)\\n(b')\ntime.sleep(60)"
        process = self.begin(_python(), "-c", python, "--password=hunter2")
        told = await self.until(process.pid, lambda job: job.get("jobname", "").startswith("a"))
        self.assertEqual(told["jobname"], "a\ufffd)\n(b")
        self.assertNotIn(b"hunter2", await self.provider.provide())

    async def test_family(self) -> None:
        """Children of children are told, also when those between have ended."""
        shell = self.begin("/bin/sh", "-c", "/bin/sleep 61 & wait")
        deadline = self.clock.seconds() + LONGEST
        pid = 0
        while not pid and self.clock.seconds() < deadline:
            listed = Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text("ascii")
            pid = int(listed.split()[0]) if listed.split() else 0
            await sleep(self.clock, 0.02)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        await self.until(pid, lambda job: job.get("jobname") == "sleep")
        shell.kill()
        shell.wait()
        self.assertEqual((await self.job(shell.pid))["gramStatus"], "Done")
        self.assertEqual((await self.job(pid))["gramStatus"], "Active")

    async def test_otherUser(self) -> None:
        """Of one user's processes below another's all are told: who is in between is looked at, not told."""
        if os.geteuid() != 0:
            raise SkipTest("only root can start processes of another user")
        process = subprocess.Popen(["/bin/sleep", "60"], user=65534)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.provider = ForkInfoProvider(username="65534", parent=os.getpid(), runtime=self.runtime)
        await self.until(process.pid, lambda job: job.get("jobname") == "sleep")

    async def test_vanishing(self) -> None:
        """Processes that come and go while the table is read are no error."""
        for _ in range(20):
            processes = [subprocess.Popen(["/bin/true"]) for _ in range(5)]
            await self.provider.provideDocument()
            for one in processes:
                one.wait()
        self.assertEqual((await self.job(processes[0].pid)).get("gramStatus", "Done"), "Done")


def _python() -> str:
    return os.path.realpath("/proc/self/exe")
