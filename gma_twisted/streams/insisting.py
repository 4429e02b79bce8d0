"""Trying again what may succeed later, for as long as it is wanted."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.errors import GMAError
from gma_twisted.timing import Backoff, sleep

__all__ = ["Insistence"]

T = TypeVar("T")

_BACKOFF = Backoff(0.1, 5.0)


@attrs.frozen(slots=True, eq=False)
class Insistence:
    """
    Tries again.

    @ivar clock: the node's
    @ivar random: gives a number in C{[0, 1)}
    """

    clock: IReactorTime
    random: Callable[[], float] = random.random

    async def until(
        self, attempt: Callable[[], Awaitable[T]], isWanted: Callable[[int], bool]
    ) -> T:
        """
        Attempt something until it succeeds.

        @param isWanted: asked before each wait, with the failures so far, whether there is to be another attempt
        @raise GMAError: it will not succeed, or no other attempt was wanted
        """
        failures = 0
        while True:
            try:
                return await attempt()
            except GMAError as error:
                failures += 1
                if not error.retry or not isWanted(failures):
                    raise
                told = float(getattr(error, "retryAfter", 0.0))
            await sleep(self.clock, _BACKOFF.delay(failures, self.random, told))
