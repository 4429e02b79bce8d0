"""XPath over values: what lxml gives for each of them, in order, written as one element."""

import math
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import ref

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, ServiceError, TooLarge
from gma_twisted.evaluation import xpath
from gma_twisted.evaluation.columns import Extract
from gma_twisted.evaluation.evaluator import Answer
from gma_twisted.evaluation.needs import Field, needsOf
from gma_twisted.evaluation.replica import Copy
from gma_twisted.evaluation.xpath import XPathEvaluator
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI
from gma_twisted.model import (
    FOREVER,
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
    SELECTORS,
    Result,
    elements,
    givenBy,
    made,
    question,
    read,
)

_DATA = Path(__file__).parents[3] / "shared" / "data"
_GLUE2 = "http://schemas.ogf.org/glue/2009/03/spec_2.0_r1"
_MOST = 1024**2


def asked(evaluator: XPathEvaluator, what: Question, now: float = 0.0, most: int = _MOST) -> Answer:
    """The answer to a question."""
    return evaluator.evaluate(evaluator.compile(what), what, now, 1e9, most)


def given_(evaluator: XPathEvaluator, text: str, now: float = 0.0) -> list[Result]:
    """What an expression gives over all values."""
    return read(asked(evaluator, question(text), now).body)


def evaluatorOf(*values: ServiceDataElement) -> XPathEvaluator:
    """One that has these."""
    evaluator = XPathEvaluator()
    evaluator.put(values)
    return evaluator


def copiesOf(evaluator: XPathEvaluator) -> list[Any]:
    """What it has, in order."""
    return sorted(evaluator.replica, key=lambda copy: copy.place)


def treesOf(evaluator: XPathEvaluator) -> list[str | None]:
    """The root of each tree, C{None} where there is none yet."""
    forms = [copy.form for copy in copiesOf(evaluator)]
    return [None if form is None else form.tag for form in forms]


def broken(key: str = "", name: QName = HOST, tail: str = "></b>") -> ServiceDataElement:
    """A value that is no XML."""
    return ServiceDataElement(ElementKey(name, "http://a/s", key), b"<a", tail.encode(), FOREVER)


def double(text: str) -> Result:
    """A number as a result."""
    return ("xsd:double", text, None)


class AgainstLxmlTests(SynchronousTestCase):
    """Compared with lxml run on each value by itself."""

    @settings(max_examples=120)
    @given(
        st.lists(elements(), max_size=5, unique_by=lambda one: one.key),
        EXPRESSIONS,
        SELECTORS,
        st.sampled_from(Freshness),
        st.sampled_from([0.0, 1.0, 2.5, 8.0]),
    )
    def test_trees(
        self,
        values: list[ServiceDataElement],
        text: str,
        names: tuple[NameSelector, ...],
        freshness: Freshness,
        now: float,
    ) -> None:
        """Of any trees an expression gives what lxml gives, for the values that are selected and not gone."""
        evaluator = evaluatorOf(*values)
        what = question(text, *names, freshness=freshness)
        answer = asked(evaluator, what, now)
        chosen = [copy.element for copy in evaluator.replica.select(what)]
        self.assertEqual(answer.values, len(chosen))
        expected = [one for value in chosen for one in givenBy(text, value, now, 1e9)]
        self.assertEqual(read(answer.body), expected)

    def test_glue(self) -> None:
        """So it is for the official sample of GLUE 2.0, a value for each entity, and for what gmond writes."""
        try:
            sample = (_DATA / "glue2" / "glue2_SampleDoc1.xml").read_bytes()
            gmond = (_DATA / "gmond.xml").read_bytes()
        except FileNotFoundError:
            raise SkipTest(f"{_DATA} has no samples") from None
        from gma_twisted.markup import XMLGate, serialise  # noqa: PLC0415

        _, _, hosts = gmond.partition(b"]>")
        entities = [
            *XMLGate().parse(sample),
            *XMLGate().parse(hosts.decode("latin-1").strip().encode()).iter("CLUSTER", "METRIC"),
        ]
        values = [
            made(serialise(one), QName("urn:x", str(one.tag).rpartition("}")[2]), key=str(place))
            for place, one in enumerate(entities)
        ]
        evaluator = evaluatorOf(*values)
        found = 0
        for text in (
            "self::g:ComputingService",
            "//g:ID",
            "//g:Endpoint[g:HealthState = 'ok']/g:URL/text()",
            "//g:ComputingShare[g:MaxWallTime > 100]/g:ID",
            "sum(//g:TotalJobs)",
            "count(//g:Associations/*)",
            "//*[@BaseType = 'Domain']/@BaseType",
            "g:Location/g:ID = 'location1'",
            "self::METRIC[@NAME = 'load_one']/@VAL",
            "string(//HOST/@IP)",
            "//EXTRA_ELEMENT[@NAME='GROUP']/@VAL",
        ):
            text = text.replace("g:", "q:")
            what = question(text, namespaces=(("q", _GLUE2),))
            inOrder = [copy.element for copy in evaluator.replica.select(what)]
            expected = [one for value in inOrder for one in givenBy(text, value, 0.0, 1e9, _GLUE2)]
            self.assertEqual(read(asked(evaluator, what).body), expected, text)
            found += len(expected)
        self.assertGreater(found, 3 * len(values))


