"""SlurmInfoProvider with Slurm itself."""

import tempfile
from pathlib import Path

from twisted.internet.threads import deferToThread

from gma_twisted.providers.slurm import SlurmInfoProvider
from tests.integration.providers.batchcase import BatchCase
from tests.integration.providers.realslurm import RealSlurm
from tests.providers.batchstand import fields, jobsOf, queuesOf


class SlurmTests(BatchCase):
    """A cluster of one node with two processors."""

    patience = 30.0

    async def begun(self) -> RealSlurm:
        """A cluster, and a provider that asks it."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        slurm = RealSlurm(Path(scratch.name))
        # What has not started must be ended as well.
        self.addCleanup(deferToThread, slurm.stop)
        await deferToThread(slurm.start)
        arguments = {"squeue": slurm.tool("squeue"), "sinfo": slurm.tool("sinfo")}
        await self.begin(SlurmInfoProvider, arguments)
        return slurm

    async def test_life(self) -> None:
        """A job that waits, runs and ends well, one that fails, one that is suspended and cancelled, and an array."""
        slurm = await self.begun()
        good = slurm.submit("sleep 1", "--hold", "--job-name=a b", "--time=5", "--mem=0")
        await self.untilStates({good: "Pending"})
        slurm.ask("scontrol", "release", good)
        await self.untilStates({good: "Active"})
        root = self.document()
        assert root is not None
        job = jobsOf(root)[good]
        told = {
            name: job[name] for name in ("status", "jobname", "queue", "count", "requestedtime")
        }
        self.assertEqual(
            told,
            {
                "status": "RUNNING",
                "jobname": "a b",
                "queue": "work",
                "count": "1",
                "requestedtime": "300",
            },
        )
        self.assertTrue(job["username"] and job["nodes"] and job["starttime"].endswith("Z"))
        await self.untilStates({good: "Done"})
        bad = slurm.submit("false")
        await self.untilStates({good: "Done", bad: "Failed"})
        array = slurm.submit("sleep 30", "--array=3-4")
        await self.untilStates(
            {good: "Done", bad: "Failed", f"{array}_3": "Active", f"{array}_4": "Active"}
        )
        slurm.ask("scontrol", "suspend", f"{array}_3")
        slurm.ask("scancel", f"{array}_4")
        await self.untilStates(
            {good: "Done", bad: "Failed", f"{array}_3": "Suspended", f"{array}_4": "Failed"}
        )
        slurm.ask("scancel", f"{array}_3")
        await self.until(lambda: self.states()[f"{array}_3"] == "Failed", "the end of the array")

    async def test_partition(self) -> None:
        """The partition with its node, free until a job has it; the scheduler has the version of what is installed."""
        slurm = await self.begun()
        await self.until(lambda: self.document() is not None, "a document")
        root = self.document()
        assert root is not None
        release = slurm.ask("sinfo", "--version").removeprefix("slurm-wlm ").removeprefix("slurm ")
        told = fields(root)
        self.assertEqual((told["name"], told["version"]), ("slurm", release))
        queue = queuesOf(root)["work"]
        self.assertEqual((queue["totalnodes"], queue["freenodes"]), ("1", "1"))
        job = slurm.submit("sleep 30", "--exclusive")
        await self.untilStates({job: "Active"})

        def isTaken() -> bool:
            root = self.document()
            return root is not None and queuesOf(root)["work"]["freenodes"] == "0"

        await self.until(isTaken, "a node that is taken")
        slurm.ask("scancel", job)
        await self.untilStates({job: "Failed"})

    async def test_noController(self) -> None:
        """When the controller is away, the jobs are not told to be gone: the run fails, and what was seen stays."""
        slurm = await self.begun()
        job = slurm.submit("true")
        await self.untilStates({job: "Done"})
        await deferToThread(slurm.stopController)
        await self.untilError("squeue")
        self.assertEqual(self.states(), {job: "Done"})
