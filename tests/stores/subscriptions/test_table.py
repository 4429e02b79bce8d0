"""The table under everything, where the contract cannot see: what is shared, what is left, what it takes."""

import tracemalloc
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Handle, NameSelector, QName, Subscribe, Subscription, Topic
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.stores.subscriptions.sharing import Shared
from gma_twisted.stores.subscriptions.table import SubscriptionTable
from gma_twisted.stores.subscriptions.view import Overlay
from gma_twisted.testing.subscriptions.model import makeSubscription
from gma_twisted.timing import NodeClock, toDeferred


class SharedTests(SynchronousTestCase):
    """Equal values are one object while one is there."""

    def test_shared(self) -> None:
        """The first stands for all, until the last has left."""
        shared: Shared[tuple[int, ...]] = Shared()
        first, second, third = (tuple(range(2)) for _ in range(3))
        self.assertIs(shared.join(first), first)
        self.assertIs(shared.join(second), first)
        self.assertEqual((shared.count(third), shared.count((3,)), len(shared)), (2, 0, 1))
        shared.leave(second)
        self.assertIs(shared.join(third), first)
        shared.leave(first)
        shared.leave(first)
        self.assertEqual((shared.count(first), len(shared)), (0, 0))
        self.assertIs(shared.join(third), third)


class TableTests(SynchronousTestCase):
    """The table by itself."""

    def test_shared(self) -> None:
        """Rows share topic, owner and intervals, and each equals what it was made of."""
        table = SubscriptionTable()
        rows = [
            Subscription(
                str(number),
                Topic((NameSelector(QName("urn:a", "load")),)),
                Handle("http://sink/"),
                "".join(["o", "wner"]),
                1.0,
                2.0,
                float("1.5"),
                float("60"),
            )
            for number in range(2)
        ]
        one, two = (table.add(row, 0) for row in rows)
        self.assertEqual([one, two], rows)
        for name in ("topic", "owner", "minInterval", "maxInterval"):
            self.assertIs(getattr(one, name), getattr(two, name))
            self.assertIsNot(getattr(rows[0], name), getattr(rows[1], name))
        self.assertIs(table.move("0", 9.0).topic, two.topic)

    def test_empty(self) -> None:
        """When every subscription is gone nothing is left of topics, owners, places and weight."""
        table = SubscriptionTable()
        for number in range(100):
            names = [str(number % 3)]
            table.add(makeSubscription(str(number), f"o{number % 7}", names=names), number)
        self.assertEqual((table.subscriptions, table.owned("o0")), (100, 15))
        for number in range(100):
            table.move(str(number), 5.0)
            table.remove(str(number))
        table.moved("1", 7)
        self.assertEqual((table.subscriptions, table.size, list(table)), (0, 0, []))
        for left in (table._topics, table._owners, table._intervals, table._places):
            self.assertEqual(len(left), 0)

    def test_overlay(self) -> None:
        """An overlay weighs and counts as the table would after the same steps."""
        random = Random(4)
        table, other = SubscriptionTable(), SubscriptionTable()
        for number in range(10):
            for one in (table, other):
                one.add(makeSubscription(str(number), names=[str(number % 4)]), 0)
        overlay = Overlay(other)
        for _ in range(300):
            id = str(random.randrange(20))
            if table.get(id) is None:
                row = makeSubscription(id, random.choice("ab"), names=[str(random.randrange(6))])
                table.add(row, 0)
                overlay.write(row)
            elif random.random() < 0.3:
                overlay.write(table.move(id, random.random()))
            else:
                table.remove(id)
                overlay.remove(id)
            self.assertEqual(
                (overlay.subscriptions, overlay.size), (table.subscriptions, table.size)
            )
            self.assertEqual(overlay.get(id), table.get(id))
            for owner in ("a", "b", "ann"):
                self.assertEqual(overlay.owned(owner), table.owned(owner))


class ScaleTests(SynchronousTestCase):
    """What a subscription takes."""

    def test_memory(self) -> None:
        """A subscription takes at most 600 bytes with everything of the store, its lease and sink included."""
        time = Clock()
        store = SubscriptionStore(NodeClock(time, time.seconds))
        self.successResultOf(toDeferred(store.start()))
        count = 8_000
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for start in range(0, count, 100):
                numbers = range(start, start + 100)
                _ = store.commit([Subscribe(_heavy(number)) for number in numbers])
            taken = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        self.assertEqual(len({id(row.topic) for row in store.all()}), 10)
        self.assertLess(taken / count, 600)
        self.successResultOf(toDeferred(store.stop()))


def _heavy(number: int) -> Subscription:
    """One of which every part is new, as from the network."""
    names = [f"name{number % 10}-{index}" for index in range(3)]
    return Subscription(
        f"{number:016}",
        Topic(tuple([NameSelector(QName("urn:example:names", name)) for name in names])),
        Handle(f"http://10.1.2.3:8480/services/index/sinks/{number}"),
        f"owner{number % 100}",
        1e9 + number,
        3600.0 + number / 1000,
        number % 3 + 0.5,
        number % 3 + 60.5,
    )
