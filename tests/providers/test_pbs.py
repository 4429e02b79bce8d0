"""OpenPBS and Torque, their tools answering from a table."""

import json

from hypothesis import given as forAll
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.errors import GMAError, ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution.arguments import forCallers
from gma_twisted.markup.build import escapeText
from gma_twisted.markup.jobs import SCHEDULER_NAME
from gma_twisted.providers import CORE_PROVIDERS
from gma_twisted.providers.pbs import PBSInfoProvider
from gma_twisted.testing import ProviderContract
from tests.providers.batchstand import Table, document, fields, given, jobsOf, queuesOf

QSTAT = "/usr/bin/qstat"
NODES = "/usr/bin/pbsnodes"
_NOT_KNOWN = ProviderFailed(f"{QSTAT} ended with exit status 2: qstat: invalid option -- 'F'")
_SILENT = ProviderFailed(f"{QSTAT} ended with exit status 255: cannot connect to server srv")


def openpbs(**others: bytes | GMAError) -> Table:
    """The tools of OpenPBS."""
    return Table(
        {
            f"{QSTAT} -f -F json": others.get("jobs", document("openpbs_qstat.json")),
            f"{QSTAT} -x -f -F json": others.get("history", document("openpbs_qstat.json")),
            f"{QSTAT} -x": b"Job id            Name             User\n",
            f"{NODES} -a -F json": others.get("nodes", document("openpbs_pbsnodes.json")),
            f"{QSTAT} -Q -f": others.get("queues", document("queues.txt")),
        }
    )


def torque(**others: bytes | GMAError) -> Table:
    """The tools of Torque."""
    return Table(
        {
            f"{QSTAT} -f -F json": _NOT_KNOWN,
            f"{QSTAT} -x -f -F json": _NOT_KNOWN,
            f"{QSTAT} -x": others.get("jobs", document("torque_qstat.xml")),
            f"{QSTAT} -B -f": document("torque_server.txt"),
            f"{NODES} -x": others.get("nodes", document("torque_pbsnodes.xml")),
            f"{QSTAT} -Q -f": others.get("queues", document("queues.txt")),
        }
    )


class OpenPBSContractTests(ProviderContract, TestCase):
    """It keeps the contract with OpenPBS."""

    def makeProvider(self) -> PBSInfoProvider:
        """The provider as it is configured by default."""
        return PBSInfoProvider(runtime=openpbs().runtime())


class TorqueContractTests(ProviderContract, TestCase):
    """It keeps the contract with Torque."""

    def makeProvider(self) -> PBSInfoProvider:
        """The provider as it is configured by default."""
        return PBSInfoProvider(runtime=torque().runtime())


