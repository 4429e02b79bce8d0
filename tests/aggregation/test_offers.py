"""What a source offers, and what is remembered of it."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation.memory import Memory
from gma_twisted.aggregation.offers import OWN_PATH, TOO_FAR, UNFIT, Offer, Offers
from gma_twisted.aggregation.room import weightOf
from gma_twisted.model import ElementKey
from tests.aggregation.stand import key

TAKEN = Offer(("a", "me"))
KEYS = [key(text * 50) for text in "abcdef"]
WRITTEN = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from([TAKEN, OWN_PATH, TOO_FAR, UNFIT, None])
)


class OffersTests(SynchronousTestCase):
    """Offers."""

    def setUp(self) -> None:
        """Nothing is offered; there is much room."""
        self.memory = Memory(1_000_000)
        self.offers = Offers(1000, self.memory)

    @given(st.lists(WRITTEN | st.sampled_from(["begin", "end"]), max_size=12))
    def test_anyHistory(self, steps: list[dict[ElementKey, Offer | None] | str]) -> None:
        """What is offered is what was said last; its bytes are those in use, and are given back."""
        self.setUp()
        offers = self.offers
        said: dict[ElementKey, Offer] = {}
        unsaid: dict[ElementKey, Offer] = {}
        for step in steps:
            if step == "begin":
                offers.begin()
                unsaid, said = unsaid | said, {}
            elif step == "end":
                offers.write(dict.fromkeys(offers.unsaid(())))
                offers.end()
                unsaid = {}
            else:
                assert not isinstance(step, str)
                offers.write(step)
                for one, offer in step.items():
                    unsaid.pop(one, None)
                    said.pop(one, None)
                    if offer is not None:
                        said[one] = offer
            every = unsaid | said
            self.assertEqual([offers.get(one) for one in KEYS], [every.get(one) for one in KEYS])
            taken = [one for one, offer in every.items() if offer is TAKEN]
            self.assertEqual((len(offers), {*dict(offers)}), (len(taken), {*taken}))
            for offer in (OWN_PATH, TOO_FAR, UNFIT):
                self.assertEqual(offers.count(offer), [*every.values()].count(offer))
            others = len(every) - len(taken)
            self.assertEqual(self.memory.size, sum(map(weightOf, taken)) + 128 * others)
        offers.clear()
        self.assertEqual((self.memory.size, len(offers), offers.get(KEYS[0])), (0, 0, None))

    def test_excess(self) -> None:
        """There is room as far as the bytes go that all sources share; a key that is known needs none."""
        self.memory.most = 1000
        other = Offers(1000, self.memory)
        long = [key(letter * 300) for letter in "abc"]
        self.assertEqual(self.offers.excess(dict.fromkeys(long, TAKEN)), {long[2]})
        self.offers.write({long[0]: TAKEN})
        other.write({long[1]: TAKEN})
        self.assertEqual(self.offers.excess({long[0]: TAKEN, long[1]: TAKEN}), {long[1]})
        self.assertIn("the bound aggregated_size", self.offers.why)
        self.assertEqual(self.offers.excess({long[1]: OWN_PATH}), set())
        self.offers.begin()
        self.assertEqual(self.offers.excess({long[0]: TAKEN}), set())
        other.clear()
        self.assertEqual(self.offers.excess({long[1]: TAKEN}), set())

    def test_refusedFirst(self) -> None:
        """A key that was not taken needs its room when it is."""
        self.memory.most = 500
        long = key("a" * 600)
        self.offers.write({long: OWN_PATH})
        self.assertEqual(self.offers.excess({long: TAKEN}), {long})
