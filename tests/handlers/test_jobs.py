"""JobDataHandler."""

import attrs
from hypothesis import given as forAll
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge
from gma_twisted.handlers import CORE_HANDLERS, JobDataHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate, serialise
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER, schedulerTree
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.model import GramStatus, Job, Queue, Quiet, Scheduler, ServiceDataElement
from gma_twisted.testing import HandlerContract
from tests.handlers.stand import LIFETIME, ORIGINATOR, RUN, given, values

_JOBS = st.lists(
    st.builds(
        Job,
        jobID=st.from_regex(r"[0-9a-z.\[\]_-]{1,12}", fullmatch=True) | st.sampled_from("abc"),
        gramStatus=st.sampled_from(GramStatus),
        status=st.sampled_from(["", "R", "Q", "<&>"]),
        jobname=st.text("ab<&>\"' \u20ac", max_size=6),
    ),
    max_size=8,
    unique_by=lambda one: one.jobID,
)
FIRST = Job(
    jobID="101.srv",
    gramStatus=GramStatus.ACTIVE,
    status="R",
    queue="long",
    nodes="n1 n2",
    elapsedtime="17",
)
SECOND = Job(jobID="102.srv", gramStatus=GramStatus.PENDING, status="Q")
PBS = Scheduler(
    name="pbs@srv",
    version="2.4.8",
    queues=[Queue(name="long", status="enabled"), Queue(name="short")],
    jobs=[FIRST, SECOND],
)


def document(text: str) -> bytes:
    """A scheduler of that content."""
    return f'<Scheduler xmlns="{RIPS}">{text}</Scheduler>'.encode()