class OpenPBSTests(SynchronousTestCase):
    """PBSInfoProvider with OpenPBS."""

    def test_scheduler(self) -> None:
        """The scheduler is named after its server and has the server's version."""
        root = given(PBSInfoProvider(runtime=openpbs().runtime()))
        told = fields(root)
        self.assertEqual((told["name"], told["version"]), ("pbs@srv", "22.05.11"))

    def test_job(self) -> None:
        """A job has everything the server tells, in plain units."""
        job = jobsOf(given(PBSInfoProvider(runtime=openpbs().runtime())))["101.srv"]
        expected = {
            "gramStatus": "Active",
            "status": "R",
            "username": "u1",
            "jobname": "a",
            "queue": "work",
            "count": "4",
            "elapsedtime": "660",
            "requestedtime": "90000",
            "requestedmemory": "524288",
            "starttime": "2025-11-24T16:05:00Z",
            "nodes": "n1 n2",
        }
        self.assertEqual(job, expected)

    def test_zone(self) -> None:
        """Times come as a calendar shows them: the tools are asked for them in UTC, and nothing is inherited."""
        table = openpbs()
        given(PBSInfoProvider(runtime=table.runtime()))
        self.assertEqual(table.environments, [{"TZ": "UTC"}] * 3)

    def test_states(self) -> None:
        """An array of which jobs run is active; an ended job is done with exit status 0, else failed."""
        jobs = jobsOf(given(PBSInfoProvider(runtime=openpbs().runtime())))
        self.assertEqual(
            {jobID: (job["gramStatus"], job["status"]) for jobID, job in jobs.items()},
            {
                "101.srv": ("Active", "R"),
                "102[].srv": ("Active", "B"),
                "90.srv": ("Done", "F"),
                "91.srv": ("Failed", "F"),
            },
        )

    def test_noJobs(self) -> None:
        """The member Jobs is left out when there are none."""
        root = given(PBSInfoProvider(runtime=openpbs(jobs=document("openpbs_none.json")).runtime()))
        self.assertEqual(jobsOf(root), {})
        self.assertEqual(fields(root)["name"], "pbs@srv")

    def test_odd(self) -> None:
        """What OpenPBS writes that is no JSON is read all the same."""
        table = openpbs(jobs=document("openpbs_odd.json"))
        job = jobsOf(given(PBSInfoProvider(runtime=table.runtime())))["7.srv"]
        self.assertEqual(
            job,
            {
                "gramStatus": "Active",
                "status": "R",
                "username": "u1",
                "jobname": "005",
                "queue": "work",
                "count": "2",
                "requestedtime": "1800",
            },
        )

    def test_queues(self) -> None:
        """Queues have their limits, and the nodes their jobs can run on; free is one on which nothing runs."""
        queues = queuesOf(given(PBSInfoProvider(runtime=openpbs().runtime())))
        self.assertEqual(
            queues["work"],
            {
                "status": "enabled",
                "dispatchType": "batch",
                "totalnodes": "4",
                "freenodes": "1",
                "maxtime": "86400",
                "maxCount": "64",
                "maxRunningJobs": "10",
                "maxTotalMemory": "4194304",
            },
        )

    def test_free(self) -> None:
        """A node is free in that state alone, without jobs."""
        for node, free in (
            ({"state": "free"}, "1"),
            ({"state": "free", "jobs": []}, "1"),
            ({"state": "free", "jobs": ["1.srv"]}, "0"),
            ({"state": "free,offline"}, "0"),
            ({}, "0"),
        ):
            nodes = json.dumps({"nodes": {"n1": node}}).encode()
            root = given(PBSInfoProvider(runtime=openpbs(nodes=nodes).runtime()))
            self.assertEqual(queuesOf(root)["work"]["freenodes"], free, node)

    def test_noNodes(self) -> None:
        """Without pbsnodes queues tell no nodes."""
        table = openpbs(nodes=ProviderFailed("not run"))
        queues = queuesOf(given(PBSInfoProvider(pbsnodes="", runtime=table.runtime())))
        self.assertNotIn("totalnodes", queues["work"])

    def test_history(self) -> None:
        """Only when finished is true the history is asked for; when it is false, no ended job is told."""
        for finished, command, ended in (
            (None, f"{QSTAT} -f -F json", True),
            (True, f"{QSTAT} -x -f -F json", True),
            (False, f"{QSTAT} -f -F json", False),
        ):
            table = openpbs()
            jobs = jobsOf(given(PBSInfoProvider(finished=finished, runtime=table.runtime())))
            self.assertEqual(table.asked[0], command)
            self.assertEqual("90.srv" in jobs, ended)

    def test_otherFailures(self) -> None:
        """A tool that fails fails the run with its own words."""
        for which in ("nodes", "queues"):
            table = openpbs(**{which: ProviderFailed(f"{which} broke")})
            error = self.assertRaises(
                ProviderFailed, given, PBSInfoProvider(runtime=table.runtime())
            )
            self.assertEqual(error.message, f"{which} broke")

    def test_refused(self) -> None:
        """Answers that cannot be used name the tool and what is missing."""
        for jobs, words in (
            (b'{"pbs_server":"srv","Jobs":{"1.srv":{}}}', "qstat tells no job_state of job 1.srv"),
            (b'{"pbs_server":"srv","Jobs":{"1.srv":7}}', 'qstat tells Jobs 1.srv as "7", not its'),
            (b'{"timestamp":1}', "qstat tells no pbs_server"),
            (b'{"pbs_server":"srv",', "qstat printed what is no JSON: "),
        ):
            provider = PBSInfoProvider(runtime=openpbs(jobs=jobs).runtime())
            error = self.assertRaises(ProviderFailed, given, provider)
            self.assertIn(words, error.message)

    def test_most(self) -> None:
        """More jobs than may be told fail the run, and the most that may be told bounds what may be printed."""
        provider = PBSInfoProvider(most=3, runtime=openpbs().runtime())
        error = self.assertRaises(TooLarge, given, provider)
        self.assertIn("qstat tells more than 3 jobs", error.message)
        table = openpbs()
        given(PBSInfoProvider(most=4, runtime=table.runtime()))
        self.assertEqual(set(table.bounds), {2**20 + 4 * 2**14})

    def test_illegalCharacters(self) -> None:
        """Characters that XML cannot hold do not end a run."""
        jobs = (
            rb'{"pbs_server":"srv","Jobs":{"1.srv":{"job_state":"Q","Job_Name":"a\u0000\ud800b"}}}'
        )
        root = given(PBSInfoProvider(runtime=openpbs(jobs=jobs).runtime()))
        self.assertEqual(jobsOf(root)["1.srv"]["jobname"], "a\ufffd\ufffdb")


