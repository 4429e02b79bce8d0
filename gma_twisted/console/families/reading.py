"""What a node tells at one moment, for its metrics."""

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.interfaces import INodeControl

__all__ = ["Reading"]


@attrs.frozen(slots=True, eq=False)
class Reading:
    """
    What a node tells at one moment; each thing is asked once.

    @ivar node: asked for what costs nothing
    @ivar providers: see L{INodeControl.providers}
    @ivar registry: see L{INodeControl.registry}
    @ivar memberships: how many, by state
    @ivar sources: how many, by state
    @ivar aggregation: see L{INodeControl.aggregation}
    @ivar lines: see L{INodeControl.lines}
    @ivar sentLines: see L{INodeControl.sentLines}
    @ivar produced: see L{INodeControl.produced}
    @ivar consumed: see L{INodeControl.consumed}
    @ivar compounded: see L{INodeControl.compounded}
    @ivar notices: see L{INodeControl.notices}
    @ivar queries: see L{INodeControl.queries}
    @ivar requests: see L{INodeControl.requests}
    @ivar reloads: see L{INodeControl.reloads}
    """

    node: INodeControl
    providers: Sequence[Mapping[str, str]]
    registry: Mapping[str, int]
    memberships: Mapping[str, int]
    sources: Mapping[str, int]
    aggregation: Mapping[str, int]
    lines: Mapping[str, int]
    sentLines: Mapping[str, Mapping[str, int]]
    produced: Mapping[str, int]
    consumed: Mapping[str, int]
    compounded: Mapping[str, int]
    notices: Mapping[str, int]
    queries: Mapping[str, Mapping[str, float]]
    requests: Mapping[str, int]
    reloads: Mapping[str, int | str]

    @classmethod
    def of(cls, node: INodeControl) -> "Reading":
        """Ask a node."""
        return cls(
            node,
            node.providers(),
            node.registry(),
            Counter(row.get("state", "") for row in node.memberships()),
            Counter(row.get("state", "") for row in node.sources()),
            node.aggregation(),
            node.lines(),
            node.sentLines(),
            node.produced(),
            node.consumed(),
            node.compounded(),
            node.notices(),
            node.queries(),
            node.requests(),
            node.reloads(),
        )
