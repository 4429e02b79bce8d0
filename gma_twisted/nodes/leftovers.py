"""What an earlier life of a service left in a store that keeps it, under the handle it had then."""

import math

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import NameQuery, NameSelector, Remove, ServiceDataElement
from gma_twisted.timing import NodeClock, sleep

__all__ = ["dropLeftovers"]

_HANDLE = ogsi("gridServiceHandle")
_PAGE = 2000


async def dropLeftovers(store: IServiceDataStore, originator: str, clock: NodeClock) -> None:
    """
    Remove all that the service itself said when it had another URL: nobody replaces or ends it any more.

    Values with an end go too, such as C{ogsi:entry} and what providers gave: the service says them again under
    its present handle. What it heard from other services stays: that has an end of its own, always, their handles
    too, so a handle without end is one this service had.

    @param store: loaded, nobody else uses it yet
    @param originator: handle of the service now, as text
    @raise GMAError: it cannot be written
    """
    # The handles last: should this be cut short, the next start knows by them what is left.
    names = sorted(store.names(), key=lambda name: name == _HANDLE)
    if _HANDLE not in names:
        return
    found = store.find(NameQuery((NameSelector(_HANDLE),))).elements
    earlier = {one.key.originator for one in found if _isOwn(one)} - {originator}
    selectors = tuple(NameSelector(name, handle) for name in names for handle in earlier)
    cursor: str | None = None
    while selectors:
        page = store.find(NameQuery(selectors, limit=_PAGE, cursor=cursor))
        if page.elements:
            await store.commit([Remove(one.key) for one in page.elements])
        cursor = page.cursor
        if cursor is None:
            return
        await sleep(clock, 0.0)


def _isOwn(handle: ServiceDataElement) -> bool:
    return handle.lifetime.availableUntil == math.inf
