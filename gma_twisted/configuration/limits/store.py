"""Bounds of service data."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["StoreBounds"]

_MIB = 1024**2


@attrs.frozen(slots=False)
class StoreBounds:
    """Of the engine C{store}."""

    storeElements: int = key(
        COUNT,
        "values in the store; values of other services take at most what `registry_entries` and 1000 others leave",
        3_100_000,
        name="store_elements",
        bound="store.elements",
    )
    storeSize: int = key(
        SIZE,
        "all values together; those of other services take at most three quarters of it, and what 600 bytes for each"
        " of `registry_entries` and 1000 others leave",
        4096 * _MIB,
        name="store_size",
        bound="store.bytes",
    )
    storeElementSize: int = key(
        SIZE, "one value", 8 * _MIB, name="store_element_size", bound="store.elementSize"
    )
    storeNames: int = key(
        COUNT, "service data names", 100_000, name="store_names", bound="store.names"
    )
    storeBatch: int = key(
        COUNT, "values one commit touches", 100_000, name="store_batch", bound="store.batch"
    )
    storeQueued: int = key(
        COUNT, "values commits that wait touch", 200_000, name="store_queued", bound="store.queued"
    )
