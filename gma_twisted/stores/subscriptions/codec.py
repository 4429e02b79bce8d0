"""Subscriptions as bytes for a recorder: what a decision is recorded as, and how a row is read back.

A payload is a version byte, a flag, C{since}, C{minInterval} and C{maxInterval} as doubles, the lengths of sink, owner
and topic, and these. A topic is a flag, the number of its texts, the length of each, and the texts: four of every
selector, of which originator and key are empty for none, else one C{=} and the text. A topic with a question has the
flag 2, and before those of the selectors the texts of the question: its language, its freshness, the expression, the
number of texts of its namespaces, and these, a prefix and a URI each. The id is the key of the record, C{until} its
instant.

In version 2 the text of the sink is C{peer}, one blank and the URL; a row without C{peer} is written as version 1.
"""

import math
from collections.abc import Iterable, Sequence
from struct import Struct
from struct import error as StructError

import attrs

from gma_twisted.errors import ServiceError, cut
from gma_twisted.model import (
    Freshness,
    Handle,
    Language,
    NameSelector,
    QName,
    Question,
    Subscription,
    Topic,
)
from gma_twisted.stores.recording import Record, RecordKind
from gma_twisted.stores.subscriptions.decision import Decision

__all__ = ["PresentSubscription", "SubscriptionReader", "idOf", "putOf", "recordsOf"]

_HEAD = Struct("<BBdddIII")
_TOPIC = Struct("<BI")
_VERSION = 1
_WITH_PEER = 2
# The flag of a topic with a question; of others it is whether they want changes.
_ASKING = 2
# Texts every question has.
_FIXED = 4
# XML has no lone surrogates; that text is whatever it is must not be what a commit fails on.
_ERRORS = "surrogatepass"
_TOPICS = 1024
_LARGEST = 4096


def idOf(key: bytes) -> str:
    """
    The id of the subscription a key is of.

    @raise ServiceError: it is of none
    """
    try:
        return _text(key)
    except UnicodeDecodeError:
        raise ServiceError(f"the key {cut(repr(key))} is not that of a subscription") from None


def putOf(row: Subscription) -> Record:
    """The record of a whole subscription."""
    sink, owner, topic = _bytes(_sinkOf(row)), _bytes(row.owner), _bytesOfTopic(row.topic)
    head = _HEAD.pack(
        _WITH_PEER if row.peer else _VERSION,
        row.wantsSnapshot,
        row.since,
        row.minInterval,
        row.maxInterval,
        len(sink),
        len(owner),
        len(topic),
    )
    payload = b"".join((head, sink, owner, topic))
    return Record(RecordKind.PUT, _bytes(row.id), (row.until,), payload)


@attrs.frozen(slots=True)
class PresentSubscription:
    """A subscription as a store has it; see L{Present <gma_twisted.stores.recording.Present>}."""

    row: Subscription
    place: int

    @property
    def size(self) -> int:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        row = self.row
        texts = _textsOf(row.topic)
        fixed = 8 + _HEAD.size + _TOPIC.size + 4 * len(texts)
        text = "".join((row.id, _sinkOf(row), row.owner, *texts))
        return fixed + (len(text) if text.isascii() else len(_bytes(text)))

    @property
    def record(self) -> Record:
        """See L{Present <gma_twisted.stores.recording.Present>}."""
        return putOf(self.row)


def recordsOf(decisions: Iterable[Decision]) -> Sequence[Record]:
    """What decisions are recorded as."""
    records: list[Record] = []
    for decision in decisions:
        for ended in (decision.expired, decision.ended):
            records += [Record(RecordKind.REMOVE, _bytes(row.id)) for row in ended]
        records += [putOf(row) for row in decision.begun]
        records += [
            Record(RecordKind.EXTEND, _bytes(row.id), (row.until,)) for row in decision.moved
        ]
    return records


