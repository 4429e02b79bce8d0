"""Bounds of registrations, and those that are over."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["RegistryBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class RegistryBounds:
    """Of the engines C{registry} and C{tombstones}."""

    registryEntries: int = key(
        COUNT,
        "registrations in the registry",
        2_000_000,
        name="registry_entries",
        bound="registry.entries",
    )
    registryPerOwner: int = key(
        COUNT,
        "registrations of one owner",
        100_000,
        name="registry_per_owner",
        bound="registry.perOwner",
    )
    registryBytes: int = key(
        SIZE,
        "all registrations together",
        4096 * _MIB,
        name="registry_size",
        bound="registry.bytes",
    )
    registrySize: int = key(
        SIZE,
        "one registration without its content",
        64 * _KIB,
        name="registry_entry_size",
        bound="registry.size",
    )
    registryContentSize: int = key(
        SIZE,
        "the content of one registration",
        64 * _KIB,
        name="registry_content_size",
        bound="registry.contentSize",
    )
    registryAttributes: int = key(
        COUNT,
        "attributes of one registration",
        64,
        name="registry_attributes",
        bound="registry.attributes",
    )
    registryInterfaces: int = key(
        COUNT,
        "interfaces of one registration",
        64,
        name="registry_interfaces",
        bound="registry.interfaces",
    )
    registryBatch: int = key(
        COUNT,
        "registrations one commit touches",
        10_000,
        name="registry_batch",
        bound="registry.batch",
    )
    registryQueued: int = key(
        COUNT,
        "registrations commits that wait touch",
        200_000,
        name="registry_queued",
        bound="registry.queued",
    )
    registryRemembered: int = key(
        COUNT,
        "registrations that are over and from which a page can still go on",
        20_000,
        name="registry_remembered",
        bound="registry.remembered",
    )
    registryTombstones: int = key(
        COUNT,
        "registrations that are over and of which the reason is still told",
        10_000,
        name="registry_tombstones",
        bound="tombstones.most",
    )
