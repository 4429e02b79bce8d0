"""Jobs of a batch system, and what subscribers are to hear of them. No clock, no process, no socket."""

from collections.abc import Iterator
from random import Random

import attrs

from gma_twisted.model import GramStatus, Job, Queue, Scheduler

__all__ = ["Batch", "News"]

News = tuple[str, str]
"""The id of a job whose state changed, and what it is now."""

_QUEUES = 10
_HOSTS = 500
_SEED = 20_260_101
_NEXT = {
    GramStatus.PENDING: GramStatus.ACTIVE,
    GramStatus.ACTIVE: GramStatus.DONE,
    # As many stay: the place of one that is done is taken by one that waits.
    GramStatus.DONE: GramStatus.PENDING,
}
_WORDS = {GramStatus.PENDING: "Q", GramStatus.ACTIVE: "R", GramStatus.DONE: "C"}


@attrs.define(eq=False)
class Batch:
    """
    A scheduler with jobs, six in ten of them running.

    @ivar count: how many jobs there are
    @ivar changing: how many of them change their state from one poll to the next
    @ivar running: how many run
    """

    count: int
    changing: int
    _jobs: list[Job] = attrs.field(factory=list, init=False, repr=False)
    _random: Random = attrs.field(factory=lambda: Random(_SEED), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for number in range(self.count):
            state = GramStatus.ACTIVE if number % 10 < 6 else GramStatus.PENDING
            self._jobs.append(_placed(_job(number), state))

    @property
    def running(self) -> int:
        """How many jobs run."""
        return sum(one.gramStatus is GramStatus.ACTIVE for one in self._jobs)

    def advance(self, seconds: float) -> Iterator[News | None]:
        """
        Let time pass: what runs has run longer, and some jobs change their state. A step for each job, to be done in
        turns.

        @return: the news of those that changed, in the order of their numbers; C{None} for the others
        """
        chosen = set(self._random.sample(range(self.count), self.changing))
        for number, job in enumerate(self._jobs):
            if number in chosen:
                after = self._jobs[number] = _placed(job, _NEXT[job.gramStatus])
                yield after.jobID, after.gramStatus.value
                continue
            if job.gramStatus is GramStatus.ACTIVE:
                elapsed = str(int(job.elapsedtime) + round(seconds))
                self._jobs[number] = attrs.evolve(job, elapsedtime=elapsed)
            yield None

    def scheduler(self) -> Scheduler:
        """What a provider knows now, without the jobs."""
        queues = [
            Queue(name=f"q{number}", status="enabled", dispatchType="batch")
            for number in range(_QUEUES)
        ]
        return Scheduler(name="pbs@bench", version="1.0", queues=queues)

    def jobs(self) -> Iterator[Job]:
        """They, in their order."""
        return iter(self._jobs)


def _job(number: int) -> Job:
    return Job(
        jobID=f"{number}.bench",
        gramStatus=GramStatus.PENDING,
        status="Q",
        username=f"user{number % 50}",
        jobname=f"run {number}",
        queue=f"q{number % _QUEUES}",
        count="4",
        requestedtime="86400",
        requestedmemory="1048576",
    )


def _placed(job: Job, state: GramStatus) -> Job:
    isActive = state is GramStatus.ACTIVE
    return attrs.evolve(
        job,
        gramStatus=state,
        status=_WORDS[state],
        elapsedtime="1" if isActive else "",
        starttime="2026-01-01T00:00:00Z" if isActive else "",
        nodes=f"node{int(job.jobID.partition('.')[0]) % _HOSTS}" if isActive else "",
    )
