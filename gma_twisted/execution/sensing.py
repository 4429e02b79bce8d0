"""Providers of a producer that run on demand: while somebody is subscribed to what they give, as fast as is asked."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

import attrs
from zope.interface import implementer

from gma_twisted.execution.demand import Demand
from gma_twisted.execution.scheduled import ScheduledProvider
from gma_twisted.interfaces.eventdemand import IEventDemand
from gma_twisted.markup.valueevents import eventNameOf
from gma_twisted.model import QName
from gma_twisted.model.glob import Glob

__all__ = ["SLOWEST", "Sensing", "periodOf"]

SLOWEST = 86_400.0
"""Most seconds between two runs, however few events are asked for; or the interval, if that is longer."""


def periodOf(interval: float, fastest: float | None, rates: Iterable[float]) -> float | None:
    """
    How often a provider has to run.

    @param interval: seconds between two runs for who asks for no rate
    @param fastest: least seconds between two runs; C{None} for the interval
    @param rates: events a second of each who asks, C{inf} for all there are
    @return: seconds between two runs, no more than any of them needs; C{None} when nobody asks
    """
    least = interval if fastest is None else fastest
    most = max(interval, SLOWEST)
    periods = (
        interval if rate == math.inf else least if rate * least >= 1.0 else 1.0 / max(rate, 1e-9)
        for rate in rates
    )
    period = min(periods, default=None)
    return None if period is None else min(period, most)


@implementer(IEventDemand)
@attrs.define(eq=False, slots=True)
class Sensing:
    """
    Tells the providers on demand of a service what is asked of its events, beside what L{Demand} knows of its service
    data. One that has never given anything may give whatever is asked for: any subscription wakes it.

    @ivar demand: has the providers; from now on they rest before their first run too
    @ivar isPublished: whether values of a name become events
    @ivar published: gives what is to be waited for until events are published of all values there are
    """

    demand: Demand
    isPublished: Callable[[QName], bool]
    published: Callable[[], Awaitable[object]]
    # By what is asked, how many ask for it.
    _asked: Counter[tuple[str, float]] = attrs.field(factory=Counter, init=False, repr=False)
    # Of each provider, how many ask for something it may give, by their rates.
    _rates: dict[ScheduledProvider, Counter[float]] = attrs.field(
        factory=dict, init=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        self.demand.besides(self)

    # -- what is asked of the producer

    def begun(self, name: str, rate: float) -> None:
        """See L{IEventDemand}."""
        self._count(name, rate, 1)

    def ended(self, name: str, rate: float) -> None:
        """See L{IEventDemand}."""
        self._count(name, rate, -1)

    def asked(self, name: str) -> Awaitable[object] | None:
        """See L{IEventDemand}."""
        glob = Glob(name)
        # What asks for what one gave before; of one that gave nothing yet it may ask.
        concerned = [one for one in self.demand.providers if self._covers(glob, one)]
        waited = self.demand.wake(concerned)
        return None if waited is None else self._published(waited)

    async def _published(self, waited: Awaitable[object]) -> None:
        await waited
        await self.published()

    def expected(self, name: str, rate: float) -> Mapping[str, float | None]:
        """See L{IEventDemand}."""
        glob = Glob(name)
        return {
            one.setup.name: self._periodWith(one, rate) if one.names else None
            for one in self.demand.providers
            if self._covers(glob, one)
        }

    def _periodWith(self, provider: ScheduledProvider, rate: float) -> float | None:
        setup = provider.setup
        rates = (*self._rates.get(provider, ()), rate)
        return periodOf(setup.interval or 0.0, setup.fastest, rates)

    def _count(self, name: str, rate: float, step: int) -> None:
        key, glob = (name, rate), Glob(name)
        self._asked[key] += step
        isNew = self._asked[key] == step == 1
        if not self._asked[key]:
            del self._asked[key]
        elif not isNew:
            # As many ask as before, for all that a provider can see.
            return
        for provider, rates in list(self._rates.items()):
            if self._covers(glob, provider):
                rates[rate] += step
                if not rates[rate]:
                    del rates[rate]
                provider.adjust()

    # -- what providers are to do

    def add(self, provider: ScheduledProvider) -> None:
        """One more runs on demand."""
        self._rates[provider] = Counter()
        provider.restsFirst = True
        self.renamed(provider)

    def discard(self, provider: ScheduledProvider) -> None:
        """It is no more."""
        self._rates.pop(provider, None)

    def renamed(self, provider: ScheduledProvider) -> None:
        """It gives other names than before."""
        if provider in self._rates:
            globs = {name: Glob(name) for name, _ in self._asked}
            covering = {name for name, glob in globs.items() if self._covers(glob, provider)}
            self._rates[provider] = Counter(rate for name, rate in self._asked if name in covering)

    def period(self, provider: ScheduledProvider) -> float | None:
        """Seconds between two runs of it for who is subscribed; C{None} when nobody is."""
        setup = provider.setup
        return periodOf(setup.interval or 0.0, setup.fastest, self._rates.get(provider, ()))

    def _covers(self, glob: Glob, provider: ScheduledProvider) -> bool:
        names: Collection[QName] = provider.names
        return not names or any(
            glob.matches(eventNameOf(name)) for name in names if self.isPublished(name)
        )
