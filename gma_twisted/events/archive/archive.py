"""The events of a producer in an SQLite database, which a kill of the process loses nothing of (docs/archive.md)."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy, ConfigError, ParameterError
from gma_twisted.events.archive.appends import Append, Appends
from gma_twisted.events.archive.counts import ArchiveCounts
from gma_twisted.events.archive.file import SYNCHRONOUS, ArchiveFile
from gma_twisted.events.archive.limits import ArchiveLimits
from gma_twisted.events.archive.reading import ArchiveReader, Rows
from gma_twisted.events.archive.state import ArchiveState
from gma_twisted.events.archive.unkept import Unkept
from gma_twisted.events.archive.worker import ArchiveWorker
from gma_twisted.events.archive.writing import ArchiveWriter, Opened
from gma_twisted.interfaces.events import ArchivePage, IEventArchive, StoredEvent
from gma_twisted.timing import NodeClock, Ready, Task, spawn

__all__ = ["EventArchive"]

T = TypeVar("T")

log = Logger()

_DONE: Ready[None] = Ready(None)
_EVERY = 60.0
"""Seconds after which what is too old goes, also when nothing comes."""
_REFUSED = (sqlite3.Error, Busy, MemoryError, OverflowError, ValueError)
_ROOM = "make room on the disk, or let the archive keep less; it goes on by itself then"
_LOCKED = "end what another program does in it; it goes on by itself then"


@implementer(IEventArchive)
class EventArchive:
    """
    An archive in a file.

    What comes while something is written waits, and is written together in the next transaction.

    @ivar path: of the database
    @ivar limits: what it keeps, and what may wait
    """

    def __init__(
        self,
        path: Path,
        clock: NodeClock,
        writer: ArchiveWorker,
        reader: ArchiveWorker,
        limits: ArchiveLimits | None = None,
        synchronous: str = "normal",
    ) -> None:
        """
        @param writer: nobody else uses it; stopped with the archive
        @param reader: another
        @param synchronous: C{normal}: a kill of the process loses nothing; C{full}: a power loss neither, and each
            transaction waits for the disk
        @raise ParameterError: neither of them
        """
        if synchronous not in SYNCHRONOUS:
            raise ParameterError(f'an archive is written "normal" or "full", not {synchronous!r}')
        self.path = path
        self.limits = limits or ArchiveLimits()
        self._clock = clock
        self._writing, self._reading = writer, reader
        self._file = ArchiveFile(str(path), synchronous)
        self._writer = ArchiveWriter(self._file, self.limits)
        self._reader: ArchiveReader | None = None
        self._state = ArchiveState("", 0)
        # Those that were kept longest ago come first.
        self._positions: dict[str, str] = {}
        self._bytes = 0
        self._counts = ArchiveCounts()
        self._line = Appends(self.limits)
        self._unkept = Unkept(self._file)
        self._asked = 0
        self._isFailing = self._isWorking = self._isCrowded = False
        self._isOver = True
        self._task: Task | None = None
        self._call: IDelayedCall | None = None

    @property
    def life(self) -> str:
        """See L{IEventArchive}."""
        return self._state.life

    @property
    def last(self) -> int:
        """See L{IEventArchive}."""
        return self._state.last

    @property
    def began(self) -> int:
        """See L{IEventArchive}."""
        return self._state.began

    def append(
        self, events: Sequence[StoredEvent], positions: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """See L{IEventArchive}."""
        self._check()
        done = self._line.add(events, positions or {}, self._state.last)
        self._go()
        return done

    def positions(self) -> Mapping[str, str]:
        """See L{IEventArchive}."""
        return self._positions

    def lose(self, events: Sequence[StoredEvent]) -> None:
        """See L{IEventArchive}."""
        now = int(self._clock.wallTime() * 1e9)
        for one in events:
            at = min(one.event.timestamp.nanoseconds, now)
            self._state.letGo(one.number, at)
            self._state.last = max(self._state.last, one.number)
            self._unkept.lose(self._state.lostNumber, self._state.lost or at)
        self._counts.unkept += len(events)
        if not self._isOver:
            self._unkept.reserve(self._state.last)

    def reserve(self, number: int) -> Awaitable[None]:
        """See L{IEventArchive}."""
        if self._isOver:
            return _DONE
        self._unkept.reserve(number)
        isSafe = self._file.synchronous == "normal" or number <= self._unkept.secured
        return _DONE if isSafe else self._secure()

    async def _secure(self) -> None:
        try:
            # Where it may block, and does not wait for what the disk does not take.
            reserved = await self._reading.run(self._unkept.secure)
        except (OSError, Busy):
            self._unkept.failed()
        else:
            self._unkept.knowSecured(reserved)

    async def select(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int | None,
        after: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> ArchivePage:
        """See L{IEventArchive}."""
        wanted = dict(equal)
        return await self._ask(
            lambda reader: reader.select(name, wanted, since, after, upTo, limit)
        )

    async def recent(
        self,
        name: str,
        equal: Mapping[str, str],
        since: int,
        before: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> ArchivePage:
        """See L{IEventArchive}."""
        return await self._ask(lambda one: one.recent(name, equal, since, before, upTo, limit))

    async def between(self, after: int, upTo: int, limit: int, name: str = "*") -> ArchivePage:
        """See L{IEventArchive}."""
        return await self._ask(lambda reader: reader.between(after, upTo, limit, name))

    async def latest(self, before: int | None, limit: int) -> ArchivePage:
        """See L{IEventArchive}."""
        end = self._state.last + 1 if before is None else before
        return await self._ask(lambda reader: reader.latest(end, limit))

    def counts(self) -> Mapping[str, int]:
        """Those since the start, and C{events}, C{bytes}, C{waitingEvents}, C{waitingBytes} now."""
        return {
            **attrs.asdict(self._counts),
            "events": self._state.events,
            "bytes": self._bytes,
            "waitingEvents": self._line.events,
            "waitingBytes": self._line.size,
        }

    async def start(self) -> None:
        """See L{IEventArchive}."""
        try:
            opened = await self._open()
        except ConfigError:
            await self._writing.stop()
            await self._reading.stop()
            raise
        self._state = opened.state
        self._positions = dict(opened.positions)
        self._bytes = opened.bytes
        self._isOver = False
        self._go(isDue=True)

    async def _open(self) -> Opened:
        now = self._clock.wallTime()
        try:
            opened: Opened = await self._writing.run(lambda: self._writer.open(now))
            try:
                connection = await self._reading.run(self._file.toRead)
            except sqlite3.Error:
                await self._writing.run(self._writer.close)
                raise
        except (sqlite3.Error, TypeError, ValueError, OSError) as error:
            raise self._file.unusable(error) from error
        self._reader = ArchiveReader(connection, self.limits.pageBytes)
        return opened

    async def stop(self) -> None:
        """See L{IEventArchive}."""
        if self._isOver:
            return
        self._isOver = True
        if self._call is not None:
            self._call.cancel()
            self._call = None
        while self._task is not None:
            await self._task.wait()
        reader, self._reader = self._reader, None
        if reader is not None:
            await self._reading.run(reader.close)
        await self._reading.stop()
        # What was lost and could not be written down may be now.
        await self._writeDown()
        await self._writing.run(self._writer.close)
        await self._writing.stop()

    def _check(self) -> None:
        if self._isOver:
            raise Busy("the archive is not open: the node starts or stops")

    async def _ask(self, question: Callable[[ArchiveReader], Rows]) -> ArchivePage:
        self._check()
        reader = self._reader
        assert reader is not None
        if self._asked >= self.limits.questions:
            raise Busy(f"{self._asked} questions are asked of the archive at once, the most")
        self._asked += 1
        try:
            rows = await self._reading.run(lambda: question(reader))
        except sqlite3.Error as error:
            raise Busy(
                f"the archive {self.path} cannot be read: {error}",
                cure="see what the disk says, and PRAGMA integrity_check",
            ) from error
        finally:
            self._asked -= 1
        self._counts.unreadable += rows.unreadable
        state = self._state
        # What was lost unkept may be of any name, and may not be on the disk yet; what was let go may be there only.
        number = max(rows.lostNumber, state.lostOther if rows.isNamed else state.lostNumber)
        lost = max((one for one in (rows.lost, state.lost) if one is not None), default=None)
        return ArchivePage(rows.found, rows.last, lost, number, rows.unreadable)

    def _go(self, isDue: bool = False) -> None:
        if self._isWorking:
            return
        self._isWorking = True
        if self._call is not None:
            self._call.cancel()
            self._call = None
        task = spawn(self._work(isDue), "an archive writes")
        self._task = None if task.ended else task

    def _due(self) -> None:
        self._call = None
        self._go(isDue=True)

    async def _work(self, isDue: bool) -> None:
        isMore = isDue
        try:
            while self._line or (isMore and not self._isOver):
                written = 0
                if self._line:
                    written = await self._writeSome()
                if written or isMore:
                    isMore = await self._trim(2 * written)
        finally:
            self._isWorking = False
            self._task = None
            if not self._isOver:
                self._call = self._clock.callLater(_EVERY, self._due)

    async def _writeSome(self) -> int:
        """One transaction. @return: how many events came"""
        some = self._line.next()
        events = [one for each in some for one in each.events]
        positions: dict[str, str] = {}
        for each in some:
            positions.update(each.positions)
        positions.update(dict.fromkeys(self._surplus(positions), ""))
        lost, now = self._unkept.lost, self._clock.wallTime()
        error: Exception | None = None
        try:
            state = await self._writing.run(
                lambda: self._writer.write(events, positions, lost, now)
            )
        except _REFUSED as raised:
            error = raised
        self._line.takeOut(some)
        if error is not None:
            self._failed(error, some)
            return 0
        self._took(state, positions, len(events), lost)
        for each in some:
            each.done.callback(None)
        return len(events)

    def _surplus(self, positions: Mapping[str, str]) -> Sequence[str]:
        """Names of positions that go when some more are kept: too many must not keep anybody's events from the disk."""
        most = self.limits.positions
        if len(self._positions) + len(positions) <= most:
            return ()
        names = [one for one in self._positions if one not in positions]
        names += [one for one, text in positions.items() if text]
        surplus = names[: max(0, len(names) - most)]
        if surplus and not self._isCrowded:
            self._isCrowded = True
            log.warn(
                "{path} keeps {most} positions of streams, the most; those that were not used for longest go",
                path=self.path,
                most=most,
            )
        return surplus

    def _took(
        self,
        state: ArchiveState,
        positions: Mapping[str, str],
        count: int,
        lost: tuple[tuple[int, int], ...],
    ) -> None:
        self._unkept.knows(lost, state.last)
        self._know(state)
        for name, text in positions.items():
            self._positions.pop(name, None)
            if text:
                self._positions[name] = text
        self._counts.stored += count
        self._counts.batches += 1
        if self._isFailing:
            self._isFailing = False
            log.info("{path}: events are kept again", path=self.path)

    def _know(self, state: ArchiveState) -> None:
        """What is on the disk; what was lost meanwhile is not yet."""
        before, self._state = self._state, state
        state.last = max(state.last, before.last)
        if before.lost is not None:
            state.letGo(before.lostNumber, before.lost, isNamed=True)
            state.letGo(before.lostOther, before.lost)

    def _failed(self, error: Exception, some: Sequence[Append]) -> None:
        self._counts.refused += 1
        message = f"the archive {self.path} takes no events: {error}"
        cure = _LOCKED if "locked" in str(error) else _ROOM
        if not self._isFailing:
            self._isFailing = True
            log.error("{message}; {cure}", message=message, cure=cure)
        for each in some:
            each.done.errback(Busy(message, cure=cure))

    async def _trim(self, least: int) -> bool:
        now = self._clock.wallTime()
        try:
            state, self._bytes, isMore = await self._writing.run(
                lambda: self._writer.trim(least, now)
            )
        except sqlite3.Error as error:
            if not self._isFailing:
                self._isFailing = True
                log.error(
                    "{path}: old events cannot be let go: {error}", path=self.path, error=error
                )
            return False
        self._counts.letGo += max(0, self._state.events - state.events)
        self._know(state)
        return isMore

    async def _writeDown(self) -> None:
        lost, now = self._unkept.lost, self._clock.wallTime()
        if lost:
            try:
                state = await self._writing.run(lambda: self._writer.write((), {}, lost, now))
            except sqlite3.Error:
                log.failure("{path}: what was lost is not written down", path=self.path)
            else:
                self._unkept.knows(lost, state.last)
