"""What an earlier life of a service left in a store that keeps it, and nobody will ever replace or end."""

import math

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import NameQuery, NameSelector, Remove
from gma_twisted.timing import NodeClock, sleep

__all__ = ["dropLeftovers"]

_PAGE = 2000


async def dropLeftovers(store: IServiceDataStore, originator: str, clock: NodeClock) -> None:
    """
    Remove the values without end that another originator said: the service itself, when it had another URL.

    What others said of themselves has an end of its own, always.

    @param store: loaded, nobody else uses it yet
    @param originator: handle of the service now, as text
    @raise GMAError: it cannot be written
    """
    selectors = tuple(NameSelector(name) for name in store.names())
    cursor: str | None = None
    while selectors:
        page = store.find(NameQuery(selectors, limit=_PAGE, cursor=cursor))
        left = [
            Remove(one.key)
            for one in page.elements
            if one.key.originator != originator and one.lifetime.availableUntil == math.inf
        ]
        if left:
            await store.commit(left)
        cursor = page.cursor
        if cursor is None:
            return
        await sleep(clock, 0.0)
