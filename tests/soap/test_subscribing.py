"""Subscriptions by names and by questions: what is asked, how it may be spelled, and what is refused."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import (
    Freshness,
    Handle,
    Language,
    Locator,
    NameSelector,
    QName,
    Question,
    Topic,
)
from gma_twisted.soap import Selection, openEnvelope
from gma_twisted.soap.calling import writeRequest
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.soap.subscribing import (
    SubscribeExpression,
    readSubscribeExpression,
    writeSubscribeExpression,
)
from tests.soap.named import SELECTORS, TEXTS

_A = Topic((NameSelector(QName("urn:a", "x")),))
_NAME = "<ogsi:name>a:x</ogsi:name>"


def _read(attributes: str = "", content: str = _NAME) -> SubscribeExpression:
    document = (
        f'<ogsi:subscribeByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:a="urn:a"'
        f" {attributes}>{content}</ogsi:subscribeByServiceDataNames>"
    )
    return readSubscribeExpression(XMLGate().parse(document.encode()), 3)


def _readQuestion(
    attributes: str = "", content: str = "", root: str = "XPath"
) -> SubscribeExpression:
    inside = content or (
        "<gma:query>1</gma:query>" if root == "XQuery" else f"{_NAME}<XPath>//x</XPath>"
    )
    document = (
        f'<gma:subscribeBy{root} xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:a="urn:a"'
        f" {attributes}>{inside}</gma:subscribeBy{root}>"
    )
    limits = QuestionLimits(maxExpression=10, maxNames=2, maxWildcards=1)
    return readSubscribeExpression(XMLGate().parse(document.encode()), 3, limits)


class QuestionTests(SynchronousTestCase):
    """What is read of a question."""

    def test_xpath(self) -> None:
        """The expression with the names it sees, in the topic of its answer."""
        question = Question(Language.XPATH, "//x", (NameSelector(QName("urn:a", "x")),))
        self.assertEqual(_readQuestion(), SubscribeExpression(Topic.asking(question)))

    def test_xquery(self) -> None:
        """One in XQuery may see everything."""
        read = _readQuestion(root="XQuery")
        self.assertEqual(read.topic, Topic((), question=Question(Language.XQUERY, "1")))

    def test_everything(self) -> None:
        """Intervals, a snapshot, freshness, prefixes."""
        read = _readQuestion(
            'minInterval="PT2S" ogsi:maxInterval="PT9S" gma:snapshot="1" gma:freshness="fresh"'
            ' gma:changes="false"',
            "<name>a:*</name><XPath>q:x</XPath><namespaces>xmlns:q=urn:q</namespaces>",
        )
        question = Question(
            Language.XPATH,
            "q:x",
            (NameSelector(QName("urn:a", "*")),),
            (("q", "urn:q"),),
            Freshness.FRESH,
        )
        self.assertEqual(read, SubscribeExpression(Topic.asking(question), 2.0, 9.0, True))

    def test_refused(self) -> None:
        """What is wrong about it is said in one sentence."""
        for attributes, content, expected in (
            ('gma:changes="true"', "", "subscribeByXPath takes no gma:changes"),
            ('gma:changes="so"', "", 'gma:changes: "so" is not true or false'),
            ('gma:explain="true"', "", "has no attribute"),
            ('minInterval="5"', "", 'minInterval: "5" is not a duration'),
            ('minInterval="PT6S" maxInterval="PT5S"', "", "PT6S is longer than maxInterval PT5S"),
            ("", _NAME, "subscribeByXPath has no XPath"),
            ("", "<XPath>1</XPath>", "subscribeByXPath names nothing"),
        ):
            error = self.assertRaises(ExtensibilityTypeError, _readQuestion, attributes, content)
            self.assertIn(expected, error.message)

    def test_bounds(self) -> None:
        """A bound that is passed is named."""
        for content in (
            f"{_NAME}<XPath>12345678901</XPath>",
            '<name>a:x</name><name gma:key="1">a:x</name><name>a:y</name><XPath>1</XPath>',
        ):
            error = self.assertRaises(TooLarge, _readQuestion, "", content)
            self.assertIn("query_", error.message)
        names = "<name>*:x</name><name>*:y</name>"
        error = self.assertRaises(TooLarge, _readQuestion, "", f"{names}<XPath>1</XPath>")
        self.assertIn("1 names with *", error.message)

    def test_topic(self) -> None:
        """A topic sees what its question sees, and its answer is told whole."""
        question = Question(Language.XPATH, "1", _A.selectors)
        self.assertRaises(ParameterError, Topic, _A.selectors, True, question)
        self.assertRaises(ParameterError, Topic, (), False, question)
        self.assertNotEqual(Topic.asking(question), _A)


class ReadTests(SynchronousTestCase):
    """What is read."""

    def test_least(self) -> None:
        """Names alone: a notice at every change, never without one, whole values, nothing at the beginning."""
        self.assertEqual(_read(), SubscribeExpression(_A, 0.0, math.inf, False))

    def test_everything(self) -> None:
        """Names with what selects their values, intervals, and the kind of notices."""
        read = _read(
            'ogsi:minInterval="PT1.5S" ogsi:maxInterval="P1DT1M" gma:snapshot="true" gma:changes=" 1 "',
            '<ogsi:name gma:key="7" gma:originator="http://h/">{urn:a}x</ogsi:name>'
            "<ogsi:name>a:*</ogsi:name>",
        )
        selectors = (
            NameSelector(QName("urn:a", "x"), "http://h/", "7"),
            NameSelector(QName("urn:a", "*")),
        )
        self.assertEqual(read, SubscribeExpression(Topic(selectors, True), 1.5, 86460.0, True))

    def test_spellings(self) -> None:
        """Intervals come unqualified as well, the longest as infinity, zero years as Java writes them."""
        for attributes in (
            'minInterval="PT5S" maxInterval="infinity"',
            'ogsi:minInterval=" PT5S " ogsi:maxInterval=" infinity "',
            'minInterval="P0Y0M0DT0H0M5.000S"',
        ):
            self.assertEqual(_read(attributes), SubscribeExpression(_A, 5.0))

    def test_qualifiedFirst(self) -> None:
        """Of two spellings in one message the standard's counts."""
        read = _read('minInterval="PT5S" ogsi:minInterval="PT7S"')
        self.assertEqual(read.minInterval, 7.0)

    def test_nameList(self) -> None:
        """Names come as an attribute too, as in queries, and once is enough."""
        self.assertEqual(_read('names="a:x {urn:a}x"'), SubscribeExpression(_A))

    def test_bound(self) -> None:
        """One name more than the bound is refused, and the bound named; as many as it are read."""
        self.assertEqual(len(_read('names="a:y a:z"').topic.selectors), 3)
        error = self.assertRaises(TooLarge, _read, 'names="a:w a:y a:z"')
        self.assertEqual(error.message, "one subscription may have 3 names")


