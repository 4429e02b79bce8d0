"""Messages as bytes: a length, and what is said.

A worker trusts its node, and reads what that says with L{marshal}: values come by the hundred thousand. A node does not
trust a worker, in which anybody's expression ran: of what it says there are a number, a JSON object and bytes.
"""

import json
import marshal
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.evaluation.bundles import (
    KnownKeys,
    bundleElements,
    bundleKeys,
    bundleLifetimes,
    noneKnown,
    unbundleElements,
    unbundleKeys,
    unbundleLifetimes,
)
from gma_twisted.evaluation.messages import (
    Answered,
    Ask,
    Began,
    Changed,
    Extend,
    Forget,
    FromWorker,
    Look,
    Looked,
    Put,
    Refused,
    Remove,
    ToWorker,
    Unwatch,
    Watch,
)
from gma_twisted.model import (
    Freshness,
    Language,
    NameSelector,
    QName,
    Question,
)

__all__ = [
    "MAX_FRAME",
    "FrameReader",
    "bodyStart",
    "readAnswer",
    "readOrder",
    "writeAnswer",
    "writeOrder",
]

MAX_FRAME = 256 * 1024**2
"""Most bytes of one frame, its length not counted."""

_LENGTH = struct.Struct("!I")
_ANSWER = struct.Struct("!BI")
_ANSWERS = (Began, Answered, Refused, Changed, Looked)
_WITH_BODY = (_ANSWERS.index(Answered), _ANSWERS.index(Changed))
# Of what a worker says, beside the body of an answer.
_MOST_SAID = 64 * 1024
_MOST_FIGURES = 16
_LARGEST = 1e15
_IDS = range(2**63)
# A version of marshal's format. Later ones look each object up, whether it was written before: bundles have none twice.
_WITHOUT_REFERENCES = 2


