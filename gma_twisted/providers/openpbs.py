"""OpenPBS's tools: C{qstat -f -F json} and C{pbsnodes -a -F json}.

A member C{Jobs}, or C{nodes}, is left out where there are none.
"""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.providers.batchtools import Jobs
from gma_twisted.providers.jsonentries import readEntries
from gma_twisted.providers.loosejson import decodeLoosely
from gma_twisted.providers.pbsjobs import jobOf
from gma_twisted.providers.pbsqueues import Node, nodeOf
from gma_twisted.providers.units import plainText, shownValue

__all__ = ["Server", "readJobs", "readNodes"]

_JOBS = "Jobs"
_NODES = "nodes"


@attrs.define(slots=True, eq=False)
class Server:
    """
    Who answered.

    @ivar name: of the server
    @ivar version: of its software
    """

    name: str = ""
    version: str = ""


def readJobs(data: bytes, jobs: Jobs, server: Server) -> Iterator[None]:
    """
    Read C{qstat -f -F json}, in steps.

    @param jobs: takes them
    @param server: takes who answered
    @raise ProviderFailed: no such JSON, no C{pbs_server}, or a job without state
    @raise TooLarge: there are too many, or one is too large
    """
    for entry in readEntries(data, jobs.tool, (_JOBS,), decodeLoosely):
        if entry.key == _JOBS and entry.name:
            told = _mapping(entry.value, jobs.tool, f"{_JOBS} {entry.name}")
            jobs.add(jobOf(plainText(entry.name), told, jobs.tool))
        elif entry.key == "pbs_server":
            server.name = plainText(entry.value)
        elif entry.key == "pbs_version":
            server.version = plainText(entry.value)
        yield
    if not server.name:
        raise ProviderFailed(f"{jobs.tool} tells no pbs_server")


def readNodes(data: bytes, nodes: list[Node], tool: str) -> Iterator[None]:
    """
    Read C{pbsnodes -a -F json}, in steps.

    @param nodes: takes them
    @raise ProviderFailed: no such JSON
    @raise TooLarge: one is too large
    """
    for entry in readEntries(data, tool, (_NODES,), decodeLoosely):
        if entry.key == _NODES and entry.name:
            nodes.append(nodeOf(_mapping(entry.value, tool, f"{_NODES} {entry.name}")))
        yield


def _mapping(value: object, tool: str, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ProviderFailed(f"{tool} tells {cut(what)} as {shownValue(value)}, not its attributes")
    return value