class AnswerTests(SynchronousTestCase):
    """What an answer looks like."""

    def test_kinds(self) -> None:
        """Elements are as they are, all else is gma:result with its type, attributes with their names."""
        evaluator = evaluatorOf(made('<a q:x="1" y="&amp;" xmlns:q="urn:q">t<b/></a>'))
        body = asked(evaluator, question("b | @* | text()")).body
        self.assertEqual(
            body,
            b'<ogsi:XPathQueryResults resultCount="6">'
            b'<gma:result xsi:type="xsd:string" gma:attribute="{urn:q}x">1</gma:result>'
            b'<gma:result xsi:type="xsd:string" gma:attribute="y">&amp;</gma:result>'
            + b"".join(
                b'<gma:result xsi:type="xsd:string" gma:attribute="{%b}%b">%b</gma:result>' % each
                for each in (
                    (GMA.encode(), b"originator", b"http://a/s"),
                    (OGSI.encode(), b"goodFrom", b"2001-09-09T01:46:40Z"),
                )
            )
            + b'<gma:result xsi:type="xsd:string">t</gma:result>'
            b'<b xmlns:q="urn:q"/></ogsi:XPathQueryResults>',
        )
        self.assertEqual(
            asked(evaluator, question("namespace::q")).body,
            b'<ogsi:XPathQueryResults resultCount="1"><gma:result xsi:type="xsd:anyURI"'
            b' gma:prefix="q">urn:q</gma:result></ogsi:XPathQueryResults>',
        )

    def test_numbers(self) -> None:
        """Numbers are written as xsd:double has them."""
        evaluator = evaluatorOf(made("<a/>"))
        for text, number in (
            ("3", "3"),
            ("-0.5", "-0.5"),
            ("1 div 0", "INF"),
            ("-1 div 0", "-INF"),
            ("0 div 0", "NaN"),
            ("100000000000000000000000", "1e+23"),
            ("0.1 + 0.2", "0.30000000000000004"),
        ):
            self.assertEqual(given_(evaluator, text), [double(number)], text)

    def test_empty(self) -> None:
        """No value, and no result, are an answer; false, 0 and an empty text are results."""
        nothing = b'<ogsi:XPathQueryResults resultCount="0"></ogsi:XPathQueryResults>'
        self.assertEqual(asked(XPathEvaluator(), question("true()")).body, nothing)
        evaluator = evaluatorOf(made("<a/>"))
        self.assertEqual(asked(evaluator, question("b")).body, nothing)
        self.assertEqual(given_(evaluator, "false()"), [("xsd:boolean", "false", None)])
        self.assertEqual(given_(evaluator, "count(b)"), [double("0")])
        self.assertEqual(given_(evaluator, "string(b)"), [("xsd:string", "", None)])

    def test_tooLarge(self) -> None:
        """An answer that would be larger than asked for is refused, however little of it is written yet."""
        evaluator = evaluatorOf(*(made("<a><b/></a>", key=str(each)) for each in range(10)))
        body = asked(evaluator, question("*")).body
        roomy = len(body) + 32
        self.assertEqual(asked(evaluator, question("*"), most=roomy).body, body)
        error = self.assertRaises(TooLarge, asked, evaluator, question("*"), most=len(body) - 1)
        self.assertEqual(
            error.message,
            f"the answer would have more than {len(body) - 1} bytes ([limits] query_max_result);"
            " narrow the expression",
        )
        self.assertRaises(TooLarge, asked, evaluator, question("nothing"), most=10)

    def test_manyTimesOver(self) -> None:
        """A value that is selected many times over ends at the bound, not at the end of memory."""
        evaluator = evaluatorOf(made("<a>" * 60 + "x" * 900_000 + "</a>" * 60))
        evaluator.settle(0.0, 1e9)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertRaises(TooLarge, asked, evaluator, question("//node()"))
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 * 1024**2)


