"""Who wants to hear of which changes: a row, never an object with timers of its own (ARCHITECTURE rule 3)."""

import math
from collections.abc import Sequence
from typing import Self

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.model.handle import Handle
from gma_twisted.model.query import NameSelector
from gma_twisted.model.question import Question

__all__ = [
    "MoveSubscription",
    "Subscribe",
    "Subscription",
    "SubscriptionChanges",
    "SubscriptionCommand",
    "Topic",
    "Unsubscribe",
]


@attrs.frozen(slots=True, cache_hash=True)
class Topic:
    """
    What a subscriber hears of; subscribers of equal topics share everything but their sequence numbers.

    @ivar selectors: which values, in the order asked
    @ivar wantsChanges: whether notices tell what changed (C{gma:changes}) or all values of all names (OGSI)
    @ivar question: notices tell its answer, whenever that is another one; C{None} for the values themselves
    """

    selectors: tuple[NameSelector, ...]
    wantsChanges: bool = False
    question: Question | None = None

    def __attrs_post_init__(self) -> None:
        """@raise ParameterError: a question whose answers were told as changes, or which sees other values"""
        question = self.question
        if question is not None and (self.wantsChanges or self.selectors != question.selectors):
            raise ParameterError(
                "a subscription to the answer of a question sees what the question sees, and has no gma:changes"
            )

    @classmethod
    def asking(cls, question: Question) -> Self:
        """The topic of those who want to hear of the answer to a question."""
        return cls(question.selectors, question=question)


@attrs.frozen(slots=True)
class Subscription:
    """
    A granted subscription, by service data names or by a question (OGSI 1.0, 11.1; WIRE 3).

    @ivar id: unique at its source
    @ivar topic: what it hears of
    @ivar sink: where notices go
    @ivar owner: who subscribed
    @ivar since: wall time it was made, seconds since 1970
    @ivar until: instant on the node's clock at which its lease ends; C{inf} for never
    @ivar minInterval: seconds between two notices at least
    @ivar maxInterval: seconds after which a notice comes although nothing changed; C{inf} for never
    @ivar wantsSnapshot: whether everything there is comes first
    @ivar peer: the address of who subscribed, when the sink may be reached at no other one, whatever its name says
        later; empty for any
    """

    id: str
    topic: Topic
    sink: Handle
    owner: str
    since: float
    until: float
    minInterval: float = 0.0
    maxInterval: float = math.inf
    wantsSnapshot: bool = False
    peer: str = ""


@attrs.frozen(slots=True)
class Subscribe:
    """Keep a subscription; its id is new."""

    subscription: Subscription


@attrs.frozen(slots=True)
class MoveSubscription:
    """Give a subscription another end; nothing happens when it is not there."""

    id: str
    until: float


@attrs.frozen(slots=True)
class Unsubscribe:
    """End a subscription; nothing happens when it is not there."""

    id: str


SubscriptionCommand = Subscribe | MoveSubscription | Unsubscribe


@attrs.frozen(slots=True)
class SubscriptionChanges:
    """
    What one commit did to the subscriptions, in the order of its commands.

    @ivar begun: new ones
    @ivar moved: as they are now
    @ivar ended: as they were
    @ivar expired: whether those that ended did so because their time had passed
    """

    begun: Sequence[Subscription] = ()
    moved: Sequence[Subscription] = ()
    ended: Sequence[Subscription] = ()
    expired: bool = False