_REFUSED = [
    ('minInterval="5"', 'minInterval: "5" is not a duration'),
    ('minInterval=""', "minInterval"),
    ('ogsi:minInterval="-PT5S"', 'minInterval: duration "-PT5S" is negative'),
    ('maxInterval="P1M"', 'maxInterval: duration "P1M" counts years or months'),
    ('maxInterval="P1Y"', 'maxInterval: duration "P1Y" counts years or months'),
    ('maxInterval="forever"', '"forever" is not a duration'),
    ('minInterval="PT6S" maxInterval="PT5S"', "PT6S is longer than maxInterval PT5S"),
    ('minInterval="infinity"', "minInterval infinity lets no notice through"),
    ('maxInterval="PT0S"', "maxInterval of no length"),
    ('gma:snapshot="yes"', 'gma:snapshot: "yes" is not true or false'),
    ('gma:changes=""', 'gma:changes: "" is not true or false'),
    ('snapshot="true"', 'subscribeByServiceDataNames has no attribute "snapshot"'),
    ('gma:freshness="any"', "has no attribute"),
    ('gma:limit="5"', "has no attribute"),
]


class RefuseTests(SynchronousTestCase):
    """What is not."""

    def test_attributes(self) -> None:
        """A malformed attribute, one too many, or intervals that cannot be kept: one sentence says which."""
        for attributes, expected in _REFUSED:
            error = self.assertRaises(ExtensibilityTypeError, _read, attributes)
            self.assertIn(expected, error.message)

    def test_names(self) -> None:
        """Names are as strict as in queries, and the message says that it is a subscription."""
        for content, expected in (
            ("", "subscribeByServiceDataNames names nothing"),
            (_NAME + "a:y", '"a:y" stands between the names'),
            ("<a:name>a:x</a:name>", 'subscribeByServiceDataNames has no child "{urn:a}name"'),
            ("<ogsi:name>b:x</ogsi:name>", 'prefix "b"'),
        ):
            error = self.assertRaises(ExtensibilityTypeError, _read, "", content)
            self.assertIn(expected, error.message)

    def test_otherRoot(self) -> None:
        """An expression of another language is refused by name."""
        root = XMLGate().parse(b"<x/>")
        error = self.assertRaises(ExtensibilityTypeError, readSubscribeExpression, root, 3)
        self.assertEqual(
            error.message,
            '"x" is not ogsi:subscribeByServiceDataNames, gma:subscribeByXPath or'
            " gma:subscribeByXQuery",
        )

    def test_values(self) -> None:
        """Who asks is held to the same rules before anything is sent."""
        for least, most in (
            (-1.0, 5.0),
            (6.0, 5.0),
            (math.inf, math.inf),
            (0.0, 0.0),
            (math.nan, 1),
        ):
            self.assertRaises(ParameterError, SubscribeExpression, _A, least, most)
        self.assertEqual(SubscribeExpression(_A, 5.0, 5.0).maxInterval, 5.0)


