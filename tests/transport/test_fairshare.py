"""How the share is found: a node that can do so much, told by how late it is."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.accounts import Account
from gma_twisted.transport.fairshare import LOOK, FairShare

_ROUNDS = 1200
_REFUSING = 0.02


def served(capacity: float, demands: Mapping[str, float]) -> Mapping[str, float]:
    """
    Requests a second of each caller that are let in, in the second half of a minute.

    @param capacity: requests a second a node can answer; to refuse one takes a fiftieth of that
    @param demands: requests a second, by caller
    """
    share = FairShare(0.05)
    share.begin(0.3, capacity, len(demands))
    accounts = {name: Account(name, 1.0, 0.0, 0.0, 0.0) for name in demands}
    waiting = dict.fromkeys(demands, 0.0)
    found = dict.fromkeys(demands, 0)
    took, since = LOOK, 0.0
    for round in range(1, _ROUNDS):
        let = refused = 0
        for name, demand in demands.items():
            waiting[name] += demand * took
            while waiting[name] >= 1:
                waiting[name] -= 1
                if accounts[name].takeShare(round, share.each, 0):
                    let += 1
                    found[name] += round > _ROUNDS // 2
                else:
                    refused += 1
        took = max(LOOK, (let + refused * _REFUSING) / capacity)
        since += took if round > _ROUNDS // 2 else 0.0
        share.adjust(took - LOOK, let, refused, False)
    return {name: count / since for name, count in found.items()}


class FairShareTests(SynchronousTestCase):
    """L{FairShare}."""

    def test_tenTimes(self) -> None:
        """Of ten times what it can do a node does four fifths at least of what it can, and that alike for all."""
        found = served(1000, {str(number): 1000.0 for number in range(10)})
        self.assertGreater(sum(found.values()), 780)
        self.assertLess(max(found.values()) / min(found.values()), 1.1)

    def test_greedy(self) -> None:
        """Who asks for everything leaves the others all they ask for."""
        demands = {str(number): 15.0 for number in range(20)}
        found = served(1000, {"greedy": 10_000.0, **demands})
        self.assertTrue(all(found[name] > 0.95 * demand for name, demand in demands.items()), found)
        self.assertGreater(sum(found.values()), 700)

    @given(st.integers(1, 20), st.integers(1, 40))
    def test_bounds(self, late: int, served: int) -> None:
        """Whatever happens everybody gets something, and nobody more than there is."""
        share = FairShare(0.05)
        share.begin(late / 10, served * 20, 3)
        for _ in range(200):
            share.adjust(late / 10, served, 10, late % 2 == 0)
            self.assertGreater(share.each, 0)
        for _ in range(200):
            share.adjust(0.0, served, 10, False)
            self.assertLess(share.each, max(1, served) * 2)
