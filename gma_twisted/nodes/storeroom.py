"""What the store of a node's main service has room for: values of its own, and copies of what others have."""

from collections.abc import Iterator

from gma_twisted.aggregation import Share
from gma_twisted.configuration import Configuration, Draft, LimitsSection, Mistake
from gma_twisted.nodes.kind import NodeKind

__all__ = ["copiesOf", "keepsEvents", "roomMistakes"]

# Values of a service beside its entries, and bytes of the smallest entry, as the store counts them.
_FURTHER = 1000
_VALUE = 600
# Most of a store's bytes that values of other services take.
_COPIES = 0.75


def keepsEvents(kind: NodeKind, configuration: Configuration) -> bool:
    """Whether the main service has events among its service data."""
    return kind.keepsEvents and bool(configuration.subscribe)


def copiesOf(kind: NodeKind, limits: LimitsSection, hasEvents: bool = False) -> Share:
    """
    What values of other services may take of the store of a node's main service: its own have their room.

    @param hasEvents: whether events are among its own
    """
    events, size = (limits.eventValues, limits.eventValuesBytes) if hasEvents else (0, 0)
    if kind.takesRegistrations:
        own = limits.registryEntries + _FURTHER
    else:
        jobs = limits.placeholders if kind.knowsJobs else 0
        own = min(_FURTHER + jobs, limits.storeElements // 4)
    bytes = min(limits.storeSize - own * _VALUE - size, int(limits.storeSize * _COPIES))
    return Share(max(0, limits.storeElements - own - events), max(0, bytes))


def roomMistakes(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """Limits under which the store could not hold what may be registered."""
    if not (kind.takesRegistrations and draft.reads(("limits",))):
        return
    limits = draft.configuration.limits
    entries = limits.registryEntries
    events, size, also = 0, 0, ""
    if keepsEvents(kind, draft.configuration):
        events, size = limits.eventValues, limits.eventValuesBytes
        also = " beside the events of event_values"
    for key, has, needs in (
        ("store_elements", limits.storeElements, entries + _FURTHER + events),
        ("store_size", limits.storeSize, (entries + _FURTHER) * _VALUE + size),
    ):
        if has < needs:
            yield Mistake(
                ("limits", key),
                f"{has} cannot hold a value for each of the {entries} of registry_entries and {_FURTHER} others{also}",
                f"make {key} {needs} or more, or registry_entries less",
            )
