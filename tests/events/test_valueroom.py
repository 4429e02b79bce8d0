"""What must go for more events, against a model that looks at all of them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.events.limits import EventValueLimits
from gma_twisted.events.valueroom import ValueRoom, sourceOf
from gma_twisted.events.values import EVENT_NAME
from gma_twisted.model import ElementKey

LIMITS = EventValueLimits(values=6, bytes=30, perSource=3)
BATCHES = st.tuples(
    st.sampled_from("abc"), st.dictionaries(st.integers(1, 5), st.integers(1, 12), max_size=3)
)


def keyOf(source: str, id: int) -> ElementKey:
    """Of an event."""
    return ElementKey(EVENT_NAME, "http://h/i", f"{source} App {id}")


class ValueRoomTests(SynchronousTestCase):
    """Bounds hold, and no younger one goes before an older one."""

    @given(st.lists(BATCHES, max_size=20))
    def test_model(self, batches: list[tuple[str, dict[int, int]]]) -> None:
        """Whatever comes."""
        room = ValueRoom(LIMITS)
        # The oldest first.
        there: dict[ElementKey, int] = {}
        for source, ids in batches:
            wanted = {keyOf(source, id): size for id, size in ids.items()}
            try:
                gone = room.excess(source, wanted)
            except TooLarge:
                self.assertGreater(sum(wanted.values()), LIMITS.bytes)
                continue
            self.assertEqual(list(gone), self.expected(there, source, wanted))
            for key in gone:
                room.drop(key)
                del there[key]
            for key, size in wanted.items():
                room.put(key, size)
                there.pop(key, None)
                there[key] = size
            self.assertEqual(len(room), len(there))
            self.assertLessEqual(len(there), LIMITS.values)
            self.assertLessEqual(sum(there.values()), LIMITS.bytes)

    def expected(
        self, there: dict[ElementKey, int], source: str, wanted: dict[ElementKey, int]
    ) -> list[ElementKey]:
        """One after the other, as long as it must be."""
        left = {key: size for key, size in there.items() if key not in wanted}
        gone: list[ElementKey] = []
        own = [key for key in left if sourceOf(key) == source]
        while len(own) + len(wanted) > LIMITS.perSource:
            gone.append(own.pop(0))
            del left[gone[-1]]
        while (
            len(left) + len(wanted) > LIMITS.values
            or sum(left.values()) + sum(wanted.values()) > LIMITS.bytes
        ):
            gone.append(next(iter(left)))
            del left[gone[-1]]
        return gone
