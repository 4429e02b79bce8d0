"""One run: the document of a provider within its time, and the words for what went wrong."""

from twisted.internet.defer import CancelledError

from gma_twisted.errors import GMAError, cut
from gma_twisted.interfaces import IDOMDataProvider, ISimpleDataProvider
from gma_twisted.markup.parse import Element
from gma_twisted.timing.bridge import withTimeout
from gma_twisted.timing.clock import NodeClock

__all__ = ["explain", "obtain"]

_LONGEST = 400


async def obtain(
    provider: ISimpleDataProvider, name: str, timeout: float, clock: NodeClock
) -> bytes | Element:
    """
    Ask a provider for its document, as a tree when it has one.

    @param name: for the error
    @param timeout: seconds; then what it waits for is cancelled
    @raise TimedOut: it took longer
    @raise Exception: whatever the provider raises
    """
    what = f"provider {name}"
    if IDOMDataProvider.providedBy(provider):
        tree: Element = await withTimeout(provider.provideDocument(), timeout, clock, what)
        return tree
    return await withTimeout(provider.provide(), timeout, clock, what)


def explain(error: BaseException) -> str:
    """One line for status and log: our own errors speak for themselves, others are named with their type."""
    if isinstance(error, GMAError):
        return cut(error.message, _LONGEST)
    if isinstance(error, CancelledError):
        return "the run was cancelled"
    return cut(f"{type(error).__name__}: {error}", _LONGEST)
