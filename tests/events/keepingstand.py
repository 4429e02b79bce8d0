"""An engine with an archive that takes its time."""

from collections.abc import Mapping, Sequence

from twisted.internet.defer import Deferred

from gma_twisted.events import EventEngine
from gma_twisted.interfaces.events import StoredEvent
from gma_twisted.testing.archive import MemoryArchive
from gma_twisted.timing import toDeferred
from tests.events.stand import EngineStand, Plane, made, numbersOf

__all__ = ["ArchiveStand", "HeldArchive"]


class HeldArchive(MemoryArchive):
    """
    One that takes its time.

    @ivar held: appends that wait; C{None}: none does
    @ivar reserving: reservations that do
    """

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Deferred[None]] | None = None
        self.reserving: list[Deferred[None]] | None = None
        self.batches: list[list[int]] = []

    async def append(
        self, events: Sequence[StoredEvent], positions: Mapping[str, str] | None = None
    ) -> None:
        """See L{IEventArchive}."""
        self.batches.append([one.number for one in events])
        if self.held is not None:
            done: Deferred[None] = Deferred()
            self.held.append(done)
            await done
        await super().append(events, positions)

    async def reserve(self, number: int) -> None:
        """See L{IEventArchive}."""
        if self.reserving is not None:
            done: Deferred[None] = Deferred()
            self.reserving.append(done)
            await done
        await super().reserve(number)

    def release(self) -> None:
        """Let the oldest that waits go on."""
        assert self.held is not None
        self.held.pop(0).callback(None)

    def releaseAll(self) -> None:
        """Let all that waits go on, and hold nothing more."""
        held, self.held = self.held or [], None
        for one in held:
            one.callback(None)


class ArchiveStand(EngineStand):
    """
    An engine with an archive.

    @ivar archive: its
    """

    def setUp(self) -> None:
        """Make another engine in place of the one without."""
        super().setUp()
        self.result(self.engine.stop())
        self.archive = HeldArchive()
        self.begin()

    def begin(self) -> None:
        """One more life of the engine."""
        self.plane = Plane()
        self.engine = EventEngine(
            self.clock, [self.plane], lambda: 0.5, self.limits, "site", archive=self.archive
        )
        self.result(self.engine.start())

    def told(self) -> list[object]:
        """The numbers in what subscribers were sent."""
        return [number for sent in self.plane.sent for number in numbersOf(sent.events)]

    def keep(self, *numbers: float, positions: Mapping[str, str] | None = None) -> Deferred[None]:
        """Publish at once."""
        events = [(made("load", number), "site") for number in numbers]
        return toDeferred(self.engine.keep(events, positions))
