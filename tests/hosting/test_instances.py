"""The places of created services: bounds, names, and what is told of those that ended."""

from collections.abc import Iterator

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    ParameterError,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
)
from gma_twisted.hosting.instances import FactoryLimits, Places
from gma_twisted.interfaces import IServiceFamily
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock

_HANDLE = Handle("http://gate:8480/services/instances")


def _ids() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield str(number)


class PlacesTests(SynchronousTestCase):
    """Three in all, two of one owner."""

    def setUp(self) -> None:
        """No place is taken."""
        self.time = Clock()
        ids = _ids()
        self.places = Places(_HANDLE, NodeClock(self.time), FactoryLimits(3, 2), lambda: next(ids))

    def test_family(self) -> None:
        """They are a family, for the paths below theirs."""
        self.assertTrue(verifyObject(IServiceFamily, self.places))
        self.assertEqual(self.places.path, "/services/instances")

    def test_bounds(self) -> None:
        """Both bounds are named when they are reached, and a place that was left counts no more."""
        first = self.places.take("", "a")
        self.places.take("", "a")
        why = self.assertRaises(TooLarge, self.places.take, "", "a")
        self.assertEqual(str(why), "a has 2 created services, the bound created_per_owner")
        self.places.take("", "b")
        why = self.assertRaises(TooLarge, self.places.take, "", "c")
        self.assertEqual(str(why), "this node has 3 created services, the bound created_services")
        self.places.end(first, "")
        self.assertRaises(TooLarge, self.places.take, "", "c")
        self.places.leave(first)
        self.places.take("", "a")
        self.assertEqual(len(self.places), 3)

    def test_names(self) -> None:
        """A name is taken until its service ends, or never came to live."""
        first = self.places.take("x", "a")
        error = self.assertRaises(ServiceAlreadyExists, self.places.take, "x", "b")
        self.assertEqual(error.existing, f"{_HANDLE}/{first}")
        self.places.end(first, "x")
        second = self.places.take("x", "b")
        # The first one gives back late what it used: the name is the second's.
        self.places.leave(first, "x")
        self.assertRaises(ServiceAlreadyExists, self.places.take, "x", "b")
        self.places.leave(second, "x")
        self.places.take("x", "b")

    def test_refusedTakesNothing(self) -> None:
        """A refused request leaves nothing behind."""
        self.places.take("x", "a")
        self.assertRaises(ServiceAlreadyExists, self.places.take, "x", "b")
        self.assertEqual(len(self.places), 1)

    def test_tombstones(self) -> None:
        """That a service has ended is told for an hour."""
        id = self.places.take("", "a")
        self.assertRaises(UnknownId, self.places.role, id)
        self.places.end(id, "")
        self.places.leave(id)
        self.time.advance(3599.0)
        error = self.assertRaises(ServiceHasTerminated, self.places.role, id)
        self.assertEqual(str(error), f"the service {_HANDLE}/{id} has ended")
        self.time.advance(1.0)
        self.assertRaises(UnknownId, self.places.role, id)

    def test_tombstonesBound(self) -> None:
        """Of the last 10,000."""
        for _ in range(10_001):
            id = self.places.take("", "a")
            self.places.end(id, "")
            self.places.leave(id)
        self.assertRaises(UnknownId, self.places.role, "1")
        for kept in ("2", id):
            self.assertRaises(ServiceHasTerminated, self.places.role, kept)

    def test_limits(self) -> None:
        """Bounds are at least one."""
        for limits in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
            self.assertRaises(ParameterError, FactoryLimits, *limits)

    def test_ids(self) -> None:
        """Ids of their own are 128 bits nobody can guess, and XML names, for the WSDL."""
        places = Places(_HANDLE, NodeClock(self.time))
        ids = {places.take("", "a") for _ in range(50)}
        self.assertEqual({len(id) for id in ids}, {33})
        self.assertTrue(all(id[0].isalpha() for id in ids))
        self.assertEqual(len(ids), 50)
