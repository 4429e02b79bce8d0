"""Questions that are kept: told when they have another answer, and only then."""

import re
from collections.abc import Sequence

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation import standing
from gma_twisted.evaluation.byvalue import AnswersByValue
from gma_twisted.evaluation.messages import Changed, FromWorker, Look, Refused, Watch
from gma_twisted.evaluation.replica import Copy
from gma_twisted.evaluation.standing import (
    Answers,
    Kept,
    StandingQuestions,
    WholeAnswers,
)
from gma_twisted.evaluation.xpath import XPathEvaluator
from gma_twisted.markup import Element
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)
from tests.evaluation.values import (
    EXPRESSIONS,
    HOST,
    LIFETIMES,
    NAMES,
    SELECTORS,
    Result,
    elements,
    givenBy,
    made,
    question,
    read,
)

_KEYS = elements().map(lambda one: one.key)
_MOST = 1024**2
_LIFETIMES = re.compile(
    r' (?:ogsi:(?:goodFrom|goodUntil|availableUntil)|gma:(?:created|sequence|freshness))="[^"]*"'
)


def withoutLifetimes(results: Sequence[Result]) -> list[Result]:
    """What is said, whenever it was made and however long it holds."""
    return [_LIFETIMES.sub("", one) if isinstance(one, str) else one for one in results]


@attrs.define
class Stand:
    """Kept questions, and what was told of them."""

    evaluator: XPathEvaluator = attrs.field(factory=XPathEvaluator)
    current: list[int] = attrs.field(factory=list)
    isWhole: bool = False
    most: int = _MOST
    standing: StandingQuestions = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.evaluator.fewest = 0
        answers: Answers = AnswersByValue(self.evaluator, self.most)
        if self.isWhole:
            answers = WholeAnswers(self.evaluator)
        self.standing = StandingQuestions(self.evaluator, answers, self.current.append)

    def watch(self, id: int, what: Question, most: int = _MOST) -> list[FromWorker]:
        """Keep a question. @return: what is told"""
        return list(self.standing.watch(Watch(id, what, most)))

    def look(self, now: float = 0.0, offset: float = 1e9) -> dict[int, list[Result]]:
        """Look at all. @return: the new answers by question"""
        told = {}
        for one in self.standing.look(Look(1, now, offset)):
            assert isinstance(one, Changed), one
            assert one.id not in told
            told[one.id] = read(one.body)
        return told


class Histories(RuleBasedStateMachine):
    """Kept questions beside lxml, which is asked for every answer again at every look."""

    isWhole = False

    def __init__(self) -> None:
        """Without a value."""
        super().__init__()
        self.stand = Stand(isWhole=self.isWhole)
        self.values: dict[ElementKey, ServiceDataElement] = {}
        self.questions: dict[int, Question] = {}
        self.said: dict[int, list[Result]] = {}
        self.now = 0.0
        self.serial = 0

    @rule(text=EXPRESSIONS, names=SELECTORS, freshness=st.sampled_from(Freshness))
    def watch(self, text: str, names: tuple[NameSelector, ...], freshness: Freshness) -> None:
        """Somebody subscribes."""
        self.serial += 1
        what = question(text, *names, freshness=freshness)
        assert self.stand.watch(self.serial, what) == []
        self.questions[self.serial] = what

    @rule(chosen=st.integers(0, 3))
    def unwatch(self, chosen: int) -> None:
        """Somebody has heard enough."""
        for id in list(self.questions)[chosen : chosen + 1]:
            self.stand.standing.unwatch(id)
            del self.questions[id]

    @rule(told=st.lists(elements(), min_size=1, max_size=4))
    def put(self, told: list[ServiceDataElement]) -> None:
        """Values come."""
        self.stand.evaluator.put(told)
        self.values.update((one.key, one) for one in told)

    @rule(told=st.lists(st.tuples(_KEYS, LIFETIMES), min_size=1, max_size=3))
    def extend(self, told: list[tuple[ElementKey, Lifetime]]) -> None:
        """Values hold for another time."""
        self.stand.evaluator.extend(told)
        for key, lifetime in told:
            if key in self.values:
                self.values[key] = self.values[key].withLifetime(lifetime)

    @rule(keys=st.lists(_KEYS, min_size=1, max_size=3))
    def remove(self, keys: list[ElementKey]) -> None:
        """Values go."""
        self.stand.evaluator.remove(keys)
        for key in keys:
            self.values.pop(key, None)

    @rule(name=st.sampled_from(NAMES))
    def forget(self, name: QName) -> None:
        """Nobody asks for a name."""
        self.stand.evaluator.forget([name])
        self.values = {key: one for key, one in self.values.items() if key.name != name}

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 3.0]))
    def look(self, seconds: float) -> None:
        """Time goes on, and what changed is told: each answer that says something else, and no other."""
        self.now += seconds
        told = self.stand.look(self.now)
        expected = {}
        for id, what in self.questions.items():
            answer = self.answerTo(what)
            if withoutLifetimes(answer) != self.said.get(id):
                expected[id] = answer
                self.said[id] = withoutLifetimes(answer)
        assert told == expected

    def answerTo(self, what: Question) -> list[Result]:
        """Of all values, from the beginning."""
        found: list[Result] = []
        for key, one in sorted(self.values.items()):
            isStale = one.lifetime.isStale(self.now)
            if (
                not one.lifetime.isGone(self.now)
                and (not what.selectors or any(covers(each, key) for each in what.selectors))
                and what.freshness
                in (Freshness.ANY, Freshness.STALE if isStale else Freshness.FRESH)
            ):
                found += givenBy(what.text, one, self.now, 1e9)
        return found


