"""A job of Slurm by what C{squeue --json} tells: plain numbers and words of 21.08, objects and lists of later ones."""

from collections.abc import Mapping

from gma_twisted.errors import ProviderFailed
from gma_twisted.model.job import GramStatus, Job
from gma_twisted.providers.hostlist import hostNames
from gma_twisted.providers.slurmnumbers import boundOf, numberOf, stateWords, wholeOf
from gma_twisted.providers.units import plainText, toDateTime, toText

__all__ = ["jobOf"]

_STATES = {
    "PENDING": GramStatus.PENDING,
    "REQUEUED": GramStatus.PENDING,
    "REQUEUE_FED": GramStatus.PENDING,
    "REQUEUE_HOLD": GramStatus.PENDING,
    "RESV_DEL_HOLD": GramStatus.PENDING,
    "SPECIAL_EXIT": GramStatus.PENDING,
    "RUNNING": GramStatus.ACTIVE,
    "COMPLETING": GramStatus.ACTIVE,
    "CONFIGURING": GramStatus.ACTIVE,
    "POWER_UP_NODE": GramStatus.ACTIVE,
    "RESIZING": GramStatus.ACTIVE,
    "SIGNALING": GramStatus.ACTIVE,
    "STAGE_OUT": GramStatus.ACTIVE,
    "SUSPENDED": GramStatus.SUSPENDED,
    "STOPPED": GramStatus.SUSPENDED,
    "COMPLETED": GramStatus.DONE,
    "FAILED": GramStatus.FAILED,
    "TIMEOUT": GramStatus.FAILED,
    "CANCELLED": GramStatus.FAILED,
    "NODE_FAIL": GramStatus.FAILED,
    "OUT_OF_MEMORY": GramStatus.FAILED,
    "BOOT_FAIL": GramStatus.FAILED,
    "DEADLINE": GramStatus.FAILED,
    "LAUNCH_FAILED": GramStatus.FAILED,
    "PREEMPTED": GramStatus.FAILED,
    "RECONFIG_FAIL": GramStatus.FAILED,
    "REVOKED": GramStatus.FAILED,
}
# Beside the state a job has: it still holds its nodes.
_COMPLETING = "COMPLETING"
_NODES = 65536
_MEGABYTE = 1024
_MINUTE = 60


def jobOf(told: Mapping[str, object], number: str, now: float, tool: str) -> Job:
    """
    Make a job; what is missing, or no number where one should be, is empty.

    @param told: its members
    @param number: which of the document's jobs it is, for errors
    @param now: seconds since 1970, for how long it has run
    @param tool: names the program in errors
    @raise ProviderFailed: it has no C{job_id} or no C{job_state}
    """
    jobID = _jobID(told)
    if not jobID:
        raise ProviderFailed(f"{tool} tells no job_id of job number {number}")
    words = stateWords(told.get("job_state"))
    if not words:
        raise ProviderFailed(f"{tool} tells no job_state of job {jobID}")
    gramStatus = _gramStatus(words)
    # Of one that waits it is when it is expected to begin.
    hasBegun = gramStatus is not GramStatus.PENDING
    return Job(
        jobID=jobID,
        gramStatus=gramStatus,
        status=",".join(words),
        username=plainText(told.get("user_name")),
        jobname=plainText(told.get("name")),
        queue=plainText(told.get("partition")),
        count=toText(numberOf(told.get("cpus"))),
        elapsedtime=_elapsed(told, gramStatus, now) if hasBegun else "",
        requestedtime=boundOf(told.get("time_limit"), _MINUTE),
        requestedmemory=_memory(told),
        starttime=toDateTime(numberOf(told.get("start_time"))) if hasBegun else "",
        nodes=hostNames(plainText(told.get("nodes"), _NODES)),
    )


def _jobID(told: Mapping[str, object]) -> str:
    array, task = wholeOf(told.get("array_job_id")), numberOf(told.get("array_task_id"))
    # The tasks of an array that wait are one job, which has the number of the array and no task's.
    if array and isinstance(task, int):
        return f"{array}_{task}"
    job = wholeOf(told.get("job_id"))
    return str(job) if job else ""


def _gramStatus(words: list[str]) -> GramStatus:
    if _COMPLETING in words:
        return GramStatus.ACTIVE
    known = (_STATES.get(word) for word in words)
    return next((one for one in known if one is not None), GramStatus.INVALID)


def _elapsed(told: Mapping[str, object], gramStatus: GramStatus, now: float) -> str:
    # As Slurm reckons it itself: until it was suspended, and since it goes on.
    before, resumed, began, ended = (
        wholeOf(told.get(name))
        for name in ("pre_sus_time", "suspend_time", "start_time", "end_time")
    )
    if gramStatus is GramStatus.SUSPENDED:
        return toText(before)
    isOver = gramStatus in (GramStatus.DONE, GramStatus.FAILED)
    since = resumed or began
    until = ended if isOver else int(now)
    if not since or not until:
        return ""
    return toText(max(0, until - since) + (before if resumed else 0))


def _memory(told: Mapping[str, object]) -> str:
    for name, times in (("memory_per_node", "node_count"), ("memory_per_cpu", "cpus")):
        each = wholeOf(told.get(name))
        # 0 is all that a node has.
        if each:
            return toText(each * _MEGABYTE * max(1, wholeOf(told.get(times))))
    return ""
