"""A job of PBS by its attributes, which Torque's XML and OpenPBS's JSON call alike."""

import re
from collections.abc import Iterable, Mapping

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.model.job import GramStatus, Job
from gma_twisted.providers.units import (
    calendarSeconds,
    kibibytes,
    plainText,
    spanSeconds,
    toDateTime,
    toText,
    wholeNumber,
)

__all__ = ["ENDED", "jobOf"]

ENDED = (GramStatus.DONE, GramStatus.FAILED)
"""How jobs end; what PBS calls by a letter of its own has not ended for certain."""

# B is an array of which a job has begun.
_STATES = {
    "Q": GramStatus.PENDING,
    "W": GramStatus.PENDING,
    "H": GramStatus.PENDING,
    "R": GramStatus.ACTIVE,
    "E": GramStatus.ACTIVE,
    "B": GramStatus.ACTIVE,
    "S": GramStatus.SUSPENDED,
}
_ENDS = ("C", "F")
_CHUNK = re.compile(r"(?P<hosts>[^:]+)(?P<rest>(?::[^:]*)*)")
_PER_NODE = re.compile(r":ppn=(\d{1,9})(?::|\Z)", re.ASCII)
# n1/0, n1/0-3, n1/0*2, n1.site:15002/0
_SLOT = re.compile(
    r"(?P<host>[^/:+\s]+)(?::\d+)?(?:/(?P<slots>[\d,\-]+))?(?:\*(?P<times>\d{1,9}))?", re.ASCII
)
_NODES = 65536
_MOST_HOSTS = 4096


def jobOf(jobID: str, attributes: Mapping[str, object], tool: str) -> Job:
    """
    Make a job of what the server tells of it; what is missing, or no number where one should be, is empty.

    @param attributes: by their names in PBS; C{Resource_List} and C{resources_used} are mappings
    @param tool: names the program in errors
    @raise ProviderFailed: it has no C{job_state}
    """
    state = plainText(attributes.get("job_state"))
    if not state:
        raise ProviderFailed(f"{tool} tells no job_state of job {cut(jobID)}")
    asked = _inner(attributes, "Resource_List")
    used = _inner(attributes, "resources_used")
    places = plainText(attributes.get("exec_host"), _NODES)
    return Job(
        jobID=jobID,
        gramStatus=_gramStatus(state, attributes),
        status=state,
        username=plainText(attributes.get("Job_Owner")).partition("@")[0],
        jobname=plainText(attributes.get("Job_Name")),
        queue=plainText(attributes.get("queue")),
        count=_count(asked, places),
        elapsedtime=spanSeconds(used.get("walltime")),
        requestedtime=spanSeconds(asked.get("walltime")),
        requestedmemory=kibibytes(asked.get("mem")),
        starttime=_began(attributes),
        nodes=" ".join(dict.fromkeys(host for host, _ in _slots(places))),
    )


def _inner(attributes: Mapping[str, object], name: str) -> Mapping[str, object]:
    inner = attributes.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _gramStatus(state: str, attributes: Mapping[str, object]) -> GramStatus:
    if state not in _ENDS:
        return _STATES.get(state, GramStatus.INVALID)
    # Torque and OpenPBS spell it differently; who was deleted before it began has none.
    status = attributes.get("exit_status", attributes.get("Exit_status"))
    return GramStatus.DONE if wholeNumber(status) == 0 else GramStatus.FAILED


def _began(attributes: Mapping[str, object]) -> str:
    began = attributes.get("start_time", attributes.get("stime"))
    shown = calendarSeconds(began)
    return toDateTime(began if shown is None else shown)


def _count(asked: Mapping[str, object], places: str) -> str:
    return (
        toText(asked.get("procs"))
        or _asked(plainText(asked.get("nodes")))
        or toText(asked.get("ncpus"))
        or _sum(count for _, count in _slots(places))
    )


def _asked(nodes: str) -> str:
    # 2:ppn=4+n7:fast, hosts by number or by name
    if not nodes:
        return ""
    return _sum(
        (wholeNumber(chunk["hosts"]) or 1) * _each(chunk["rest"])
        for chunk in map(_CHUNK.fullmatch, nodes.split("+")[:_MOST_HOSTS])
        if chunk is not None
    )


def _each(rest: str) -> int:
    found = _PER_NODE.search(rest)
    return int(found[1]) if found else 1


def _sum(counts: Iterable[int]) -> str:
    total = sum(counts)
    return toText(total) if total else ""


def _slots(places: str) -> Iterable[tuple[str, int]]:
    for place in places.split("+")[:_MOST_HOSTS]:
        found = _SLOT.fullmatch(place)
        if found is not None:
            yield found["host"], int(found["times"] or _slotCount(found["slots"] or "0"))


def _slotCount(slots: str) -> int:
    count = 0
    for one in slots.split(","):
        first, _, last = one.partition("-")
        begin, end = wholeNumber(first), wholeNumber(last)
        count += 1 if begin is None or end is None or end < begin else end - begin + 1
    return count
