"""History on disk: the events of a producer in an SQLite database."""

from gma_twisted.events.archive.archive import EventArchive
from gma_twisted.events.archive.limits import ArchiveLimits
from gma_twisted.events.archive.worker import ArchiveWorker

__all__ = ["ArchiveLimits", "ArchiveWorker", "EventArchive"]
