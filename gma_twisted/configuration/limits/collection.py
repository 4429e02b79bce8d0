"""Bounds of what providers give."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["CollectionBounds"]

_MIB = 1024**2


@attrs.frozen(slots=False)
class CollectionBounds:
    """Of the engine C{quarantine}."""

    quarantined: int = key(
        COUNT,
        "documents kept of a provider that could not be used",
        5,
        bound="quarantine.documents",
    )
    quarantinedDocument: int = key(
        SIZE,
        "one of these; of a larger one the beginning is kept",
        _MIB,
        name="quarantined_document",
        bound="quarantine.document",
    )
    quarantinedSize: int = key(
        SIZE,
        "all of these together; the oldest go first",
        64 * _MIB,
        name="quarantined_size",
        bound="quarantine.size",
    )
