"""What C{squeue --json} and C{sinfo --json} print as a whole: who answers, whether it went well, and the entries."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.providers.batchtools import Jobs
from gma_twisted.providers.jsonentries import Entry, readEntries
from gma_twisted.providers.slurmjobs import jobOf
from gma_twisted.providers.slurmqueues import Partitions
from gma_twisted.providers.units import plainText, shownValue

__all__ = ["Version", "readJobs", "readPartitions"]

_JOBS, _NODES, _GROUPS, _ERRORS = "jobs", "nodes", "sinfo", "errors"


@attrs.define(slots=True, eq=False)
class Version:
    """
    Of the software that answered.

    @ivar release: C{22.05.8}
    """

    release: str = ""


def readJobs(data: bytes, jobs: Jobs, version: Version, now: float) -> Iterator[None]:
    """
    Read C{squeue --json}, in steps.

    @param jobs: takes them
    @param version: takes who answered
    @param now: seconds since 1970
    @raise ProviderFailed: no such JSON, a job without id or state, or Slurm tells an error: it ends with status 0 then,
        and tells no jobs
    @raise TooLarge: there are too many, or one is too large
    """
    for entry in _entries(data, (_JOBS,), jobs.tool):
        if entry.key == _JOBS:
            told = _mapping(entry, jobs.tool)
            jobs.add(jobOf(told, entry.name, now, jobs.tool))
        elif entry.key == "meta":
            version.release = _release(entry.value)
        yield


def readPartitions(data: bytes, partitions: Partitions) -> Iterator[None]:
    """
    Read C{sinfo --json}, in steps.

    @param partitions: takes them
    @raise ProviderFailed: no such JSON, or Slurm tells an error
    @raise TooLarge: there are too many, or one is too large
    """
    for entry in _entries(data, (_GROUPS, _NODES), partitions.tool):
        if entry.key == _NODES:
            partitions.addNode(_mapping(entry, partitions.tool))
        elif entry.key == _GROUPS:
            partitions.addGroup(_mapping(entry, partitions.tool))
        yield


def _entries(data: bytes, wanted: Sequence[str], tool: str) -> Iterator[Entry]:
    isThere = False
    for entry in readEntries(data, tool, (_JOBS, _NODES, _GROUPS, _ERRORS)):
        if entry.key == _ERRORS and entry.name:
            raise ProviderFailed(f"{tool} tells an error: {_said(entry.value)}")
        if entry.key not in wanted:
            yield entry
            continue
        isThere = True
        if entry.name:
            yield entry
        elif not isinstance(entry.value, list):
            raise ProviderFailed(
                f"{tool} tells {entry.key} as {shownValue(entry.value)}, not as a list"
            )
    if not isThere:
        raise ProviderFailed(f"{tool} tells no {wanted[-1]}")


def _said(error: object) -> str:
    if not isinstance(error, Mapping):
        return shownValue(error)
    words = [plainText(error.get(name)) for name in ("source", "description", "error")]
    return cut(": ".join(word for word in words if word)) or "it does not say which"


def _mapping(entry: Entry, tool: str) -> Mapping[str, object]:
    if not isinstance(entry.value, Mapping):
        raise ProviderFailed(
            f"{tool} tells number {cut(entry.name)} of {entry.key} as {shownValue(entry.value)}"
        )
    return entry.value


def _release(meta: object) -> str:
    # "Slurm" until 23.02, "slurm" later.
    for name in ("slurm", "Slurm"):
        told = meta.get(name) if isinstance(meta, Mapping) else None
        if isinstance(told, Mapping):
            return plainText(told.get("release"))
    return ""
