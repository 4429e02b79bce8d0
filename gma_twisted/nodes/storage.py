"""Where a node keeps what survives a restart: files in its state directory, or nowhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import attrs

from gma_twisted.stores.journal import Journal, Worker
from gma_twisted.stores.recording import Forgetful, Recorder
from gma_twisted.timing import NodeClock

__all__ = ["FileStorage", "NoStorage", "Storage"]


class Storage(Protocol):
    """What keeps the stores of a node."""

    def recorder(self, name: str) -> Recorder:
        """What makes the commits of one store durable. @param name: of the store, unique in the node"""

    def quarantined(self) -> int:
        """How many damaged records were found when the stores were loaded."""


class NoStorage:
    """Keeps nothing."""

    def recorder(self, name: str) -> Recorder:
        """See L{Storage}."""
        return Forgetful()

    def quarantined(self) -> int:
        """See L{Storage}."""
        return 0


@attrs.define(slots=True, eq=False)
class FileStorage:
    """
    A journal for each store, C{NAME.db} in the state directory.

    @ivar directory: made before anything is loaded
    @ivar clock: the node's
    @ivar workerOf: makes, of a name, what a journal writes in
    """

    directory: Path
    clock: NodeClock
    workerOf: Callable[[str], Worker]
    _journals: list[Journal] = attrs.field(factory=list, init=False, repr=False)

    def recorder(self, name: str) -> Recorder:
        """See L{Storage}."""
        path = str(self.directory / f"{name}.db")
        journal = Journal(path, name, self.clock, self.workerOf(name))
        self._journals.append(journal)
        return journal

    def quarantined(self) -> int:
        """See L{Storage}."""
        return sum(journal.damaged for journal in self._journals)
