"""Slurm, its tools answering from a table with what several versions print."""

import json
from pathlib import Path
from unittest import SkipTest

from hypothesis import given as forAll
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.errors import GMAError, ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution.arguments import forCallers
from gma_twisted.markup.jobs import SCHEDULER_NAME
from gma_twisted.model.job import GramStatus
from gma_twisted.providers import CORE_PROVIDERS
from gma_twisted.providers.slurm import SlurmInfoProvider
from gma_twisted.testing import ProviderContract
from tests.providers.batchstand import Table, document, fields, given, jobsOf, queuesOf
from tests.readme import ROOT

SQUEUE = "/usr/bin/squeue --states=all --json"
SINFO = "/usr/bin/sinfo --json"
_SHARED = ROOT.parent / "shared" / "data" / "slurm"
# What 22.05.8 prints, with exit status 0, when its controller does not answer.
_SILENT = b"""{"meta": {"Slurm": {"release": "22.05.8"}}, "errors": [{"description": "Failed while looking for jobs",
"error_number": -1, "error": "Unspecified error", "source": "slurm_load_jobs"}], "jobs": []}"""


def slurm(
    version: str = "2311", jobs: bytes | GMAError = b"", nodes: bytes | GMAError = b""
) -> Table:
    """The tools of a version."""
    return Table(
        {
            SQUEUE: jobs or document(f"slurm_{version}_squeue.json"),
            SINFO: nodes or document(f"slurm_{version}_sinfo.json"),
        }
    )


def job(**members: object) -> dict[str, str]:
    """What becomes of a job."""
    data = json.dumps({"jobs": [{"job_id": 1, "job_state": "RUNNING", **members}]}).encode()
    (made,) = jobsOf(given(SlurmInfoProvider(runtime=slurm(jobs=data).runtime()))).values()
    return made


class OldContractTests(ProviderContract, TestCase):
    """It keeps the contract with 21.08."""

    def makeProvider(self) -> SlurmInfoProvider:
        """The provider as it is configured by default."""
        return SlurmInfoProvider(runtime=slurm("2108").runtime())


class NewContractTests(ProviderContract, TestCase):
    """It keeps the contract with 23.11."""

    def makeProvider(self) -> SlurmInfoProvider:
        """The provider as it is configured by default."""
        return SlurmInfoProvider(runtime=slurm().runtime())


