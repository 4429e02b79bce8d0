"""Providers of batch systems end to end: programs that play the tools, run by a manager for real."""

import psutil

from gma_twisted.providers.pbs import PBSInfoProvider
from gma_twisted.providers.slurm import SlurmInfoProvider
from tests.integration.providers.batchcase import BatchCase
from tests.integration.providers.batchsystem import BatchSystem
from tests.providers.batchstand import fields, jobsOf, queuesOf


def running(path: str) -> list[int]:
    """Processes that have the path among their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and path in process.cmdline():
                found.append(process.pid)
        except psutil.Error:
            pass
    return found


class PBSTests(BatchCase):
    """PBSInfoProvider."""

    async def play(self, system: str, timeout: float = 10.0, most: int = 100) -> BatchSystem:
        """A provider of a system that is played."""
        played = BatchSystem(self.scratch(), system)
        arguments = {
            "qstat": played.path("qstat"),
            "pbsnodes": played.path("pbsnodes"),
            "most": most,
        }
        await self.begin(PBSInfoProvider, arguments, timeout)
        return played

    async def test_torque(self) -> None:
        """A job of Torque from start to end."""
        played = await self.play("torque")
        for told, seen in (
            ({"1.srv": "Q", "2.srv": "Q"}, {"1.srv": "Pending", "2.srv": "Pending"}),
            ({"1.srv": "R", "2.srv": "H"}, {"1.srv": "Active", "2.srv": "Pending"}),
            ({"1.srv": "S", "2.srv": "R"}, {"1.srv": "Suspended", "2.srv": "Active"}),
            ({"1.srv": "C 0", "2.srv": "C 1"}, {"1.srv": "Done", "2.srv": "Failed"}),
            ({}, {}),
        ):
            played.tell(told)
            await self.untilStates(seen)
        root = self.document()
        assert root is not None
        self.assertEqual(fields(root)["name"], "pbs@srv")
        self.assertEqual(queuesOf(root)["work"]["freenodes"], "1")
        self.assertEqual(self.status()["failures"], "0")

    async def test_openpbs(self) -> None:
        """A job of OpenPBS from start to end, in its own JSON."""
        played = await self.play("openpbs")
        for told, seen in (
            ({"1.srv": "Q"}, {"1.srv": "Pending"}),
            ({"1.srv": "R", "2[].srv": "B"}, {"1.srv": "Active", "2[].srv": "Active"}),
            ({"1.srv": "F 0", "2[].srv": "F 3"}, {"1.srv": "Done", "2[].srv": "Failed"}),
        ):
            played.tell(told)
            await self.untilStates(seen)
        root = self.document()
        assert root is not None
        self.assertEqual(jobsOf(root)["1.srv"]["jobname"], "007")
        played.tell({})
        await self.untilStates({})
        self.assertEqual(self.status()["failures"], "0")

    async def test_refused(self) -> None:
        """A server that is away is told in its tool's own line; what was seen stays, and goes on afterwards."""
        played = await self.play("torque")
        played.tell({"1.srv": "R"})
        await self.untilStates({"1.srv": "Active"})
        played.tell({"1.srv": "C 0"}, qstat="refuse")
        await self.untilError(
            "qstat ended with exit status 255: qstat: cannot connect to server srv (errno=111)"
        )
        self.assertEqual(self.states(), {"1.srv": "Active"})
        self.assertNotIn("second line", self.status()["lastError"])
        played.tell({"1.srv": "C 0"})
        await self.untilStates({"1.srv": "Done"})

    async def test_otherTool(self) -> None:
        """A failing pbsnodes fails the run and is named."""
        played = await self.play("openpbs")
        played.tell({"1.srv": "R"}, pbsnodes="refuse")
        await self.untilError("pbsnodes ended with exit status 255: pbsnodes: cannot connect")
        self.assertEqual(self.states(), {})

    async def test_garbage(self) -> None:
        """A tool that prints something else is named."""
        played = await self.play("openpbs")
        played.tell({}, qstat="garbage")
        await self.untilError("qstat printed no JSON; asked as Torque: it printed no XML")

    async def test_hangs(self) -> None:
        """A tool that hangs is ended with the time of the run, and nothing is left of it."""
        played = await self.play("openpbs", timeout=1.0)
        played.tell({"1.srv": "R"}, pbsnodes="hang")
        await self.untilError("provider jobs did not end within 1 s")
        played.tell({"1.srv": "R"})
        await self.untilStates({"1.srv": "Active"})
        self.assertEqual(running(played.path("pbsnodes")), [])


class SlurmTests(BatchCase):
    """SlurmInfoProvider."""

    async def play(self, system: str, most: int = 100) -> BatchSystem:
        """A provider of a version that is played."""
        played = BatchSystem(self.scratch(), system)
        arguments = {"squeue": played.path("squeue"), "sinfo": played.path("sinfo"), "most": most}
        await self.begin(SlurmInfoProvider, arguments)
        return played

    async def life(self, system: str) -> None:
        """A job, and a task of an array, from start to end."""
        played = await self.play(system)
        for told, seen in (
            ({"201": "PENDING", "203": "PENDING"}, {"201": "Pending", "203": "Pending"}),
            ({"201": "RUNNING", "203_1": "RUNNING"}, {"201": "Active", "203_1": "Active"}),
            ({"201": "SUSPENDED", "203_1": "COMPLETING"}, {"201": "Suspended", "203_1": "Active"}),
            ({"201": "COMPLETED", "203_1": "TIMEOUT"}, {"201": "Done", "203_1": "Failed"}),
            ({}, {}),
        ):
            played.tell(told)
            await self.untilStates(seen)
        root = self.document()
        assert root is not None
        self.assertEqual(queuesOf(root)["work"]["freenodes"], "1")
        self.assertEqual(self.status()["failures"], "0")

    async def test_old(self) -> None:
        """As 21.08 tells it."""
        await self.life("slurm21")

    async def test_new(self) -> None:
        """As 23.02 and later tell it."""
        await self.life("slurm23")

    async def test_refused(self) -> None:
        """A controller that is away is told in its tool's own line."""
        played = await self.play("slurm23")
        played.tell({}, squeue="refuse")
        await self.untilError("squeue ended with exit status 255: squeue: cannot connect")

    async def test_flood(self) -> None:
        """A tool that prints without end is killed at a bound that C{most} sets."""
        played = await self.play("slurm23", most=10)
        played.tell({}, squeue="flood")
        bound = 2**20 + 10 * 2**14
        await self.untilError(f"squeue printed more than {bound} bytes and was killed")
        played.tell({"1": "RUNNING"})
        await self.untilStates({"1": "Active"})

    async def test_many(self) -> None:
        """More jobs than may be told are an error that names the bound."""
        played = await self.play("slurm21", most=10)
        played.tell({str(number): "RUNNING" for number in range(1, 12)})
        await self.untilError("squeue tells more than 10 jobs")
