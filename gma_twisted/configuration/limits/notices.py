"""Bounds of what subscribers are told, and how it is brought to them."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["NoticeBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class NoticeBounds:
    """Of the engines C{notices}, C{notifier} and C{delivery}."""

    noticeValues: int = key(
        COUNT,
        "values of one notice of changes",
        250,
        name="notice_values",
        bound="notices.mostValues",
    )
    noticeSize: int = key(
        SIZE,
        "one notice of changes; a larger value is not told",
        1020 * _KIB,
        name="notice_size",
        bound="notices.mostBytes",
    )
    wholeValues: int = key(
        COUNT,
        "values of one notice of all values; who subscribed to more is not told",
        10_000,
        name="whole_values",
        bound="notices.wholeValues",
    )
    wholeSize: int = key(
        SIZE,
        "one notice of all values; who subscribed to more is not told",
        8 * _MIB,
        name="whole_size",
        bound="notices.wholeBytes",
    )
    noticeKeys: int = key(
        COUNT,
        "changes kept of what is subscribed to, for subscribers that are behind",
        10_000,
        name="notice_keys",
        bound="notifier.mostKeys",
    )
    noticeAnswers: int = key(
        SIZE,
        "answers to standing queries at one service: the newest of each, and those that somebody was not told of yet",
        64 * _MIB,
        name="notice_answers",
        bound="notifier.mostAnswerBytes",
    )
    noticesPerPeer: int = key(
        COUNT,
        "notices on their way to one port of one host",
        2,
        name="notices_per_peer",
        bound="delivery.perPeer",
    )
    noticesPerHost: int = key(
        COUNT,
        "notices on their way to one host",
        256,
        name="notices_per_host",
        bound="delivery.perHost",
    )
    noticeTimeout: float = key(
        DURATION,
        "time for one attempt to deliver a notice, connecting included",
        10.0,
        name="notice_timeout",
        bound="delivery.seconds",
    )
    noticeAttempts: int = key(
        COUNT,
        "how often a notice that its sink refuses is sent before it is left out",
        10,
        name="notice_attempts",
        bound="delivery.attempts",
    )
