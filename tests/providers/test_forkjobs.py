"""Processes as jobs, reading after reading."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.model.job import GramStatus, Job
from gma_twisted.providers.forkjobs import ForkJobs, Moment
from gma_twisted.providers.processtable import ProcessFacts
from gma_twisted.providers.users import LocalUsers
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.turns import Turns
from tests.providers.test_processtable import TICKS

EPOCH = 1_800_000_000.0
"""Wall time of the boot."""


def process(
    pid: int,
    state: str = "S",
    start: int = 100,
    parent: int = 1,
    uid: int = 1001,
    name: str = "sim",
) -> ProcessFacts:
    """A process that began so many seconds after the boot."""
    return ProcessFacts(pid, start * TICKS, parent, uid, name, state)


class JobsMixin(SynchronousTestCase):
    """A provider's memory of processes."""

    def setUp(self) -> None:
        """Nothing was seen yet, 1,000 s after the boot."""
        self.now = 1000.0
        self.jobs = self.make()

    def make(
        self, pattern: str = "*", parent: int = 0, finished: float = 300.0, most: int = 100
    ) -> ForkJobs:
        """One with other arguments."""
        return ForkJobs(LocalUsers(), "n1", pattern, parent, finished, most)

    def update(self, *processes: ProcessFacts, uid: int | None = 1001) -> Sequence[Job]:
        """The jobs after a reading."""
        moment = Moment(self.now, EPOCH + self.now, self.now)
        updating = self.jobs.update(processes, uid, moment, Turns(Clock()))
        return self.successResultOf(toDeferred(updating))

    def told(self, *processes: ProcessFacts, uid: int | None = 1001) -> dict[str, str]:
        """The states by job id."""
        jobs = self.update(*processes, uid=uid)
        self.assertEqual(len({one.jobID for one in jobs}), len(jobs), "an id twice")
        return {one.jobID: one.gramStatus.value for one in jobs}


class JobTests(JobsMixin):
    """What a job tells."""

    def test_job(self) -> None:
        """Id, user, program, one process, when it began and how long it runs; never its arguments."""
        (job,) = self.update(process(42, "R", 400))
        self.assertEqual(
            job,
            Job(
                jobID="pid-42",
                gramStatus=GramStatus.ACTIVE,
                status="running",
                username="1001",
                jobname="sim",
                queue="fork",
                count="1",
                elapsedtime="600",
                starttime="2027-01-15T08:06:40Z",
                nodes="n1",
            ),
        )

    def test_states(self) -> None:
        """What the kernel says, in the words of all schedulers; what a process waits for is not told."""
        letters = "RSDIPWKTtZXx"
        jobs = self.update(*(process(pid, letter) for pid, letter in enumerate(letters, 1)))
        self.assertEqual(
            [(one.gramStatus.value, one.status) for one in jobs],
            [("Active", "running")] * 7
            + [("Suspended", "stopped"), ("Suspended", "tracing-stop")]
            + [("Done", "zombie"), ("Done", "dead"), ("Done", "dead")],
        )

    def test_clocks(self) -> None:
        """When it began is reckoned once: the wall clock may be set meanwhile."""
        (before,) = self.update(process(42))
        moment = Moment(1060.0, EPOCH + 9999.0, 1060.0)
        updating = self.jobs.update([process(42)], 1001, moment, Turns(Clock()))
        (after,) = self.successResultOf(toDeferred(updating))
        self.assertEqual(after.starttime, before.starttime)
        self.assertEqual(after.elapsedtime, "960")

    def test_order(self) -> None:
        """Jobs are told in the order of their ids: the same processes are the same document."""
        jobs = self.update(process(10), process(9), process(100))
        self.assertEqual([one.jobID for one in jobs], ["pid-9", "pid-10", "pid-100"])


