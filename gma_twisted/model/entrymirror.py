"""What somebody who watches a directory knows, by what they were told."""

from collections.abc import Mapping, Sequence

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.entryevent import EntryNews, readEntryEvent, watchOf
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole

__all__ = ["EntryMirror"]


class EntryMirror:
    """
    The entries of a watch, kept by its notifications. It sees when these contradict each other or one is missing. A
    watch that takes the place of one that was lost begins its numbers anew, and what was known is forgotten.

    @ivar isComplete: whether all that was there has been told
    @ivar resets: how often the directory began anew, the first time not counted
    @ivar missed: how many changes it did not tell
    """

    __slots__ = ("_entries", "_isNew", "_last", "_watch", "isComplete", "missed", "resets")

    def __init__(self) -> None:
        """Nothing is known."""
        self._entries: dict[tuple[str, GMARole], GMAEntry] = {}
        self._last = 0
        self._isNew = True
        self._watch: int | None = None
        self.isComplete = False
        self.resets = 0
        self.missed = 0

    @property
    def entries(self) -> Mapping[tuple[str, GMARole], GMAEntry]:
        """By id and role."""
        return self._entries

    def take(self, sequence: int, missed: int, events: Sequence[Event]) -> None:
        """
        Take a notification; one that comes again is known already.

        @param sequence: number of the first event
        @param missed: how many before it were left out
        @raise ParameterError: it is none of a directory, one before it is missing, or it contradicts what was told
        """
        watch = watchOf(events[0]) if events else None
        if watch is not None and watch != self._watch:
            self._watch = watch
            self._last = sequence - missed - 1
        if sequence - missed > self._last + 1:
            raise ParameterError(f"nothing came between {self._last} and {sequence - missed}")
        if sequence > self._last:
            self.missed += missed
        for number, event in enumerate(events, sequence):
            if number > self._last:
                self._last = number
                self._follow(event)

    def _follow(self, event: Event) -> None:
        news, entry = readEntryEvent(event)
        if entry is None:
            if news is EntryNews.RESET:
                self._entries.clear()
                self.resets += not self._isNew
            self._isNew = False
            self.isComplete = news is EntryNews.COMPLETE
            return
        self._isNew = False
        key = entry.entry, entry.role
        if (key in self._entries) != (news in (EntryNews.UPDATED, EntryNews.REMOVED)):
            raise ParameterError(
                f'"{news.value}" of {cut(entry.endpoint)} contradicts what was told'
            )
        if news is EntryNews.REMOVED:
            del self._entries[key]
        else:
            self._entries[key] = entry