@attrs.define(eq=False, slots=True)
class SubscriptionReader:
    """Reads rows back. It remembers the topics it met, up to 1,024 of up to 4 KiB: many rows have few."""

    _topics: dict[bytes, Topic] = attrs.field(factory=dict, init=False, repr=False)

    def read(self, record: Record) -> Subscription:
        """
        The subscription of a PUT.

        @raise ServiceError: the record was not made by L{putOf}; the message names the subscription
        """
        id = idOf(record.key)
        try:
            return self._subscription(id, _instant(record.instants), record.payload)
        except (ValueError, StructError) as error:
            raise ServiceError(
                f"the record of subscription {cut(id)} cannot be read: {cut(error)}"
            ) from None

    def _subscription(self, id: str, until: float, payload: bytes) -> Subscription:
        version, flag, *times, sinkSize, ownerSize, topicSize = _HEAD.unpack_from(payload)
        if version not in (_VERSION, _WITH_PEER):
            raise ValueError(f"its version is {version}, not {_VERSION} or {_WITH_PEER}")
        owner = _HEAD.size + sinkSize
        topic = owner + ownerSize
        if topic + topicSize != len(payload):
            raise ValueError("it is cut short, or too long")
        if any(map(math.isnan, times)):
            raise ValueError("one of its times is none")
        since, minInterval, maxInterval = times
        sink = _text(payload[_HEAD.size : owner])
        peer, blank, url = sink.partition(" ") if version == _WITH_PEER else ("", "", sink)
        if version == _WITH_PEER and not (peer and blank):
            raise ValueError("its sink has no peer before it")
        return Subscription(
            id,
            self._topic(payload[topic:]),
            Handle(url),
            _text(payload[owner:topic]),
            since,
            until,
            minInterval,
            maxInterval,
            _flag(flag),
            peer,
        )

    def _topic(self, data: bytes) -> Topic:
        topic = self._topics.get(data)
        if topic is None:
            topic = _topicOf(data)
            if len(data) <= _LARGEST:
                if len(self._topics) == _TOPICS:
                    self._topics.clear()
                self._topics[data] = topic
        return topic


def _sinkOf(row: Subscription) -> str:
    return f"{row.peer} {row.sink.url}" if row.peer else row.sink.url


def _textsOf(topic: Topic) -> list[str]:
    question = topic.question
    texts: list[str] = []
    if question is not None:
        namespaces = [text for pair in question.namespaces for text in pair]
        texts += (question.language.value, question.freshness.value, question.text)
        texts += (str(len(namespaces)), *namespaces)
    for one in topic.selectors:
        name = one.name
        texts += (name.namespace, name.localName, _optional(one.originator), _optional(one.key))
    return texts


def _bytesOfTopic(topic: Topic) -> bytes:
    parts = [_bytes(text) for text in _textsOf(topic)]
    lengths = _lengths(len(parts)).pack(*map(len, parts))
    flag = topic.wantsChanges if topic.question is None else _ASKING
    return b"".join((_TOPIC.pack(flag, len(parts)), lengths, *parts))


def _topicOf(data: bytes) -> Topic:
    flag, count = _TOPIC.unpack_from(data)
    start = _TOPIC.size + 4 * count
    # A count that is wrong must not take memory or time.
    if start > len(data) or count % (2 if flag == _ASKING else 4):
        raise ValueError(f"its topic has {count} texts in {len(data)} bytes")
    texts: list[str] = []
    for length in _lengths(count).unpack_from(data, _TOPIC.size):
        texts.append(_text(data[start : start + length]))
        start += length
    if start != len(data):
        raise ValueError("its topic is cut short, or too long")
    if flag == _ASKING:
        return Topic.asking(_questionOf(texts))
    return Topic(_selectorsOf(texts), _flag(flag))


def _questionOf(texts: Sequence[str]) -> Question:
    if len(texts) < _FIXED:
        raise ValueError(f"its question has {len(texts)} texts")
    language, freshness, expression, written = texts[:_FIXED]
    count = int(written)
    end = _FIXED + count
    if str(count) != written or not 0 <= count <= len(texts) - _FIXED or count % 2:
        raise ValueError(f"its question has {cut(written)} texts of namespaces")
    if (len(texts) - end) % 4:
        raise ValueError(f"its question has {len(texts) - end} texts of selectors")
    namespaces = texts[_FIXED:end]
    return Question(
        Language(language),
        expression,
        _selectorsOf(texts[end:]),
        tuple(zip(namespaces[::2], namespaces[1::2], strict=True)),
        Freshness(freshness),
    )


def _selectorsOf(texts: Sequence[str]) -> tuple[NameSelector, ...]:
    return tuple([_selector(*texts[at : at + 4]) for at in range(0, len(texts), 4)])


def _selector(namespace: str, local: str, originator: str, key: str) -> NameSelector:
    return NameSelector(QName(namespace, local), _present(originator), _present(key))


def _lengths(count: int) -> Struct:
    return Struct(f"<{count}I")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", _ERRORS)


def _text(data: bytes) -> str:
    return data.decode("utf-8", _ERRORS)


def _optional(text: str | None) -> str:
    return "" if text is None else "=" + text


def _present(part: str) -> str | None:
    if not part:
        return None
    if not part.startswith("="):
        raise ValueError(f"an optional text is {cut(repr(part))}")
    return part[1:]


def _flag(byte: int) -> bool:
    if byte > 1:
        raise ValueError(f"a flag is {byte}")
    return bool(byte)


def _instant(instants: Sequence[float]) -> float:
    if len(instants) != 1 or math.isnan(instants[0]) or instants[0] == -math.inf:
        raise ValueError(f"its instants are {instants!r}")
    return instants[0]
