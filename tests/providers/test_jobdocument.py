"""The document of a provider of jobs."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup.build import serialise
from gma_twisted.markup.jobs import JOB, schedulerTree
from gma_twisted.model.job import GramStatus, Job, Queue, Scheduler
from gma_twisted.providers.jobdocument import jobDocument
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.turns import Turns
from tests.providers.test_processtable import SlowClock


class JobDocumentTests(SynchronousTestCase):
    """jobDocument."""

    def test_turns(self) -> None:
        """It is the same tree as in one piece, made a few jobs a turn."""
        jobs = [
            Job(jobID=f"pid-{number}", gramStatus=GramStatus.ACTIVE, status="running")
            for number in range(40)
        ]
        scheduler = Scheduler(name="fork", version="1", queues=(Queue(name="q"),), jobs=jobs)
        clock = SlowClock()
        making = toDeferred(jobDocument(scheduler, Turns(clock)))
        clock.advance(0)
        made = self.successResultOf(making)
        self.assertEqual(serialise(made), serialise(schedulerTree(scheduler)))
        self.assertEqual(len(made.findall(JOB.clark)), 40)
        self.assertGreaterEqual(clock.turns, 7)

    def test_characters(self) -> None:
        """A name no XML can hold, which its owner may choose, spoils no document."""
        job = Job(jobID="1", gramStatus=GramStatus.DONE, status="C", jobname="a\x00\x1b\ud800b")
        tree = schedulerTree(Scheduler(name="pbs", jobs=(job,)))
        (name,) = tree.iter("{*}jobname")
        self.assertEqual(name.text, "a\ufffd\ufffd\ufffdb")
