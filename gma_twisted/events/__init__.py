"""Events of a producer: kept, asked for, and brought to those who subscribed (ARCHITECTURE, two planes)."""

from gma_twisted.events.archive import ArchiveLimits, ArchiveWorker, EventArchive
from gma_twisted.events.engine import EventEngine
from gma_twisted.events.limits import EngineLimits, PlaneLimits
from gma_twisted.events.notifyplane import NotifyPlane

__all__ = [
    "ArchiveLimits",
    "ArchiveWorker",
    "EngineLimits",
    "EventArchive",
    "EventEngine",
    "NotifyPlane",
    "PlaneLimits",
]
