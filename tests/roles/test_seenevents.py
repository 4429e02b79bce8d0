"""What is remembered of events that came."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.roles.seenevents import SeenEvents


def made(number: int, units: str | None = None, at: int = 5) -> Event:
    """An event with a field in a container."""
    event, inner = Event("load", at), EventContainer("cpu")
    inner.add(EventField("number", number, units))
    event.add(inner)
    return event


class SeenEventsTests(SynchronousTestCase):
    """SeenEvents."""

    def test_known(self) -> None:
        """What came by one that is followed is known by all that is in it; its own are not."""
        old, new = SeenEvents(), SeenEvents()
        old.note([made(1)])
        self.assertFalse(old.isKnown(made(1)))
        new.follow(old)
        new.note([made(2)])
        self.assertTrue(new.isKnown(made(1)))
        for other in (made(2), made(1, "s"), made(1, at=6)):
            self.assertFalse(new.isKnown(other))

    def test_bounded(self) -> None:
        """The last 500 are known, however many came; of none older than twice as many."""
        old, new = SeenEvents(), SeenEvents()
        for number in range(0, 5000, 250):
            old.note([made(one) for one in range(number, number + 250)])
        new.follow(old)
        known = [one for one in range(5000) if new.isKnown(made(one))]
        self.assertEqual(known[-500:], list(range(4500, 5000)))
        self.assertLessEqual(len(known), 1000)
