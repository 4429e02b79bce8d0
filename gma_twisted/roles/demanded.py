"""What subscribers ask of a producer: events of which names, and how many a second."""

import math
from collections import Counter
from collections.abc import Awaitable, Mapping

from twisted.logger import Logger

from gma_twisted.errors import GMAError, TimedOut
from gma_twisted.interfaces.eventdemand import IEventDemand
from gma_twisted.model.glob import Glob
from gma_twisted.model.gma import Terms
from gma_twisted.roles.methods import UserMethods, unread
from gma_twisted.timing import NodeClock, Task, spawn, withTimeout
from gma_twisted.timing.tasks import ENDING

__all__ = ["Demanded"]

log = Logger()

_TOLD = "doDemand"
_SECONDS = 30.0


class Demanded:
    """
    Counts who asks for what, and tells others: the server, by its C{doDemand}, and whoever runs sensors for it.

    The server is told of one name after the other. What changes while it is being told is told once, as it is then.
    """

    def __init__(self, clock: NodeClock, methods: UserMethods, other: IEventDemand | None) -> None:
        """
        @param methods: of the server
        @param other: told of every subscription; C{None} for nobody
        """
        self._clock = clock
        self._methods = methods
        self._other = other
        # By the name a template has, how many ask at which rate.
        self._rates: dict[str, Counter[float]] = {}
        self._globs: dict[str, Glob] = {}
        # What the server knows, and the names of which it does not.
        self._told: dict[str, float] = {}
        self._untold: dict[str, None] = {}
        self._isTelling = False
        self._telling: Task | None = None

    def begun(self, terms: Terms) -> None:
        """One more is subscribed."""
        name = terms.template.name
        self._rates.setdefault(name, Counter())[terms.rateLimit] += 1
        glob = Glob(name)
        if not glob.isExact:
            self._globs[name] = glob
        self._changed(name)
        if self._other is not None:
            self._other.begun(name, terms.rateLimit)

    def ended(self, terms: Terms) -> None:
        """One of those is no more."""
        name = terms.template.name
        rates = self._rates[name]
        rates[terms.rateLimit] -= 1
        if not rates[terms.rateLimit]:
            del rates[terms.rateLimit]
        if not rates:
            del self._rates[name]
            self._globs.pop(name, None)
        self._changed(name)
        if self._other is not None:
            self._other.ended(name, terms.rateLimit)

    def wanted(self, name: str) -> float | None:
        """See L{ProducerServer.wanted <gma_twisted.roles.producer.ProducerServer.wanted>}."""
        asking = [one for one, glob in self._globs.items() if glob.matches(name)]
        if name in self._rates:
            asking.append(name)
        return max((max(self._rates[one]) for one in asking), default=None)

    def asked(self, name: str) -> Awaitable[object] | None:
        """See L{IEventDemand.asked}."""
        return None if self._other is None else self._other.asked(name)

    def expected(self, name: str, rateLimit: float | None) -> Mapping[str, float | None]:
        """See L{IEventDemand.expected}."""
        if self._other is None:
            return {}
        return self._other.expected(name, math.inf if rateLimit is None else rateLimit)

    async def stop(self) -> None:
        """Wait until the server knows what has ended, C{ENDING} seconds at most."""
        telling = self._telling
        if telling is not None:
            try:
                await withTimeout(telling.wait(), ENDING, self._clock, f"the last {_TOLD}")
            except TimedOut:
                telling.cancel()

    def _changed(self, name: str) -> None:
        if not self._methods.has(_TOLD):
            return
        self._untold[name] = None
        if not self._isTelling:
            self._isTelling = True
            self._telling = spawn(self._tell(), "telling a producer what is asked of it")

    async def _tell(self) -> None:
        try:
            while self._untold:
                name = next(iter(self._untold))
                del self._untold[name]
                await self._tellOne(name)
        finally:
            self._isTelling = False

    async def _tellOne(self, name: str) -> None:
        rate = max(self._rates[name]) if name in self._rates else None
        if rate == self._told.get(name):
            return
        if rate is None:
            del self._told[name]
        else:
            self._told[name] = rate
        try:
            told = self._methods.call(_TOLD, (name, rate), {}, unread)
            await withTimeout(told, _SECONDS, self._clock, f"{_TOLD} of {self._methods.name}")
        except GMAError as error:
            # It is told of the next change all the same.
            log.warn(
                "{name} was told what is asked of it: {reason}",
                name=self._methods.name,
                reason=error.message,
            )
