"""The core handlers: what becomes of a document that is more, or other, than one value (GT3 callbacks; WIRE 4)."""

from gma_twisted.handlers.jobs import JobDataHandler
from gma_twisted.handlers.merge import MergeHandler
from gma_twisted.handlers.sort import SortHandler
from gma_twisted.handlers.split import SplitHandler

__all__ = ["CORE_HANDLERS", "JobDataHandler", "MergeHandler", "SortHandler", "SplitHandler"]

_CLASSES: tuple[type, ...] = (JobDataHandler, MergeHandler, SortHandler, SplitHandler)

CORE_HANDLERS = {one.__name__: f"{one.__module__}:{one.__name__}" for one in _CLASSES}
"""Short name to dotted name, for configurations; the first also as GT3 wrote it."""

CORE_HANDLERS["jobDataHandler"] = CORE_HANDLERS["JobDataHandler"]
