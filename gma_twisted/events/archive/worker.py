"""Where the blocking half of an archive runs; given by who builds it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["ArchiveWorker"]

T = TypeVar("T")


class ArchiveWorker(Protocol):
    """Runs jobs one after the other, in the order given."""

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """
        @param job: may block
        @return: what it returns; what it raises is raised, at once or when awaited
        @raise Busy: too many jobs are waiting
        """

    def stop(self) -> Awaitable[None]:
        """Finish what was asked for."""
