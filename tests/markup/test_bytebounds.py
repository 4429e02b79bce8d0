"""What bytes prove: never against a document that passes, and before a tree is made of one that cannot."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.markup import MESSAGE_LIMITS, Element, XMLGate, XMLLimits
from gma_twisted.markup.bytebounds import ByteBounds

_HIDDEN = ("<!-- <x><y z='1'/> -->", "<![CDATA[<x><y/></x><z a='1' b='2' c=''>]]>")
_NAMES = st.sampled_from(("a", "bb", "éé", "cccc", "dddddd"))
_VALUES = st.sampled_from(
    ("", "=", "a='1' b='2'", "xmlns:q=''", "/>", ">", "&lt;&#65;", "éé", "x" * 9)
)
_TEXTS = st.one_of(_VALUES, st.sampled_from(_HIDDEN), st.just('" = "'))


def _written(pairs: dict[str, str]) -> str:
    return "".join(f' {name} = "{value}"' for name, value in pairs.items())


@st.composite
def _elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(_NAMES)
    attributes = draw(st.dictionaries(_NAMES, _VALUES, max_size=4))
    declared = draw(
        st.dictionaries(st.sampled_from(("p", "q", "r", "s")), st.just("u"), max_size=3)
    )
    start = name + _written(attributes) + _written({f"xmlns:{p}": u for p, u in declared.items()})
    if not depth or draw(st.booleans()):
        return f"<{start} />"
    children = st.one_of(_TEXTS, _elements(depth - 1))
    return f"<{start}>{''.join(draw(st.lists(children, max_size=3)))}</{name}>"


def _bytes(text: str | None) -> int:
    return len((text or "").encode())


def _passes(root: Element, limits: XMLLimits) -> bool:
    every = list(root.iter())
    return (
        len(every) <= limits.elements
        and max(sum(1 for _ in one.iterancestors()) + 1 for one in every) <= limits.depth
        and max(len(one.attrib) for one in every) <= limits.attributes
        and max(len(one.nsmap) for one in every) <= limits.namespaces
        and max(_bytes(text) for one in every for text in (one.text, one.tail)) <= limits.text
        and all(len(name) <= limits.name for one in every for name in (str(one.tag), *one.attrib))
        and all(_bytes(str(value)) <= limits.attribute for one in every for value in one.values())
    )


_LIMITS = st.builds(
    XMLLimits,
    depth=st.integers(1, 5),
    attributes=st.integers(1, 5),
    namespaces=st.integers(1, 5),
    elements=st.integers(1, 12),
    attribute=st.integers(1, 10),
    text=st.integers(1, 45),
    name=st.integers(1, 7),
)


# Of what they bound so few bytes can hold that they need not always be counted.
_WIDE_LIMITS = st.builds(
    XMLLimits,
    depth=st.integers(1, 12),
    attributes=st.integers(1, 12),
    namespaces=st.integers(1, 12),
    elements=st.integers(1, 40),
    name=st.integers(2, 60),
)


class ExactnessTests(SynchronousTestCase):
    """The outcome is that of counting in the tree."""

    @given(_elements(), _LIMITS, st.sampled_from(("", _HIDDEN[0], '<?xml version="1.0"?>')))
    def test_asCounted(self, document: str, limits: XMLLimits, before: str) -> None:
        """A document passes exactly when no bound is passed, whatever its texts, values and comments look like."""
        self._compare((before + document).encode(), limits)

    @given(_elements(), _WIDE_LIMITS, st.integers(0, 30), st.integers(0, 30))
    def test_asCountedOfFewBytes(
        self, document: str, limits: XMLLimits, before: int, after: int
    ) -> None:
        """So it is where no count is needed, wherever in the document it is that does not pass."""
        self._compare(f"<r{' ' * before}>{document}</r{' ' * after}>".encode(), limits)

    def _compare(self, data: bytes, limits: XMLLimits) -> None:
        expected = _passes(XMLGate().parse(data), limits)
        try:
            XMLGate(limits).parse(data)
            passed = True
        except TooLarge:
            passed = False
        self.assertEqual(passed, expected, (data, limits))


class BeforeTests(SynchronousTestCase):
    """What cannot pass is refused unread: each of these documents is not well-formed, which a parser would say."""

    def _refused(self, document: bytes, words: str, **limits: int) -> None:
        error = self.assertRaises(TooLarge, XMLGate(XMLLimits(**limits)).parse, document, "it")
        self.assertIn(words, str(error))

    def test_elements(self) -> None:
        """Too many elements, empty or not."""
        self._refused(b"<a/>" * 101, "more than 100 elements", elements=100)
        self._refused(b"<a></a>" * 101, "more than 100 elements", elements=100)

    def test_elementsBehindAComment(self) -> None:
        """Too many elements beside a comment and a section."""
        document = b"<!-- --><a><![CDATA[]]>" + b"<a/>" * 100
        self._refused(document, "more than 100 elements", elements=100)

    def test_attributes(self) -> None:
        """Too many attributes of one element, in either kind of quotes and with blanks."""
        for one in (b' a%d=">"', b" a%d = '='", b"\n\ta%d\t=\n'\"'"):
            document = b"<a" + b"".join(one % n for n in range(130))
            self._refused(document, "more than 64 attributes")
            self._refused(b"<!-- --><r>" + document, "more than 64 attributes")

    def test_namespaces(self) -> None:
        """Too many declarations of one element."""
        document = b"<a" + b"".join(b" xmlns:n%d='u'" % n for n in range(130))
        self._refused(document, "more than 64 namespaces")


class PassingTests(SynchronousTestCase):
    """What only looks like too much passes."""

    def test_attributesAndNamespaces(self) -> None:
        """An element may have as many as allowed of both, and the prefix xml beside them."""
        tag = b"".join(b" a%d='='" % n for n in range(64))
        tag += b"".join(b" xmlns:n%d='u'" % n for n in range(64))
        tag += b" xmlns:xml='http://www.w3.org/XML/1998/namespace'"
        self.assertEqual(len(XMLGate().parse(b"<a%b/>" % tag).attrib), 64)

    def test_textLikeAttributes(self) -> None:
        """A text, a comment or a section may look like a tag with many attributes."""
        likeATag = b"".join(b" a%d='1'" % n for n in range(200))
        for content in (likeATag, b"<!-- <b%b -->" % likeATag, b"<![CDATA[<b%b]]>" % likeATag):
            XMLGate().parse(b"<a>" + content + b"</a>")

    def test_elementsInAComment(self) -> None:
        """What a comment holds is not counted."""
        gate = XMLGate(XMLLimits(elements=3))
        self.assertEqual(len(gate.parse(b"<r><a/><!--" + b"<a/>" * 99 + b"--><a></a></r>")), 2)

    def test_referencesAreReadBeforeMeasuring(self) -> None:
        """A value is as long as what it says, however it is written."""
        gate = XMLGate()
        root = gate.parse(b"<a b='%b'/>" % (b"&#233;" * 32768))
        self.assertEqual(root.get("b"), "é" * 32768)
        self.assertRaises(TooLarge, gate.parse, b"<a b='%bx'/>" % (b"&#233;" * 32768))

    def test_longRunsThatAreNoNames(self) -> None:
        """A value or a text without a blank is no name."""
        run = b"x" * 1000
        XMLGate().parse(b"<a b='%b' c=\"%b\">%b<b/>%b</a>" % (run, run, run, run))

    def test_manyPrefixesOfSiblings(self) -> None:
        """More prefixes than may be in scope at once may be declared in one document."""
        siblings = b"".join(b"<a xmlns:n%d='u'/>" % n for n in range(200))
        self.assertEqual(len(XMLGate().parse(b"<r>" + siblings + b"</r>")), 200)


class CountTests(SynchronousTestCase):
    """What is asked of the bytes themselves."""

    def test_values(self) -> None:
        """The long values of a document, those of declarations too, as they stand."""
        bounds = ByteBounds(b"<a b='123' c=\"1234\">d='12345'<e xmlns='urn:x'/></a>")
        self.assertEqual(list(bounds.valuesFrom(3)), [b'"1234"', b"'urn:x'"])

    def test_names(self) -> None:
        """The long local names, once a tag, not those in texts and values."""
        bounds = ByteBounds(b"<p:abcd p:efghi = 'jklmno' k=''>pqrst</p:abcd>")
        self.assertEqual(list(bounds.namesFrom(3)), [b"abcd", b"efghi", b"abcd"])

    def test_attributes(self) -> None:
        """The attributes of one tag, not those of several together."""
        bounds = ByteBounds(b"<a b='' c=\"\" xmlns='u'/>" * 9)
        self.assertTrue(bounds.mayHaveMoreAttributes(2))
        self.assertFalse(bounds.mayHaveMoreAttributes(3))

    def test_deeper(self) -> None:
        """A document is nested no deeper than it has signs that may begin an element."""
        bounds = ByteBounds(b"<a><b/></a>")
        self.assertTrue(bounds.mayBeDeeper(2))
        self.assertFalse(bounds.mayBeDeeper(3))

    def test_unclosed(self) -> None:
        """Comments that never end cost no more than their bytes: this test would take minutes."""
        self.assertFalse(ByteBounds(b"<a/>" + b"<!--<a>" * 200_000).hasMoreElements(1))

    def test_messageLimits(self) -> None:
        """A message may have one mebibyte."""
        self.assertEqual(MESSAGE_LIMITS, XMLLimits(size=1088 * 1024))