class EndTests(JobsMixin):
    """The end of a job."""

    def test_finished(self) -> None:
        """A process that is gone is told as Done for so many seconds, with what was known of it last."""
        (before,) = self.update(process(42))
        self.now += 60
        (after,) = self.update()
        self.assertEqual((after.gramStatus, after.status), (GramStatus.DONE, "dead"))
        self.assertEqual((after.elapsedtime, after.jobname), (before.elapsedtime, "sim"))
        self.now += 299.9
        self.assertEqual(self.told(), {"pid-42": "Done"})
        self.now += 0.2
        self.assertEqual(self.told(), {})
        self.assertFalse(self.jobs.isKnown(42), "it is remembered for ever")

    def test_atOnce(self) -> None:
        """Without such a time an end is never told."""
        self.jobs = self.make(finished=0.0)
        self.told(process(42))
        self.assertEqual(self.told(), {})

    def test_zombie(self) -> None:
        """One whose status nobody fetches is told as long, and does not come again while it stays."""
        self.told(process(42))
        self.assertEqual(self.told(process(42, "Z")), {"pid-42": "Done"})
        self.now += 200
        self.assertEqual(self.told(process(42, "Z")), {"pid-42": "Done"})
        self.now += 200
        self.assertEqual(self.told(process(42, "Z")), {})
        self.assertEqual(self.told(process(42, "Z")), {})
        self.assertEqual(self.told(), {})

    def test_zombieEnds(self) -> None:
        """The time runs from when it ended, not from when it was buried."""
        ended = self.update(process(42, "Z"))
        self.now += 200
        # Nor is that told: it would be a second notice of one end.
        self.assertEqual(self.update(), ended)
        self.now += 101
        self.assertEqual(self.told(), {})

    def test_lasts(self) -> None:
        """A job that ended runs no longer."""
        self.update(process(42, "Z"))
        self.now += 100
        (job,) = self.update(process(42, "Z"))
        self.assertEqual(job.elapsedtime, "900")


class ReuseTests(JobsMixin):
    """A process id that is used again."""

    def test_unseen(self) -> None:
        """The end of the first is told once before the second takes its name."""
        self.told(process(42, start=100))
        self.now += 10
        self.assertEqual(self.told(process(42, start=1005)), {"pid-42": "Done"})
        self.now += 10
        (job,) = self.update(process(42, start=1005))
        self.assertEqual((job.gramStatus, job.elapsedtime), (GramStatus.ACTIVE, "15"))
        self.assertEqual(job.starttime, "2027-01-15T08:16:45Z")

    def test_seen(self) -> None:
        """When the end of the first was told already, the second takes its name at once."""
        self.told(process(42, start=100))
        self.told()
        self.now += 10
        self.assertEqual(self.told(process(42, start=1005)), {"pid-42": "Active"})

    def test_stranger(self) -> None:
        """Another user's process of the same id is not told, and the first has ended."""
        self.told(process(42, start=100))
        self.now += 10
        self.assertEqual(self.told(process(42, start=1005, uid=5)), {"pid-42": "Done"})
        self.now += 400
        self.assertEqual(self.told(process(42, start=1005, uid=5)), {})


