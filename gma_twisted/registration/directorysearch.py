"""Searches of a directory: which of its entries are wanted, a page at a time."""

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge, cut
from gma_twisted.interfaces import ICallerQueries
from gma_twisted.markup import escapeText
from gma_twisted.markup.xpath import compileXPath
from gma_twisted.model import Caller, Language, NameSelector, Question
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer
from gma_twisted.model.template import Template
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.directoryindex import DirectoryIndex
from gma_twisted.registration.directorylimits import DirectoryLimits
from gma_twisted.registration.entryvalues import ENTRY
from gma_twisted.registration.postings import EntryKey
from gma_twisted.registration.wanted import Wanted
from gma_twisted.soap.questions import AskedQuestion
from gma_twisted.timing import Turns

__all__ = ["DirectorySearch"]

_OTHER = {GMARole.PRODUCER: GMARole.CONSUMER, GMARole.CONSUMER: GMARole.PRODUCER}
# Of each entry for which an expression is true the handle, whose last part is the id.
_SELECTED = "self::node()[boolean({})]/ogsi:serviceGroupEntryLocator/ogsi:handle/text()"
_RESULT = rb">%b/([0-9a-f]+)</gma:result>"
_CURSOR = 8192
# Entries of a page for who does not say how many.
_USUAL_PAGE = 100


@attrs.frozen(slots=True, eq=False)
class DirectorySearch:
    """
    Finds entries, in turns.

    @ivar catalogue: whose entries they are
    @ivar index: of its producers, consumers and directories
    @ivar limits: bounds
    @ivar engine: answers XPath over the registry's service data; C{None} where none does
    """

    catalogue: Catalogue
    index: DirectoryIndex
    limits: DirectoryLimits
    engine: ICallerQueries | None = None

    async def page(
        self,
        wanted: Wanted,
        xpath: str | None,
        limit: int | None,
        cursor: str | None,
        caller: Caller,
    ) -> SearchAnswer:
        """
        One page of what is wanted, in the order of the endpoints.

        @param xpath: see L{Directory.search <gma_twisted.registration.directory.Directory.search>}; C{None} for all
        @param limit: most entries; C{None} for the usual number
        @param cursor: of the page before; C{None} for the first
        @param caller: who asks
        @raise ParameterError: an expression, limit or cursor that cannot be used; or no expression can
        @raise TooLarge: a longer expression than one search may have
        """
        if limit is None:
            limit = _USUAL_PAGE
        elif limit < 1:
            raise ParameterError(
                f"a page of {limit} entries is none", cure="ask for 1 or more", limit=str(limit)
            )
        most = min(limit, self.limits.page)
        after = None if cursor is None else _readCursor(cursor)
        selected = None if xpath is None else await self._selected(xpath, caller)
        found, last = await self._gather(wanted, after, most, selected)
        return SearchAnswer(found, None if last is None else _writeCursor(last))

    async def matches(self, role: GMARole, templates: Sequence[Template]) -> Sequence[GMAEntry]:
        """Who could talk to a newcomer, as many as a page has; who wants the others searches."""
        other = _OTHER.get(role)
        if other is None or not templates:
            return ()
        found, _ = await self._gather(Wanted((other,), templates), None, self.limits.page)
        return found

    async def _gather(
        self,
        wanted: Wanted,
        after: EntryKey | None,
        most: int,
        selected: Sequence[EntryKey] | None = None,
    ) -> tuple[list[GMAEntry], EntryKey | None]:
        """@return: and the key of the last, when there are more"""
        clock = self.catalogue.clock
        turns = Turns(clock)
        found: list[GMAEntry] = []
        size = 0
        last: EntryKey | None = None
        while True:
            now = clock.seconds()
            for key in self._walk(wanted, after, selected):
                if key != after:
                    listed = self.index.get(key)
                    if listed and not listed.row.isGone(now):
                        isWanted = wanted.accepts(listed, turns)
                        if isWanted is None:
                            break
                        if isWanted:
                            size += listed.size
                            if len(found) == most or (found and size > self.limits.pageSize):
                                return found, last
                            found.append(listed.entry(now))
                            last = key
                    after = key
                if turns.isOver:
                    break
            else:
                return found, None
            await turns.breathe()

    def _walk(
        self, wanted: Wanted, after: EntryKey | None, selected: Sequence[EntryKey] | None
    ) -> Iterator[EntryKey]:
        if selected is None:
            return self.index.walk(wanted, after)
        return iter(selected[0 if after is None else bisect_right(selected, after) :])

    async def _selected(self, xpath: str, caller: Caller) -> Sequence[EntryKey]:
        if self.engine is None:
            raise ParameterError("this directory answers no XPath", parameter="xpath")
        size = len(xpath.encode())
        if size > self.limits.expression:
            raise TooLarge(
                f"the expression has {size} bytes; a directory takes {self.limits.expression}"
            )
        handle, entries = self.catalogue.handle, self.catalogue.entries
        selector = NameSelector(ENTRY, handle.url)
        try:
            # By itself: an expression that ended ours would select something else, and be told wrong places.
            compileXPath(xpath, ())
            question = Question(Language.XPATH, _SELECTED.format(xpath), (selector,))
            answer = await self.engine.answerTo(AskedQuestion(question), caller)
        except ExtensibilityTypeError as error:
            raise ParameterError(error.message, parameter="xpath") from None
        result = _RESULT % re.escape(escapeText(entries.url).encode())
        ids = {found.decode() for found in re.findall(result, answer)}
        return sorted(key for entry in ids for key in self.index.keysOf(entry))


def _writeCursor(key: EntryKey) -> str:
    # None of the three has a line end.
    return base64.urlsafe_b64encode("\n".join(key).encode()).decode()


def _readCursor(cursor: str) -> EntryKey:
    try:
        if len(cursor) > _CURSOR:
            raise ValueError(cursor)
        endpoint, entry, role = base64.urlsafe_b64decode(cursor).decode().split("\n")
    except (ValueError, binascii.Error):
        raise ParameterError(
            f'"{cut(cursor, 40)}" is no cursor of this directory', cure="begin without one"
        ) from None
    return endpoint, entry, role