class TorqueTests(SynchronousTestCase):
    """PBSInfoProvider with Torque."""

    def test_scheduler(self) -> None:
        """The scheduler is named after its server, also when there are no jobs and nothing is printed."""
        for jobs in (document("torque_qstat.xml"), b"", b"\n", b"<Data/>", b"<Data></Data>"):
            told = fields(given(PBSInfoProvider(runtime=torque(jobs=jobs).runtime())))
            self.assertEqual((told["name"], told["version"]), ("pbs@srv", "6.1.2"))

    def test_jobs(self) -> None:
        """Jobs have everything the server tells, and nothing where it tells nothing."""
        jobs = jobsOf(given(PBSInfoProvider(runtime=torque().runtime())))
        expected = {
            "gramStatus": "Active",
            "status": "R",
            "username": "u1",
            "jobname": "a b",
            "queue": "work",
            "count": "2",
            "elapsedtime": "660",
            "requestedtime": "3600",
            "requestedmemory": "2097152",
            "starttime": "2025-11-24T16:05:00Z",
            "nodes": "n1",
        }
        self.assertEqual(jobs["101.srv"], expected)
        self.assertEqual(jobs["102.srv"], {"gramStatus": "Pending", "status": "Q", "queue": "work"})

    def test_states(self) -> None:
        """Completed is done with exit status 0, else failed; an unknown word is invalid and kept."""
        jobs = jobsOf(given(PBSInfoProvider(runtime=torque().runtime())))
        told = [
            (jobs[f"{one}.srv"]["gramStatus"], jobs[f"{one}.srv"]["status"])
            for one in range(103, 106)
        ]
        self.assertEqual(told, [("Done", "C"), ("Failed", "C"), ("Invalid", "Z")])

    def test_notFinished(self) -> None:
        """Completed jobs are left out when finished is false."""
        jobs = jobsOf(given(PBSInfoProvider(finished=False, runtime=torque().runtime())))
        self.assertEqual(set(jobs), {"101.srv", "102.srv", "105.srv"})

    def test_nodes(self) -> None:
        """What status repeats is not looked at; a queue's neednodes chooses its nodes by their properties."""
        queues = queuesOf(given(PBSInfoProvider(runtime=torque().runtime())))
        told = {name: (one["totalnodes"], one["freenodes"]) for name, one in queues.items()}
        self.assertEqual(told, {"work": ("4", "1"), "long": ("2", "1")})
        self.assertEqual(queues["long"]["status"], "stopped")
        self.assertEqual(queues["long"]["maxJobsInQueue"], "200")

    def test_portions(self) -> None:
        """Megabytes of XML are read in portions, every job once."""
        job = b"<Job><Job_Id>%d.srv</Job_Id><job_state>Q</job_state><x>%s</x></Job>"
        data = b'<?xml version="1.0"?>\n<Data>%s</Data>\n' % b"".join(
            job % (number, b"y" * 3000) for number in range(500)
        )
        jobs = jobsOf(given(PBSInfoProvider(runtime=torque(jobs=data).runtime())))
        self.assertEqual(list(jobs), [f"{number}.srv" for number in range(500)])

    def test_refused(self) -> None:
        """What is no such XML is refused by the gate, or by its root."""
        for jobs, kind, words in (
            (b"<Data><Job>", ParameterError, "output of qstat is not well-formed XML"),
            (b"<!DOCTYPE a><Data/>", ParameterError, "output of qstat has a DOCTYPE"),
            (b"<Date/>", ProviderFailed, "qstat printed <Date>, not <Data>"),
            (b"<Data><Job><job_state>Q</job_state></Job></Data>", ProviderFailed, 'whose id ""'),
            (
                b"<Data><Job><Job_Id>1</Job_Id></Job></Data>",
                ProviderFailed,
                "no job_state of job 1",
            ),
        ):
            provider = PBSInfoProvider(runtime=torque(jobs=jobs).runtime())
            error = self.assertRaises(kind, given, provider)
            self.assertIn(words, error.message)


