"""What a batch system, or the machine itself, knows of its jobs: the data model of GT3's RIPS."""

import enum
from collections.abc import Sequence

import attrs

__all__ = ["GramStatus", "Job", "Queue", "Scheduler"]


class GramStatus(enum.Enum):
    """State of a job in the words all schedulers share (GramStatusType). The last three are the end of a job."""

    PENDING = "Pending"
    ACTIVE = "Active"
    SUSPENDED = "Suspended"
    DONE = "Done"
    FAILED = "Failed"
    INVALID = "Invalid"


@attrs.frozen(slots=True, kw_only=True)
class Job:
    """
    A job; everything but the first three may be empty where the scheduler does not tell.

    @ivar jobID: unique among the jobs of its service, and the key of its value: C{101.srv}, C{pid-4711}
    @ivar gramStatus: its state
    @ivar status: the same in the scheduler's own word
    @ivar username: whose it is
    @ivar jobname: what its owner calls it
    @ivar queue: name of the queue or partition it is in
    @ivar count: processes or processors, a whole number
    @ivar elapsedtime: seconds it has run
    @ivar requestedtime: seconds it may run; C{infinite}
    @ivar requestedmemory: KiB it may take
    @ivar starttime: when it began, C{xsd:dateTime}
    @ivar nodes: names of the hosts it runs on, blank-separated
    """

    jobID: str
    gramStatus: GramStatus
    status: str
    username: str = ""
    jobname: str = ""
    queue: str = ""
    count: str = ""
    elapsedtime: str = ""
    requestedtime: str = ""
    requestedmemory: str = ""
    starttime: str = ""
    nodes: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Queue:
    """
    A queue or partition; numbers as text, empty where the scheduler does not tell.

    @ivar name: unique in its scheduler
    @ivar status: C{enabled} or C{disabled}, or the scheduler's own word
    @ivar dispatchType: C{batch} or C{immediate}
    @ivar whenActive: when jobs are started from it
    @ivar totalnodes: hosts
    @ivar freenodes: hosts nothing runs on
    @ivar maxtime: seconds a job may run
    @ivar maxCPUtime: seconds of processor time a job may take
    @ivar maxCount: processes of a job
    @ivar maxReqNodes: hosts a job may ask for
    @ivar maxRunningJobs: jobs that may run at once
    @ivar maxJobsInQueue: jobs it takes
    @ivar maxTotalMemory: KiB of all processes of a job
    @ivar maxSingleMemory: KiB of one process
    """

    name: str
    status: str = ""
    dispatchType: str = ""
    whenActive: str = ""
    totalnodes: str = ""
    freenodes: str = ""
    maxtime: str = ""
    maxCPUtime: str = ""
    maxCount: str = ""
    maxReqNodes: str = ""
    maxRunningJobs: str = ""
    maxJobsInQueue: str = ""
    maxTotalMemory: str = ""
    maxSingleMemory: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Scheduler:
    """
    All a provider knows at a moment.

    @ivar name: of the kind of scheduler and, where there is one, its host: C{fork}, C{slurm}, C{pbs@srv}
    @ivar version: of its software; empty where it is not known
    @ivar queues: each name once
    @ivar jobs: each jobID once
    """

    name: str
    version: str = ""
    queues: Sequence[Queue] = ()
    jobs: Sequence[Job] = ()
