"""What is kept of a question between two of them: the values that may answer it, as they are now."""

from collections.abc import Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation import narrowings
from gma_twisted.evaluation.columns import Columns
from gma_twisted.evaluation.narrowings import Narrowings
from gma_twisted.evaluation.needs import Comparison, Field
from gma_twisted.evaluation.replica import Copy, Replica
from gma_twisted.model import (
    FOREVER,
    ElementKey,
    Freshness,
    Language,
    Lifetime,
    NameSelector,
    Question,
    ServiceDataElement,
)
from tests.evaluation.values import HOST, LIFETIMES, NAMES, ORIGINATORS, SELECTORS

V = Field(True, "", "v")


def asked(*selectors: NameSelector, freshness: Freshness = Freshness.ANY) -> Question:
    """A question to that."""
    return Question(Language.XQUERY, "", selectors, (), freshness)


def above(number: float, field: Field = V) -> Comparison:
    """What it needs."""
    return Comparison(field, ">", number)


def value(
    text: str, key: str, lifetime: Lifetime = FOREVER, name: int = 0, originator: int = 0
) -> ServiceDataElement:
    """Its content is the text that is compared."""
    own = ElementKey(NAMES[name], ORIGINATORS[originator], key)
    return ServiceDataElement(own, text.encode(), b"/>", lifetime)


@attrs.define(eq=False)
class Stand:
    """Narrowings over a replica, which begin with the first question."""

    times: int = 1
    replica: Replica = attrs.field(factory=Replica)
    looked: list[str] = attrs.field(factory=list)
    narrowings: Narrowings = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        columns = Columns(self.extract, isStrict=True, fewest=1)
        self.narrowings = Narrowings(self.replica, columns, most=3, times=self.times)

    def extract(self, field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
        """Takes content for text."""
        self.looked += [copy.element.key.key for copy in copies]
        return [[copy.element.head.decode()] for copy in copies]

    def put(self, *elements: ServiceDataElement) -> None:
        """Values come or change."""
        self.narrowings.renew(self.replica.put(elements))

    def fill(self, count: int = 100) -> None:
        """So many that a few of them are few."""
        self.put(*(value("0", f"{each:03}", name=3, originator=3) for each in range(count)))

    def found(self, question: Question, number: float = 5.0) -> list[str] | None:
        """The texts of the candidates."""
        copies = self.narrowings.candidates(question, above(number))
        return None if copies is None else [copy.element.head.decode() for copy in copies]

    def sifted(self, question: Question, number: float = 5.0) -> list[str]:
        """The same, however many they are."""
        copies = self.replica.select(question)
        found = self.narrowings.sift(question, above(number), copies)
        return [copy.element.head.decode() for copy in found]


class CandidateTests(SynchronousTestCase):
    """Which values are found."""

    @settings(max_examples=100)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["put", "put", "extend", "remove", "forget", "wait"]),
                st.builds(
                    value,
                    st.sampled_from(["1", "6", "9", "x"]),
                    st.sampled_from("kl"),
                    LIFETIMES,
                    st.integers(0, 2),
                    st.integers(0, 2),
                ),
                SELECTORS,
                st.sampled_from(Freshness),
                st.sampled_from([0.5, 5.0, 7.0]),
            ),
            max_size=12,
        ),
        st.booleans(),
    )
    def test_anything(
        self,
        steps: list[tuple[str, ServiceDataElement, tuple[NameSelector, ...], Freshness, float]],
        isSifted: bool,
    ) -> None:
        """After any changes: those that the question sees and that have it, or a text that is no number."""
        stand = Stand()
        stand.fill(400)
        questions: list[tuple[Question, float]] = [(asked(), 5.0)]
        now = 0.0
        for kind, element, selectors, freshness, number in steps:
            if kind == "put":
                stand.put(element)
            elif kind == "extend":
                extended = stand.replica.extend([(element.key, element.lifetime)])
                stand.narrowings.change(extended)
            elif kind == "remove":
                stand.narrowings.renew(stand.replica.remove([element.key]))
            elif kind == "forget":
                stand.narrowings.renew(stand.replica.forget([element.key.name]))
            else:
                now += 1.0
                stand.narrowings.change(stand.replica.advance(now))
            questions.append((asked(*selectors, freshness=freshness), number))
            for question, least in questions[-4:]:
                there = [copy.element.head.decode() for copy in stand.replica.select(question)]
                expected = [one for one in there if one == "x" or float(one) > least]
                found = (stand.sifted if isSifted else stand.found)(question, least)
                if found is not None:
                    self.assertEqual(found, expected)
        # There are no more than eighteen others.
        self.assertIsNotNone(stand.found(asked()))

    def test_many(self) -> None:
        """Where they are not few it does not pay, until they are; nor is anything looked up again for that."""
        stand = Stand()
        stand.fill()
        stand.put(*(value("9", f"{each:03}", name=3, originator=3) for each in range(6)))
        self.assertIsNone(stand.found(asked()))
        stand.looked.clear()
        stand.put(value("1", "003", name=3, originator=3))
        self.assertEqual(stand.found(asked()), ["9"] * 5)
        self.assertEqual(stand.looked, ["003"])

    def test_sifted(self) -> None:
        """Who wants to know them in any case is told them; they are kept only as long as they are few."""
        stand = Stand(times=3)
        stand.fill()
        stand.put(*(value("9", f"{each:03}", name=3, originator=3) for each in range(6)))
        for many, kept in ((6, 0), (5, 1), (6, 0)):
            stand.put(value("9" if many == 6 else "1", "003", name=3, originator=3))
            for _ in range(2):
                self.assertEqual(stand.sifted(asked()), ["9"] * many)
                self.assertEqual(len(stand.narrowings._kept), kept)
        self.assertEqual(len(stand.looked), 102)
        for number in range(20, 29):
            self.assertEqual(stand.sifted(asked(), float(number)), [])
        self.assertEqual(len(stand.narrowings._kept), 3)
        copies = stand.replica.select(asked())
        stand.narrowings.columns.fewest = 1000
        self.assertIs(stand.narrowings.sift(asked(), above(5.0), copies), copies)

    def test_more(self) -> None:
        """When there are many more values, what is few is found out again."""
        stand = Stand()
        stand.fill()
        self.assertEqual(stand.found(asked()), [])
        stand.put(*(value("9", f"{each:03}", name=3, originator=3) for each in range(10)))
        self.assertIsNone(stand.found(asked()))
        stand.fill(300)
        stand.put(*(value("9", f"{each:03}", name=3, originator=3) for each in range(10)))
        self.assertEqual(stand.found(asked()), ["9"] * 10)


