"""Notices: the message of C{deliverNotification}, its envelope, and the header that counts them (WIRE 3)."""

from gma_twisted.soap.notices.delivery import MAX_SUBSCRIPTION, readDelivery
from gma_twisted.soap.notices.reading import ReceivedExtension, ReceivedNotice, readNotice
from gma_twisted.soap.notices.writing import (
    noticeEnvelope,
    writeChanges,
    writeExtension,
    writeRemoval,
    writeWholeValues,
)

__all__ = [
    "MAX_SUBSCRIPTION",
    "ReceivedExtension",
    "ReceivedNotice",
    "noticeEnvelope",
    "readDelivery",
    "readNotice",
    "writeChanges",
    "writeExtension",
    "writeRemoval",
    "writeWholeValues",
]
