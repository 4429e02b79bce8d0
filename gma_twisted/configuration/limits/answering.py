"""Bounds of what an answer takes, and how long is waited for one."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["AnsweringBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class AnsweringBounds:
    """Of the engines C{query}, C{exchange} and C{stop}."""

    maxAnswer: int = key(
        SIZE,
        "one answer; more is the fault TooLarge",
        64 * _MIB,
        name="max_answer",
        bound="query.maxAnswer",
    )
    maxQueryNames: int = key(
        COUNT, "names in one query", 1000, name="max_query_names", bound="query.maxNames"
    )
    cacheAnswers: int = key(
        COUNT,
        "answers kept for the next who asks the same",
        4096,
        name="cache_answers",
        bound="query.cacheEntries",
    )
    cacheSize: int = key(
        SIZE, "the answers kept", 128 * _MIB, name="cache_size", bound="query.cacheBytes"
    )
    answerTimeout: float = key(
        DURATION,
        "time a service has to answer",
        30.0,
        name="answer_timeout",
        bound="exchange.answerSeconds",
    )
    messageSize: int = key(
        SIZE,
        "XML of a SOAP message",
        1088 * _KIB,
        name="message_size",
        bound="exchange.messageSize",
    )
    stopTimeout: float = key(
        DURATION,
        "time answers under way have to end when the node stops",
        10.0,
        name="stop_timeout",
        bound="stop.seconds",
    )