class CostTests(SynchronousTestCase):
    """What is looked at, and kept."""

    def test_times(self) -> None:
        """What is compared once or twice is not looked up; with which number does not matter."""
        stand = Stand(times=3)
        stand.fill()
        self.assertEqual([stand.found(asked(), number) for number in (5.0, 6.0)], [None, None])
        self.assertEqual(stand.looked, [])
        self.assertEqual(stand.found(asked(), 7.0), [])
        self.assertEqual(len(stand.looked), 100)
        self.assertEqual(stand.found(asked(NameSelector(HOST)), 7.0), [])

    def test_ahead(self) -> None:
        """What would have to be found out at the next question is, a step at a time, while nobody asks."""
        stand = Stand(times=3)
        stand.fill(3_500)
        self.assertFalse(stand.narrowings.prepare())
        stand.found(asked())
        self.assertFalse(stand.narrowings.prepare())  # it may not come again
        stand.found(asked())
        self.assertEqual(stand.looked, [])
        self.assertTrue(stand.narrowings.prepare())
        self.assertEqual(len(stand.looked), 1_000)
        gone = ElementKey(NAMES[3], ORIGINATORS[3], "3400")
        stand.narrowings.renew(stand.replica.remove([gone]))
        stand.put(value("9", "0000", name=3, originator=3))
        while stand.narrowings.prepare():
            pass
        self.assertNotIn("3400", stand.looked)
        stand.looked.clear()
        self.assertEqual(stand.found(asked()), ["9"])
        self.assertEqual(stand.looked, ["0000"])
        self.assertFalse(stand.narrowings.prepare())

    def test_aheadOfSeveral(self) -> None:
        """It is found out for each question that came twice, of which so many as are kept."""
        stand = Stand(times=3)
        stand.fill(100)
        needs = [above(5.0, Field(True, "", name)) for name in "abcd"]
        for need in needs * 2:
            stand.narrowings.candidates(asked(), need)
        while stand.narrowings.prepare():
            pass
        self.assertEqual(len(stand.looked), 300)
        stand.looked.clear()
        for need in needs[1:]:
            self.assertEqual(stand.narrowings.candidates(asked(), need), [])
        self.assertEqual(stand.looked, [])

    def test_unfinished(self) -> None:
        """What takes longer than a question may wait is found out by several, and only then kept."""
        stand = Stand()
        stand.fill(2500)
        stand.put(value("9", "k", name=3, originator=3))
        stand.narrowings.columns.seconds = 0.0
        self.assertEqual(len(stand.sifted(asked())), 2501)
        self.assertIsNone(stand.found(asked()))
        self.assertEqual(len(stand.narrowings._kept), 0)
        self.assertIsNone(stand.found(asked()))
        self.assertEqual(stand.found(asked()), ["9"])
        self.assertEqual(len(stand.looked), 2501)

    def test_changes(self) -> None:
        """Later only what changed is looked up; what only holds for another time is not."""
        stand = Stand()
        stand.fill()
        stand.found(asked())
        stand.looked.clear()
        stand.put(value("6", "007", name=3, originator=3))
        stand.narrowings.change(list(stand.replica))
        self.assertEqual(stand.found(asked()), ["6"])
        self.assertEqual(stand.looked, ["007"])
        self.assertEqual(stand.found(asked()), ["6"])
        self.assertEqual(stand.looked, ["007"])

    def test_bounded(self) -> None:
        """A few questions are kept, and of one that nobody asks any more not every change for ever."""
        stand = Stand()
        stand.fill()
        for number in range(9):
            stand.found(asked(), float(number))
        self.assertEqual(len(stand.narrowings._kept), 3)
        self.patch(narrowings, "_REMEMBERED", 50)
        for each in range(60):
            stand.put(value("9", "k"))
            stand.narrowings.renew(stand.replica.remove([value("9", "k").key]))
            if each == 30:
                self.assertEqual(len(stand.narrowings._kept), 3)
        self.assertEqual(len(stand.narrowings._kept), 0)
        self.assertEqual(stand.found(asked()), [])
        for each in range(100):
            stand.narrowings.candidates(asked(), above(1.0, Field(True, "", f"n{each}")))
        self.assertLessEqual(len(stand.narrowings._asked), 64)
