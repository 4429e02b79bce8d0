"""What an aggregator takes on."""

import attrs

__all__ = ["AggregatorLimits"]


@attrs.frozen(slots=True)
class AggregatorLimits:
    """
    What an aggregator takes on, and what those are granted who ask; seconds, clamped.

    @ivar subscriptions: most subscriptions, configured ones among them
    @ivar perOwner: most subscriptions of one owner, but for the node itself
    @ivar names: most names of one subscription
    @ivar held: bytes of the notices that are kept, acknowledged, until a query is answered, of all subscriptions
    @ivar leastLease: shortest lifetime
    @ivar usualLease: lifetime of who does not ask for one
    @ivar mostLease: longest lifetime
    @ivar leastInterval: shortest interval
    @ivar usualInterval: interval of who does not ask for one
    @ivar mostInterval: longest interval
    """

    subscriptions: int = 1000
    perOwner: int = 100
    names: int = 1000
    held: int = 64 * 1024**2
    leastLease: float = 5.0
    usualLease: float = 600.0
    mostLease: float = 86400.0
    leastInterval: float = 1.0
    usualInterval: float = 10.0
    mostInterval: float = 3600.0

    def lease(self, asked: float | None) -> float:
        """Seconds granted."""
        wanted = self.usualLease if asked is None else asked
        return min(max(self.leastLease, wanted), self.mostLease)

    def interval(self, asked: float | None) -> float:
        """Seconds granted."""
        wanted = self.usualInterval if asked is None else asked
        return min(max(self.leastInterval, wanted), self.mostInterval)
