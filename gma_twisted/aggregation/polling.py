"""Everything a source has, asked for by a query: for sources that tell nobody of changes, and after subscribing to
sources that do not begin with a snapshot (WIRE 5)."""

from typing import Any

import attrs

from gma_twisted.aggregation.inflow import Inflow
from gma_twisted.aggregation.upstream import AggregateSource
from gma_twisted.errors import GMAError, ParameterError, PeerError, TooLarge
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import Expression, NameQuery
from gma_twisted.soap.notices import ReceivedNotice, readNotice
from gma_twisted.soap.selectors import writeNameQuery

__all__ = ["PAGE", "poll"]

PAGE = 1000
"""Most values asked for at once."""

# Most pages that were not full: one looks at 10,000 values at least, so this is more than any store holds.
_MEAGRE = 1000

_CURSOR = f"{{{GMA}}}cursor"
_END = ReceivedNotice((), (), (), False, True)


@attrs.define(slots=True, eq=False)
class _Pages:
    """
    The pages of one answer so far: they end, whatever the source says.

    @ivar source: whose they are
    @ivar most: values
    """

    source: AggregateSource
    most: int
    _values: int = attrs.field(default=0, init=False)
    _meagre: int = attrs.field(default=0, init=False)

    def came(self, count: int, limit: int, before: str | None, further: str) -> None:
        """
        A page that is not the last one has come.

        @param count: of its values
        @param limit: of what was asked
        @param before: the cursor it was asked with
        @param further: the cursor it has
        @raise PeerError: the pages do not end
        """
        self._values += count
        self._meagre += count < limit
        if further == before:
            why = "the same cursor again"
        elif self._values > self.most:
            why = f"more than {self.most} values, the bound aggregated_values"
        elif self._meagre > _MEAGRE:
            why = f"more than {_MEAGRE} pages that are not full"
        else:
            return
        raise PeerError(f"the answer of {self.source.source} does not end: {why}")


async def poll(service: Any, source: AggregateSource, inflow: Inflow, isOurs: bool) -> None:
    """
    Take everything there is of the source's names, and let go of what is no more.

    One of our nodes is asked for a page at a time, each of which is applied when it comes, until it has no more, or
    more than are taken of one source.

    @param service: with C{findServiceData}
    @raise PeerError: the pages do not end
    @raise GMAError: what the source answers, or that it does not; as L{Inflow.apply}
    """
    if not isOurs:
        notice, _ = await _found(service, NameQuery(source.selectors))
        await inflow.apply(notice, notice.sent, False)
        return
    inflow.beginAnew()
    pages = _Pages(source, inflow.mostValues)
    limit = PAGE
    cursor: str | None = None
    while True:
        try:
            notice, further = await _found(
                service, NameQuery(source.selectors, limit=limit, cursor=cursor)
            )
        except TooLarge:
            if limit == 1:
                raise
            limit //= 2
            continue
        except ParameterError as error:
            if cursor is None:
                raise
            # It changed too much meanwhile: not a fault of the names, so it is asked again.
            raise PeerError(f"{source.source} lost the place in its answer: {error}") from None
        page = attrs.evolve(notice, isWhole=False, isSnapshotEnd=further is None)
        await inflow.apply(page, notice.sent, True)
        if further is None:
            return
        if inflow.isFull:
            # What comes now would be left out.
            await inflow.apply(_END, notice.sent, True)
            return
        pages.came(len(notice.put), limit, cursor, further)
        cursor = further


async def _found(service: Any, query: NameQuery) -> tuple[ReceivedNotice, str | None]:
    result: Expression = await service.findServiceData(writeNameQuery(query))
    return result.read(_readAnswer)


def _readAnswer(root: Element) -> tuple[ReceivedNotice, str | None]:
    try:
        notice = readNotice(root)
    except TooLarge:
        # A smaller page may do; what has no pages never will.
        raise
    except GMAError as error:
        raise PeerError(f"the answer to a query by name cannot be read: {error}") from None
    if not notice.isWhole:
        raise PeerError("a query by name was answered with gma:changes")
    return notice, root.get(_CURSOR)
