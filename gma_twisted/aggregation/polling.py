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

_CURSOR = f"{{{GMA}}}cursor"


async def poll(service: Any, source: AggregateSource, inflow: Inflow, isOurs: bool) -> None:
    """
    Take everything there is of the source's names, and let go of what is no more.

    One of our nodes is asked for a page at a time, each of which is applied when it comes.

    @param service: with C{findServiceData}
    @raise GMAError: what the source answers, or that it does not; as L{Inflow.apply}
    """
    if not isOurs:
        notice, _ = await _found(service, NameQuery(source.selectors))
        await inflow.apply(notice, notice.sent, False)
        return
    inflow.beginAnew()
    limit = PAGE
    cursor: str | None = None
    isEnd = False
    while not isEnd:
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
        cursor, isEnd = further, further is None
        page = attrs.evolve(notice, isWhole=False, isSnapshotEnd=isEnd)
        await inflow.apply(page, notice.sent, True)


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
