"""C{gma:delivery}, the header block of a notice: whose it is, which one, and when it was sent (WIRE 3)."""

import math
import re
from functools import lru_cache

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, escapeText
from gma_twisted.markup.namespaces import GMA, XSD
from gma_twisted.markup.xsd import readDateTime, writeDateTime
from gma_twisted.model import Delivery, QName
from gma_twisted.soap.types import BOOLEAN, Layout, Part, Scalar

__all__ = [
    "MAX_SUBSCRIPTION",
    "closeDelivery",
    "openDelivery",
    "readDelivery",
    "readSent",
    "writeDelivery",
]

MAX_SUBSCRIPTION = 2048
"""Most characters of the subscription's handle."""

_DELIVERY = f"{{{GMA}}}delivery"
_COUNT = re.compile(r"[0-9]{1,18}\Z")


def writeDelivery(delivery: Delivery) -> bytes:
    """The block; needs the prefix gma around it."""
    return openDelivery(delivery.subscription, delivery.epoch) + closeDelivery(
        delivery.sequence, delivery.sent, delivery.isSnapshot, delivery.dropped
    )


def openDelivery(subscription: str, epoch: int) -> bytes:
    """What the blocks of one subscription in one epoch begin with. @param subscription: its handle"""
    return (
        f"<gma:delivery><gma:subscription>{escapeText(subscription)}</gma:subscription>"
        f"<gma:epoch>{epoch}</gma:epoch><gma:sequence>"
    ).encode()


def closeDelivery(sequence: int, sent: float, isSnapshot: bool, dropped: int) -> bytes:
    """The rest of a block; see L{Delivery}."""
    more = b"<gma:snapshot>true</gma:snapshot>" if isSnapshot else b""
    if dropped:
        more += b"<gma:dropped>%d</gma:dropped>" % dropped
    return b"%d</gma:sequence><gma:sent>%b</gma:sent>%b</gma:delivery>" % (
        sequence,
        _writeSent(math.floor(sent * 1000 + 0.5)),
        more,
    )


@lru_cache(maxsize=16)
def _writeSent(milliseconds: int) -> bytes:
    # Fifty notices leave in the same one.
    return writeDateTime(milliseconds / 1000).encode()


def readSent(text: str) -> float:
    """
    When a notice was sent: a time lifetimes can be reckoned from.

    @return: seconds since 1970, finite
    @raise ParameterError: no dateTime, or out of the calendar
    """
    sent = readDateTime(text)
    if not math.isfinite(sent):
        raise ParameterError(f'"{cut(text.strip(), 40)}" is in no year from 1 to 9999')
    return sent


def _readCount(text: str) -> int:
    value = text.strip()
    if not _COUNT.match(value):
        raise ParameterError(f'"{cut(value, 40)}" is not a count of at most 18 digits')
    return int(value)


def _readSequence(text: str) -> int:
    sequence = _readCount(text)
    if not sequence:
        raise ParameterError("the first notice of an epoch has number 1")
    return sequence


def _readSubscription(text: str) -> str:
    handle = text.strip()
    if not 1 <= len(handle) <= MAX_SUBSCRIPTION:
        raise ParameterError(
            f"a handle has 1 to {MAX_SUBSCRIPTION} characters, this one has {len(handle)}"
        )
    return handle


_COUNTED = Scalar(QName(XSD, "nonNegativeInteger"), _readCount, str)
_BLOCK = Layout(
    GMA,
    (
        Part("subscription", Scalar(QName(XSD, "anyURI"), _readSubscription, str)),
        Part("epoch", _COUNTED),
        Part("sequence", Scalar(QName(XSD, "positiveInteger"), _readSequence, str)),
        Part("sent", Scalar(QName(XSD, "dateTime"), readSent, writeDateTime)),
        Part.optional("snapshot", BOOLEAN),
        Part.optional("dropped", _COUNTED),
    ),
)


def readDelivery(header: Element) -> Delivery | None:
    """
    What the C{gma:delivery} block of a SOAP Header says; C{None} when there is no such block.

    @raise ParameterError: malformed, or more than one
    """
    blocks = [block for block in header if block.tag == _DELIVERY]
    if not blocks:
        return None
    if len(blocks) > 1:
        raise ParameterError(f"one Header has {len(blocks)} blocks gma:delivery")
    values = _BLOCK.read(blocks[0])
    return Delivery(
        values["subscription"],
        values["epoch"],
        values["sequence"],
        values["sent"],
        bool(values["snapshot"]),
        values["dropped"] or 0,
    )
