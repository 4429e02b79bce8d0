"""Notices: the message of C{deliverNotification}, its envelope, and the header that counts them (WIRE 3)."""

from gma_twisted.soap.notices.challenge import challenged, tokenIn
from gma_twisted.soap.notices.delivery import (
    MAX_SUBSCRIPTION,
    closeDelivery,
    openDelivery,
    readDelivery,
    writeDelivery,
)
from gma_twisted.soap.notices.reading import (
    MOST_VALUES,
    ReceivedExtension,
    ReceivedNotice,
    readNotice,
)
from gma_twisted.soap.notices.writing import (
    headedEnvelope,
    noticeEnvelope,
    writeChanges,
    writeExtension,
    writeRefusal,
    writeRemoval,
    writeWholeValues,
)

__all__ = [
    "MAX_SUBSCRIPTION",
    "MOST_VALUES",
    "ReceivedExtension",
    "ReceivedNotice",
    "challenged",
    "closeDelivery",
    "headedEnvelope",
    "noticeEnvelope",
    "openDelivery",
    "readDelivery",
    "readNotice",
    "tokenIn",
    "writeChanges",
    "writeDelivery",
    "writeExtension",
    "writeRefusal",
    "writeRemoval",
    "writeWholeValues",
]
