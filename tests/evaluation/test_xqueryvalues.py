"""Values as Saxon has them: read ahead, chosen for a question, and written as the values they are."""

from collections.abc import Sequence
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, TooLarge
from gma_twisted.evaluation import xqueryvalues
from gma_twisted.evaluation.fieldtexts import textsOf
from gma_twisted.evaluation.needs import Field
from gma_twisted.evaluation.replica import Copy
from gma_twisted.evaluation.saxon import Saxon
from gma_twisted.evaluation.xquery import XQueryEvaluator
from gma_twisted.markup import writeValue
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)
from tests.evaluation.test_xquery import (
    OFFSET,
    STEPS,
    asked,
    change,
    evaluatorOf,
    given_,
    question,
    quiet,
    texts,
)
from tests.evaluation.values import HOST, SELECTORS, made

_STRIPPED = (
    'transform(map { \'stylesheet-text\': \'<x:stylesheet version="3.0" xmlns:x="http://www.w3.org/1999/XSL/Transform">'
    '<x:strip-space elements="*"/><x:template match="/*"><x:sequence select="."/></x:template></x:stylesheet>\','
    " 'source-node': root((?*)[1]), 'delivery-format': 'raw' })?output"
)


class WholeTests(SynchronousTestCase):
    """Values as results: their own bytes; what only looks like one is what Saxon says of it."""

    def setUp(self) -> None:
        # What Saxon writes declares more: who wrote an element can be seen.
        lifetime = Lifetime(0.0, 50.0, 90.0)
        self.values = [
            made("<Host> <b v='1'/> <b/></Host>", key=key, lifetime=lifetime) for key in "klm"
        ]
        self.evaluator = evaluatorOf(*self.values)

    def pieces(self, text: str, now: float = 0.0) -> list[str]:
        """The results, values by their keys."""
        whole = {writeValue(one, now, OFFSET): one.key.key for one in self.values}
        found = asked(self.evaluator, text, now).unordered or ()
        return [whole.get(one) or one.decode() for one in found]

    def test_values(self) -> None:
        """Each as often as it is there, in the order of the answer, between others."""
        inner = '<b v="1"/>'
        number = '<gma:result xsi:type="xsd:integer">1</gma:result>'
        for text, found in (
            ("?*", ["k", "l", "m"]),
            ("for $n in (3, 2, 1, 2) return (?*)[$n]", ["m", "l", "k", "l"]),
            ("(?*)[2], 1, (?*)[1]", ["l", number, "k"]),
            ("(?*)[2], (?*)[1]/b[1] ! <r>{@v}</r>, (?*)[1]", ["l", '<r v="1"/>', "k"]),
            ("document { <a/>, <c/> }, (?*)[3], document { }, 1, (?*)[1]", ["<a/>", "<c/>", "m", number, "k"]),
            ("root((?*)[1])/*", ["k"]),
            ("(1 to 2500) ! <b v='1'/>, ?*", [*[inner] * 2500, "k", "l", "m"]),
            ("(1 to 2500) ! $values[1]", ["k"] * 2500),
        ):  # fmt: skip
            prolog = "declare variable $values external; " if "$" in text else ""
            self.assertEqual(self.pieces(prolog + text), found, text)

    def test_alike(self) -> None:
        """A copy is none, however alike; nor is an element in a value, nor a view of a value without white space."""
        for text in (
            "copy-of((?*)[1])",
            "snapshot((?*)[1])",
            "document { (?*)[1] }/*",
            "<r>{ (?*)[1] }</r>/*",
            "parse-xml(serialize((?*)[1]))/*",
            "element { node-name((?*)[1]) } { (?*)[1]/(@*, node()) }",
            "(?*)[1] ! (copy-of(.), .)[1]",
            _STRIPPED,
            f"{_STRIPPED}, 1",
            "let $f := function-lookup(xs:QName('fn:trans' || 'form'), 1) return $f(map {"
            + _STRIPPED.partition("map {")[2],
        ):
            (found, *_) = self.pieces(text)
            self.assertIn("xmlns:gma=", found, text)
            self.assertEqual("> <" in found, "strip-space" not in text, text)
        self.assertEqual(self.pieces("(?*)[1]/b[2]")[0][:3], "<b ")

    def test_changed(self) -> None:
        """It is the value as it is now, however it changed."""
        _, second, third = self.values
        self.pieces("?*")
        changed = made("<Host>new</Host>", key="k")
        self.evaluator.put([changed])
        self.evaluator.extend([(second.key, Lifetime(0.0, 60.0, 80.0))])
        self.evaluator.remove([third.key])
        self.values = [changed, second.withLifetime(Lifetime(0.0, 60.0, 80.0))]
        self.assertEqual(self.pieces("?*", 5.0), ["k", "l"])
        self.assertEqual(self.pieces("?*", 65.0), ["k", "l"])
        self.evaluator.put([third])
        self.values.append(third)
        self.assertEqual(self.pieces("?*", 70.0), ["k", "l", "m"])
        self.assertEqual(self.pieces("?*", 85.0), ["k", "m"])

    def test_large(self) -> None:
        """However much there is, no more than an answer may have is written."""
        written: list[ServiceDataElement] = []

        def counted(element: ServiceDataElement, now: float, offset: float) -> bytes:
            written.append(element)
            return writeValue(element, now, offset)

        self.patch(xqueryvalues, "writeValue", counted)
        for text in ("(1 to 100000) ! $values", "$values, 1 to 100000", "1 to 10000, $values"):
            query = f"declare variable $values external; {text}"
            self.assertRaises(TooLarge, asked, self.evaluator, query, most=10_000)
        self.assertTrue(0 < len(written) < 200)


