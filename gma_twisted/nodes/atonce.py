"""Waiting for what does not wait: results that must be there before the reactor runs."""

from collections.abc import Awaitable
from typing import TypeVar

from gma_twisted.errors import ConfigError
from gma_twisted.timing import spawn

__all__ = ["atOnce"]

T = TypeVar("T")


def atOnce(awaitable: Awaitable[T], what: str) -> T:
    """
    The result of an awaitable that is ready, or becomes so when it is awaited.

    @param what: names it in the error
    @raise Exception: what it raises
    @raise ConfigError: it would have to be waited for
    """
    results: list[T] = []
    errors: list[Exception] = []

    async def keep() -> None:
        try:
            results.append(await awaitable)
        except Exception as error:  # noqa: BLE001 (raised again below, in the caller's turn)
            errors.append(error)

    task = spawn(keep(), what)
    if errors:
        raise errors[0]
    if not results:
        task.cancel()
        raise ConfigError(f"{what}: is not ready at once, as it must be before the node starts")
    return results[0]