class WholeHistories(Histories):
    """The same with all values at every look."""

    isWhole = True


def covers(selector: NameSelector, key: ElementKey) -> bool:
    """Whether a value is selected."""
    return (
        selector.covers(key.name)
        and selector.originator in (None, key.originator)
        and selector.key in (None, key.key)
    )


class HistoryTests(SynchronousTestCase):
    """Any history."""

    def test_byValue(self) -> None:
        """There is no history in which an answer kept by values is told late, wrong or without a reason."""
        run_state_machine_as_test(
            Histories, settings=settings(max_examples=40, stateful_step_count=25)
        )

    def test_whole(self) -> None:
        """So it is for answers that are made as a whole."""
        run_state_machine_as_test(
            WholeHistories, settings=settings(max_examples=20, stateful_step_count=20)
        )


@attrs.define
class Costly:
    """Answers that take time."""

    answers: Answers
    costs: dict[int, float]
    used: float = 0.0

    def answer(
        self, kept: Kept, touched: Sequence[Copy], now: float, offset: float
    ) -> bytes | None:
        """As the answers it has, later."""
        self.used += self.costs.get(kept.id, 0.0)
        return self.answers.answer(kept, touched, now, offset)

    def heedsLifetimes(self, question: Question) -> bool:
        """As the answers it has."""
        return self.answers.heedsLifetimes(question)

    def forget(self, kept: Kept) -> None:
        """As the answers it has."""
        self.answers.forget(kept)


