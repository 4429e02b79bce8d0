"""The catalogue in the service data of its service: what is told to whoever asks or subscribes."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Command,
    Ended,
    Extend,
    Lifetime,
    Put,
    Registration,
    RegistryChange,
    RegistryChanges,
    Remove,
    Renewed,
    ReplaceAll,
)
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.entryvalues import ENTRY, EntryValues, membershipRules
from gma_twisted.timing import Backoff, Ready, sleep, spawn

__all__ = ["EntryPublisher"]

log = Logger()

# What one turn of the reactor has time for.
_PAGE = 250
# Seconds to the next attempt; nobody else tries at the same time, so no chance is needed.
_BACKOFF = Backoff(1.0, 60.0)
_BATCH = 10_000


@attrs.define(slots=True, eq=False)
class EntryPublisher:
    """
    Keeps C{ogsi:entry} and C{membershipContentRule} of a service in step with its catalogue.

    Each change of the registry makes one commit of service data, however many entries it touched; a renewal is an
    extension, which no content travels for. What the service data store could not take is behind: it is tried again
    as the entry is then, after a second at first and up to a minute later, in ever smaller parts, so that what fits
    comes in beside what does not; when very much is behind, everything is published anew. The first failure is logged,
    and when nothing is behind any more.

    @ivar catalogue: told onward
    @ivar data: the service's
    @ivar mostBehind: entries that are tried again one by one
    """

    catalogue: Catalogue
    data: IServiceDataStore
    mostBehind: int = 100_000
    _values: EntryValues = attrs.field(init=False, repr=False)
    _behind: dict[str, None] = attrs.field(factory=dict, init=False, repr=False)
    _isLost: bool = attrs.field(default=False, init=False)
    _isTold: bool = attrs.field(default=False, init=False)
    _attempts: int = attrs.field(default=0, init=False)
    _retry: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._values = EntryValues(self.catalogue.handle, self.catalogue.entries)

    async def start(self) -> None:
        """
        Publish what is there, then follow. Both stores have been started.

        @raise GMAError: the service data store does not even take the rules; entries it does not take are behind
        """
        catalogue = self.catalogue
        clock = catalogue.clock
        rules = membershipRules(
            catalogue.handle, catalogue.rules, clock.seconds(), clock.wallTime()
        )
        self._endObservation = catalogue.store.observe(self._changed)
        # A store that outlived the node may hold rules that are none any more.
        await self.data.commit([ReplaceAll(rules[0].key.name, catalogue.handle.url, rules)])
        try:
            await self._publishAll()
        except GMAError as error:
            self._isLost = True
            self._failed(error, ())

    def stop(self) -> None:
        """Follow no more; values stay until their lifetime ends. No effect when it does not follow."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    async def _publishAll(self) -> None:
        # A store that outlived the node may hold entries that ended meanwhile.
        await self.data.commit([ReplaceAll(ENTRY, self.catalogue.handle.url, ())])
        rows = self.catalogue.store.entries("", _PAGE)
        while rows:
            now = self.catalogue.clock.seconds()
            try:
                await self.data.commit([self._put(row, now) for row in rows])
            except GMAError as error:
                self._failed(error, [row.entry for row in rows])
                if self._isLost:
                    return
            await sleep(self.catalogue.clock, 0)
            rows = self.catalogue.store.entries(rows[-1].entry, _PAGE)

    def _put(self, row: Registration, now: float) -> Put:
        until = row.until
        return Put(self._values.value(row, Lifetime(min(now, until), until, until)))

    def _changed(self, changes: RegistryChanges) -> None:
        every = changes.changes
        for start in range(0, len(every), _BATCH):
            self._publish(every[start : start + _BATCH])

    def _publish(self, changes: Sequence[RegistryChange]) -> None:
        now = self.catalogue.clock.seconds()
        try:
            done = self.data.commit([self._command(change, now) for change in changes])
        except GMAError as error:
            self._failed(error, _entriesOf(changes))
            return
        if not isinstance(done, Ready):
            spawn(self._await(done, changes), "publishing entries")

    def _command(self, change: RegistryChange, now: float) -> Command:
        row = change.row
        if isinstance(change, Ended):
            return Remove(self._values.key(row.entry))
        if isinstance(change, Renewed):
            present = self.data.get(self._values.key(row.entry))
            # It may have gone while the renewal was recorded.
            if present is not None:
                good = min(present.lifetime.goodFrom, row.until)
                return Extend(present.key, Lifetime(good, row.until, row.until))
        return self._put(row, now)

    async def _await(self, done: Awaitable[object], changes: Sequence[RegistryChange]) -> None:
        try:
            await done
        except GMAError as error:
            self._failed(error, _entriesOf(changes))

    def _failed(self, error: GMAError, entries: Sequence[str]) -> None:
        if not self._isTold:
            self._isTold = True
            log.warn(
                "entries of {handle} could not be published, which is tried again: {reason}",
                handle=self.catalogue.handle.url,
                reason=error.message,
            )
        self._behind.update(dict.fromkeys(entries))
        if len(self._behind) > self.mostBehind:
            self._behind.clear()
            self._isLost = True
        self._tryAgainIn(_BACKOFF.ceiling(self._attempts + 1))

    def _tryAgainIn(self, seconds: float) -> None:
        if self._retry is None and self._endObservation is not None:
            self._retry = self.catalogue.clock.callLater(seconds, self._again)

    def _again(self) -> None:
        self._retry = None
        self._attempts += 1
        spawn(self._anew() if self._isLost else self._some(), "publishing entries again")

    async def _some(self) -> None:
        entries = list(islice(self._behind, max(1, _PAGE >> (self._attempts - 1))))
        for entry in entries:
            del self._behind[entry]
        try:
            now = self.catalogue.clock.seconds()
            await self.data.commit([self._present(entry, now) for entry in entries])
        except GMAError as error:
            self._failed(error, entries)
        else:
            self._caughtUp()

    def _present(self, entry: str, now: float) -> Command:
        row = self.catalogue.store.get(entry)
        return Remove(self._values.key(entry)) if row is None else self._put(row, now)

    async def _anew(self) -> None:
        self._isLost = False
        try:
            await self._publishAll()
        except GMAError as error:
            self._isLost = True
            self._failed(error, ())
        else:
            if not self._isLost:
                self._caughtUp()

    def _caughtUp(self) -> None:
        self._attempts = 0
        if self._behind or self._isLost:
            self._tryAgainIn(0.0)
        elif self._isTold:
            self._isTold = False
            log.info("all entries of {handle} are published", handle=self.catalogue.handle.url)


def _entriesOf(changes: Iterable[RegistryChange]) -> list[str]:
    return [change.row.entry for change in changes]
