"""Keys by term, in order."""

from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.registration.postings import EntryKey, Postings

_KEYS = st.integers(0, 40).map(lambda number: (f"http://{number % 7}/", str(number), "producer"))


class PostingsTests(SynchronousTestCase):
    """Of a few terms, and of one with many keys."""

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from("ab"), _KEYS)), _KEYS)
    def test_asASet(self, steps: list[tuple[str, EntryKey]], after: EntryKey) -> None:
        """Adding what is not there and removing what is gives what sorted sets give."""
        postings: Postings[str] = Postings()
        model: dict[str, set[EntryKey]] = {"a": set(), "b": set()}
        for term, key in steps:
            if key in model[term]:
                model[term].remove(key)
                postings.remove(term, key)
            else:
                model[term].add(key)
                postings.add(term, key)
        self.assertEqual(len(postings), sum(bool(keys) for keys in model.values()))
        for term, keys in model.items():
            self.assertEqual(postings.count(term), len(keys))
            ordered = sorted(keys)
            self.assertEqual(list(postings.after(term, None)), ordered)
            behind = ordered[bisect_right(ordered, after) :]
            self.assertEqual(list(postings.after(term, after)), behind)

    def test_many(self) -> None:
        """Ten thousand keys stay in order, also when most of them go again."""
        postings: Postings[str] = Postings()
        keys = [(f"http://{number:05}/", "e", "producer") for number in range(10_000)]
        for number in range(10_000):
            postings.add("a", keys[number * 7919 % 10_000])
        self.assertEqual(list(postings.after("a", None)), keys)
        self.assertEqual(list(postings.after("a", keys[4999])), keys[5000:])
        for number, key in enumerate(keys):
            if number % 100:
                postings.remove("a", key)
        self.assertEqual(list(postings.after("a", None)), keys[::100])
        self.assertEqual(postings.count("a"), 100)

    def test_unknown(self) -> None:
        """A term nobody has has no keys."""
        postings: Postings[str] = Postings()
        self.assertEqual((postings.count("a"), list(postings.after("a", None))), (0, []))