class PaceTests(SynchronousTestCase):
    """Questions that take long."""

    def begin(self, **costs: float) -> None:
        """Keep questions that take so many seconds each, by C{q} and their number."""
        self.stand = Stand()
        byId = {int(name[1:]): seconds for name, seconds in costs.items()}
        self.costly = Costly(self.stand.standing.answers, byId)
        self.stand.standing.answers = self.costly
        self.stand.standing.clock = lambda: self.costly.used
        for id in byId:
            self.stand.watch(id, question("string(@v)"))

    def put(self, text: str, key: str = "") -> None:
        """A value comes."""
        self.stand.evaluator.put([made(f"<a v='{text}'/>", key=key)])

    def test_turn(self) -> None:
        """What takes long waits ten times as long, what does not goes on; then it has all that changed meanwhile."""
        self.begin(q1=0.5, q2=0.04)
        self.put("1")
        self.put("x", key="k")
        self.assertEqual(set(self.stand.look()), {1, 2})
        self.assertIsNone(self.stand.standing.rest)
        for number in (2, 3, 4, 5):
            self.put(str(number))
            self.assertEqual(list(self.stand.look(float(number))), [2])
            self.assertAlmostEqual(self.stand.standing.rest or 0.0, 5.46 - number)
        self.stand.evaluator.remove([made("<a/>", key="k").key])
        self.assertEqual(self.stand.look(5.49), {2: [("xsd:string", "5", None)]})
        self.assertEqual(self.stand.look(5.51), {1: [("xsd:string", "5", None)]})
        self.assertIsNone(self.stand.standing.rest)

    def test_budget(self) -> None:
        """A look ends with the question that passes its time; the others come first at the next one."""
        self.begin(q1=0.6, q2=0.6, q3=0.6, q4=0.04)
        self.put("1")
        self.assertEqual(list(self.stand.look()), [1, 2])
        self.assertEqual(self.stand.standing.rest, 0.0)
        self.put("2")
        self.assertEqual(list(self.stand.look(2.0)), [3, 4])

    def test_many(self) -> None:
        """One that waits for its turn while very many values change is put to all of them then."""
        self.patch(standing, "_REMEMBERED", 5)
        self.begin(q1=1.0)
        self.put("1")
        self.stand.look()
        for number in range(10):
            self.put(str(number), key=str(number))
        self.assertEqual(self.stand.look(1.0), {})
        (answer,) = self.stand.look(20.0).values()
        self.assertEqual(len(answer), 11)
        self.put("2")
        self.assertEqual(len(self.stand.look(40.0)), 1)

    def test_unwatched(self) -> None:
        """One that ends while it waits for its turn is waited for no more."""
        self.begin(q1=1.0)
        self.stand.look()
        self.put("1")
        self.stand.look(1.0)
        self.stand.standing.unwatch(1)
        self.assertEqual(self.stand.look(2.0), {})
        self.assertIsNone(self.stand.standing.rest)


