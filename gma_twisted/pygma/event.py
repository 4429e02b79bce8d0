"""pyGMA's module C{event}: events, their fields and containers."""

from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp

__all__ = ["Event", "EventContainer", "EventField", "Timestamp"]