class DialectTests(SynchronousTestCase):
    """Which server it is."""

    def test_kept(self) -> None:
        """Who has answered is not asked for anew."""
        for table, command, count in (
            (openpbs(), f"{QSTAT} -x", 0),
            (torque(), f"{QSTAT} -f -F json", 1),
        ):
            provider = PBSInfoProvider(runtime=table.runtime())
            given(provider)
            given(provider)
            self.assertEqual(table.asked.count(command), count)

    def test_forgotten(self) -> None:
        """After a failure it may be another one."""
        table = torque()
        provider = PBSInfoProvider(runtime=table.runtime())
        given(provider)
        table.answers[f"{QSTAT} -x"] = _SILENT
        self.assertRaises(ProviderFailed, given, provider)
        table.answers = openpbs().answers
        self.assertIn("101.srv", jobsOf(given(provider)))

    def test_fixed(self) -> None:
        """A dialect that is configured is the only one asked for."""
        table = torque()
        given(PBSInfoProvider(dialect="torque", runtime=table.runtime()))
        self.assertNotIn(f"{QSTAT} -f -F json", table.asked)
        table = torque()
        error = self.assertRaises(
            ProviderFailed, given, PBSInfoProvider(dialect="openpbs", runtime=table.runtime())
        )
        self.assertIs(error, _NOT_KNOWN)

    def test_neither(self) -> None:
        """When neither answers, the error has the words of both."""
        table = openpbs(jobs=_SILENT)
        table.answers[f"{QSTAT} -x"] = _SILENT
        provider = PBSInfoProvider(runtime=table.runtime())
        error = self.assertRaises(ProviderFailed, given, provider)
        self.assertEqual(error.message.count("cannot connect to server srv"), 2)

    def test_text(self) -> None:
        """Another program's text is none of them."""
        table = openpbs(jobs=b"usage: qstat\n")
        provider = PBSInfoProvider(runtime=table.runtime())
        error = self.assertRaises(ProviderFailed, given, provider)
        self.assertIn("qstat printed no JSON; asked as Torque: it printed no XML", error.message)


class ArgumentTests(SynchronousTestCase):
    """The arguments of PBSInfoProvider."""

    def test_operators(self) -> None:
        """Callers may only choose whether ended jobs are told."""
        self.assertEqual([one.name for one in forCallers(PBSInfoProvider)], ["finished"])

    def test_refused(self) -> None:
        """Relative paths, unknown dialects and bounds out of range are refused at once."""
        for arguments in (
            {"qstat": "qstat"},
            {"qstat": ""},
            {"pbsnodes": "pbsnodes"},
            {"dialect": "slurm"},
            {"most": 0},
            {"most": 100_001},
        ):
            self.assertRaises(
                ParameterError, PBSInfoProvider, runtime=openpbs().runtime(), **arguments
            )

    def test_shortName(self) -> None:
        """It has a short name for configurations."""
        self.assertEqual(
            CORE_PROVIDERS["PBSInfoProvider"], "gma_twisted.providers.pbs:PBSInfoProvider"
        )


