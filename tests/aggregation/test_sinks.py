"""The sinks of a service."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.aggregation import Sinks
from gma_twisted.errors import ServiceHasTerminated
from gma_twisted.interfaces import INotificationSink, IServiceFamily, IUnreadCounter
from gma_twisted.model import Handle
from gma_twisted.soap.porttypes import NOTIFICATION_SINK

HANDLE = Handle("http://me:8480/services/index/sinks")


@implementer(INotificationSink)
class Sink:
    """Takes notices."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle

    def deliverNotification(self, message: Any, caller: Any = None) -> Any:
        """See L{INotificationSink}."""


class SinksTests(SynchronousTestCase):
    """Ids are 00..., 11... and so on."""

    def setUp(self) -> None:
        """None is open."""
        self.made = -1
        self.sinks = Sinks(HANDLE, self.randomBytes)

    def randomBytes(self, count: int) -> bytes:
        """Bytes of one value each time."""
        self.made += 1
        return bytes([self.made * 17]) * count

    def test_family(self) -> None:
        """It is a family of services that only take notices."""
        verifyObject(IServiceFamily, self.sinks)
        verifyObject(IUnreadCounter, self.sinks)
        self.assertEqual(self.sinks.path, "/services/index/sinks")
        self.assertEqual(list(self.sinks.portTypes), [NOTIFICATION_SINK])

    def test_open(self) -> None:
        """An open one has 128 bits in its handle and answers by them."""
        one, other = self.sinks.open(Sink), self.sinks.open(Sink)
        self.assertEqual(one.handle.url, f"{HANDLE}/{'00' * 16}")
        self.assertEqual(other.handle.url, f"{HANDLE}/{'11' * 16}")
        self.assertIs(self.sinks.role("00" * 16), one)
        self.assertIs(self.sinks.role("11" * 16), other)
        self.assertEqual(len(self.sinks), 2)

    def test_closed(self) -> None:
        """Of a closed one and of one that never was the same is said: it is over."""
        one = self.sinks.open(Sink)
        self.sinks.close(one.handle)
        self.sinks.close(one.handle)
        for id in ("00" * 16, "ab", "x" * 1000 + "\x00"):
            error = self.assertRaises(ServiceHasTerminated, self.sinks.role, id)
            self.assertLess(len(error.message), 200)
        self.assertEqual(self.sinks.counts.unknown, 3)
        self.assertEqual(len(self.sinks), 0)

    def test_unread(self) -> None:
        """What could not be read counts as a notice that failed, where a sink is open."""
        self.sinks.open(Sink)
        self.sinks.unread("00" * 16)
        self.assertEqual((self.sinks.counts.failed, self.sinks.counts.unknown), (1, 0))
        self.sinks.unread("11" * 16)
        self.assertEqual((self.sinks.counts.failed, self.sinks.counts.unknown), (1, 1))
