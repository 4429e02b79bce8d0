"""What a subscription would bring, told before it is made (a dry run)."""

import attrs

__all__ = ["Estimate"]


@attrs.frozen(slots=True)
class Estimate:
    """
    What is expected.

    @ivar eventsPerSecond: events a second
    @ivar bytesPerSecond: of these events, as they would be written; what carries them is not in it
    @ivar basis: what it was reckoned from, in words
    @ivar seconds: of the past that were looked at
    @ivar events: how many of them had been wanted
    """

    eventsPerSecond: float
    bytesPerSecond: float
    basis: str
    seconds: float
    events: int
