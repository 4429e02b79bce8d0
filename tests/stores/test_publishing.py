"""Observers are told in the order they came."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Changes
from gma_twisted.stores import Observers


class ObserversTests(SynchronousTestCase):
    """Who is told, and when."""

    def test_order(self) -> None:
        """Who observes first is told first: a cache of answers is right before others ask it."""
        observers: Observers[Changes] = Observers()
        told: list[str] = []
        for name in "abc":
            observers.observe(lambda changes, name=name: told.append(name))  # type: ignore[misc]
        observers.tell(Changes(1))
        self.assertEqual(told, ["a", "b", "c"])

    def test_comesMeanwhile(self) -> None:
        """Who begins or ends while all are told counts from the next time."""
        observers: Observers[Changes] = Observers()
        told: list[str] = []

        def first(changes: Changes) -> None:
            told.append("first")
            observers.observe(lambda changes: told.append("new"))
            endSecond()

        observers.observe(first)
        endSecond = observers.observe(lambda changes: told.append("second"))
        observers.tell(Changes(1))
        self.assertEqual(told, ["first", "second"])
        observers.tell(Changes(2))
        self.assertEqual(told, ["first", "second", "first", "new"])