class _Tree:
    """Something that can be freed."""


class ChangeTests(SynchronousTestCase):
    """What was told between questions."""

    def test_lifetimes(self) -> None:
        """Lifetimes are as of the question: extended, stale, gone."""
        lifetime = Lifetime(0.0, 5.0, 10.0)
        value = made("<a/>", lifetime=lifetime)
        evaluator = evaluatorOf(value)
        self.assertEqual(
            given_(evaluator, "string(@ogsi:goodUntil)"),
            [("xsd:string", "2001-09-09T01:46:45Z", None)],
        )
        self.assertEqual(given_(evaluator, "count(@gma:freshness)", 4.0), [double("0")])
        self.assertEqual(given_(evaluator, "@gma:freshness", 5.0)[0][1], "stale")
        evaluator.extend([(value.key, Lifetime(0.0, 20.0, math.inf))])
        self.assertEqual(given_(evaluator, "count(@gma:freshness)", 5.0), [double("0")])
        self.assertEqual(
            given_(evaluator, "string(@ogsi:goodUntil)"),
            [("xsd:string", "2001-09-09T01:47:00Z", None)],
        )
        self.assertEqual(given_(evaluator, "count(@ogsi:availableUntil)"), [double("0")])
        evaluator.extend([(value.key, Lifetime(0.0, 20.0, 21.0))])
        self.assertEqual(given_(evaluator, "1", 21.0), [])

    def test_contents(self) -> None:
        """A question sees what was told last."""
        evaluator = evaluatorOf(made("<a v='1'/>"))
        self.assertEqual(given_(evaluator, "sum(@v)"), [double("1")])
        evaluator.put([made("<a v='2'/>")])
        self.assertEqual(given_(evaluator, "sum(@v)"), [double("2")])
        evaluator.remove([made("<a/>").key])
        self.assertEqual(given_(evaluator, "sum(@v)"), [])
        evaluator.put([made("<a v='3'/>")])
        evaluator.forget([QName("urn:other", "x"), HOST])
        self.assertEqual(given_(evaluator, "sum(@v)"), [])

    def test_settled(self) -> None:
        """After it has settled a question finds everything in its form."""
        evaluator = evaluatorOf(made("<a/>"))
        self.assertEqual(treesOf(evaluator), [None])
        evaluator.settle(0.0, 1e9)
        evaluator.put([made("<b/>", key="k")])
        self.assertEqual(treesOf(evaluator), ["a", None])
        evaluator.settle(0.0, 1e9)
        self.assertEqual(treesOf(evaluator), ["a", "b"])

    def test_idle(self) -> None:
        """What waits is made ready while nobody asks, some at a time; what cannot be is not tried again."""
        values = [made(f"<a>{'x' * 2000}</a>", key=f"{place:03}") for place in range(150)]
        evaluator = evaluatorOf(*values)
        self.assertFalse(evaluator.idle())
        evaluator.advance(0.0, 1e9)
        evaluator.put([broken("000")])
        self.assertFalse(evaluator.idle(isQuiet=False))
        made_ = []
        while evaluator.idle():
            made_.append(treesOf(evaluator).count("a"))
        self.assertEqual((made_[-1], len(made_) > 1), (149, True))
        evaluator.extend([(made("<a/>", key="001").key, Lifetime(0.0, 5.0, 9.0))])
        evaluator.put([made("<b/>", key="000")])
        self.assertTrue(evaluator.idle())
        self.assertEqual(treesOf(evaluator)[:2], ["b", "a"])
        stamps = [copy.form.get(f"{{{OGSI}}}goodUntil") for copy in copiesOf(evaluator)[:2]]
        self.assertEqual(stamps, [None, "2001-09-09T01:46:45Z"])
        self.assertFalse(evaluator.idle())

    def test_waiting(self) -> None:
        """Where very much changed it does not wait: whoever asks for all of it would wait too long."""
        self.patch(xpath, "_WAITING", 2)
        evaluator = evaluatorOf(made("<a/>"))
        evaluator.settle(0.0, 1e9)
        evaluator.put([made("<b/>", key=key) for key in "kl"])
        self.assertEqual(treesOf(evaluator), ["a", None, None])
        evaluator.put([made("<c/>")])
        self.assertEqual(treesOf(evaluator), ["c", None, None])
        evaluator.settle(0.0, 1e9)
        evaluator.put([made("<d/>"), made(f"<d>{'x' * 20_000}</d>", key="k")])
        self.assertEqual(treesOf(evaluator), [None, "d", "b"])

    def test_freed(self) -> None:
        """Of a value there is never more than one tree."""
        evaluator = evaluatorOf(made("<a/>"), made("<a/>", key="k"), made("<a/>", key="l"))
        evaluator.settle(0.0, 1e9)
        # Nothing tells of a tree of lxml when it is freed.
        for copy in copiesOf(evaluator):
            copy.form = _Tree()
        trees = [ref(copy.form) for copy in copiesOf(evaluator)]
        evaluator.put([made("<b/>"), made("<b/>", key="k"), made("<b/>", key="l")])
        evaluator.put([made("<c/>", key="k")])
        asked(evaluator, question(".", NameSelector(HOST, "http://a/s", "")))
        self.assertIsNone(trees[0]())
        evaluator.remove([made("<c/>", key="k").key])
        self.assertIsNone(trees[1]())
        evaluator.settle(0.0, 1e9)
        self.assertIsNone(trees[2]())
        (_, copy) = copiesOf(evaluator)
        evaluator.remove([copy.element.key])
        self.assertIsNone(copy.form)

    def test_wallClock(self) -> None:
        """The times that are shown follow the wall clock when it is set, not when it drifts."""
        evaluator = evaluatorOf(made("<a/>"))
        what = question("string(@ogsi:goodFrom)")
        compiled = evaluator.compile(what)
        shown = [
            read(evaluator.evaluate(compiled, what, 0.0, offset, _MOST).body)[0][1]
            for offset in (1e9, 1e9 + 0.4, 1e9 + 1.0, 1e9)
        ]
        self.assertEqual(
            shown,
            ["2001-09-09T01:46:40Z"] * 2 + ["2001-09-09T01:46:41Z", "2001-09-09T01:46:40Z"],
        )

    def test_noXML(self) -> None:
        """A value that is no XML is told to who asks for it, and to nobody else."""
        evaluator = evaluatorOf(made("<a/>"))
        evaluator.settle(0.0, 1e9)
        evaluator.put([broken(name=QName("urn:a", "broken"))])
        for _ in range(2):
            error = self.assertRaises(ServiceError, asked, evaluator, question("."))
            self.assertIn("a value of {urn:a}broken from http://a/s cannot be asked", error.message)
            evaluator.settle(0.0, 1e9)
        answer = asked(evaluator, question("count(.)", NameSelector(HOST)))
        self.assertEqual(read(answer.body), [double("1")])

    def test_wrong(self) -> None:
        """An expression is refused where it is wrong, or when it fails with a value."""
        evaluator = evaluatorOf(made("<a><b/></a>"))
        error = self.assertRaises(ExtensibilityTypeError, asked, evaluator, question("//["))
        self.assertEqual(error.message, "XPath, line 1, column 3: Invalid expression")
        what = question("*[count(string(.)) > 0]")
        error = self.assertRaises(ExtensibilityTypeError, asked, evaluator, what)
        self.assertEqual(error.message, "XPath: Invalid type")

    def test_figures(self) -> None:
        """An answer says over how many values it went, and how long each part took."""
        answer = asked(evaluatorOf(made(f'<a xmlns="{GLUE}"/>')), question("."))
        self.assertEqual(answer.values, 1)
        self.assertTrue(all(each > 0 for each in (answer.load, answer.evaluate, answer.write)))


