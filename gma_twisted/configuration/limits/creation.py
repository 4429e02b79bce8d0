"""Bounds of services that clients had made."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["CreationBounds"]

_MIB = 1024**2


@attrs.frozen(slots=False)
class CreationBounds:
    """Of the engine C{factory}."""

    createdServices: int = key(
        COUNT,
        "services clients had made",
        1000,
        name="created_services",
        bound="factory.services",
    )
    createdPerOwner: int = key(
        COUNT,
        "services one owner had made",
        100,
        name="created_per_owner",
        bound="factory.perOwner",
    )
    createdSize: int = key(
        SIZE,
        "service data of all services clients had made; each has 1 MiB of it",
        1024 * _MIB,
        name="created_size",
        bound="factory.size",
    )
