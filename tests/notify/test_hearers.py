"""Who hears of a value, and what it costs to know."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import ElementKey, NameSelector, QName
from gma_twisted.notify.hearers import Hearers

_NAMESPACES = st.sampled_from(("urn:a", "urn:b"))
_TEXTS = st.sampled_from(("x", "y"))
_SELECTORS = st.builds(
    NameSelector,
    st.builds(QName, _NAMESPACES, st.sampled_from(("One", "Two", "*"))),
    st.none() | _TEXTS,
    st.none() | _TEXTS,
)
_TOPICS = st.lists(st.lists(_SELECTORS, min_size=1, max_size=4), max_size=5)
_KEYS = st.builds(
    ElementKey,
    st.builds(QName, _NAMESPACES, st.sampled_from(("One", "Two"))),
    _TEXTS,
    _TEXTS,
)


def _selects(selector: NameSelector, key: ElementKey) -> bool:
    name = selector.name
    return (
        name.namespace == key.name.namespace
        and (selector.isWildcard or name.localName == key.name.localName)
        and selector.originator in (None, key.originator)
        and selector.key in (None, key.key)
    )


class HearersTests(SynchronousTestCase):
    """Against the meaning of each selector."""

    @given(_TOPICS, st.lists(st.integers(0, 4)), st.lists(_KEYS, max_size=6))
    def test_model(
        self,
        topics: Sequence[Sequence[NameSelector]],
        gone: Sequence[int],
        keys: Sequence[ElementKey],
    ) -> None:
        """Whoever has a selector of a value hears of it, once; who was taken out does not; nothing is left of it."""
        hearers: Hearers[int] = Hearers()
        here: dict[int, Sequence[NameSelector]] = {}

        def compare() -> None:
            for key in keys:
                wanted = [
                    n for n, every in here.items() if any(_selects(one, key) for one in every)
                ]
                self.assertEqual(sorted(hearers.of(key)), wanted)

        for number, selectors in enumerate(topics):
            hearers.add(number, selectors)
            here[number] = selectors
            compare()
        for number in gone:
            if number in here:
                hearers.remove(number, here.pop(number))
                compare()
        for number, selectors in here.items():
            hearers.remove(number, selectors)
        for key in keys:
            self.assertEqual(list(hearers.of(key)), [])
