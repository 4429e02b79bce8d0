"""One run: the document of a provider within its time, and the words for what went wrong."""

from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import CancelledError

from gma_twisted.errors import GMAError, ProviderFailed, cut
from gma_twisted.interfaces import IDOMDataProvider, ISimpleDataProvider
from gma_twisted.markup.parse import Element
from gma_twisted.timing.bridge import withTimeout
from gma_twisted.timing.clock import NodeClock

__all__ = ["explain", "obtain"]

T = TypeVar("T")

_LONGEST = 400


async def obtain(
    provider: ISimpleDataProvider, name: str, timeout: float, clock: NodeClock
) -> bytes | Element:
    """
    Ask a provider for its document, as a tree when it has one.

    @param name: for the error
    @param timeout: seconds; then what it waits for is cancelled
    @raise TimedOut: it took longer
    @raise ProviderFailed: what its method gave cannot be awaited
    @raise Exception: whatever the provider raises
    """
    what = f"provider {name}"
    if IDOMDataProvider.providedBy(provider):
        given: Awaitable[Element] = _awaitable(provider.provideDocument(), "provideDocument", what)
        return await withTimeout(given, timeout, clock, what)
    return await withTimeout(_awaitable(provider.provide(), "provide", what), timeout, clock, what)


def _awaitable(given: Awaitable[T], method: str, what: str) -> Awaitable[T]:
    # Somebody else's code: a plain def is the first mistake its authors make.
    if not isinstance(given, Awaitable):
        raise ProviderFailed(
            f"{what}: {method}() gave {type(given).__name__}, not an awaitable; "
            f"write async def {method}"
        )
    return given


def explain(error: BaseException) -> str:
    """One line for status and log: our own errors speak for themselves, others are named with their type."""
    if isinstance(error, GMAError):
        return cut(error.message, _LONGEST)
    if isinstance(error, CancelledError):
        return "the run was cancelled"
    return cut(f"{type(error).__name__}: {error}", _LONGEST)