class AheadTests(SynchronousTestCase):
    """What is read before anybody asks."""

    def setUp(self) -> None:
        self.evaluator = evaluatorOf(made("<Host/>"))
        self.read: list[int] = []
        read = Saxon.read

        def counted(saxon: Saxon, text: str) -> object:
            self.read.append(text.count("<Host"))
            return read(saxon, text)

        self.patch(Saxon, "read", counted)

    def put(self, count: int, version: int = 0) -> None:
        """So many values."""
        self.evaluator.put([made(f'<Host v="{version}"/>', key=str(each)) for each in range(count)])

    def idle(self) -> None:
        """Nobody asks for long."""
        while self.evaluator.idle():
            pass

    def test_some(self) -> None:
        """What was told is read while nobody asks, some at a time, and once."""
        self.put(100)
        self.assertFalse(self.evaluator.idle())  # it is not known yet how the clocks stand
        given_(self.evaluator, "count(?*)")
        self.read.clear()
        self.put(150, 1)
        self.assertEqual(self.read, [])
        self.assertTrue(self.evaluator.idle())
        self.assertEqual(self.read, [100])
        self.put(10, 2)
        self.idle()
        self.assertLessEqual(sum(self.read), 160)
        self.assertEqual(self.evaluator.values._read, [])  # it is in its place
        self.read.clear()
        counts = given_(self.evaluator, "count(?*[@v = 1]), count(?*[@v = 2])")
        self.assertEqual([one[1] for one in counts], ["140", "10"])
        self.assertEqual(self.read, [])

    def test_compared(self) -> None:
        """Then what a question compares that came twice is looked up, but not between two questions."""
        self.put(150)
        self.patch(self.evaluator.values.narrowings.columns, "extract", self.extract)
        self.looked = 0
        for _ in range(2):
            given_(self.evaluator, "?*[@v > 5]")
        self.assertFalse(self.evaluator.idle(False))
        self.assertEqual(self.looked, 0)
        self.idle()
        self.assertEqual(self.looked, 151)
        given_(self.evaluator, "?*[@v > 5]")
        self.assertEqual(self.looked, 151)

    def extract(self, field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
        """Counts what is looked up."""
        self.looked += len(copies)
        return textsOf(field, copies)

    def test_atOnce(self) -> None:
        """Many are read as soon as they are told; few, and what comes to its place, wait until nothing more comes."""
        given_(self.evaluator, "count(?*)")
        self.read.clear()
        self.put(150)
        self.assertTrue(self.evaluator.idle(False))
        self.assertFalse(self.evaluator.idle(False))
        self.assertEqual(self.read, [100])
        self.put(150, 1)
        self.assertTrue(self.evaluator.idle(False))
        self.assertFalse(self.evaluator.idle(False))
        self.assertEqual(self.read, [100, 100])
        self.assertEqual(len(self.evaluator.values._read), 2)
        self.idle()
        self.assertEqual(self.evaluator.values._read, [])

    def test_again(self) -> None:
        """What changes again and again while nobody asks is read so many times, and is as it was last."""
        given_(self.evaluator, "count(?*)")
        self.read.clear()
        for version in range(200):
            self.put(100, version)
            self.idle()
        self.assertTrue(4900 < sum(self.read) < 5200)
        self.assertEqual(given_(self.evaluator, "distinct-values(?*/@v) ! string()"), texts("199"))
        self.put(100, 200)
        self.idle()
        self.evaluator.remove([ElementKey(HOST, "http://a/s", str(each)) for each in range(99)])
        self.assertEqual(given_(self.evaluator, "?*/@v ! string()"), texts("200"))

    def test_time(self) -> None:
        """What turned stale since it was read is."""
        given_(self.evaluator, "count(?*)")
        lifetime = Lifetime(0.0, 5.0, 9.0)
        self.evaluator.put(
            [made("<Host/>", key=str(each), lifetime=lifetime) for each in range(100)]
        )
        self.idle()
        stale = "count(?*[@gma:freshness = 'stale'])"
        self.assertEqual(given_(self.evaluator, stale, 6.0), [("xsd:integer", "100", None)])
        self.assertEqual(given_(self.evaluator, "count(?*)", 9.0), [("xsd:integer", "1", None)])


_NODES = st.sampled_from(
    ("@v", "@q:v", "q:Load", "q:Load/@v", ".//@v", "b/@w", "*/b", "q:Load[b]/@v", "@none")
)
_COMPARED = st.builds(
    "{} {} {}".format,
    _NODES,
    st.sampled_from(["=", "<", "<=", ">", ">=", "!="]),
    st.sampled_from(["5", "-1", "990", "'x'", "'5.5'", "''"]),
)
_PREDICATES = st.recursive(
    _COMPARED,
    lambda inner: (
        st.builds("{} and {}".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not({})".format, inner)
        | st.builds("q:Load[{}]".format, inner)
    ),
    max_leaves=3,
)
_NARROWED = st.builds(
    "?*[{}]{}{}".format,
    _PREDICATES,
    st.sampled_from(["", "", "[@v]", "[self::glue:Host]", "[b = 'x']"]),
    st.sampled_from(["", "", "/@v", "/q:Load", "//b[. > 1]", "/*[1]"]),
)


class NarrowedTests(SynchronousTestCase):
    """Questions that are put to candidates only have the same answers."""

    def filled(self, *more: ServiceDataElement) -> XQueryEvaluator:
        """One that has many values beside some, and looks for candidates at once."""
        evaluator = XQueryEvaluator()
        evaluator.values.narrowings.times = 1
        evaluator.put([made("<Host/>", QName("urn:z", "Host"), key=str(e)) for e in range(200)])
        evaluator.put(more)
        return evaluator

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(
                STEPS, st.lists(st.tuples(_NARROWED | _NARROWED.map("count({})".format), SELECTORS), max_size=3)
            ),
            min_size=1,
            max_size=4,
        ),
    )  # fmt: skip
    def test_anything(
        self, steps: list[tuple[tuple[str, object], list[tuple[str, tuple[NameSelector, ...]]]]]
    ) -> None:
        """After any changes: the same results, the same number of values, or the same error."""
        narrow, wide = self.filled(), self.filled()
        wide.values.narrowings.times = 1_000_000
        now = 0.0
        for (kind, what), questions in steps:
            now += cast(float, what) if kind == "wait" else 0.0
            change(narrow, kind, what)
            change(wide, kind, what)
            for text, selectors in questions:
                put = question(text, *selectors)
                self.assertEqual(_said(narrow, put, now), _said(wide, put, now), text)

    def test_candidates(self) -> None:
        """They are found, counted and answered; an error a value makes is made whatever is looked for."""
        evaluator = self.filled(
            *(made(f'<Host v="{each}"/>', key=str(each)) for each in range(5)),
        )
        for text, candidates, found in (
            ("?*[@v >= 3]/@v ! string()", 205, texts("3", "4")),
            ("?*[@v >= 3]", 2, 2),
            ("count(?*[@v >= 3])", 2, [("xsd:integer", "2", None)]),
            ("?*[@v = '1']", 1, 1),
            ("?*[@v = 'none']", 0, 0),
            ("?*[@v >= 3][1]", 205, 1),
            ("(?*[@v >= 3])[1]", 205, 1),
        ):
            answer = asked(evaluator, text)
            self.assertEqual((answer.values, answer.candidates), (205, candidates), text)
            results = given_(evaluator, text)
            self.assertEqual(len(results) if isinstance(found, int) else results, found, text)
        evaluator.put([made('<Host v="odd"/>', key="1")])
        for text in ("?*[@v >= 3]", "count(?*[@v >= 3])", "?*[@v = 990]"):
            self.assertRaises(ExtensibilityTypeError, asked, evaluator, text)
        evaluator.put([made('<Host v="7"/>', key="1")])
        self.assertEqual(asked(evaluator, "?*[@v >= 3]").candidates, 3)

    def test_unread(self) -> None:
        """A value Saxon cannot read is no candidate, and is told of."""
        evaluator = self.filled(
            made('<Host v="9"><a\u0220/></Host>', key="odd"), made('<Host v="9"/>', key="k")
        )
        with quiet():
            answer = asked(evaluator, "?*[@v > 5]")
        self.assertEqual((answer.values, answer.candidates), (201, 1))
        self.assertIn(b'resultCount="1" gma:unread="1"', answer.body)

    def test_waiting(self) -> None:
        """Of what changed only candidates are read; the others are there for who sees them."""
        evaluator = self.filled(made('<Host v="9"/>', key="k"))
        given_(evaluator, "count(?*)")
        self.assertEqual(len(given_(evaluator, "?*[@v > 5]")), 1)
        read: list[int] = []
        original = Saxon.read

        def counted(saxon: Saxon, text: str) -> object:
            read.append(text.count("<Host"))
            return original(saxon, text)

        self.patch(Saxon, "read", counted)
        evaluator.put([made(f'<Host v="{each}"/>', key=f"k{each}") for each in range(8)])
        evaluator.put([made('<Host v="1"/>', key="k")])
        self.assertEqual(given_(evaluator, "?*[@v > 5]/@v ! string()"), texts("6", "7"))
        self.assertEqual(read, [9])  # that is no path
        evaluator.put([made(f'<Host v="{each + 1}"/>', key=f"k{each}") for each in range(8)])
        self.assertEqual(len(given_(evaluator, "?*[@v > 5]")), 3)
        self.assertEqual(read, [9, 4])  # one is as good as 5
        evaluator.remove([ElementKey(HOST, "http://a/s", "k7")])
        self.assertEqual(len(given_(evaluator, "?*[@v > 5]")), 2)
        self.assertEqual(given_(evaluator, "sum(?*/@v)")[0][1], "29")
        self.assertEqual(read, [9, 4, 4])

    def test_kept(self) -> None:
        """What was found for one question is not taken for another one, nor for other names."""
        evaluator = self.filled(
            *(made(f'<Host v="{each}"/>', key=str(each)) for each in range(5)),
        )
        narrow = question("?*[@v >= 3]", NameSelector(HOST, None, "4"))
        for _ in range(2):
            self.assertEqual(len(given_(evaluator, "?*[@v >= 3]")), 2)
            self.assertEqual(len(given_(evaluator, "?*[@v >= 2]")), 3)
            self.assertEqual(len(given_(evaluator, narrow)), 1)
            self.assertEqual(given_(evaluator, "count(?*)"), [("xsd:integer", "205", None)])
        self.assertEqual(asked(evaluator, narrow).values, 1)

    def test_time(self) -> None:
        """What turned stale, or is gone, is for those who ask for it, or for nobody."""
        lifetime = Lifetime(0.0, 5.0, 9.0)
        evaluator = self.filled(made("<Host v='7'/>", lifetime=lifetime))
        for now, fresh, stale in ((0.0, 1, 0), (6.0, 0, 1), (9.0, 0, 0)):
            for freshness, count in ((Freshness.FRESH, fresh), (Freshness.STALE, stale)):
                what = question("?*[@v > 5]", freshness=freshness)
                self.assertEqual(len(given_(evaluator, what, now)), count, (now, freshness))


def _said(evaluator: XQueryEvaluator, what: Question, now: float) -> object:
    """Results and number of values, or that it fails."""
    try:
        answer = asked(evaluator, what, now)
    except ExtensibilityTypeError as error:
        return error.message.rpartition(" (")[2]
    return answer.values, list(answer.unordered or ())