class JobDataHandlerTests(HandlerContract, SynchronousTestCase):
    """A scheduler as a value for each job, each queue and itself."""

    def makeHandler(self) -> IResultHandler:
        """With the usual news."""
        return JobDataHandler()

    def makeDocument(self) -> bytes:
        """Two queues, two jobs."""
        return serialise(schedulerTree(PBS))

    def test_shortNames(self) -> None:
        """It is known as GT3 wrote it, too."""
        self.assertEqual(
            CORE_HANDLERS["jobDataHandler"], "gma_twisted.handlers.jobs:JobDataHandler"
        )
        self.assertEqual(CORE_HANDLERS["JobDataHandler"], CORE_HANDLERS["jobDataHandler"])

    def test_keys(self) -> None:
        """Jobs are known by their ids, queues by the scheduler's name and their own, the scheduler by its name."""
        found = values(self.makeHandler(), schedulerTree(PBS))
        self.assertEqual(
            [(one.key.name, one.key.key) for one in found],
            [
                (QUEUE, "pbs@srv/long"),
                (QUEUE, "pbs@srv/short"),
                (JOB, "101.srv"),
                (JOB, "102.srv"),
                (SCHEDULER, "pbs@srv"),
            ],
        )
        self.assertEqual({one.key.originator for one in found}, {ORIGINATOR})
        self.assertEqual({one.lifetime for one in found}, {LIFETIME})

    def test_content(self) -> None:
        """A job and a queue are as they are in the document."""
        byKey = {one.key.key: one for one in values(self.makeHandler(), self.makeDocument())}
        root = XMLGate().parse(byKey["102.srv"].content)
        self.assertEqual(
            [(each.tag, each.text) for each in root],
            [
                (f"{{{RIPS}}}jobID", "102.srv"),
                (f"{{{RIPS}}}gramStatus", "Pending"),
                (f"{{{RIPS}}}status", "Q"),
            ],
        )
        queue = XMLGate().parse(byKey["pbs@srv/long"].content)
        self.assertEqual([each.text for each in queue], ["long", "enabled"])

    def test_summary(self) -> None:
        """The scheduler has its name, its version and how many jobs are in each state, and no job."""
        *_, last = values(self.makeHandler(), self.makeDocument())
        root = XMLGate().parse(last.content)
        self.assertEqual([each.text for each in root][:2], ["pbs@srv", "2.4.8"])
        self.assertEqual(
            {each.get("gramStatus"): each.text for each in root[2:]},
            {
                "Pending": "1",
                "Active": "1",
                "Suspended": "0",
                "Done": "0",
                "Failed": "0",
                "Invalid": "0",
            },
        )

    def news(self, job: Job, handler: IResultHandler | None = None) -> object:
        """What is worth telling of a job."""
        tree = schedulerTree(Scheduler(name="x", jobs=[job]))
        first = given(handler or self.makeHandler(), tree)[0]
        assert isinstance(first, Quiet)
        return first.news

    def test_quiet(self) -> None:
        """Jobs are quiet: state, queue and nodes are news, the seconds a job has run are none."""
        usual = self.news(FIRST)
        self.assertEqual(self.news(attrs.evolve(FIRST, elapsedtime="18", requestedtime="9")), usual)
        for changed in (
            attrs.evolve(FIRST, gramStatus=GramStatus.DONE),
            attrs.evolve(FIRST, status="S"),
            attrs.evolve(FIRST, queue="short"),
            attrs.evolve(FIRST, nodes="n1"),
        ):
            self.assertNotEqual(self.news(changed), usual)
        found = given(self.makeHandler(), schedulerTree(PBS))
        areQuiet = [isinstance(one, Quiet) for one in found]
        self.assertEqual(areQuiet, [False, False, True, True, False])

    def test_otherNews(self) -> None:
        """What is news can be said otherwise; names a job has not are refused."""
        handler = JobDataHandler(["elapsedtime"])
        self.assertEqual(self.news(FIRST, handler), ("17",))
        with self.assertRaises(ParameterError) as caught:
            JobDataHandler(["state"])
        self.assertIn('a job has no "state"; known are jobID, gramStatus', caught.exception.message)

    def test_empty(self) -> None:
        """A scheduler without jobs and queues is told as that."""
        (only,) = values(self.makeHandler(), schedulerTree(Scheduler(name="fork")))
        self.assertEqual((only.key.name, only.key.key), (SCHEDULER, "fork"))

    def test_refused(self) -> None:
        """What is no scheduler, or lacks what tells its parts apart, is named."""
        name, job = "<name>x</name>", "<jobID>1</jobID><gramStatus>Done</gramStatus>"
        for text, wanted in (
            (b"<a/>", f"is a, not {SCHEDULER}; jobDataHandler is for providers of jobs"),
            (document(""), ": a scheduler has no name"),
            (document(f"{name}<Queue/>"), ": a queue has no name"),
            (document(f"{name}<Job/>"), ": a job has no jobID"),
            (document(f"{name}<Job>{job}</Job><Job>{job}</Job>"), "has the job 1 twice"),
            (
                document(f"{name}<Queue>{name}</Queue><Queue>{name}</Queue>"),
                "has the queue x twice",
            ),
            (
                document(f"{name}<Job><jobID>1</jobID><gramStatus>R</gramStatus></Job>"),
                ': job 1 has the gramStatus "R", which is none; known are Pending, Active,',
            ),
        ):
            with self.assertRaises(ProviderFailed) as caught:
                values(self.makeHandler(), text)
            message = caught.exception.message
            self.assertTrue(message.startswith("output of provider tool"), message)
            self.assertIn(wanted, message)

    def test_bounds(self) -> None:
        """Long names and long declarations around the jobs are refused."""
        for text in (
            document(f"<name>{'x' * 257}</name>"),
            f'<Scheduler xmlns="{RIPS}" xmlns:u="urn:{"u" * 9000}"><name>x</name></Scheduler>'.encode(),
        ):
            with self.assertRaises(TooLarge):
                values(self.makeHandler(), text)

    def renewed(self, before: Scheduler, after: Scheduler) -> tuple[list[str], list[str]]:
        """The keys of what is given again and of what is made anew, for one document after another."""
        handler = JobDataHandler()
        first = given(handler, schedulerTree(before))
        later = attrs.evolve(RUN, now=RUN.now + 10.0)
        again: list[str] = []
        anew: list[str] = []
        known = {id(one) for one in first}
        for one in handler.renew(schedulerTree(after), later, first):
            element = one.element if isinstance(one, Quiet) else one
            (again if id(one) in known else anew).append(element.key.key)
        return again, anew

    def test_renews(self) -> None:
        """A job, a queue and the scheduler are given again as long as they are the same, in whatever order."""
        queues = ["pbs@srv/long", "pbs@srv/short"]
        all = [*queues, "101.srv", "102.srv", "pbs@srv"]
        third = attrs.evolve(SECOND, jobID="103.srv")
        more = attrs.evolve(PBS, jobs=[FIRST, SECOND, third])
        for after, wanted in (
            (PBS, (all, [])),
            (
                attrs.evolve(PBS, jobs=[SECOND, FIRST]),
                ([*queues, "102.srv", "101.srv", "pbs@srv"], []),
            ),
            (
                attrs.evolve(PBS, jobs=[attrs.evolve(FIRST, elapsedtime="18"), SECOND]),
                ([*queues, "102.srv", "pbs@srv"], ["101.srv"]),
            ),
            (attrs.evolve(PBS, jobs=[SECOND]), ([*queues, "102.srv"], ["pbs@srv"])),
            (
                attrs.evolve(PBS, jobs=[third, FIRST, SECOND]),
                ([*queues, "101.srv", "102.srv"], ["103.srv", "pbs@srv"]),
            ),
            (
                attrs.evolve(PBS, queues=[Queue(name="long"), Queue(name="short")]),
                (["pbs@srv/short", *all[2:]], ["pbs@srv/long"]),
            ),
        ):
            self.assertEqual(self.renewed(PBS, after), wanted)
        self.assertEqual(self.renewed(more, PBS), ([*queues, "101.srv", "102.srv"], ["pbs@srv"]))

    def test_renewsTwice(self) -> None:
        """A job that comes twice is refused also when it was given before."""
        first = given(JobDataHandler(), schedulerTree(PBS))
        twice = schedulerTree(attrs.evolve(PBS, jobs=[FIRST, FIRST]))
        with self.assertRaises(ProviderFailed):
            list(JobDataHandler().renew(twice, RUN, first))

    @forAll(st.lists(_JOBS, min_size=1, max_size=5))
    def test_renewsAny(self, documents: list[list[Job]]) -> None:
        """Whatever came before, the values are those that are made anew, and of a job that stays the very same."""
        handler = JobDataHandler()
        before: list[ServiceDataElement | Quiet] = []
        for jobs in documents:
            tree = schedulerTree(Scheduler(name="x", jobs=jobs))
            found = list(handler.renew(tree, RUN, before))
            self.assertEqual(found, given(handler, tree))
            known = [one for one in before if one in found]
            self.assertEqual(
                {id(one) for one in known}, {id(one) for one in found if one in before}
            )
            before = found

    @forAll(_JOBS)
    def test_any(self, jobs: list[Job]) -> None:
        """Every job of a scheduler is one value, and the counts of its states are those of the jobs."""
        *found, last = values(self.makeHandler(), schedulerTree(Scheduler(name="x", jobs=jobs)))
        self.assertEqual([one.key.key for one in found], [one.jobID for one in jobs])
        for one, job in zip(found, jobs, strict=True):
            root = XMLGate().parse(one.content)
            self.assertEqual(root.findtext(f"{{{RIPS}}}jobname") or "", job.jobname)
        root = XMLGate().parse(last.content)
        for state in GramStatus:
            told = [each.text for each in root if each.get("gramStatus") == state.value]
            self.assertEqual(told, [str(sum(one.gramStatus is state for one in jobs))])