class StandingTests(SynchronousTestCase):
    """What a history does not show."""

    def test_first(self) -> None:
        """The first answer is told at the first look, also when it is empty, and not again."""
        stand = Stand()
        stand.watch(5, question("b"))
        self.assertEqual(stand.look(), {5: []})
        self.assertEqual(stand.look(), {})

    def test_candidates(self) -> None:
        """A question is put at first to the values that can have what it compares, then to those that change."""
        evaluator = Stand().evaluator
        evaluator.put([made(f"<a v='{v}'/>", key=str(v)) for v in (1, 5, 9)])
        evaluator.advance(0.0, 1e9)
        what = question("@v[. > 8]")
        compiled = evaluator.compile(what)
        asked: list[str | None] = []

        def ask(root: Element) -> object:
            asked.append(root.get("v"))
            return compiled(root)

        answers = AnswersByValue(evaluator, _MOST)
        kept = Kept(1, what, _MOST, ask, False)
        self.assertIsNotNone(answers.answer(kept, (), 0.0, 1e9))
        self.assertEqual(asked, ["9"])
        copies = evaluator.replica.select(what)
        self.assertEqual([copy.form is None for copy in copies], [True, True, False])
        kept.isNew = False
        self.assertIsNone(answers.answer(kept, copies, 0.0, 1e9))
        self.assertEqual(asked, ["9", "1", "5", "9"])

    def test_renewed(self) -> None:
        """That a value holds longer is no change, but for who asks how long it holds."""
        stand = Stand()
        value = made("<a/>", lifetime=Lifetime(0.0, 5.0, 9.0))
        stand.evaluator.put([value])
        stand.watch(1, question("."))
        stand.watch(2, question("string(@ogsi:goodUntil)"))
        self.assertEqual(set(stand.look()), {1, 2})
        stand.evaluator.extend([(value.key, Lifetime(0.0, 6.0, 9.0))])
        self.assertEqual(list(stand.look()), [2])
        # It turns stale, which its lifetime told, and is gone.
        self.assertEqual(stand.look(6.0), {})
        self.assertEqual(stand.look(9.0), {1: [], 2: []})

    def test_wrong(self) -> None:
        """What cannot be compiled is refused at once, by its number."""
        stand = Stand()
        self.assertEqual(
            stand.watch(7, question("//[")),
            [
                Refused(
                    7,
                    "extensibilityTypeFault",
                    "XPath, line 1, column 3: Invalid expression",
                    isWatch=True,
                )
            ],
        )
        self.assertEqual(stand.look(), {})
        self.assertEqual(stand.current, [7, 0, 0])

    def test_failing(self) -> None:
        """A question that fails with a value is refused once and forgotten; the others are answered."""
        for isWhole in (False, True):
            stand = Stand(isWhole=isWhole)
            stand.watch(1, question("*[count(string(.)) > 0]"))
            stand.watch(2, question("count(*)"))
            self.assertEqual(set(stand.look()), {1, 2})
            stand.evaluator.put([made("<a><b/></a>")])
            refused, changed = stand.standing.look(Look(1, 0.0, 0.0))
            self.assertEqual(
                refused, Refused(1, "extensibilityTypeFault", "XPath: Invalid type", isWatch=True)
            )
            self.assertIsInstance(changed, Changed)
            stand.evaluator.put([made("<a><b/><b/></a>")])
            self.assertEqual(list(stand.look()), [2])

    def test_tooLarge(self) -> None:
        """An answer that has become too large ends its question."""
        for isWhole in (False, True):
            stand = Stand(isWhole=isWhole)
            stand.watch(1, question("*"), most=300)
            self.assertEqual(stand.look(), {1: []})
            for each in range(10):
                stand.evaluator.put([made("<a><bbbbbbbbbbbbbbbbbbbbbbbbb/></a>", key=str(each))])
            (refused,) = stand.standing.look(Look(1, 0.0, 0.0))
            assert isinstance(refused, Refused)
            self.assertEqual((refused.id, refused.code, refused.isWatch), (1, "TooLarge", True))
            self.assertIn("more than 300 bytes", refused.message)

    def test_tooMuch(self) -> None:
        """What is kept of all answers is bounded; who goes over it is refused, and what he had is free again."""
        stand = Stand(most=1200)
        stand.evaluator.put([made("<a>" + "<bbbbbbbb/>" * 50 + "</a>")])
        stand.watch(1, question("*"))
        self.assertEqual(list(stand.look()), [1])
        stand.watch(2, question("*"))
        (refused,) = stand.standing.look(Look(1, 0.0, 0.0))
        assert isinstance(refused, Refused)
        self.assertEqual((refused.id, refused.code), (2, "TooLarge"))
        self.assertIn("all questions that are kept", refused.message)
        stand.standing.unwatch(1)
        stand.watch(3, question("*"))
        self.assertEqual(list(stand.look()), [3])

    def test_replaced(self) -> None:
        """A value that went and came again between two looks is what it is now."""
        stand = Stand()
        stand.evaluator.put([made("<a v='1'/>")])
        stand.watch(1, question("string(@v)"))
        self.assertEqual(stand.look(), {1: [("xsd:string", "1", None)]})
        for _ in range(20):
            stand.evaluator.remove([made("<a/>").key])
            stand.evaluator.put([made("<a v='2'/>")])
        self.assertEqual(stand.look(), {1: [("xsd:string", "2", None)]})

    def test_onlyItsOwn(self) -> None:
        """A change is looked at by the questions that may see it, and no others."""
        stand = Stand()
        stand.watch(1, question(".", NameSelector(HOST)))
        stand.watch(2, question(".", NameSelector(HOST, "http://b/s")))
        stand.watch(3, question(".", NameSelector(QName("urn:a", "*"))))
        stand.look()
        stand.current.clear()
        stand.evaluator.put([made("<a/>")])
        stand.look()
        self.assertEqual(stand.current, [1, 0])
        stand.current.clear()
        stand.evaluator.put([made("<a/>", QName("urn:a", "other"))])
        stand.look()
        self.assertEqual(stand.current, [3, 0])

    def test_sameAgain(self) -> None:
        """Results that move from one value to another leave an answer as it was."""
        stand = Stand()
        stand.evaluator.put([made("<a v='1'/>", key="k"), made("<a/>", key="l")])
        stand.watch(1, question("@v"))
        self.assertEqual(list(stand.look()), [1])
        stand.evaluator.put([made("<a/>", key="k"), made("<a v='1'/>", key="l")])
        self.assertEqual(stand.look(), {})