@attrs.define(slots=True, eq=False)
class FrameReader:
    """
    Cuts a stream of bytes into frames.

    @ivar most: bytes of one frame
    """

    most: int = MAX_FRAME
    _data: bytearray = attrs.field(factory=bytearray, init=False, repr=False)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        The frames that are complete with these bytes.

        @raise TooLarge: a frame is said to have more than C{most} bytes; nothing can be read after that
        """
        kept = self._data
        kept += data
        at = 0
        try:
            while len(kept) - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(kept, at)
                if length > self.most:
                    raise TooLarge(f"a frame of {length} bytes; at most {self.most} are read")
                end = at + _LENGTH.size + length
                if len(kept) < end:
                    break
                frame = bytes(memoryview(kept)[at + _LENGTH.size : end])
                at = end
                yield frame
        finally:
            del kept[:at]

    @property
    def size(self) -> int:
        """Bytes that are there of a frame that is not complete."""
        return max(0, len(self._data) - _LENGTH.size)

    def begun(self, start: int, end: int | None = None) -> bytes:
        """A part of what is there of that frame."""
        stop = None if end is None else end + _LENGTH.size
        return bytes(memoryview(self._data)[start + _LENGTH.size : stop])


def writeOrder(message: ToWorker) -> bytes:
    """The frame of what a node says."""
    kind = type(message).__name__
    said = marshal.dumps((kind, *_ORDERS[kind][0](message)), _WITHOUT_REFERENCES)
    return _LENGTH.pack(len(said)) + said


def readOrder(frame: bytes, known: KnownKeys = noneKnown) -> ToWorker:
    """
    What a node says. The worker trusts it: anything else than L{writeOrder} wrote is not told from it.

    @param known: keys that are there, so that each is one object, and is not made again
    """
    kind, *parts = marshal.loads(frame)
    message: ToWorker = _ORDERS[kind][1](known, *parts)
    return message


def writeAnswer(message: FromWorker) -> bytes:
    """The frame of what a worker says."""
    fields = attrs.asdict(message, recurse=False)
    body = fields.pop("body", b"")
    said = json.dumps(fields).encode()
    head = _ANSWER.pack(_ANSWERS.index(type(message)), len(said))
    return b"".join((_LENGTH.pack(len(head) + len(said) + len(body)), head, said, body))


def readAnswer(frame: bytes) -> FromWorker:
    """
    What a worker says.

    @raise ParameterError: it is nothing a worker says
    """
    try:
        number, length = _ANSWER.unpack_from(frame)
        kind = _ANSWERS[number]
        if length > _MOST_SAID:
            raise ValueError(f"{length} bytes beside a body")
        start = _ANSWER.size + length
        fields = json.loads(frame[_ANSWER.size : start])
        names = [one.name for one in attrs.fields(kind)]
        if "body" in names:
            fields["body"] = frame[start:]
        elif len(frame) > start:
            raise ValueError("a body where none belongs")
        # Names that a worker made up are not repeated: others read this.
        if set(fields) != set(names):
            raise ValueError(f"other fields than {', '.join(names) or 'none'}")
        message: FromWorker = kind(**fields)
        _check(message)
    except (struct.error, IndexError, ValueError, TypeError, RecursionError) as error:
        raise ParameterError(f"a query worker says what is no answer: {error}") from None
    return message


def bodyStart(beginning: bytes) -> int | None:
    """
    Where the body of what a worker says begins.

    @param beginning: of the frame
    @return: C{None} when it has none, or too little of it is there to tell
    """
    if len(beginning) < _ANSWER.size:
        return None
    number, length = _ANSWER.unpack_from(beginning)
    return int(_ANSWER.size + length) if number in _WITH_BODY else None


def _check(message: FromWorker) -> None:
    """
    @raise TypeError: a field is not of its type
    @raise ValueError: a number is out of bounds, or a text cannot be written
    """
    for field in attrs.fields(type(message)):
        value = getattr(message, field.name)
        wanted = _TYPES.get(field.name, str)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise TypeError(f"{field.name} is {type(value).__name__}")
        if field.name == "id" and value not in _IDS:
            raise ValueError("id is out of bounds")
        if field.name == "seconds" or (field.name == "rest" and value is not None):
            _checkFigure(field.name, value)
        if isinstance(value, str):
            value.encode()
        if isinstance(value, dict):
            if len(value) > _MOST_FIGURES:
                raise ValueError(f"{field.name} has {len(value)} of them")
            for figure in value.values():
                _checkFigure(field.name, figure)


def _checkFigure(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} has what is no figure")
    if not abs(value) < _LARGEST:
        raise ValueError(f"{name} has a figure out of bounds")


_TYPES: Mapping[str, Any] = {
    "id": int,
    "body": bytes,
    "figures": dict,
    "seconds": int | float,
    "rest": int | float | None,
    "isWatch": bool,
}


def _writeQuestion(question: Question) -> tuple[object, ...]:
    return (
        question.language.value,
        question.text,
        tuple(
            (one.name.namespace, one.name.localName, one.originator, one.key)
            for one in question.selectors
        ),
        question.namespaces,
        question.freshness.value,
    )


def _readQuestion(parts: Sequence[Any]) -> Question:
    language, text, selectors, namespaces, freshness = parts
    return Question(
        Language(language),
        text,
        tuple(
            NameSelector(QName(namespace, localName), originator, key)
            for namespace, localName, originator, key in selectors
        ),
        tuple((prefix, uri) for prefix, uri in namespaces),
        Freshness(freshness),
    )


_Order = tuple[Callable[[Any], Sequence[Any]], Callable[..., Any]]

# By name: the parts of a message, and the message of these and of the keys that are known.
_ORDERS: Mapping[str, _Order] = {
    "Put": (
        lambda one: (bundleElements(one.elements),),
        lambda known, elements: Put(unbundleElements(elements, known)),
    ),
    "Extend": (
        lambda one: (
            bundleKeys([key for key, _ in one.lifetimes]),
            bundleLifetimes([lifetime for _, lifetime in one.lifetimes]),
        ),
        lambda known, keys, lifetimes: Extend(
            list(zip(unbundleKeys(keys, known), unbundleLifetimes(lifetimes), strict=True))
        ),
    ),
    "Remove": (
        lambda one: (bundleKeys(one.keys),),
        lambda known, keys: Remove(unbundleKeys(keys, known)),
    ),
    "Forget": (
        lambda one: ([(name.namespace, name.localName) for name in one.names],),
        lambda _, names: Forget([QName(*name) for name in names]),
    ),
    "Ask": (
        lambda one: (one.id, one.now, one.offset, _writeQuestion(one.question), one.maxResult),
        lambda _, id, now, offset, question, most: Ask(
            id, now, offset, _readQuestion(question), most
        ),
    ),
    "Watch": (
        lambda one: (one.id, _writeQuestion(one.question), one.maxResult),
        lambda _, id, question, most: Watch(id, _readQuestion(question), most),
    ),
    "Unwatch": (lambda one: (one.id,), lambda _, id: Unwatch(id)),
    "Look": (
        lambda one: (one.id, one.now, one.offset),
        lambda _, id, now, offset: Look(id, now, offset),
    ),
}
