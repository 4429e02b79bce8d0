"""What the methods of a producer that somebody wrote gave, as answers to who asked."""

from typing import Any

import attrs

from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer

__all__ = ["answerOf", "bounded", "estimateOf"]


def answerOf(value: Any) -> EventAnswer:
    """The answer of a query. @raise TypeError: C{doQuery} gave none"""
    if isinstance(value, EventAnswer):
        return value
    events = () if value is None else list(value)
    for one in events:
        if not isinstance(one, Event):
            raise TypeError(f"doQuery gave {type(one).__name__} among its events")
    return EventAnswer(sorted(events, key=lambda one: one.timestamp))


def estimateOf(value: Any) -> Estimate:
    """What is expected. @raise TypeError: C{doEstimate} gave something else"""
    if not isinstance(value, Estimate):
        raise TypeError(f"doEstimate gave {type(value).__name__}, not an Estimate")
    return value


def bounded(answer: EventAnswer, most: int | None) -> EventAnswer:
    """An answer of at most so many events, which says what is left out."""
    if most is None or len(answer.events) <= most:
        return answer
    warning = f"there are {len(answer.events) - most} more events; this producer has no cursor to go on by"
    return attrs.evolve(
        answer, events=answer.events[:most], isComplete=False, warnings=(*answer.warnings, warning)
    )
