"""Who is registered here, and where the node's own services are."""

from collections.abc import Callable, Iterable, Sequence

from gma_twisted.console.families.family import Family, Value, byState, ifTold
from gma_twisted.console.families.reading import Reading

__all__ = ["MEMBERSHIP_STATES", "REGISTRY"]

MEMBERSHIP_STATES = ("waiting", "trying", "registered", "stopped")
"""How a service can stand with a registry elsewhere."""


def _registry(key: str) -> Callable[[Reading], Iterable[Value]]:
    """Only where there is a registry."""
    return ifTold(lambda reading: reading.registry, key)


REGISTRY: Sequence[Family] = (
    Family(
        "gma_registry_entries",
        "gauge",
        "Entries of the node's registry; none where there is no registry.",
        _registry("entries"),
    ),
    Family(
        "gma_registry_tombstones",
        "gauge",
        "Entries that are over and whose end is still told.",
        _registry("tombstones"),
    ),
    Family(
        "gma_store_quarantined_records",
        "gauge",
        "Damaged records that were found when what is kept was loaded.",
        _registry("quarantined"),
    ),
    Family(
        "gma_memberships",
        "gauge",
        "Services of the node in registries elsewhere, by how they stand there.",
        byState(lambda reading: reading.memberships, MEMBERSHIP_STATES),
        ("state",),
    ),
)
