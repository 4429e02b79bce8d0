"""What became of the events of an archive: for the status page and for metrics."""

import attrs

__all__ = ["ArchiveCounts"]


@attrs.define(slots=True, eq=False)
class ArchiveCounts:
    """
    Counts since the start.

    @ivar stored: events that are kept
    @ivar batches: transactions they came in
    @ivar refused: transactions the disk did not take
    @ivar letGo: events that went because they were old, or too many
    @ivar unkept: events that were told without being kept
    @ivar unreadable: events that could not be read, each time
    """

    stored: int = 0
    batches: int = 0
    refused: int = 0
    letGo: int = 0
    unkept: int = 0
    unreadable: int = 0
