"""Notification: who subscribed, what they are told, and how it leaves (OGSI 1.0, chapter 11; WIRE 3)."""

from gma_twisted.notify.notifier import Notifier
from gma_twisted.notify.writing import NoticeWriter

__all__ = ["NoticeWriter", "Notifier"]
