"""Expressions put to service data: what is asked, how it may be spelled, and what is refused."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI, PREFIXES, PX, RIPS, XML
from gma_twisted.model import Freshness, Language, NameSelector, QName, Question
from gma_twisted.soap.questions import (
    QUERY_DIALECTS,
    SUBSCRIBE_DIALECTS,
    AskedQuestion,
    QuestionLimits,
    noLanguage,
    readQuestion,
    readQuestionParts,
    writeQuestion,
    writeQuestionParts,
)
from tests.soap.named import SELECTORS

_HOST = NameSelector(QName(GLUE, "Host"))
_NAME = "<name>glue:Host</name>"
_TEXT = "<XPath>//a:x</XPath>"
_LIMITS = QuestionLimits(40, 3, 2)


def _xpath(
    content: str, attributes: str = "", namespace: str = OGSI, limits: QuestionLimits = _LIMITS
) -> AskedQuestion:
    document = (
        f'<r:queryByServiceDataXPath xmlns:r="{namespace}" xmlns:gma="{GMA}" {attributes}>'
        f"{content}</r:queryByServiceDataXPath>"
    )
    return readQuestion(XMLGate().parse(document.encode()), Language.XPATH, limits)


def _xquery(content: str, attributes: str = "") -> AskedQuestion:
    document = f'<gma:queryByXQuery xmlns:gma="{GMA}" {attributes}>{content}</gma:queryByXQuery>'
    return readQuestion(XMLGate().parse(document.encode()), Language.XQUERY, _LIMITS)


def _namespaced() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    prefixes = st.from_regex(r"[a-z][a-z0-9.-]{0,5}", fullmatch=True).filter(
        lambda one: one not in ("xml", "xmlns")
    )
    uris = st.from_regex(r"urn:[a-z0-9&%?=/'-]{1,12}[a-z]", fullmatch=True)
    uris = uris.map(lambda one: one.replace("'", "&"))
    bound = st.dictionaries(prefixes, uris | st.just(GLUE), max_size=4)
    return bound.map(
        lambda found: tuple(
            sorted((prefix, uri) for prefix, uri in found.items() if PREFIXES.get(prefix) != uri)
        )
    )


_ANYWHERE = st.builds(
    NameSelector,
    st.builds(QName, st.just("*"), st.sampled_from(["*", "Host"])),
    st.just("http://o/"),
)
_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r"),
    min_size=1,
    max_size=60,
).filter(lambda text: bool(text.strip()))
_QUESTIONS = st.builds(
    Question,
    st.sampled_from(Language),
    _TEXTS,
    st.lists(SELECTORS | _ANYWHERE, max_size=4, unique=True).map(tuple),
    _namespaced(),
    st.sampled_from(Freshness),
)


class RoundTripTests(SynchronousTestCase):
    """What is written is read again."""

    @given(_QUESTIONS, st.booleans())
    def test_asked(self, question: Question, isExplained: bool) -> None:
        """Every question, to the byte of its text."""
        element = XMLGate().parse(writeQuestion(question, isExplained))
        self.assertIn(nameOf(element), QUERY_DIALECTS[question.language])
        read = readQuestion(element, question.language, QuestionLimits())
        self.assertEqual(read, AskedQuestion(question, isExplained))

    @given(_QUESTIONS)
    def test_subscribed(self, question: Question) -> None:
        """The same parts in an element with further attributes, which are left to whoever reads them."""
        attributes, content = writeQuestionParts(question)
        root = SUBSCRIBE_DIALECTS[question.language][0]
        document = (
            f'<gma:{root.localName} xmlns:gma="{GMA}" xmlns:ogsi="{OGSI}" minInterval="PT5S"'
            f"{attributes}>{content}</gma:{root.localName}>"
        )
        element = XMLGate().parse(document.encode())
        known = frozenset(("minInterval",))
        self.assertEqual(
            readQuestionParts(element, question.language, known, QuestionLimits()), question
        )


class SpellingTests(SynchronousTestCase):
    """What reads as the same."""

    def test_childrensNamespaces(self) -> None:
        """The children may be in no namespace, that of OGSI, of GT3, or ours; so may the root of XPath."""
        expected = Question(Language.XPATH, "//x", (_HOST,))
        for root in (OGSI, PX, "urn:any"):
            for child in ("", OGSI, PX, GMA):
                content = (
                    f'<name xmlns="{child}">{{{GLUE}}}Host</name><XPath xmlns="{child}">//x</XPath>'
                )
                self.assertEqual(_xpath(content, namespace=root).question, expected)
        self.assertEqual(
            QUERY_DIALECTS[Language.XPATH],
            tuple(QName(uri, "queryByServiceDataXPath") for uri in (OGSI, PX, "")),
        )

    def test_names(self) -> None:
        """A name is one, with a prefix that is known, declared there or with the expression; or has a star."""
        for text, name in (
            ("glue:Host", QName(GLUE, "Host")),
            (f" {{{GLUE}}}Host ", QName(GLUE, "Host")),
            ("Host", QName("", "Host")),
            ("own:Host", QName("urn:own", "Host")),
            ("given:Host", QName("urn:given", "Host")),
            ("glue:*", QName(GLUE, "*")),
            ("{urn:u}*", QName("urn:u", "*")),
            ("*:Host", QName("*", "Host")),
            ("{*}Host", QName("*", "Host")),
        ):
            content = (
                f'<name xmlns:own="urn:own">{text}</name><XPath>x</XPath>'
                "<namespaces>given=urn:given</namespaces>"
            )
            self.assertEqual(_xpath(content).question.selectors, (NameSelector(name),), text)

    def test_everything(self) -> None:
        """One star is everything there is, whatever else is named; with an originator it is what that one said."""
        for star in ("*", "*:*", "{*}*"):
            content = f"{_NAME}<name>{star}</name><XPath>x</XPath>"
            self.assertEqual(_xpath(content).question.selectors, ())
        content = '<name gma:originator="http://o/">*</name><XPath>x</XPath>'
        self.assertEqual(
            _xpath(content).question.selectors, (NameSelector(QName("*", "*"), "http://o/"),)
        )

    def test_nameLists(self) -> None:
        """Names come as an attribute too, and a name twice counts once."""
        question = _xpath(f"{_NAME}{_TEXT}", 'names="glue:Host rips:Job"').question
        self.assertEqual(question.selectors, (_HOST, NameSelector(QName(RIPS, "Job"))))

    def test_xquery(self) -> None:
        """XQuery need not name anything, and has its expression in another child."""
        self.assertEqual(
            _xquery("<gma:query>count(?*)</gma:query>"),
            AskedQuestion(Question(Language.XQUERY, "count(?*)")),
        )
        named = _xquery(f"{_NAME}<query>count(?*)</query>", 'gma:explain=" 1 "')
        self.assertEqual(
            named, AskedQuestion(Question(Language.XQUERY, "count(?*)", (_HOST,)), True)
        )

    def test_namespaces(self) -> None:
        """A prefix is bound as GT3 did, as XML does, or plainly; what is bound like that anyway is left out."""
        for text in ("xmlns:a=urn:a", "a=urn:a", " xmlns:a = 'urn:a' ", 'a="urn:a"'):
            content = f"{_NAME}{_TEXT}<namespaces>{text}</namespaces>"
            self.assertEqual(_xpath(content).question.namespaces, (("a", "urn:a"),), text)
        for text in (f"glue={GLUE}", f"xml={XML}"):
            content = f"{_NAME}{_TEXT}<namespaces>{text}</namespaces>"
            self.assertEqual(_xpath(content).question.namespaces, ())
        content = f"{_NAME}{_TEXT}<namespaces>glue=urn:other</namespaces>"
        self.assertEqual(_xpath(content).question.namespaces, (("glue", "urn:other"),))

    def test_around(self) -> None:
        """Of what is declared around the expression it keeps what it uses; what it says itself comes first."""
        around = 'xmlns:a="urn:around" xmlns:b="urn:unused" xmlns="urn:default"'
        content = '<name xmlns="">glue:Host</name><XPath xmlns="">//a:x</XPath>'
        self.assertEqual(_xpath(content, around).question.namespaces, (("a", "urn:around"),))
        own = f'{content}<namespaces xmlns="">a=urn:own</namespaces>'
        self.assertEqual(_xpath(own, around).question.namespaces, (("a", "urn:own"),))

    def test_longName(self) -> None:
        """To look for prefixes takes as long as the expression is, not its square, which would be a minute here."""
        text = "a" * 2**17
        began = process_time()
        found = _xpath(f"{_NAME}<XPath>{text}</XPath>", limits=QuestionLimits(2**17))
        self.assertEqual(found.question.text, text)
        self.assertLess(process_time() - began, 5)

    def test_textAsItIs(self) -> None:
        """The text is kept with its blanks: lines and columns are those the client sees."""
        self.assertEqual(_xpath(f"{_NAME}<XPath>\n  //x </XPath>").question.text, "\n  //x ")

    def test_freshness(self) -> None:
        """Which values by their lifetime, as in a query by names."""
        question = _xpath(f"{_NAME}{_TEXT}", 'gma:freshness="fresh"').question
        self.assertIs(question.freshness, Freshness.FRESH)


class RefusedTests(SynchronousTestCase):
    """What is not read, and why."""

    def test_malformed(self) -> None:
        """Every mistake is named."""
        long = "u" * 1025
        for content, attributes, why in (
            (_TEXT, "", "queryByServiceDataXPath names nothing; add a name, * for all values"),
            (_NAME, "", "queryByServiceDataXPath has no XPath, which holds the expression"),
            (_NAME + _TEXT + _TEXT, "", "queryByServiceDataXPath has two of XPath; it takes one"),
            (_NAME + "<XPath> </XPath>", "", "XPath holds no expression"),
            (
                _NAME + "<query>x</query>",
                "",
                'queryByServiceDataXPath has no child "query"; it has name, XPath and namespaces',
            ),
            (
                _NAME + '<XPath xmlns="urn:x">x</XPath>',
                "",
                'queryByServiceDataXPath has no child "{urn:x}XPath";'
                " it has name, XPath and namespaces",
            ),
            (
                _NAME + "<XPath>x<b/></XPath>",
                "",
                "XPath of queryByServiceDataXPath holds text and no elements",
            ),
            (_NAME + '<XPath lang="2">x</XPath>', "", 'XPath has no attribute "lang"'),
            (
                _NAME + "loose" + _TEXT,
                "",
                '"loose" stands between the children of queryByServiceDataXPath',
            ),
            (
                _NAME + _TEXT,
                'gma:limit="3"',
                f'queryByServiceDataXPath has no attribute "{{{GMA}}}limit"',
            ),
            (
                _NAME + _TEXT,
                'gma:freshness="new"',
                'gma:freshness="new" is none of fresh, stale, any',
            ),
            (_NAME + _TEXT, 'gma:explain="yes"', 'gma:explain: "yes" is not true or false'),
            ("<name>a b</name>" + _TEXT, "", 'ogsi:name: "a b" is not an XML name'),
            ("<name/>" + _TEXT, "", 'ogsi:name: "" is not an XML name'),
            (f"<name>*:{long}</name>" + _TEXT, "", "is too long"),
            (
                _NAME + _TEXT + "<namespaces>urn:a</namespaces>",
                "",
                'namespaces "urn:a" does not bind a prefix; write xmlns:p=uri',
            ),
            (_NAME + _TEXT + "<namespaces>a=u v</namespaces>", "", "does not bind a prefix"),
            (_NAME + _TEXT + "<namespaces>a='u</namespaces>", "", "does not bind a prefix"),
            (_NAME + _TEXT + "<namespaces>xmlns=urn:a</namespaces>", "", "what XML reserves"),
            (_NAME + _TEXT + "<namespaces>xml=urn:a</namespaces>", "", "what XML reserves"),
            (_NAME + _TEXT + f"<namespaces>a={XML}</namespaces>", "", "what XML reserves"),
            (_NAME + _TEXT + f"<namespaces>a={long}</namespaces>", "", "is too long"),
            (
                _NAME + _TEXT + "<namespaces>a=urn:a</namespaces><namespaces>a=urn:b</namespaces>",
                "",
                'namespaces binds the prefix "a" twice',
            ),
        ):
            error = self.assertRaises(ExtensibilityTypeError, _xpath, content, attributes)
            self.assertIn(why, error.message)

    def test_bounds(self) -> None:
        """Each bound is met exactly, and named with its key."""
        self.assertEqual(len(_xpath(f"{_NAME}<XPath>{'é' * 20}</XPath>").question.text), 20)
        error = self.assertRaises(TooLarge, _xpath, f"{_NAME}<XPath>{'é' * 20}x</XPath>")
        self.assertEqual(
            error.message,
            "the expression has 41 bytes; query_max_expression under [limits] is 40",
        )
        names = "".join(f"<name>n{number}</name>" for number in range(3))
        self.assertEqual(len(_xpath(names + _TEXT).question.selectors), 3)
        error = self.assertRaises(TooLarge, _xpath, f"<name>n</name>{names}{_TEXT}")
        self.assertIn("max_query_names", error.message)
        bound = "".join(f"<namespaces>a{number}=urn:a</namespaces>" for number in range(2))
        self.assertEqual(len(_xpath(_NAME + _TEXT + bound).question.namespaces), 2)
        more = f"{_NAME}{_TEXT}<namespaces>a=urn:a</namespaces>{bound}"
        self.assertRaises(TooLarge, _xpath, more)

    def test_wildcards(self) -> None:
        """So many names may have a C{*}; beside that for all values no other one counts."""
        limits = QuestionLimits(maxWildcards=3)
        names = "<name>*:a</name><name>{urn:a}*</name><name gma:key='1'>*</name>"
        self.assertEqual(
            len(_xpath(f"<name>n</name>{names}{_TEXT}", limits=limits).question.selectors), 4
        )
        more = f"{names}<name>*:b</name>{_TEXT}"
        error = self.assertRaises(TooLarge, _xpath, more, limits=limits)
        self.assertEqual(
            error.message,
            "one expression may have 3 names with *, this one has 4; write whole names, or * for all values",
        )
        self.assertEqual(_xpath(f"<name>*</name>{more}", limits=limits).question.selectors, ())

    def test_noBounds(self) -> None:
        """A bound of nothing is none."""
        for limits in ((0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)):
            self.assertRaises(ParameterError, QuestionLimits, *limits)

    def test_noLanguage(self) -> None:
        """A service that is asked by names only says so."""
        names = QName(OGSI, "queryByServiceDataNames")
        xpath = QUERY_DIALECTS[Language.XPATH][0]
        self.assertEqual(
            noLanguage(xpath, [names]).message,
            f'"{xpath}" is no query language here; this service is asked by names only, {names}',
        )
        self.assertEqual(
            noLanguage(QName("", "sql"), [xpath, names]).message,
            f'"sql" is no query language here; there are {names}, {xpath}',
        )