class SlurmTests(SynchronousTestCase):
    """SlurmInfoProvider."""

    def test_scheduler(self) -> None:
        """The scheduler is called slurm and has the version of who answers."""
        for version, release in (("2108", "21.08.5"), ("2205", "22.05.8"), ("2311", "23.11.1")):
            told = fields(given(SlurmInfoProvider(runtime=slurm(version).runtime())))
            self.assertEqual((told["name"], told["version"]), ("slurm", release))

    def test_newJobs(self) -> None:
        """Objects and lists of 23.02 and later."""
        jobs = jobsOf(given(SlurmInfoProvider(runtime=slurm().runtime())))
        self.assertEqual(
            jobs["201"],
            {
                "gramStatus": "Active",
                "status": "RUNNING",
                "username": "u1",
                "jobname": "a",
                "queue": "work",
                "count": "4",
                "elapsedtime": "100",
                "requestedtime": "3600",
                "requestedmemory": "2097152",
                "starttime": "2025-11-24T16:05:00Z",
                "nodes": "n1 n2",
            },
        )
        self.assertEqual(jobs["203_3"]["requestedtime"], "infinite")
        self.assertEqual(
            {jobID: (one["gramStatus"], one["status"]) for jobID, one in jobs.items()},
            {
                "201": ("Active", "RUNNING"),
                "203_3": ("Active", "COMPLETED,COMPLETING"),
                "203": ("Pending", "PENDING"),
                "206": ("Invalid", "PONDERING"),
            },
        )

    def test_waiting(self) -> None:
        """When a job that waits is expected to begin is not when it began."""
        jobs = jobsOf(given(SlurmInfoProvider(runtime=slurm().runtime())))
        self.assertNotIn("starttime", jobs["203"])
        self.assertNotIn("elapsedtime", jobs["203"])

    def test_oldJobs(self) -> None:
        """Plain numbers and words of 21.08."""
        jobs = jobsOf(given(SlurmInfoProvider(runtime=slurm("2108").runtime())))
        self.assertEqual(
            jobs["202"],
            {
                "gramStatus": "Pending",
                "status": "PENDING",
                "username": "u2",
                "queue": "work",
                "count": "1",
                "requestedtime": "3600",
            },
        )
        suspended = jobs["203_0"]
        self.assertEqual(suspended["gramStatus"], "Suspended")
        self.assertEqual(suspended["requestedtime"], "infinite")
        self.assertEqual(suspended["requestedmemory"], str(2 * 100 * 1024))

    def test_elapsed(self) -> None:
        """Time is reckoned to now, or to the end, without what a job was suspended for."""
        jobs = jobsOf(given(SlurmInfoProvider(runtime=slurm("2108").runtime())))
        told = {jobID: one.get("elapsedtime") for jobID, one in jobs.items()}
        self.assertEqual(told, {"202": None, "203_0": "77", "208": "177", "209": "5"})
        self.assertEqual(job(start_time=1764000300, pre_sus_time=5)["elapsedtime"], "100")

    def test_realJobs(self) -> None:
        """What a real 22.05.8 printed."""
        jobs = jobsOf(given(SlurmInfoProvider(runtime=slurm("2205").runtime())))
        self.assertEqual(
            {jobID: one["gramStatus"] for jobID, one in jobs.items()},
            {"1": "Active", "2": "Active", "3": "Pending", "4": "Pending"},
        )
        self.assertEqual((jobs["1"]["jobname"], jobs["1"]["username"]), ("a b", "root"))
        self.assertEqual((jobs["1"]["nodes"], jobs["3"]["count"]), ("localhost", "2"))

    def test_states(self) -> None:
        """Every word has its state; flags beside it do not change it, except that a completing job has its nodes."""
        for words, expected in (
            ("PENDING", GramStatus.PENDING),
            (["PENDING", "REQUEUE_HOLD"], GramStatus.PENDING),
            ("RUNNING", GramStatus.ACTIVE),
            (["RUNNING", "CONFIGURING"], GramStatus.ACTIVE),
            ("CONFIGURING", GramStatus.ACTIVE),
            ("COMPLETING", GramStatus.ACTIVE),
            (["CANCELLED", "COMPLETING"], GramStatus.ACTIVE),
            ("SUSPENDED", GramStatus.SUSPENDED),
            ("COMPLETED", GramStatus.DONE),
            ("FAILED", GramStatus.FAILED),
            ("TIMEOUT", GramStatus.FAILED),
            ("CANCELLED", GramStatus.FAILED),
            ("NODE_FAIL", GramStatus.FAILED),
            (["OUT_OF_MEMORY"], GramStatus.FAILED),
            ("INVALID", GramStatus.INVALID),
        ):
            self.assertEqual(job(job_state=words)["gramStatus"], expected.value, words)

    def test_newQueues(self) -> None:
        """Groups of nodes that are alike are added up; a partition has its bounds."""
        queues = queuesOf(given(SlurmInfoProvider(runtime=slurm().runtime())))
        self.assertEqual(
            queues,
            {
                "work": {
                    "status": "enabled",
                    "dispatchType": "batch",
                    "totalnodes": "5",
                    "freenodes": "3",
                    "maxtime": "86400",
                    "maxReqNodes": "infinite",
                },
                "long": {
                    "status": "DRAIN",
                    "dispatchType": "batch",
                    "totalnodes": "1",
                    "freenodes": "0",
                    "maxtime": "infinite",
                    "maxReqNodes": "1",
                },
            },
        )

    def test_oldQueues(self) -> None:
        """Nodes are counted in each of their partitions; one that is idle and draining is not free."""
        queues = queuesOf(given(SlurmInfoProvider(runtime=slurm("2108").runtime())))
        told = {name: (one["totalnodes"], one["freenodes"]) for name, one in queues.items()}
        self.assertEqual(told, {"work": ("3", "1"), "long": ("2", "1")})

    def test_noPartitions(self) -> None:
        """Without sinfo there are no queues."""
        table = slurm()
        self.assertEqual(queuesOf(given(SlurmInfoProvider(sinfo="", runtime=table.runtime()))), {})
        self.assertEqual(table.asked, [SQUEUE])

    def test_shared(self) -> None:
        """What 21.08 and a later version printed at a site."""
        if not _SHARED.exists():
            raise SkipTest(f"there is no {_SHARED}")
        table = slurm(
            jobs=Path(_SHARED, "squeue_out.json").read_bytes(),
            nodes=Path(_SHARED, "sinfo_out.json").read_bytes(),
        )
        root = given(SlurmInfoProvider(runtime=table.runtime()))
        jobs = jobsOf(root)
        told = {
            jobID: (one["gramStatus"], one["requestedtime"], one["requestedmemory"])
            for jobID, one in jobs.items()
        }
        self.assertEqual(
            told,
            {
                "26515966": ("Active", "1814400", "65536000"),
                "58948420": ("Pending", "86340", "134217728"),
            },
        )
        self.assertEqual(jobs["26515966"]["nodes"], "cs75")
        queue = queuesOf(root)["hw"]
        self.assertEqual((queue["totalnodes"], queue["freenodes"]), ("4", "1"))

    def test_silent(self) -> None:
        """A controller that does not answer is an error, though squeue ends well and tells no jobs."""
        provider = SlurmInfoProvider(runtime=slurm(jobs=_SILENT).runtime())
        error = self.assertRaises(ProviderFailed, given, provider)
        self.assertEqual(
            error.message,
            "squeue tells an error: slurm_load_jobs: Failed while looking for jobs: Unspecified error",
        )

    def test_failed(self) -> None:
        """A tool that fails fails the run with its own words."""
        broken = ProviderFailed("/usr/bin/sinfo ended with exit status 1: slurm_load_partitions")
        provider = SlurmInfoProvider(runtime=slurm(nodes=broken).runtime())
        self.assertIs(self.assertRaises(ProviderFailed, given, provider), broken)

    def test_refused(self) -> None:
        """Answers that cannot be used name the tool and what is missing."""
        for jobs, words in (
            (b'{"jobs": [{"job_state": "RUNNING"}]}', "squeue tells no job_id of job number 0"),
            (b'{"jobs": [{"job_id": 5}]}', "squeue tells no job_state of job 5"),
            (b'{"jobs": [5]}', 'squeue tells number 0 of jobs as "5"'),
            (b'{"jobs": null}', "squeue tells jobs as a NoneType, not as a list"),
            (b'{"meta": {}}', "squeue tells no jobs"),
            (b"", "squeue printed nothing, not JSON"),
            (b"slurm 1", "squeue printed what is no JSON: "),
        ):
            # An empty answer is the table's word for the default.
            table = slurm(jobs=jobs or b" ")
            error = self.assertRaises(
                ProviderFailed, given, SlurmInfoProvider(runtime=table.runtime())
            )
            self.assertIn(words, error.message)
        for nodes, words in (
            (b'{"meta": {}}', "sinfo tells no nodes"),
            (b'{"nodes": [{"name": "n1"}]}', "sinfo tells no list of partitions of node n1"),
            (b'{"sinfo": [{}]}', "sinfo tells a partition without a name"),
        ):
            table = slurm(nodes=nodes)
            error = self.assertRaises(
                ProviderFailed, given, SlurmInfoProvider(runtime=table.runtime())
            )
            self.assertIn(words, error.message)

    def test_most(self) -> None:
        """More jobs, or partitions, than may be told fail the run."""
        provider = SlurmInfoProvider(most=3, runtime=slurm().runtime())
        error = self.assertRaises(TooLarge, given, provider)
        self.assertIn("squeue tells more than 3 jobs", error.message)
        many = {"nodes": [{"partitions": [f"p{one}"]} for one in range(1001)]}
        table = slurm(nodes=json.dumps(many).encode())
        error = self.assertRaises(TooLarge, given, SlurmInfoProvider(runtime=table.runtime()))
        self.assertEqual(error.message, "sinfo tells more than 1000 partitions")

    def test_numbers(self) -> None:
        """Numbers that are none, or too large, are left out; one without bound says so."""
        for number, told in (
            (-1, None),
            (2**60, None),
            (float("nan"), None),
            (float("inf"), None),
            ("soon", None),
            ([], None),
            (True, None),
            (0xFFFFFFFE, None),
            (0xFFFFFFFF, "infinite"),
            ({"set": False, "infinite": False, "number": 5}, None),
            ({"set": True, "infinite": False, "number": 5}, "300"),
            ({"set": True, "infinite": True, "number": 5}, "infinite"),
            ({"number": 5}, None),
            ("5", "300"),
            (5.0, "300"),
        ):
            self.assertEqual(job(time_limit=number).get("requestedtime"), told, number)

    def test_operators(self) -> None:
        """Callers may give nothing: paths and bounds are the operator's."""
        self.assertEqual(forCallers(SlurmInfoProvider), ())

    def test_arguments(self) -> None:
        """Relative paths and bounds out of range are refused at once."""
        for arguments in ({"squeue": "squeue"}, {"sinfo": "x"}, {"most": 0}, {"most": 100_001}):
            self.assertRaises(
                ParameterError, SlurmInfoProvider, runtime=slurm().runtime(), **arguments
            )

    def test_shortName(self) -> None:
        """It has a short name for configurations."""
        self.assertEqual(
            CORE_PROVIDERS["SlurmInfoProvider"], "gma_twisted.providers.slurm:SlurmInfoProvider"
        )


_NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([2**32 - 1, 2**32 - 2, 2**64 - 1, 10**400, "", "5"])
)
_OBJECTS = st.fixed_dictionaries(
    {"set": st.booleans() | st.none(), "infinite": st.booleans(), "number": _NUMBERS}
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | _NUMBERS | _OBJECTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_STATES = st.sampled_from(
    ["RUNNING", "PENDING", "SUSPENDED", "COMPLETED", ["FAILED"], ["COMPLETED", "COMPLETING"]]
)
_MEMBERS = (
    "array_job_id",
    "array_task_id",
    "cpus",
    "time_limit",
    "start_time",
    "end_time",
    "pre_sus_time",
    "suspend_time",
    "memory_per_node",
    "memory_per_cpu",
    "node_count",
    "nodes",
    "name",
    "partition",
    "user_name",
)
_JOB = st.fixed_dictionaries(
    {"job_id": st.integers(1, 2**26) | _NUMBERS, "job_state": _STATES | _VALUES},
    optional=dict.fromkeys(_MEMBERS, _NUMBERS | _OBJECTS | _VALUES),
)
_GROUP = st.fixed_dictionaries(
    {"partition": st.dictionaries(st.sampled_from(["name", "maximums", "partition"]), _VALUES)},
    optional={"nodes": st.dictionaries(st.sampled_from(["total", "idle"]), _VALUES) | _VALUES},
)


class HostileTests(SynchronousTestCase):
    """Whatever Slurm tells, it is a document or an error with a name."""

    def check(self, table: Table) -> None:
        """A run ends in one of the two ways."""
        try:
            root = given(SlurmInfoProvider(runtime=table.runtime()))
        except (ProviderFailed, TooLarge):
            return
        self.assertIsNotNone(root.find(SCHEDULER_NAME.clark))

    @forAll(st.lists(_JOB, max_size=3) | _VALUES, _VALUES, _VALUES)
    def test_jobs(self, jobs: object, meta: object, errors: object) -> None:
        """Jobs of any shape."""
        for said in (errors, []):
            data = json.dumps({"meta": meta, "jobs": jobs, "errors": said}).encode()
            self.check(slurm(jobs=data))

    @forAll(st.lists(_GROUP | _VALUES, max_size=3), st.lists(_VALUES, max_size=3))
    def test_nodes(self, groups: list[object], nodes: list[object]) -> None:
        """Nodes of any shape."""
        self.check(slurm(nodes=json.dumps({"sinfo": groups}).encode()))
        told = [{"partitions": nodes, "state": one, "state_flags": one} for one in nodes]
        self.check(slurm(nodes=json.dumps({"nodes": told}).encode()))

    @forAll(st.binary(), st.integers(0, 1900), st.integers(0, 100))
    def test_bytes(self, piece: bytes, begin: int, count: int) -> None:
        """Good documents with any bytes in their midst."""
        for name in ("slurm_2108_squeue.json", "slurm_2311_squeue.json"):
            data = document(name)
            self.check(slurm(jobs=data[:begin] + piece + data[begin + count :]))

    def test_deep(self) -> None:
        """What is nested without end is refused, and what is nested nearly so is no list of jobs."""
        deep = b'{"jobs": [' + b"[" * 100_000
        error = self.assertRaises(
            TooLarge, given, SlurmInfoProvider(runtime=slurm(jobs=deep).runtime())
        )
        self.assertEqual(error.message, "squeue printed JSON that is nested too deep")
        for depth in range(100, 1000, 50):
            self.check(slurm(jobs=b'{"jobs": [' + b"[" * depth + b"]" * depth + b"]}"))
            self.check(slurm(jobs=b'{"errors": [' + b"[" * depth + b"]" * depth + b"]}"))
