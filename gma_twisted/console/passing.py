"""The counters of events that pass through a node, part by part."""

from collections.abc import Iterator, Mapping

from gma_twisted.interfaces import INodeControl

__all__ = ["passing"]

_ARCHIVE = "archive"


def passing(node: INodeControl) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Each part the node has, and its counters; what comes first."""
    produced = node.produced()
    kept = {
        name[len(_ARCHIVE)].lower() + name[len(_ARCHIVE) + 1 :]: count
        for name, count in produced.items()
        if name.startswith(_ARCHIVE)
    }
    told = {name: count for name, count in produced.items() if not name.startswith(_ARCHIVE)}
    parts = [
        ("lines that came", node.lines()),
        ("consumer", node.consumed()),
        ("made of them", node.compounded()),
        ("archive", kept),
        ("producer", told),
        *((f"lines by {scheme}", counts) for scheme, counts in node.sentLines().items()),
    ]
    for part, counts in parts:
        if counts:
            yield part, counts
