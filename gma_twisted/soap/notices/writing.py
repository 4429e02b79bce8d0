"""Writing notices. A message is written once for all subscribers of a topic, and each envelope is one join."""

import math
from collections.abc import Sequence
from functools import lru_cache

from gma_twisted.errors import GMAError
from gma_twisted.markup import escapeText
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Delivery, ElementKey, Lifetime, QName
from gma_twisted.soap.envelope import envelopeClose, envelopeOpen
from gma_twisted.soap.notices.delivery import writeDelivery
from gma_twisted.soap.values import CLOSE, writeHead

__all__ = [
    "headedEnvelope",
    "noticeEnvelope",
    "writeChanges",
    "writeExtension",
    "writeRefusal",
    "writeRemoval",
    "writeWholeValues",
]

_NOTIFY = ogsi("deliverNotification")
_BEFORE, _BODY, _WITHIN = envelopeOpen(False, _NOTIFY).partition(b"<soapenv:Body>")
_PLAIN = _BEFORE + _BODY + _WITHIN + b"<ogsi:message>"
_HEADED = _BEFORE + b"<soapenv:Header>"
_AFTER_HEADER = b"</soapenv:Header>" + _BODY + _WITHIN + b"<ogsi:message>"
_END = b"</ogsi:message>" + envelopeClose(_NOTIFY)


def writeChanges(
    put: Sequence[bytes], extend: Sequence[bytes], remove: Sequence[bytes], isSnapshotEnd: bool
) -> bytes:
    """
    C{gma:changes}; needs the prefixes every envelope of ours declares.

    @param put: values as L{writeValue <gma_twisted.markup.writeValue>} gives them
    @param extend: what L{writeExtension} gives
    @param remove: what L{writeRemoval} gives
    @param isSnapshotEnd: whether everything there is has been said with this notice
    """
    start = b'<gma:changes gma:snapshotEnd="true">' if isSnapshotEnd else b"<gma:changes>"
    values = (b"<gma:put>", *put, b"</gma:put>") if put else ()
    return b"".join((start, *values, *extend, *remove, b"</gma:changes>"))


def writeExtension(key: ElementKey, lifetime: Lifetime, offset: float) -> bytes:
    """
    C{gma:extend}: the value is the same and holds longer. An end that never comes is left out.

    @param lifetime: instants on the node's clock
    @param offset: wall time minus the node's clock, seconds
    """
    ends = _ends(lifetime.goodUntil + offset, lifetime.availableUntil + offset)
    return f"<gma:extend>{_identity(key)}{ends}</gma:extend>".encode()


@lru_cache(maxsize=1024)
def _ends(goodUntil: float, availableUntil: float) -> str:
    # Mostly the values of one notice were extended together.
    ends = ""
    if goodUntil != math.inf:
        ends = f"<gma:goodUntil>{writeDateTime(goodUntil)}</gma:goodUntil>"
    if availableUntil != math.inf:
        ends += f"<gma:availableUntil>{writeDateTime(availableUntil)}</gma:availableUntil>"
    return ends


def writeRemoval(key: ElementKey) -> bytes:
    """C{gma:remove}: the value is gone."""
    return f"<gma:remove>{_identity(key)}</gma:remove>".encode()


def _identity(key: ElementKey) -> str:
    return f"{_source(key.name, key.originator)}<gma:key>{escapeText(key.key)}</gma:key>"


@lru_cache(maxsize=1024)
def _source(name: QName, originator: str) -> str:
    # The values of one notice have few names and come from few services.
    return (
        f"<gma:namespace>{escapeText(name.namespace)}</gma:namespace>"
        f"<gma:localName>{escapeText(name.localName)}</gma:localName>"
        f"<gma:originator>{escapeText(originator)}</gma:originator>"
    )


def writeWholeValues(values: Sequence[bytes], sent: float) -> bytes:
    """
    C{sd:serviceDataValues} as name queries answer it: all values of all names, for subscribers of OGSI's kind.

    @param values: as in L{writeChanges}
    @param sent: wall time, seconds since 1970
    """
    return b"".join((writeHead(sent), b">", *values, CLOSE))


def writeRefusal(error: GMAError) -> bytes:
    """C{gma:refused}: the last notice of a subscription. @param error: why it ends, as a fault would tell it"""
    return (
        f"<gma:refused><gma:code>{escapeText(error.code)}</gma:code>"
        f"<gma:reason>{escapeText(error.message)}</gma:reason></gma:refused>"
    ).encode()


def noticeEnvelope(message: bytes, delivery: Delivery | None) -> bytes:
    """
    The whole request, SOAP 1.1.

    @param message: what L{writeChanges} or L{writeWholeValues} gave, the same bytes for every subscriber of a topic
    @param delivery: what the header says; C{None} for no header
    """
    if delivery is None:
        return b"".join((_PLAIN, message, _END))
    return headedEnvelope(message, writeDelivery(delivery))


def headedEnvelope(message: bytes, delivery: bytes) -> bytes:
    """As L{noticeEnvelope}. @param delivery: the block gma:delivery"""
    return b"".join((_HEADED, delivery, _AFTER_HEADER, message, _END))
