"""XPath over values: what lxml gives for each of them, in order, written as one element."""

import math
import tracemalloc
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, ServiceError, TooLarge
from gma_twisted.evaluation.evaluator import Answer
from gma_twisted.evaluation.xpath import XPathEvaluator
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI
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
        self.assertIsNone(next(iter(evaluator.replica)).form)
        evaluator.settle(0.0, 1e9)
        evaluator.put([made("<b/>", key="k")])
        self.assertEqual([copy.form is None for copy in evaluator.replica], [False, False])

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
        broken = ServiceDataElement(
            ElementKey(QName("urn:a", "broken"), "http://a/s"), b"<a", b"></b>", Lifetime(0.0)
        )
        evaluator = evaluatorOf(made("<a/>"))
        evaluator.settle(0.0, 1e9)
        evaluator.put([broken])
        evaluator.settle(0.0, 1e9)
        error = self.assertRaises(ServiceError, asked, evaluator, question("."))
        self.assertIn("a value of {urn:a}broken from http://a/s cannot be asked", error.message)
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