_ODD = (
    *(" 5 ", "1e3", "0x10", "", "NaN", "-0", "0", "5.", ".5", "5", "5.5", "-5", "+5", "-", ".", "5e"),
    *("1e400", "1e-400", "9" * 70, "0." + "0" * 30 + "1", "\u0665", "INF", "Infinity", "\xa05", "5 5"),
    *("4.9999999999999999", "5.00000000001", "989.99999999999", "990", "991.25", "1,5", "--5", "1E1"),
    *("\n5\t", "- 5", "x", "x" * 700, "5" + " " * 600, "&<\"'", "1.5e+1", "2e-1", "\u00e9"),
)  # fmt: skip
_FEW_ODD = st.sampled_from(_ODD) | st.sampled_from(["5", "x", "990", ""])


def _written(text: str) -> str:
    """As character references, which keep tabs and line ends in attributes."""
    return "".join(f"&#{ord(each)};" for each in text)


@st.composite
def oddTrees(draw: st.DrawFn, depth: int = 2) -> str:
    """Nested elements of few names, whose attributes and texts are numbers, or nearly."""
    tag = draw(st.sampled_from(["Load", "q:Load", "b"]))
    declared = ' xmlns:q="urn:q"'
    if depth == 2 and draw(st.booleans()):
        declared += f' xmlns="{GLUE}"'
    names = draw(st.sets(st.sampled_from(["v", "w", "q:v", "xml:lang"]), max_size=2))
    attributes = "".join(f' {name}="{_written(draw(_FEW_ODD))}"' for name in sorted(names))
    inner = "".join(draw(st.lists(oddTrees(depth - 1), max_size=3))) if depth else ""
    return f"<{tag}{declared}{attributes}>{_written(draw(_FEW_ODD))}{inner}</{tag}>"


