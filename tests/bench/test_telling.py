"""Banks of a sender and sinks, with processes of the test, and what their rounds say."""

from typing import Any, cast

import attrs
from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.notices import needle
from bench.process import ServerProcess
from bench.telling import Bank, Delivery, FairRound, Round, medianRatio, roomFor


@attrs.define(eq=False)
class _Process:
    """Answers what it is told to."""

    answers: list[dict[str, Any]]
    port: int = 4711
    orders: list[str] = attrs.field(factory=list)

    def order(self, line: str) -> None:
        self.orders.append(line)

    def answer(self, seconds: float) -> dict[str, Any]:
        return self.answers.pop(0)


class BankTests(SynchronousTestCase):
    """L{Bank}."""

    def bank(self, counts: list[int], sender: list[Any], sinks: list[Any]) -> Bank:
        """One with these processes."""
        self.sender, self.sinks = _Process(sender), _Process(sinks)
        return Bank(cast(ServerProcess, self.sender), cast(ServerProcess, self.sinks), counts)

    def test_arrivals(self) -> None:
        """Opening subscribes and tells once; a change is counted from when it was made, for healthy sinks alone."""
        bank = self.bank(
            [2, 1, 1],
            [{}, {"began": 1.0}, {"began": 10.0}],
            [{"arrivals": [1.5, 1.6]}, {"arrivals": [10.25, 10.5]}],
        )
        bank.open()
        self.assertEqual(bank.arrivals(), [0.25, 0.5])
        self.assertEqual(self.sender.orders, ["open 4711 2 1 1", "tell 1", "tell 2"])
        expected = [f"expect 2 {needle(number).decode()}" for number in (1, 2)]
        self.assertEqual(self.sinks.orders, expected)

    def test_answers(self) -> None:
        """The last answer, the CPU until then, and the memory."""
        bank = self.bank(
            [1],
            [{"began": 10.0, "cpu": 2.5}, {"ended": 10.75, "cpu": 3.5, "resident": 4096}],
            [{"arrivals": [10.5]}],
        )
        self.assertEqual(bank.answers(), Delivery(0.75, 1.0, 4096))
        self.assertEqual(self.sender.orders, ["tell 1", "settle"])

    def test_wrong(self) -> None:
        """More notices than sinks are wrong."""
        bank = self.bank([1], [{"began": 1.0}], [{"arrivals": [1.5, 1.6]}])
        with self.assertRaises(WrongAnswer):
            bank.arrivals()


class RoundTests(SynchronousTestCase):
    """What rounds say."""

    def test_ratios(self) -> None:
        """A round is compared with itself; the middle of them counts."""
        rounds = [
            Round(Delivery(0.5, 0.25, 1), Delivery(seconds, 4.0, 1)) for seconds in (5.0, 2.0, 4.0)
        ]
        self.assertEqual([one.ratio for one in rounds], [10.0, 4.0, 8.0])
        self.assertEqual(rounds[0].cpuRatio, 16.0)
        self.assertEqual(medianRatio(rounds), 8.0)

    def test_fair(self) -> None:
        """The slowest hundredth is compared."""
        alone = [0.001 * number for number in range(1, 101)]
        one = FairRound(alone, [2.0 * each for each in alone])
        self.assertAlmostEqual(one.ratio, 2.0)

    def test_room(self) -> None:
        """What fits is not more than was asked for."""
        self.assertEqual(roomFor(10), 10)
        self.assertLess(roomFor(10**9), 10**9)