_WORDS = st.sampled_from(
    ["", "R", "Q", "F", "-1", "99999999999999999999", "nan", "1:2", "n1/0*2+", "\0", "1kb"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    [
        "job_state",
        "Job_Name",
        "Job_Owner",
        "queue",
        "exec_host",
        "Exit_status",
        "exit_status",
        "start_time",
        "stime",
    ]
)
_RESOURCES = st.dictionaries(
    st.sampled_from(["walltime", "mem", "nodes", "ncpus", "procs"]), _VALUES
)
_JOBS = st.fixed_dictionaries(
    {"job_state": _WORDS | st.text()},
    optional={"Resource_List": _RESOURCES | _VALUES, "resources_used": _RESOURCES | _VALUES},
).flatmap(lambda job: st.dictionaries(_NAMES, _VALUES).map(lambda more: {**more, **job}))


class HostileTests(SynchronousTestCase):
    """Whatever a server tells, it is a document or an error with a name."""

    def check(self, table: Table) -> None:
        """A run ends in one of the two ways."""
        try:
            root = given(PBSInfoProvider(runtime=table.runtime()))
        except (ProviderFailed, ParameterError, TooLarge):
            return
        self.assertIsNotNone(root.find(SCHEDULER_NAME.clark))

    @forAll(st.dictionaries(st.text(), _JOBS | _VALUES, max_size=4), _VALUES)
    def test_openpbs(self, jobs: dict[str, object], nodes: object) -> None:
        """Members of any shape."""
        data = json.dumps({"pbs_server": "srv", "Jobs": jobs}).encode()
        self.check(openpbs(jobs=data, nodes=json.dumps({"nodes": nodes}).encode()))

    @forAll(st.binary() | st.text().map(str.encode), st.integers(0, 1400), st.integers(0, 100))
    def test_bytes(self, piece: bytes, begin: int, count: int) -> None:
        """Good documents with any bytes in their midst."""
        for name in ("openpbs_qstat.json", "openpbs_odd.json"):
            data = document(name)
            self.check(openpbs(jobs=data[:begin] + piece + data[begin + count :]))
        data = document("torque_qstat.xml")
        self.check(torque(jobs=data[:begin] + piece + data[begin + count :]))
        data = document("queues.txt")
        self.check(openpbs(queues=data[:begin] + piece + data[begin + count :]))

    @forAll(st.dictionaries(_NAMES, st.text() | _WORDS))
    def test_torque(self, told: dict[str, str]) -> None:
        """Attributes of any text."""
        inner = "".join(f"<{name}>{escapeText(text)}</{name}>" for name, text in told.items())
        self.check(torque(jobs=f"<Data><Job><Job_Id>1</Job_Id>{inner}</Job></Data>".encode()))

    def test_deep(self) -> None:
        """What is nested without end is refused."""
        for deep in (b"[" * 100_000, b'{"a":' * 100_000, b'{"a":005,"b":' + b"[" * 100):
            provider = PBSInfoProvider(
                runtime=openpbs(jobs=b'{"pbs_server":"s","Jobs":{"1":' + deep).runtime()
            )
            error = self.assertRaises(TooLarge, given, provider)
            self.assertIn("nested too deep", error.message)

    def test_lines(self) -> None:
        """Text without end is refused."""
        for queues in (
            b"\n" * 50_001,
            b"Queue: a\n" + b"".join(b" a%d = b\n" % one for one in range(1001)),
        ):
            provider = PBSInfoProvider(runtime=openpbs(queues=queues).runtime())
            self.assertRaises(TooLarge, given, provider)
        many = b"".join(b"Queue: q%d\n" % one for one in range(1001))
        error = self.assertRaises(
            TooLarge, given, PBSInfoProvider(runtime=openpbs(queues=many).runtime())
        )
        self.assertEqual(error.message, "qstat -Q -f tells more than 1000 of Queue")
