"""Torque's tools: C{qstat -x} and C{pbsnodes -x}, XML in one line of many megabytes::

<Data><Job><Job_Id>101.srv</Job_Id><job_state>R</job_state>...</Job></Data>
"""

from collections.abc import Iterator, Mapping

from gma_twisted.errors import ProviderFailed, cut
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.providers.batchtools import Jobs, isBlank
from gma_twisted.providers.pbsjobs import jobOf
from gma_twisted.providers.pbsqueues import Node, nodeOf
from gma_twisted.providers.units import plainText

__all__ = ["readJobs", "readNodes"]

_PORTION = 64 * 1024
_DATA = "Data"
_LONGEST = 65536


def readJobs(data: bytes, jobs: Jobs, gate: XMLGate) -> Iterator[None]:
    """
    Read C{qstat -x}, in steps. No jobs are no output, or C{<Data/>}.

    @param jobs: takes them
    @raise ProviderFailed: another document, or a job without id or state
    @raise ParameterError, TooLarge: the gate refuses it, or there are too many
    """
    for told in _entries(data, "Job", jobs.tool, gate):
        jobs.add(jobOf(plainText(told.get("Job_Id")), told, jobs.tool))
        yield


def readNodes(data: bytes, nodes: list[Node], tool: str, gate: XMLGate) -> Iterator[None]:
    """
    Read C{pbsnodes -x}, in steps.

    @param nodes: takes them
    @raise ProviderFailed: another document
    @raise ParameterError, TooLarge: the gate refuses it
    """
    for told in _entries(data, "Node", tool, gate):
        nodes.append(nodeOf(told))
        yield


def _entries(data: bytes, name: str, tool: str, gate: XMLGate) -> Iterator[Mapping[str, object]]:
    if isBlank(data):
        return
    for portion in _portions(data, b"<%s>" % name.encode()):
        root = gate.parse(portion, f"output of {tool}")
        if root.tag != _DATA:
            raise ProviderFailed(f"{tool} printed <{cut(root.tag)}>, not <{_DATA}>")
        for entry in root.iterchildren(name):
            yield _attributes(entry)


def _portions(data: bytes, opening: bytes) -> Iterator[bytes]:
    # Cut before an entry, and made whole again: what is no such document becomes none by it, for the gate judges
    # each portion. Tags of entries stand nowhere else: in a text they would be escaped.
    begin = max(0, data.find(opening))
    head = data[:begin]
    while True:
        end = data.find(opening, begin + _PORTION)
        if end < 0:
            yield head + data[begin:]
            return
        yield head + data[begin:end] + b"</Data>"
        begin = end


def _attributes(entry: Element) -> Mapping[str, object]:
    told: dict[str, object] = {}
    for one in entry.iterchildren():
        inner = {str(each.tag): each.text or "" for each in one.iterchildren()}
        told[str(one.tag)] = inner or (one.text or "")[:_LONGEST]
    return told
