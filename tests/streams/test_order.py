"""What is missing in a numbered stream, and what came twice."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model.event import Event
from gma_twisted.netlogger.numbers import Beginning
from gma_twisted.streams.order import Begun, Gap, Line, Position, begun, inOrder


def lines(*numbers: tuple[int, int]) -> list[Line]:
    """Lines by the number of the one before, and their own; each event is called by it."""
    return [Line(Event(f"e{number}", 0), number, previous) for previous, number in numbers]


def told(last: int, *numbers: tuple[int, int]) -> list[tuple[Gap | None, list[str], int, int]]:
    """How they are to be delivered."""
    return [
        (one.gap, [event.name for event in one.events], one.last, one.repeated)
        for one in inOrder(last, lines(*numbers))
    ]


class OrderTests(SynchronousTestCase):
    """Lines in their order."""

    def test_inOrder(self) -> None:
        """Between numbers that name each other nothing is missing, whatever is between them."""
        self.assertEqual(told(3, (3, 5), (5, 9)), [(None, ["e5", "e9"], 9, 0)])

    def test_before(self) -> None:
        """The first names one that came long ago."""
        self.assertEqual(told(7, (3, 9)), [(None, ["e9"], 9, 0)])

    def test_repeated(self) -> None:
        """What came already is left out."""
        self.assertEqual(told(5, (3, 5), (5, 6), (5, 6)), [(None, ["e6"], 6, 2)])

    def test_gap(self) -> None:
        """What is between the last and the one before is missing."""
        self.assertEqual(
            told(5, (5, 6), (8, 9), (9, 10)),
            [(None, ["e6"], 6, 0), (Gap(6, 8), ["e9", "e10"], 10, 0)],
        )

    def test_nothing(self) -> None:
        """Of no lines there is nothing to deliver."""
        self.assertEqual(told(5), [(None, [], 5, 0)])


class BegunTests(SynchronousTestCase):
    """Beginnings of connections."""

    def test_first(self) -> None:
        """A stream of which nothing is known begins where its connection does."""
        self.assertEqual(
            begun(None, Beginning(1, "a", 4, 4)), Begun(Position("a", 4), None, isNew=True)
        )

    def test_firstLost(self) -> None:
        """Where nothing of it came, what was written to connections before is asked for."""
        self.assertEqual(
            begun(None, Beginning(1, "a", 4, 6)), Begun(Position("a", 4), Gap(4, 6), isNew=True)
        )

    def test_same(self) -> None:
        """Nothing is missing when all that was written came."""
        for told in (3, 4):
            self.assertEqual(
                begun(Position("a", 4), Beginning(1, "a", 3, told)), Begun(Position("a", 4))
            )

    def test_later(self) -> None:
        """What came between two connections is missing."""
        self.assertEqual(
            begun(Position("a", 4), Beginning(1, "a", 2, 9)), Begun(Position("a", 4), Gap(4, 9))
        )

    def test_anotherLife(self) -> None:
        """Numbers begin anew, and what was missed nobody knows; all there is of the new life is asked for."""
        self.assertEqual(
            begun(Position("a", 40), Beginning(1, "b", 9, 9)),
            Begun(Position("b", 0), Gap(0, 9), isNew=True, isLost=True),
        )
        self.assertEqual(
            begun(Position("a", 40), Beginning(1, "b", 0, 0)),
            Begun(Position("b", 0), isNew=True, isLost=True),
        )
