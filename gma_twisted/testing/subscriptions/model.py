"""Subscriptions as a plain dict: the model a store is compared with. Slow, short, and obviously right."""

import math
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.model import (
    Freshness,
    Handle,
    Language,
    MoveSubscription,
    NameSelector,
    QName,
    Question,
    Subscribe,
    Subscription,
    SubscriptionChanges,
    SubscriptionCommand,
    Topic,
    Unsubscribe,
)

__all__ = [
    "Event",
    "SubscriptionModel",
    "eventsOf",
    "makeAsking",
    "makeSubscription",
    "randomCommands",
]

Event = tuple[str, Subscription]
"""What happened to a subscription: C{begun}, C{moved}, C{ended} or C{expired}, and the subscription told with it."""

_OWNERS = ("ann", "bob")
_NAMES = (("load",), ("load", "disk"), ())
_ASKING = 3
_SPANS = (-1.0, 0.0, 0.5, 1.0, 3.0, math.inf)


def makeSubscription(
    id: str = "s1",
    owner: str = "ann",
    until: float = math.inf,
    names: Sequence[str] = ("load",),
    wantsChanges: bool = True,
    since: float = 0.0,
) -> Subscription:
    """A small subscription; none of its parts is an object that another one has."""
    selectors = [NameSelector(QName("urn:a", name), "http://origin/", "") for name in names]
    return Subscription(
        id,
        Topic(tuple(selectors), wantsChanges),
        Handle(f"http://sink/{id}"),
        owner,
        since,
        until,
        0.5,
        60.0,
        True,
    )


def makeAsking(id: str = "s1", text: str = "//load > 1", **more: Any) -> Subscription:
    """The same to the answer to a question. @param more: as of L{makeSubscription}"""
    row = makeSubscription(id, wantsChanges=False, **more)
    question = Question(
        Language.XPATH,
        text,
        row.topic.selectors,
        (("a", "urn:a"), ("b", f"urn:{len(text)}")),
        Freshness.FRESH,
    )
    return attrs.evolve(row, topic=Topic.asking(question))


def eventsOf(changes: SubscriptionChanges) -> list[Event]:
    """What changes tell, one after the other."""
    end = "expired" if changes.expired else "ended"
    return [
        *[("begun", row) for row in changes.begun],
        *[("moved", row) for row in changes.moved],
        *[(end, row) for row in changes.ended],
    ]


@attrs.define(eq=False)
class SubscriptionModel:
    """
    What a store holds and what happened to each subscription, after every commit and at every instant.

    @ivar rows: by id, in the order they came
    @ivar history: by id, what observers hear
    """

    rows: dict[str, Subscription] = attrs.field(factory=dict)
    history: dict[str, list[Event]] = attrs.field(factory=dict)

    def expire(self, now: float) -> None:
        """Let go of what is over."""
        for row in list(self.rows.values()):
            if row.until <= now:
                del self.rows[row.id]
                self._happened("expired", row)

    def commit(self, commands: Iterable[SubscriptionCommand], now: float) -> set[Event] | str:
        """
        Do all commands or none.

        @return: what the answer tells, or the code of the error, and nothing is done
        """
        self.expire(now)
        working = dict(self.rows)
        for command in commands:
            if isinstance(command, Subscribe):
                new = command.subscription
                if new.id in self.rows or (new.id in working and working[new.id].until > now):
                    return ParameterError.code
                working.pop(new.id, None)
                working[new.id] = new
            elif command.id in working and working[command.id].until > now:
                if isinstance(command, Unsubscribe):
                    del working[command.id]
                else:
                    working[command.id] = attrs.evolve(working[command.id], until=command.until)
        return self._become(working, now)

    def _become(self, working: dict[str, Subscription], now: float) -> set[Event]:
        told: set[Event] = set()
        for id, before in list(self.rows.items()):
            after = working.pop(id, None)
            if after is None:
                del self.rows[id]
                told.add(self._happened("ended", before))
            elif after.until <= now:
                del self.rows[id]
                self._happened("expired", before)
            elif after != before:
                self.rows[id] = after
                told.add(self._happened("moved", after))
        for id, new in working.items():
            if new.until > now:
                self.rows[id] = new
                told.add(self._happened("begun", new))
        return told

    def _happened(self, what: str, row: Subscription) -> Event:
        event = (what, row)
        self.history.setdefault(row.id, []).append(event)
        return event


def randomCommands(
    random: Random, model: SubscriptionModel, now: float
) -> list[SubscriptionCommand]:
    """One to four commands on few subscriptions, so that they meet often."""
    return [_randomCommand(random, model, now) for _ in range(random.randint(1, 4))]


def _randomCommand(random: Random, model: SubscriptionModel, now: float) -> SubscriptionCommand:
    kind = random.randrange(8)
    until = now + random.choice(_SPANS)
    if kind <= 3:
        used = random.random() < 0.15
        id = _randomId(random, model) if used else f"s{random.randrange(10**9)}"
        owner, names = random.choice(_OWNERS), random.choice(_NAMES)
        topic = random.randrange(4)
        if topic == _ASKING:
            return Subscribe(makeAsking(id, owner=owner, until=until, names=names, since=now))
        return Subscribe(makeSubscription(id, owner, until, names, topic % 2 == 0, now))
    id = _randomId(random, model)
    return MoveSubscription(id, until) if kind <= 5 else Unsubscribe(id)


def _randomId(random: Random, model: SubscriptionModel) -> str:
    return random.choice(("unknown", *list(model.history)[-8:]))
