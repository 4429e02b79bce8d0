"""What a decision sees: the subscriptions as they are, or as they will be when decisions under way are applied."""

from collections import Counter
from typing import Protocol

from gma_twisted.model import Question, Subscription, Topic

__all__ = ["Overlay", "View", "rowWeight", "textOf", "topicWeight"]

_ITEM = 16
_ROW = 512
_SELECTOR = 256


def _textOfTopic(topic: Topic) -> int:
    question = topic.question
    size = 0 if question is None else len(question.text) + _textOfNamespaces(question)
    return size + sum(
        [
            len(one.name.namespace)
            + len(one.name.localName)
            + len(one.originator or "")
            + len(one.key or "")
            + _ITEM
            for one in topic.selectors
        ]
    )


def _textOfNamespaces(question: Question) -> int:
    return sum([len(prefix) + len(uri) + _ITEM for prefix, uri in question.namespaces])


def _textOfRow(row: Subscription) -> int:
    return len(row.id) + len(row.sink.url) + len(row.owner) + len(row.peer)


def textOf(row: Subscription) -> int:
    """
    What a subscription counts for by itself: the characters of its texts, and 16 for every selector and every prefix of
    a question.
    """
    return _textOfRow(row) + _textOfTopic(row.topic)


def rowWeight(row: Subscription) -> int:
    """Bytes a subscription counts for beside others of its topic: its text, and about what the tables need."""
    return _textOfRow(row) + _ROW


def topicWeight(topic: Topic) -> int:
    """Bytes a topic counts for, however many hear of it: its text, and about what its objects need."""
    question = topic.question
    asked = 0 if question is None else _ROW + _SELECTOR * len(question.namespaces)
    return _textOfTopic(topic) + _SELECTOR * len(topic.selectors) + asked + _ROW


class View(Protocol):
    """Subscriptions, those that are over and not yet swept included."""

    @property
    def subscriptions(self) -> int:
        """How many there are."""

    @property
    def size(self) -> int:
        """What they and their topics weigh, in bytes."""

    def get(self, id: str) -> Subscription | None:
        """The subscription, over or not."""

    def owned(self, owner: str) -> int:
        """How many subscriptions an owner has."""

    def hearing(self, topic: Topic) -> int:
        """How many subscriptions have a topic."""


class Overlay:
    """
    A view with changes on top of another view, which stays as it is.

    @ivar written: every subscription written here by its id, in the order they were written or came again; C{None} is
        removed
    @ivar subscriptions, size: as in L{View}
    @ivar owners: how many subscriptions each owner has more than in the view below
    """

    __slots__ = ("_base", "_topics", "owners", "size", "subscriptions", "written")

    def __init__(self, base: View) -> None:
        """@param base: must not change while this is used"""
        self._base = base
        self.written: dict[str, Subscription | None] = {}
        self.subscriptions = base.subscriptions
        self.size = base.size
        self.owners: Counter[str] = Counter()
        self._topics: Counter[Topic] = Counter()

    def get(self, id: str) -> Subscription | None:
        """As in L{View}."""
        written = self.written
        return written[id] if id in written else self._base.get(id)

    def owned(self, owner: str) -> int:
        """As in L{View}."""
        return self._base.owned(owner) + self.owners[owner]

    def hearing(self, topic: Topic) -> int:
        """As in L{View}."""
        return self._base.hearing(topic) + self._topics[topic]

    def write(self, row: Subscription) -> None:
        """Add a subscription as the last, or put one with another end in its place."""
        if self.get(row.id) is None:
            self.written.pop(row.id, None)
            self.subscriptions += 1
            self.owners[row.owner] += 1
            self.size += rowWeight(row)
            if not self.hearing(row.topic):
                self.size += topicWeight(row.topic)
            self._topics[row.topic] += 1
        self.written[row.id] = row

    def remove(self, id: str) -> None:
        """Take a subscription away; no effect when it is not there."""
        row = self.get(id)
        if row is not None:
            self.written[id] = None
            self.subscriptions -= 1
            self.owners[row.owner] -= 1
            self.size -= rowWeight(row)
            self._topics[row.topic] -= 1
            if not self.hearing(row.topic):
                self.size -= topicWeight(row.topic)