class ChoiceTests(JobsMixin):
    """Which processes are told."""

    def test_user(self) -> None:
        """One user's, or everybody's."""
        both = process(1), process(2, uid=5)
        self.assertEqual(self.told(*both), {"pid-1": "Active"})
        self.assertEqual(self.told(*both, uid=None), {"pid-1": "Active", "pid-2": "Active"})

    def test_command(self) -> None:
        """Those whose program has the name, letters as they are."""
        self.jobs = self.make("si[lm]*")
        told = self.told(process(1), process(2, name="Sim"), process(3, name="silly"))
        self.assertEqual(list(told), ["pid-1", "pid-3"])

    def test_other(self) -> None:
        """A job that becomes another program or another user's has not ended."""
        self.jobs = self.make("sim")
        self.told(process(1))
        (job,) = self.update(process(1, name="other", uid=5))
        self.assertEqual((job.gramStatus, job.jobname), (GramStatus.ACTIVE, "other"))

    def test_parent(self) -> None:
        """Descendants of a process, at any depth, without itself."""
        self.jobs = self.make(parent=10)
        family = process(10), process(11, parent=10), process(12, parent=11), process(13)
        self.assertEqual(list(self.told(*family)), ["pid-11", "pid-12"])

    def test_orphan(self) -> None:
        """A descendant whose parent ends stays one, and so do those it starts later."""
        self.jobs = self.make(parent=10)
        self.told(process(10), process(11, parent=10), process(12, parent=11))
        told = self.told(process(12, parent=1), process(13, parent=12), process(14, parent=1))
        self.assertEqual(told, {"pid-11": "Done", "pid-12": "Active", "pid-13": "Active"})

    def test_between(self) -> None:
        """So does one below a program that is not told itself."""
        self.jobs = self.make("sim", parent=10)
        shell = process(11, parent=10, name="sh")
        self.assertEqual(self.told(process(10), shell), {})
        self.assertEqual(
            self.told(process(11, name="sh"), process(12, parent=11)), {"pid-12": "Active"}
        )

    def test_strangeParent(self) -> None:
        """Children of a process that has the id of the parent later are no descendants."""
        self.jobs = self.make(parent=10)
        self.told(process(10))
        for _ in range(2):
            told = self.told(process(10, start=1000), process(11, parent=10, start=1001))
            self.assertEqual(told, {})

    def test_parentMissing(self) -> None:
        """Of a process that is not there nobody descends; when it comes, its children are told."""
        self.jobs = self.make(parent=10)
        self.assertEqual(self.told(process(11)), {})
        self.assertEqual(self.told(process(10), process(12, parent=10)), {"pid-12": "Active"})

    def test_ring(self) -> None:
        """A table read while it changes may show a ring; that ends too."""
        self.jobs = self.make(parent=10)
        told = self.told(process(10, parent=11), process(11, parent=10))
        self.assertEqual(told, {"pid-11": "Active"})


class BoundTests(JobsMixin):
    """How many jobs are told."""

    def test_most(self) -> None:
        """More that live are an error that names the bound; what was told before is not forgotten."""
        self.jobs = self.make(most=2)
        self.told(process(1), process(2))
        moment = Moment(self.now, EPOCH, self.now)
        three = [process(1), process(2), process(3)]
        updating = toDeferred(self.jobs.update(three, 1001, moment, Turns(Clock())))
        failure = self.failureResultOf(updating, TooLarge)
        self.assertEqual(
            str(failure.value),
            "3 processes are more than 2 jobs; choose fewer by username, command or parent, or raise most",
        )
        self.assertEqual(self.told(process(1)), {"pid-1": "Active", "pid-2": "Done"})

    def test_ends(self) -> None:
        """Of ends the oldest make room, and are forgotten."""
        self.jobs = self.make(most=2)
        self.told(process(1), process(2))
        self.now += 1
        self.told(process(1))
        self.now += 1
        self.assertEqual(self.told(process(3)), {"pid-1": "Done", "pid-3": "Active"})
        self.assertFalse(self.jobs.isKnown(2))

    def test_manyZombies(self) -> None:
        """Zombies there is no room for do not come again as new ones."""
        self.jobs = self.make(most=1)
        zombies = [process(pid, "Z") for pid in (1, 2, 3)]
        self.assertEqual(len(self.told(*zombies)), 1)
        self.now += 301
        self.assertEqual(self.told(*zombies), {})


STATES = st.dictionaries(
    st.integers(1, 5), st.tuples(st.sampled_from("RTZ"), st.integers(1, 3)), max_size=5
)


class HistoryTests(JobsMixin):
    """Whatever happens."""

    @given(st.lists(STATES, max_size=8))
    def test_histories(self, readings: list[dict[int, tuple[str, int]]]) -> None:
        """An id is told once; who lives is told; the end of whoever was told is, before another has the id."""
        self.setUp()
        last: dict[str, Job] = {}
        for reading in readings:
            self.now += 1
            jobs = self.update(
                *(process(pid, state, start) for pid, (state, start) in reading.items())
            )
            now = {one.jobID: one for one in jobs}
            self.assertEqual(len(now), len(jobs))
            for pid in reading:
                self.assertIn(f"pid-{pid}", now)
            for jobID, before in last.items():
                after = now[jobID]
                if before.gramStatus is not GramStatus.DONE:
                    self.assertEqual(after.starttime, before.starttime)
            last = now
