"""Reading by name: what a query selects, a page at a time, and until when the answer holds."""

import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from hmac import compare_digest
from secrets import token_bytes
from struct import Struct

import attrs

from gma_twisted.errors import ParameterError, TargetInvalid, cut
from gma_twisted.model import (
    Answer,
    ElementKey,
    Freshness,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.stores.nametable import NameTable
from gma_twisted.stores.table import ElementTable

__all__ = ["Cursors", "Place", "select"]

_FIXED = Struct(">IQ")
_MAC = 8
_LONGEST = 8192
_EXAMINED = 10_000

# Originators and keys of selectors of one name.
_Pairs = set[tuple[str | None, str | None]]


@attrs.frozen(slots=True)
class Place:
    """
    Where a page ended: behind a row that need not be there any more.

    @ivar selector: index of the selector that gave it
    @ivar localName: of its name
    @ivar serial: of the row; 0 before the first of the name
    """

    selector: int
    localName: str
    serial: int

    def at(self, serial: int) -> "Place":
        """The place behind another row of the same name."""
        return Place(self.selector, self.localName, serial)


@attrs.frozen(slots=True)
class Cursors:
    """
    Places as opaque text that only the store that wrote it reads, and only for the same selection.

    @ivar secret: signs them; a cursor does not outlive it
    """

    secret: bytes = attrs.field(factory=lambda: token_bytes(16), repr=False)

    def write(self, place: Place, query: NameQuery) -> str:
        """The cursor of a place in the answer to a query."""
        body = _FIXED.pack(place.selector, place.serial) + place.localName.encode()
        return urlsafe_b64encode(self._signature(body, query) + body).decode().rstrip("=")

    def read(self, query: NameQuery) -> Place | None:
        """
        The place a query goes on from; C{None} for the beginning.

        @raise ParameterError: the cursor was not made here, or for another selection
        """
        text = query.cursor
        if text is None:
            return None
        try:
            data = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) < _LONGEST else b""
        except ValueError:
            data = b""
        signature, body = data[:_MAC], data[_MAC:]
        if not compare_digest(signature, self._signature(body, query)):
            raise ParameterError(
                f'cursor "{cut(text, 40)}" was not given for this query; ask without one for the first page',
                parameter="cursor",
            )
        selector, serial = _FIXED.unpack_from(body)
        return Place(selector, body[_FIXED.size :].decode(), serial)

    def _signature(self, body: bytes, query: NameQuery) -> bytes:
        # Hashes of text differ from process to process, as do the serials a cursor holds.
        selection = hash((query.selectors, query.freshness)).to_bytes(8, "big", signed=True)
        return blake2b(body + selection, key=self.secret, digest_size=_MAC).digest()


def select(table: ElementTable, query: NameQuery, now: float, cursors: Cursors) -> Answer:
    """
    Answer a query by name.

    A value that several selectors select is there once, for the first of them. Names need to be known for the first
    page only: a name that ends while its pages are read has no more values. A page holds fewer values than the
    query's limit, even none, when very many had to be passed over: only a missing cursor is the end.

    @param now: instant on the node's clock; what is gone by then is not seen
    @raise TargetInvalid: a selected name (not a wildcard) is not known
    @raise ParameterError: a cursor of another store or query
    """
    place = cursors.read(query)
    until = _knownUntil(table, query, now) if place is None else math.inf
    page = _Page(query, now, until)
    start = 0 if place is None else place.selector
    for before in query.selectors[:start]:
        page.taken(before)
    for index in range(start, len(query.selectors)):
        page.read(table, index, place)
        if page.end is not None:
            return Answer(page.elements, cursors.write(page.end, query), page.until)
        place = None
    return Answer(page.elements, None, page.until)


def _knownUntil(table: ElementTable, query: NameQuery, now: float) -> float:
    until = math.inf
    # Each name once: to look past what is gone and not swept takes the time of all that is.
    for name in dict.fromkeys(one.name for one in query.selectors if not one.isWildcard):
        found = table.table(name)
        if found is not None and found.declared:
            continue
        live = None if found is None else found.liveUntil(now)
        if live is None:
            raise TargetInvalid(
                f"service data name {cut(name)} is not known here",
                name=name.clark,
            )
        until = min(until, live)
    return until


class _Page:
    """One answer in the making."""

    def __init__(self, query: NameQuery, now: float, until: float) -> None:
        self.elements: list[ServiceDataElement] = []
        self.until = until
        self.end: Place | None = None
        self._last = Place(0, "", 0)
        self._query = query
        self._now = now
        self._limit = query.limit or math.inf
        # What one page looks at is bounded, or a page of stale values could pass over a million fresh ones.
        self._budget = math.inf if query.limit is None else max(query.limit, _EXAMINED)
        # By name: the (originator, key) pairs of the selectors before.
        self._taken: dict[QName, _Pairs] = {}

    def taken(self, selector: NameSelector) -> None:
        """Leave out what a selector before has given."""
        self._taken.setdefault(selector.name, set()).add((selector.originator, selector.key))

    def read(self, table: ElementTable, index: int, place: Place | None) -> None:
        """Add what the selector at C{index} selects, after C{place}."""
        selector = self._query.selectors[index]
        for name, rows in _tables(table, selector, place):
            here = place is not None and place.localName == name.localName
            start = Place(index, name.localName, place.serial if here and place else 0)
            self._readRows(rows, selector, start, self._rivals(name))
            self._budget -= 1
            if self.end is None and self._budget <= 0:
                self.end = self._last
            if self.end is not None:
                return
        if len(self._query.selectors) > 1:
            self.taken(selector)

    def _rivals(self, name: QName) -> Sequence[_Pairs]:
        """What the selectors before have given of a name. Their pairs are not put together: there may be many."""
        if not self._taken:
            return ()
        found = (self._taken.get(name), self._taken.get(QName(name.namespace, "*")))
        return [one for one in found if one]

    def _readRows(
        self,
        table: NameTable,
        selector: NameSelector,
        start: Place,
        rivals: Sequence[_Pairs],
    ) -> None:
        now, until, limit, budget = self._now, self.until, self._limit, self._budget
        elements, wanted = self.elements, self._query.freshness
        last = start.serial
        isTaken = bool(rivals) and any((None, None) in one for one in rivals)
        rows = () if isTaken else table.select(selector.originator, selector.key, last)
        for row in rows:
            element = row.element
            lifetime = element.lifetime
            available = lifetime.availableUntil
            if available > now:
                good = lifetime.goodUntil
                stale = good <= now
                turns = available if stale else good
                if turns < until:
                    until = turns
                if (wanted is Freshness.ANY or stale is (wanted is Freshness.STALE)) and not (
                    rivals and _covered(element.key, rivals)
                ):
                    if len(elements) >= limit:
                        self.end = start.at(last)
                        break
                    elements.append(element)
            last = row.serial
            budget -= 1
            if budget <= 0:
                self.end = start.at(last)
                break
        self.until, self._budget = until, budget
        self._last = start.at(last)


def _tables(
    table: ElementTable, selector: NameSelector, place: Place | None
) -> Iterator[tuple[QName, NameTable]]:
    name = selector.name
    if selector.isWildcard:
        start = "" if place is None else place.localName
        for localName, rows in table.tables(name.namespace, start):
            yield QName(name.namespace, localName), rows
        return
    found = table.table(name)
    if found is not None:
        yield name, found


def _covered(key: ElementKey, rivals: Sequence[_Pairs]) -> bool:
    originator, text = key.originator, key.key
    return any(
        (originator, text) in one or (originator, None) in one or (None, text) in one
        for one in rivals
    )
