"""The partitions of Slurm: of C{sinfo --json} the nodes of 21.08, or the groups of nodes that later ones tell."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.model.job import Queue
from gma_twisted.providers.slurmnumbers import boundOf, stateWords, wholeOf
from gma_twisted.providers.units import plainText

__all__ = ["MOST_PARTITIONS", "Partitions"]

MOST_PARTITIONS = 1000
"""Most partitions of a cluster."""

_IDLE = "IDLE"
_MINUTE = 60


@attrs.define(slots=True, eq=False)
class _Partition:
    total: int = 0
    free: int = 0
    status: str = ""
    maxtime: str = ""
    maxReqNodes: str = ""


@attrs.define(slots=True, eq=False)
class Partitions:
    """
    Gathered of the entries of one answer.

    @ivar tool: names the program in errors
    """

    tool: str
    _known: dict[str, _Partition] = attrs.field(factory=dict, init=False)

    def queues(self) -> Iterator[Queue]:
        """One queue each; what its version of Slurm does not tell is empty."""
        for name, one in self._known.items():
            yield Queue(
                name=name,
                status=one.status,
                dispatchType="batch",
                totalnodes=str(one.total),
                freenodes=str(one.free),
                maxtime=one.maxtime,
                maxReqNodes=one.maxReqNodes,
            )

    def addNode(self, told: Mapping[str, object]) -> None:
        """
        Count a node, as 21.08 and 22.05 tell them.

        @raise ProviderFailed: its partitions are no list
        @raise TooLarge: there are more than L{MOST_PARTITIONS}
        """
        names = told.get("partitions")
        if not isinstance(names, list):
            raise ProviderFailed(
                f"{self.tool} tells no list of partitions of node {plainText(told.get('name'))}"
            )
        # Draining, powered down, planned: in flags of their own.
        state = stateWords(told.get("state")) + stateWords(told.get("state_flags", []))
        for name in names[:MOST_PARTITIONS]:
            partition = self._partition(plainText(name))
            partition.total += 1
            partition.free += state == [_IDLE]

    def addGroup(self, told: Mapping[str, object]) -> None:
        """
        Count the nodes of a partition that are alike, as 23.02 and later tell them.

        @raise ProviderFailed: it tells no partition
        @raise TooLarge: there are more than L{MOST_PARTITIONS}
        """
        of = _inner(told, "partition")
        partition = self._partition(plainText(of.get("name")))
        nodes = _inner(told, "nodes")
        partition.total += wholeOf(nodes.get("total"))
        partition.free += wholeOf(nodes.get("idle"))
        state = stateWords(_inner(of, "partition").get("state"))
        if state:
            partition.status = {"UP": "enabled", "INACTIVE": "disabled"}.get(state[0], state[0])
        most = _inner(of, "maximums")
        partition.maxtime = boundOf(most.get("time"), _MINUTE)
        partition.maxReqNodes = boundOf(most.get("nodes"))

    def _partition(self, name: str) -> _Partition:
        if not name:
            raise ProviderFailed(f"{self.tool} tells a partition without a name")
        known = self._known.setdefault(name, _Partition())
        if len(self._known) > MOST_PARTITIONS:
            raise TooLarge(f"{self.tool} tells more than {MOST_PARTITIONS} partitions")
        return known


def _inner(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    inner = told.get(name)
    return inner if isinstance(inner, Mapping) else {}
