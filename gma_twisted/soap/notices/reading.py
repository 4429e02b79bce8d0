"""Reading notices, those of our nodes and those of any OGSI source (WIRE 3)."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

import attrs

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ParameterError,
    TooLarge,
    cut,
)
from gma_twisted.markup import Element, ReceivedValue, nameOf, readValues
from gma_twisted.markup.namespaces import GMA
from gma_twisted.markup.xsd import readBoolean
from gma_twisted.model import ElementKey, QName
from gma_twisted.soap.notices.delivery import readSent
from gma_twisted.soap.types import STRING, WHEN, Layout, Part
from gma_twisted.soap.values import VALUES

__all__ = ["MOST_VALUES", "ReceivedExtension", "ReceivedNotice", "readNotice"]

T = TypeVar("T")

MOST_VALUES = 10_000
"""Most values that one notice, or one answer, may speak of. All are read in one turn of the reactor: these take about
60 ms, and what a message of a mebibyte can hold, half a second."""

_CHANGES = QName(GMA, "changes")
_PUT, _EXTEND, _REMOVE = (QName(GMA, name).clark for name in ("put", "extend", "remove"))
_IDENTITY = (
    Part("namespace", STRING),
    Part("localName", STRING),
    Part("originator", STRING),
    Part("key", STRING),
)
_REMOVAL = Layout(GMA, _IDENTITY)
_EXTENSION = Layout(
    GMA, (*_IDENTITY, Part.optional("goodUntil", WHEN), Part.optional("availableUntil", WHEN))
)


@attrs.frozen(slots=True)
class ReceivedExtension:
    """
    A value that holds longer; instants are the sender's wall time.

    @ivar key: which value
    @ivar goodUntil, availableUntil: seconds since 1970; C{None} for no end
    """

    key: ElementKey
    goodUntil: float | None
    availableUntil: float | None


@attrs.frozen(slots=True)
class ReceivedNotice:
    """
    What a notice says.

    @ivar put: values that are new, or other ones than before; without an originator they are the sender's own
    @ivar extend: values that hold longer
    @ivar remove: values that are gone
    @ivar isWhole: whether C{put} is all there is of the names (OGSI's notices), and what is not in it is gone
    @ivar isSnapshotEnd: whether everything there is has been said with this notice
    @ivar sent: wall time of the sender as whole values say it, seconds since 1970; C{None} when they do not, as
        those of OGSI sources, and for changes, whose header says it
    """

    put: Sequence[ReceivedValue]
    extend: Sequence[ReceivedExtension]
    remove: Sequence[ElementKey]
    isWhole: bool
    isSnapshotEnd: bool
    sent: float | None = None


def readNotice(message: Element) -> ReceivedNotice:
    """
    Read what C{ogsi:message} holds, C{gma:changes} or C{sd:serviceDataValues}; the tree is used up, as in
    L{readValues <gma_twisted.markup.readValues>}.

    @raise ExtensibilityNotSupported: another element
    @raise ExtensibilityTypeError: malformed; the message says what
    @raise TooLarge: it speaks of more than L{MOST_VALUES}, or as L{readValues <gma_twisted.markup.readValues>}
    """
    name = nameOf(message)
    _checkCount(len(message))
    try:
        if name == _CHANGES:
            return _readChanges(message)
        if name == VALUES:
            return _readWhole(message)
    except ParameterError as error:
        raise ExtensibilityTypeError(error.message) from None
    raise ExtensibilityNotSupported(
        f'"{cut(name)}" is no notice; send sd:serviceDataValues or gma:changes'
    )


def _checkCount(count: int) -> None:
    if count > MOST_VALUES:
        raise TooLarge(
            f"a message may speak of {MOST_VALUES} values, this one speaks of {count}; ask for fewer names"
        )


def _readWhole(message: Element) -> ReceivedNotice:
    sent = _attribute(message, "sent", readSent)
    return ReceivedNotice(readValues(message), (), (), True, False, sent)


def _attribute(message: Element, name: str, read: Callable[[str], T]) -> T | None:
    text = message.get(f"{{{GMA}}}{name}")
    try:
        return None if text is None else read(text)
    except ParameterError as error:
        raise ParameterError(f"gma:{name}: {error.message}") from None


def _readChanges(message: Element) -> ReceivedNotice:
    put: list[ReceivedValue] = []
    extend: list[ReceivedExtension] = []
    remove: list[ElementKey] = []
    for part in message:
        tag = part.tag
        if tag == _EXTEND:
            extend.append(_readExtension(part))
        elif tag == _REMOVE:
            remove.append(_key(**_REMOVAL.read(part)))
        elif tag == _PUT:
            _checkCount(len(message) - 1 + len(put) + len(part))
            put.extend(readValues(part))
        else:
            raise ParameterError(
                f'"{cut(nameOf(part))}" does not belong into gma:changes; put, extend and remove do'
            )
    isSnapshotEnd = _attribute(message, "snapshotEnd", readBoolean)
    return ReceivedNotice(put, extend, remove, False, bool(isSnapshotEnd))


def _readExtension(node: Element) -> ReceivedExtension:
    values = _EXTENSION.read(node)
    goodUntil, availableUntil = values.pop("goodUntil"), values.pop("availableUntil")
    return ReceivedExtension(_key(**values), goodUntil, availableUntil)


def _key(namespace: str, localName: str, originator: str, key: str) -> ElementKey:
    # Without blanks: what is kept is short then.
    return ElementKey(_name(namespace.strip(), localName.strip()), originator, key)


@lru_cache(maxsize=1024)
def _name(namespace: str, localName: str) -> QName:
    return QName.parse(f"{{{namespace}}}{localName}")