_NODES = st.sampled_from(
    (
        *(
            "@v",
            "@v",
            "@w",
            "@q:v",
            "@xml:lang",
            "q:Load",
            "Load",
            "b",
            "glue:Load",
            ".",
            "self::b",
        ),
        *("*", "@*", "text()", ".//@v", "../@v", "//q:Load/@v", "/glue:Load/@v", "ancestor::*/@v"),
        *(
            "(@v | @w)",
            "b/.",
            "self::*/@w",
            "(*)[1]/@v",
            "@gma:originator",
            "@nothing",
            "/*",
            "(/)",
        ),
        *("descendant-or-self::b/@v", "b[@v = 5]/@w", "following-sibling::b", "..//b[. = 'x']"),
    )
)
_LITERALS = st.sampled_from(
    (
        *("0", "1", "5", "5.", ".5", "5.5", "-1", "-5", "990", "1000", "9999999999", "- 5"),
        *("'x'", '"5"', "''", "' 5 '", "'990'", "'NaN'"),
    )
)
_SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_COMPARED = st.builds("{}{}{}".format, _NODES, _SIGNS, _LITERALS) | st.builds(
    "{} {} {}".format, _LITERALS, _SIGNS, _NODES
)
_OTHERS = st.sampled_from(
    (
        *("1", "2", "last()", "position() = 2", "@v", "*", "count(*) > 1", "@v + 1 > 6", "@v = @w"),
        *("contains(@v, '5')", "string(@v) = 'x'", "number(@w) = 5", "true()", "5 > 4", "-@v < -4"),
        *(
            "@v = (1 = 1)",
            "(@v > 5) = false()",
            "string-length() > 2",
            "sum(//@v) > 5",
            "floor(@v)",
        ),
    )
)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.builds("{} and {}".format, inner, inner)
        | st.builds("{} or {}".format, inner, inner)
        | st.builds("not({})".format, inner)
        | st.builds("({})".format, inner)
        | st.builds("*[{}]".format, inner)
        | st.builds("b[{}]/@v > 4".format, inner)
    )


_PREDICATES = st.recursive(_COMPARED | _OTHERS, _joined, max_leaves=4)
_STEPS = st.sampled_from(["*", "Load", "glue:Load", "q:Load", "b", "@v", "@*", "node()", "self::*"])
_PATHS = st.builds(
    "{}{}[{}]{}".format,
    st.sampled_from(["", "/", "//", "*/", "descendant::", "(//b | *)/"]),
    _STEPS,
    _PREDICATES,
    st.sampled_from(["", "", "", "/@v", "/..", "//b", "[1]", "[. > 4]", "/node()[. = 5]"]),
).filter(lambda text: "descendant::@" not in text and "descendant::self" not in text)
# Of these more find something.
_USUAL = st.builds(
    "{}[{}{}{}{}]".format,
    st.sampled_from(["//*", "//@v/parent::*", "//node()", "self::node()"]),
    st.sampled_from(["@v", "@w", ".//@v", ".//b", "*", "descendant-or-self::b", ".//Load/@w"]),
    st.sampled_from(["=", "=", "<", "<=", ">", ">="]),
    st.sampled_from(["5", "'5'", "'x'", "990", "''"]),
    st.just("") | st.builds(" {} {}".format, st.sampled_from(["and", "or"]), _PREDICATES),
)
_NARROWABLE = (
    _PATHS
    | _USUAL
    | _USUAL
    | st.builds("{} | {}".format, _PATHS, _PATHS)
    | st.builds("({})[{}]".format, _PATHS, _PREDICATES)
    | st.builds("count({})".format, _PATHS)
    | _COMPARED
)
_KEYS = [
    ElementKey(HOST, originator, key) for originator in ("http://a/s", "http://b/s") for key in "kl"
]