_MILLISECONDS = st.integers(0, 10**9)
_SEVERAL = st.lists(SELECTORS, min_size=1, max_size=5, unique=True).map(tuple)
_PREFIXES = st.dictionaries(
    st.sampled_from(("p", "q", "r")), st.sampled_from(("urn:p", "http://h/?a&b")), max_size=3
)
_TOPICS = st.builds(Topic, _SEVERAL, st.booleans()) | st.builds(
    lambda *parts: Topic.asking(Question(*parts)),
    st.sampled_from(Language),
    TEXTS.filter(str.strip),
    _SEVERAL,
    _PREFIXES.map(lambda found: tuple(sorted(found.items()))),
    st.sampled_from(Freshness),
)


class WriteTests(SynchronousTestCase):
    """What is written."""

    def test_least(self) -> None:
        """What is as it is by default is not said; the declarations are there."""
        self.assertEqual(
            writeSubscribeExpression(SubscribeExpression(_A)).decode(),
            f'<ogsi:subscribeByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'
            '<ogsi:name xmlns:q="urn:a">q:x</ogsi:name></ogsi:subscribeByServiceDataNames>',
        )

    def test_everything(self) -> None:
        """Intervals are durations, qualified as the standard's schema asks."""
        topic = Topic((NameSelector(QName("", "x")),), True)
        written = writeSubscribeExpression(SubscribeExpression(topic, 1.5, 60.0, True)).decode()
        self.assertEqual(
            written,
            f'<ogsi:subscribeByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"'
            ' ogsi:minInterval="PT1.5S" ogsi:maxInterval="PT60S" gma:snapshot="true" gma:changes="true">'
            "<ogsi:name>x</ogsi:name></ogsi:subscribeByServiceDataNames>",
        )

    def test_question(self) -> None:
        """One with a question has the root of its language, and the parts of a query."""
        question = Question(Language.XQUERY, "1 < 2", (), (("q", "urn:q"),))
        written = writeSubscribeExpression(
            SubscribeExpression(Topic.asking(question), 1.5, wantsSnapshot=True)
        ).decode()
        self.assertEqual(
            written,
            f'<gma:subscribeByXQuery xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"'
            ' ogsi:minInterval="PT1.5S" gma:snapshot="true"><gma:query>1 &lt; 2</gma:query>'
            "<ogsi:namespaces>xmlns:q=urn:q</ogsi:namespaces></gma:subscribeByXQuery>",
        )

    @given(
        _TOPICS,
        _MILLISECONDS,
        _MILLISECONDS | st.just(math.inf),
        st.booleans(),
    )
    def test_roundTrip(
        self,
        topic: Topic,
        least: int,
        more: float,
        wantsSnapshot: bool,
    ) -> None:
        """What is written as the argument of a request is what the service is asked with."""
        expression = SubscribeExpression(
            topic,
            least / 1000,
            (least + more) / 1000 or 1.0,
            wantsSnapshot,
        )
        request = writeRequest(
            next(one for one in NOTIFICATION_SOURCE.operations if one.name == "subscribe"),
            {
                "subscriptionExpression": writeSubscribeExpression(expression),
                "sink": Locator((Handle.parse("http://h/sink"),)),
                "expirationTime": math.inf,
            },
        )
        call = Selection([NOTIFICATION_SOURCE]).select(openEnvelope(XMLGate().parse(request)), None)
        read = call.arguments["subscriptionExpression"].read(
            lambda root: readSubscribeExpression(root, 5)
        )
        self.assertEqual(read, expression)
