"""Bounds of a directory, beside those of its registry."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["DirectoryBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class DirectoryBounds:
    """Of the engine C{directory}."""

    directoryEventTypes: int = key(
        COUNT,
        "event types of one entry of a directory",
        64,
        name="directory_event_types",
        bound="directory.eventTypes",
    )
    directoryPage: int = key(
        COUNT,
        "entries of a page, and of who is told to a newcomer",
        1_000,
        name="directory_page",
        bound="directory.page",
    )
    directoryPageSize: int = key(
        SIZE,
        "these together, about; one entry is told whatever it has",
        512 * _KIB,
        name="directory_page_size",
        bound="directory.pageSize",
    )
    directoryConditions: int = key(
        COUNT,
        "attributes that one search or watch asks for",
        64,
        name="directory_conditions",
        bound="directory.conditions",
    )
    directoryExpression: int = key(
        SIZE,
        "an XPath expression of a search",
        4 * _KIB,
        name="directory_expression",
        bound="directory.expression",
    )
    directoryWatches: int = key(
        COUNT,
        "watches at a time",
        1_000,
        name="directory_watches",
        bound="directory.watches",
    )
    directoryWatchesPerOwner: int = key(
        COUNT,
        "watches of one owner at a time",
        100,
        name="directory_watches_per_owner",
        bound="directory.watchesPerOwner",
    )
    directoryChanges: int = key(
        COUNT,
        "changes kept for watches that are slower than they come, and those one of them has to tell",
        10_000,
        name="directory_changes",
        bound="directory.changes",
    )
    directoryChangesSize: int = key(
        SIZE,
        "what those changes replaced or ended, about",
        16 * _MIB,
        name="directory_changes_size",
        bound="directory.changesSize",
    )