def narrowing() -> XPathEvaluator:
    """One that looks for candidates among however few values."""
    evaluator = XPathEvaluator()
    evaluator.fewest = 0
    return evaluator


@attrs.define(slots=True, eq=False)
class _Looked:
    """
    Looks values up.

    @ivar extract: how
    @ivar keys: of those that were
    """

    extract: Extract
    keys: list[str] = attrs.field(factory=list)

    def __call__(self, field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
        self.keys += [copy.element.key.key for copy in copies]
        return self.extract(field, copies)


class NarrowedTests(SynchronousTestCase):
    """Questions that are put to candidates only have the same answers."""

    def put(self, evaluator: XPathEvaluator, *loads: str) -> None:
        """Values with such loads."""
        evaluator.put(
            [
                made(f'<a><Load v="{load}">{load}</Load></a>', key=str(place))
                for place, load in enumerate(loads)
            ]
        )

    def test_candidates(self) -> None:
        """Only values that have what is compared are looked at; all that were selected are counted."""
        evaluator = narrowing()
        self.put(evaluator, "1", "5", "9", "x")
        for text, candidates, results in (
            ("//Load[@v >= 5]/@v", 2, ["5", "9"]),
            ("//Load[. < 5]/@v", 2, ["1"]),
            ("//Load[@v > 5]/@v", 2, ["9"]),
            ("/a[Load/@v = 'x']/Load/@v", 1, ["x"]),
            ("//@v[. > 5 or ../text() = 'x']", 4, ["9", "x"]),
            ("//Load[not(@v >= 5)]/@v", 4, ["1", "x"]),
            ("//Load[@gma:key = 5]", 4, []),
        ):
            answer = asked(evaluator, question(text))
            self.assertEqual((answer.values, answer.candidates), (4, candidates), text)
            self.assertEqual([one[1] for one in read(answer.body)], results, text)
        answer = asked(evaluator, question("//Load[@v > 8] = 9"))
        self.assertEqual([one[1] for one in read(answer.body)], ["false", "false", "true", "false"])

    def test_changed(self) -> None:
        """A value is a candidate for what it has now; one that is gone or not selected is none."""
        evaluator = narrowing()
        what = question("//@v[. > 5]")
        steps: list[tuple[list[str], int]] = []

        def look(now: float = 0.0) -> None:
            answer = asked(evaluator, what, now)
            steps.append(([one[1] for one in read(answer.body)], answer.candidates or 0))

        self.put(evaluator, "1", "9")
        look()
        self.put(evaluator, "7", "1")
        look()
        evaluator.remove([made("<a/>", key="0").key])
        look()
        self.put(evaluator, "2", "8", "6")
        look()
        evaluator.put([made("<a v='7'/>", key="1", lifetime=Lifetime(0.0, 1.0, 2.0))])
        look()
        look(3.0)
        evaluator.extend([(made("<a/>", key="1").key, Lifetime(0.0, 9.0, 9.0))])
        look(3.0)
        evaluator.forget([HOST])
        look(3.0)
        self.put(evaluator, "6")
        look(3.0)
        self.assertEqual(
            steps,
            [
                (["9"], 1),
                (["7"], 1),
                ([], 0),
                (["8", "6"], 2),
                (["7", "6"], 2),
                (["6"], 1),
                (["7", "6"], 2),
                ([], 0),
                (["6"], 1),
            ],
        )

    def test_forgotten(self) -> None:
        """What is known of a value is forgotten when it changed or is dropped, not when it holds for another time."""
        evaluator = narrowing()
        keys = [made("<a/>", key=key).key for key in "012"]
        what = question("//@v[. > 5]")
        self.put(evaluator, "1", "9", "9")
        asked(evaluator, what)
        columns = evaluator.narrowings.columns
        looked = _Looked(columns.extract)
        columns.extract = looked
        evaluator.extend([(keys[0], Lifetime(0.0, 1.0, 9.0))])
        evaluator.settle(5.0, 1e9)
        asked(evaluator, what, 5.0)
        self.assertEqual(looked.keys, [])
        self.put(evaluator, "9")
        asked(evaluator, what, 5.0)
        self.assertEqual(looked.keys, ["0"])
        dropped = sorted(evaluator.replica, key=lambda copy: copy.place)
        need = needsOf(what.text, ())
        assert need is not None
        evaluator.remove(keys[:1])
        columns.candidates(need, dropped)
        self.assertEqual(looked.keys, ["0", "0"])
        evaluator.forget([HOST])
        columns.candidates(need, dropped)
        self.assertEqual(looked.keys, ["0", "0", "1", "2"])

    def test_candidatesOnly(self) -> None:
        """Of what changed only the candidates are parsed, until somebody asks for all."""
        evaluator = narrowing()
        what = question("//Load[@v > 5]/@v")
        self.put(evaluator, "1", "9", "7")
        self.assertEqual([one[1] for one in read(asked(evaluator, what).body)], ["9", "7"])
        self.assertEqual(treesOf(evaluator), [None, "a", "a"])
        self.put(evaluator, "6", "2", "8")
        self.assertEqual([one[1] for one in read(asked(evaluator, what).body)], ["6", "8"])
        self.assertEqual(treesOf(evaluator), ["a", None, "a"])
        self.assertEqual(given_(evaluator, "sum(//@v)"), [double("6"), double("2"), double("8")])
        self.assertEqual(treesOf(evaluator), ["a", "a", "a"])

    def test_lifetimes(self) -> None:
        """A candidate is asked for as long as the question sees it."""
        evaluator = narrowing()
        self.put(evaluator, *["1"] * 50)
        value = made("<a><Load v='9'/></a>", key="k", lifetime=Lifetime(0.0, 2.0, 4.0))
        evaluator.put([value])
        text = "//Load[@v > 5]/@v"
        seen = []
        for now in (0.0, 2.0, 4.0, 4.5, 5.0):
            if now == 4.5:
                evaluator.extend([(value.key, Lifetime(0.0, 5.0, 6.0))])
            answers = [
                asked(evaluator, question(text, freshness=freshness), now)
                for freshness in (Freshness.ANY, Freshness.FRESH, Freshness.STALE)
            ]
            seen.append("".join(str(len(read(answer.body))) for answer in answers))
        self.assertEqual(seen, ["110", "101", "000", "110", "101"])

    def test_turned(self) -> None:
        """When many turn stale at once, that is shown by those that are looked at."""
        self.patch(xpath, "_WAITING", 1)
        evaluator = narrowing()
        lifetime = Lifetime(0.0, 5.0)
        evaluator.put([made(f"<a v='{v}'/>", key=str(v), lifetime=lifetime) for v in (1, 2, 9)])
        evaluator.settle(0.0, 1e9)
        answer = asked(evaluator, question("self::a[@v > 5]/@gma:freshness"), 5.0)
        self.assertEqual([one[1] for one in read(answer.body)], ["stale"])
        shown = [copy.form.get(f"{{{GMA}}}freshness") for copy in copiesOf(evaluator)]
        self.assertEqual(shown, [None, None, "stale"])

    def test_unknown(self) -> None:
        """Where the bytes do not tell what a value has its tree does."""
        evaluator = narrowing()
        evaluator.put(
            [
                made("<a v='&lt;'>1<b/></a>", key="0"),
                made("<a v='&lt;x'>2<b/></a>", key="1"),
                made("<a v='y'>3</a>", key="2"),
            ]
        )
        for text, trees in (
            ("self::a[@v = 'x']/@v", ["a", "a", None]),
            ("self::a[@v = '<']/@v", ["a", "a", None]),
            ("//a[. > 1.5][. < 2.5]/@v", ["a", "a", None]),
        ):
            answer = asked(evaluator, question(text))
            self.assertEqual(answer.candidates, 0 if "'x'" in text else 1, text)
            self.assertEqual(answer.values, 3)
            self.assertEqual(treesOf(evaluator), trees)

    def test_noXML(self) -> None:
        """A value that is no XML is told to a question it may be meant by, at once and later."""
        for tail in ("><Load v='6'/></b>", "><Load v='&no;'/></a>", "><Load v='\udc80'/></a>"):
            evaluator = narrowing()
            self.put(evaluator, "1", "9")
            element = broken("0")
            evaluator.put([attrs.evolve(element, tail=tail.encode("utf-8", "surrogateescape"))])
            for _ in range(2):
                self.assertRaises(ServiceError, asked, evaluator, question("//@v[. < 9]"))
                self.assertRaises(ServiceError, asked, evaluator, question("count(*)"))
                if "6" in tail:
                    self.assertEqual(given_(evaluator, "//@v[. > 8]"), [("xsd:string", "9", "v")])
                evaluator.settle(0.0, 1e9)

    def test_nested(self) -> None:
        """A value that has its text many times over is not looked at: it may have anything."""
        evaluator = narrowing()
        evaluator.put([made("<a>" * 60 + "x" * 900_000 + "</a>" * 60)])
        evaluator.settle(0.0, 1e9)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual(asked(evaluator, question("//a[. = 'x']")).candidates, 1)
        self.assertEqual(asked(evaluator, question("//a[. > 5]")).candidates, 1)
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 * 1024**2)

    def test_stamps(self) -> None:
        """What is written on a value as time goes on is looked at as it is now."""
        evaluator = narrowing()
        evaluator.put([made("<a v='1'/>", lifetime=Lifetime(0.0, 1.0))])
        what = question("self::*[@gma:freshness = 'stale' and @v = 1]/@v")
        self.assertEqual(read(asked(evaluator, what, 0.0).body), [])
        self.assertEqual(len(read(asked(evaluator, what, 1.0).body)), 1)

    def test_refused(self) -> None:
        """An expression that fails with a value does so where the value has not what is compared."""
        evaluator = narrowing()
        self.put(evaluator, "1")
        what = question("*[@v > 5 or count(string(@v)) > 0]")
        error = self.assertRaises(ExtensibilityTypeError, asked, evaluator, what)
        self.assertEqual(error.message, "XPath: Invalid type")

    def test_few(self) -> None:
        """Few values are asked as they are."""
        evaluator = evaluatorOf(*[made("<a v='1'/>", key=str(place)) for place in range(63)])
        what = question("self::*[@v > 5]")
        self.assertEqual(asked(evaluator, what).candidates, 63)
        evaluator.put([made("<a v='6'/>", key="63")])
        self.assertEqual(asked(evaluator, what).candidates, 1)

    def test_odd(self) -> None:
        """What is nearly a number is one for us when it is for libxml2, as attribute and as element."""
        values = [
            made(f'<a v="{_written(text)}"><b>{_written(text)}</b></a>', key=f"{place:03}")
            for place, text in enumerate(_ODD)
        ]
        narrow, whole = narrowing(), XPathEvaluator()
        narrow.put(values)
        whole.put(values)
        for literal in (
            *("-5", "-1", "0", "5", "5.5", "5.0000000001", "10", "15", "16", "990", "1000", "1" + "0" * 50),
            *("0." + "0" * 30 + "1", "4.99999999999999999999", "'5'", "''", "'x'", "'&<\"'"),
        ):  # fmt: skip
            for sign in ("=", "!=", "<", "<=", ">", ">="):
                for node in ("@v", "b"):
                    what = question(f"self::*[{node} {sign} {literal}]/@gma:key")
                    expected = asked(whole, what).body
                    self.assertEqual(asked(narrow, what).body, expected, what.text)

    @settings(max_examples=150)
    @given(st.lists(oddTrees(), min_size=1, max_size=4), st.lists(_NARROWABLE, max_size=4))
    def test_trees(self, trees: list[str], texts: list[str]) -> None:
        """Whatever is asked of whatever values, the answer is what lxml gives for each of them."""
        values = [made(tree, key=str(place)) for place, tree in enumerate(trees)]
        evaluator = narrowing()
        evaluator.put(values)
        for text in texts:
            answer = asked(evaluator, question(text))
            self.assertEqual(answer.values, len(values))
            expected = [one for value in values for one in givenBy(text, value, 0.0, 1e9)]
            self.assertEqual(read(answer.body), expected, text)

    @settings(max_examples=50)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["put", "put", "remove", "extend", "forget", "wait"]),
                st.sampled_from(_KEYS),
                oddTrees(1),
                LIFETIMES,
            ),
            min_size=2,
            max_size=12,
        ),
        st.lists(_PATHS, min_size=1, max_size=3),
    )
    def test_changes(
        self, changes: list[tuple[str, ElementKey, str, Lifetime]], texts: list[str]
    ) -> None:
        """So it is while values come, change, hold for another time, and go."""
        narrow, whole = narrowing(), XPathEvaluator()
        now = 0.0
        for what, key, tree, lifetime in changes:
            now += what == "wait"
            for evaluator in (narrow, whole):
                if what == "put":
                    evaluator.put([made(tree, key.name, key.originator, key.key, lifetime)])
                elif what == "remove":
                    evaluator.remove([key])
                elif what == "extend":
                    evaluator.extend([(key, lifetime)])
                elif what == "forget":
                    evaluator.forget([key.name])
            for text in texts:
                expected = asked(whole, question(text), now)
                answer = asked(narrow, question(text), now)
                self.assertEqual(
                    (answer.body, answer.values), (expected.body, expected.values), text
                )
