"""The queues of PBS, with the nodes their jobs can run on."""

import re
from collections.abc import Collection, Mapping

import attrs

from gma_twisted.model.job import Queue
from gma_twisted.providers.units import kibibytes, plainText, spanSeconds, toText

__all__ = ["Node", "nodeOf", "queueOf"]

# Free is one that takes jobs; "free,offline" is none.
_FREE = "free"
# OpenPBS: [o:PBS_ALL=10],[u:PBS_GENERIC=2]
_OF_ALL = re.compile(r"\bo:PBS_ALL=(\d{1,9})", re.ASCII)


@attrs.frozen(slots=True)
class Node:
    """
    A host of the batch system.

    @ivar isFree: it takes jobs, and nothing runs on it
    @ivar queue: the only one whose jobs run there; empty for all
    @ivar properties: what jobs may ask for
    """

    isFree: bool
    queue: str = ""
    properties: Collection[str] = ()


def nodeOf(attributes: Mapping[str, object]) -> Node:
    """
    Make a node of what C{pbsnodes} tells of it.

    Torque's C{status} says jobs and state again, as the node saw them last: it is not looked at.
    """
    state = plainText(attributes.get("state"))
    return Node(
        state == _FREE and not attributes.get("jobs"),
        plainText(attributes.get("queue")),
        frozenset(plainText(attributes.get("properties")).split(",")),
    )


def queueOf(name: str, attributes: Mapping[str, str], nodes: Collection[Node] | None) -> Queue:
    """
    Make a queue of what C{qstat -Q -f} tells of it.

    @param nodes: of the server; C{None} where they are not known
    """
    total = free = ""
    if nodes is not None:
        wanted = attributes.get("resources_default.neednodes", "")
        mine = [one for one in nodes if _serves(one, name, wanted)]
        total, free = str(len(mine)), str(sum(one.isFree for one in mine))
    return Queue(
        name=name,
        status=_status(attributes),
        dispatchType="batch",
        totalnodes=total,
        freenodes=free,
        maxtime=spanSeconds(attributes.get("resources_max.walltime")),
        maxCPUtime=spanSeconds(attributes.get("resources_max.cput")),
        maxCount=toText(
            attributes.get("resources_max.ncpus", attributes.get("resources_max.procct"))
        ),
        maxReqNodes=toText(attributes.get("resources_max.nodect")),
        maxRunningJobs=_most(attributes, "max_running", "max_run"),
        maxJobsInQueue=_most(attributes, "max_queuable", "max_queued"),
        maxTotalMemory=kibibytes(attributes.get("resources_max.mem")),
        maxSingleMemory=kibibytes(attributes.get("resources_max.pmem")),
    )


def _serves(node: Node, queue: str, wanted: str) -> bool:
    if node.queue:
        return node.queue == queue
    # Torque's way to give nodes to a queue.
    return not wanted or wanted in node.properties


def _status(attributes: Mapping[str, str]) -> str:
    enabled = attributes.get("enabled", "")
    if enabled != "True":
        return enabled and "disabled"
    # It takes jobs, and begins none.
    return "enabled" if attributes.get("started", "True") == "True" else "stopped"


def _most(attributes: Mapping[str, str], plain: str, limit: str) -> str:
    found = _OF_ALL.search(attributes.get(limit, ""))
    return toText(attributes.get(plain)) or (found[1] if found else "")
