"""Service data values: cut, kept, written and read again without loss."""

import math
import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.markup import (
    MAX_VALUES_SIZE,
    Element,
    ReceivedValue,
    XMLGate,
    escapeAttribute,
    escapeText,
    readValue,
    readValues,
    serialise,
    splitValue,
    valueFromTree,
    wrapTree,
    writeValue,
)
from gma_twisted.markup.namespaces import GMA, OGSI, SD, SOAP11, SOAP12, XSD, XSI
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.model.qname import MAX_QNAME

_AROUND = f'<r xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'.encode()
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)

_DECLARED = {"ogsi": OGSI, "gma": GMA, "sd": SD, "xsd": XSD, "xsi": XSI}
_ENVELOPES = [
    {"soapenv": SOAP11, **_DECLARED},
    dict(reversed({"SOAP-ENV": SOAP12, **_DECLARED, "p": "urn:other"}.items())),
    {"q": "urn:other", "r": "urn:r?a=1&b=2", "ogsi": OGSI, "gma": GMA, "g": GMA},
]
_WORD = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9-]*(?![A-Za-z0-9_.-])")


def _around(namespaces: dict[str, str], values: bytes) -> Element:
    declared = "".join(
        f' xmlns:{prefix}="{escapeAttribute(uri)}"' for prefix, uri in namespaces.items()
    )
    return XMLGate().parse(f"<r{declared}>".encode() + values + b"</r>")


def _hop(element: ServiceDataElement, namespaces: dict[str, str]) -> ServiceDataElement:
    """The value as the next node keeps it."""
    (read,) = readValues(_around(namespaces, writeValue(element, 0.0, 0.0)))
    key = ElementKey(read.name, read.originator, read.key)
    return ServiceDataElement(key, read.head, read.tail, element.lifetime)


def _kept(document: bytes) -> ServiceDataElement:
    root = XMLGate().parse(document)
    return valueFromTree(root, ElementKey(QName("", "a"), "http://h/s"), Lifetime(0.0))


_BITS = st.sampled_from(
    [
        "p:x",
        "q:y",
        "p",
        "q",
        " ",
        "-",
        "1-p:x",
        ".",
        ":",
        "/",
        "é",
        '"',
        "<",
        "xp:x",
        "px",
        "p2:x",
        "p-q:x",
        "k p",
    ]
)
_SAYINGS = st.lists(_BITS, max_size=6).map("".join)


@st.composite
def _documents(draw: st.DrawFn, texts: st.SearchStrategy[str] = _SAYINGS, depth: int = 2) -> str:
    """Elements whose names, attributes and texts use prefixes, that are declared in them or around them."""
    declared = draw(st.sets(st.sampled_from(["p", "q", "p-q"])))
    written = "".join(
        f' xmlns:{prefix}="urn:{draw(st.sampled_from("abc"))}"' for prefix in sorted(declared)
    )
    name = draw(st.sampled_from(["a", *(f"{prefix}:a" for prefix in declared)]))
    for attribute in draw(st.sets(st.sampled_from(["b", *(f"{prefix}:c" for prefix in declared)]))):
        # One at most: two prefixes may be of one namespace.
        written += f' {attribute}="{escapeAttribute(draw(texts))}"'
        break
    content = escapeText(draw(texts))
    if depth:
        for child in draw(st.lists(_documents(texts, depth - 1), max_size=2)):
            content += child + escapeText(draw(texts))
    return f"<{name}{written}>{content}</{name}>"


def _element(content: bytes) -> ServiceDataElement:
    end = content.index(b">")
    end -= content[end - 1 : end] == b"/"
    return ServiceDataElement(
        key=ElementKey(QName("", "a"), "http://h/s"),
        head=content[:end],
        tail=content[end:],
        lifetime=Lifetime(0.0),
    )


class SplittingTests(SynchronousTestCase):
    """A value becomes bytes that say the same without lifetime and origin."""

    def _split(self, document: bytes) -> tuple[bytes, bytes]:
        return splitValue(XMLGate().parse(document))

    def test_empty(self) -> None:
        """An empty element is cut before its slash."""
        self.assertEqual(self._split(b'<a b="1"></a>'), (b'<a b="1"', b"/>"))

    def test_content(self) -> None:
        """An element with content is cut before the end of its start tag."""
        self.assertEqual(self._split(b"<a><b>1</b></a>"), (b"<a", b"><b>1</b></a>"))

    def test_greaterThanInAttribute(self) -> None:
        """A > within an attribute does not end the start tag."""
        head, tail = self._split(b'<a b="1>2" c="/>"><d/></a>')
        self.assertEqual((head, tail), (b'<a b="1&gt;2" c="/&gt;"', b"><d/></a>"))

    def test_ampersandInNamespace(self) -> None:
        """A namespace with an ampersand stays well-formed."""
        head, tail = self._split(b'<a xmlns="http://h/?a=1&amp;b=2"/>')
        self.assertEqual(XMLGate().parse(head + tail).tag, "{http://h/?a=1&b=2}a")

    def test_namespacesOfValues(self) -> None:
        """A prefix that only a text or an attribute value uses stays declared."""
        head, tail = self._split(b'<a xmlns:p="urn:p" xmlns:q="urn:q" t="p:x">q:y</a>')
        self.assertEqual(XMLGate().parse(head + tail).nsmap, {"p": "urn:p", "q": "urn:q"})

    def test_namespacesAround(self) -> None:
        """A value cut out of a message takes the declarations around it along."""
        root = XMLGate().parse(b'<r xmlns="urn:d" xmlns:p="urn:p"><a t="p:x">p:y</a></r>')
        head, tail = splitValue(root[0])
        again = XMLGate().parse(head + tail)
        self.assertEqual((again.tag, again.nsmap), ("{urn:d}a", {None: "urn:d", "p": "urn:p"}))

    def test_tail(self) -> None:
        """Text behind the value is not part of it."""
        root = XMLGate().parse(b"<r><a/>behind</r>")
        self.assertEqual(splitValue(root[0]), (b"<a", b"/>"))

    def test_lifetimeAndOriginAreLeftOut(self) -> None:
        """Qualified lifetime and gma attributes go, whatever their prefix; others stay."""
        head, _ = self._split(
            f'<a xmlns:o="{OGSI}" xmlns:g="{GMA}" o:goodFrom="x" o:goodUntil="x" o:availableUntil="x"'
            ' g:key="k" g:anything="1" o:other="2" goodUntil="mine"/>'.encode()
        )
        root = XMLGate().parse(head + b"/>")
        self.assertEqual(dict(root.attrib), {f"{{{OGSI}}}other": "2", "goodUntil": "mine"})

    def test_reservedPrefixes(self) -> None:
        """A root that binds our prefixes to something else is refused by name; to ours it may."""
        for prefix in ("ogsi", "gma"):
            error = self.assertRaises(
                ParameterError, self._split, f'<a xmlns:{prefix}="urn:other"/>'.encode()
            )
            self.assertIn(f"prefix {prefix}", str(error))
        self._split(f'<a xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"/>'.encode())

    def test_reservedPrefixInside(self) -> None:
        """Below the root the prefixes are free: nothing of ours is written there."""
        head, tail = self._split(b'<a><ogsi:b xmlns:ogsi="urn:other"/></a>')
        self.assertEqual(XMLGate().parse(head + tail)[0].tag, "{urn:other}b")

    def test_valueFromTree(self) -> None:
        """An element made of a tree has the tree's content and what it is told."""
        key = ElementKey(QName("", "a"), "http://h/s", "7")
        made = valueFromTree(XMLGate().parse(b"<a>1</a>"), key, Lifetime(1.0), 5.0, 3)
        self.assertEqual(made, ServiceDataElement(key, b"<a", b">1</a>", Lifetime(1.0), 5.0, (), 3))
        self.assertEqual((made.content, made.size), (b"<a>1</a>", 8))


class DeclarationTests(SynchronousTestCase):
    """A value keeps the declarations it may use, and no others."""

    def _keeps(self, value: str, *prefixes: str) -> None:
        """What a value that came in a message declares: p and q, declared around it, among it."""
        (read,) = readValues(_around({"p": "urn:p", "q": "urn:q", **_DECLARED}, value.encode()))
        namespaces = XMLGate().parse(read.head + read.tail).nsmap
        self.assertEqual(sorted(map(str, namespaces)), sorted(prefixes), value)

    def test_unused(self) -> None:
        """What the message declares and the value uses nowhere is left out."""
        self._keeps("<a/>")
        self._keeps('<p:a goodUntil="x">text</p:a>', "p")
        self._keeps('<a gma:key="k" ogsi:goodUntil="infinity"/>')

    def test_ownAndUnused(self) -> None:
        """A declaration of the value's own that it does not use is left out too: others may have it elsewhere."""
        head, tail = splitValue(XMLGate().parse(b'<a xmlns:p="urn:p"><b/></a>'))
        self.assertEqual((head, tail), (b"<a", b"><b/></a>"))

    def test_names(self) -> None:
        """Names of elements and attributes, at any depth, keep their prefix."""
        self._keeps("<a><b><p:c/></b></a>", "p")
        self._keeps('<a><b q:c="1"/></a>', "q")
        self._keeps('<a xsi:nil="true"/>', "xsi")

    def test_values(self) -> None:
        """QNames in texts and attributes keep their prefix."""
        self._keeps("<a>p:x</a>", "p")
        self._keeps("<a>\n p:x\t</a>", "p")
        self._keeps('<a b="q:x"/>', "q")
        self._keeps('<a b="x q:x"><c>y,p:z</c></a>', "p", "q")
        self._keeps('<a xsi:type="xsd:string"/>', "xsd", "xsi")

    def test_expressions(self) -> None:
        """Prefixes within expressions, and where a minus or a digit stands before them."""
        for text in (
            "//p:x/b",
            "@p:x",
            "1-p:x",
            ".-p:x",
            "1..p:x",
            "$p:x",
            "namespace::p",
            "f(p:x)",
            "[p:x]",
            "p:*",
        ):
            self._keeps(f"<a>{text}</a>", "p")
            self._keeps(f'<a b="{text}"/>', "p")

    def test_lists(self) -> None:
        """Prefixes that stand alone, as in lists of them, are kept."""
        self._keeps('<a exclude-result-prefixes="p q"/>', "p", "q")
        self._keeps("<a>xsi\nxsd</a>", "xsi", "xsd")

    def test_escaped(self) -> None:
        """Markup within a text keeps its prefixes."""
        self._keeps("<a>&lt;p:x b='&amp;q:y'/></a>", "p", "q")

    def test_otherWords(self) -> None:
        """A prefix within a longer name is none."""
        self._keeps("<a>xp:x p2:x p-r:x p.r _p px</a>")

    def test_otherAlphabets(self) -> None:
        """Where letters of other alphabets stand beside a prefix, it is kept."""
        self._keeps("<a>«p:x»</a>", "p")

    def test_prefixesThatContainOthers(self) -> None:
        """A prefix with hyphens is told from those it is made of."""
        root = _around({"p": "urn:p", "p-q": "urn:p-q", "q": "urn:q"}, b"<a>p-q:x</a>")
        (read,) = readValues(root)
        namespaces = XMLGate().parse(read.head + read.tail).nsmap
        self.assertEqual(namespaces["p-q"], "urn:p-q")
        self.assertNotIn("p", namespaces)

    def test_defaultNamespace(self) -> None:
        """A default namespace stays: any unprefixed name in a text may be in it. That there is none is not written."""
        for value in (b"<b:a/>", b"<b:a>x</b:a>", b"<a/>"):
            (read,) = readValues(
                XMLGate().parse(b'<r xmlns="urn:d" xmlns:b="urn:b">' + value + b"</r>")
            )
            self.assertEqual(XMLGate().parse(read.head + read.tail).nsmap[None], "urn:d")
        (read,) = readValues(XMLGate().parse(b'<r xmlns="urn:d"><a xmlns=""/></r>'))
        self.assertEqual((read.head, read.tail), (b"<a", b"/>"))

    def test_order(self) -> None:
        """The order of declarations, and where they stood, are not kept: they are sorted."""
        around = _around({"q": "urn:q", "p": "urn:p"}, b"<a><p:b/><q:b/></a>")
        own = XMLGate().parse(b'<a xmlns:q="urn:q" xmlns:p="urn:p"><p:b/><q:b/></a>')
        (read,) = readValues(around)
        self.assertEqual((read.head, read.tail), splitValue(own))
        self.assertEqual(read.head, b'<a xmlns:p="urn:p" xmlns:q="urn:q"')

    def test_redeclared(self) -> None:
        """What a value declares itself counts, whatever is around it."""
        (read,) = readValues(_around({"p": "urn:p"}, b'<p:a xmlns:p="urn:other"/>'))
        self.assertEqual(read.head, b'<p:a xmlns:p="urn:other"')

    def test_stays(self) -> None:
        """What is kept is the same after any number of nodes, and as its originator keeps it."""
        value = (
            '<glue:Host xmlns:glue="urn:glue" glue:Name="n1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<glue:Load xsi:nil="true"/>1</glue:Host>'
        )
        made = _kept(value.encode())
        for first in _ENVELOPES:
            for second in _ENVELOPES:
                hopped = _hop(_hop(made, first), second)
                self.assertEqual((hopped.head, hopped.tail), (made.head, made.tail))
                self.assertTrue(hopped.sameContent(made))

    @given(_documents(st.text("ab :-", max_size=4)), st.sampled_from(_ENVELOPES))
    def test_originatorsBytes(self, document: str, namespaces: dict[str, str]) -> None:
        """A value that says no word like a prefix of the message's is the same bytes as its originator has."""
        namespaces = {
            f"{prefix}2" if prefix in "pq" else prefix: uri for prefix, uri in namespaces.items()
        }
        made = _kept(document.encode())
        self.assertTrue(_hop(made, namespaces).sameContent(made))

    @given(_documents(), st.sampled_from(_ENVELOPES), st.integers(1, 3))
    def test_sameFromTheFirstHopOn(
        self, document: str, namespaces: dict[str, str], more: int
    ) -> None:
        """A value is the same bytes after any number of nodes, whatever it says."""
        once = _hop(_kept(document.encode()), namespaces)
        again = once
        for _ in range(more):
            again = _hop(again, namespaces)
        self.assertTrue(again.sameContent(once))

    @given(_documents(), st.sampled_from(_ENVELOPES), st.booleans())
    def test_sameMeaning(self, document: str, namespaces: dict[str, str], hasDefault: bool) -> None:
        """Who reads the stored value alone sees the names of the message, and what every prefix in it is bound to."""
        root = _around({**namespaces, "k": "urn:k"}, document.encode())
        if hasDefault:
            root = XMLGate().parse(serialise(root).replace(b"<r ", b'<r xmlns="urn:d" ', 1))
        meant = XMLGate().parse(serialise(root))[0]
        (read,) = readValues(root)
        alone = XMLGate().parse(read.head + read.tail)
        self.assertEqual(len(list(alone.iter())), len(list(meant.iter())))
        for stored, sent in zip(alone.iter(), meant.iter(), strict=True):
            self.assertEqual((stored.tag, dict(stored.attrib)), (sent.tag, dict(sent.attrib)))
            self.assertEqual(stored.text, sent.text)
            words = {stored.text or "", *stored.attrib.values()}
            if stored is not alone:
                self.assertEqual(stored.tail, sent.tail)
                words.add(stored.tail or "")
            said = {str(word) for text in words for word in _WORD.findall(str(text))}
            for prefix, uri in sent.nsmap.items():
                if prefix is None or prefix in said:
                    self.assertEqual(stored.nsmap.get(prefix), uri, prefix)


class WritingTests(SynchronousTestCase):
    """A value goes out with its lifetime in wall time."""

    def test_least(self) -> None:
        """A value without end says only who said it and since when."""
        written = writeValue(_element(b"<a>1</a>"), 1.0, 1000.0)
        self.assertEqual(
            written,
            b'<a gma:originator="http://h/s" ogsi:goodFrom="1970-01-01T00:16:40Z">1</a>',
        )

    def test_everything(self) -> None:
        """Key, creation, sequence, path and lifetime are written, escaped, on the wall's time."""
        element = ServiceDataElement(
            ElementKey(QName("", "a"), 'http://h/"s"', "<&>"),
            b"<a",
            b"/>",
            Lifetime(10.0, 20.0, 30.0),
            2.5,
            ("n1", "n2"),
            9,
        )
        self.assertEqual(
            writeValue(element, 15.0, 100.0),
            b'<a gma:originator="http://h/&quot;s&quot;" gma:key="&lt;&amp;&gt;"'
            b' gma:created="1970-01-01T00:00:02.500Z" gma:sequence="9" gma:path="n1 n2"'
            b' ogsi:goodFrom="1970-01-01T00:01:50Z" ogsi:goodUntil="1970-01-01T00:02:00Z"'
            b' ogsi:availableUntil="1970-01-01T00:02:10Z"/>',
        )

    def test_stale(self) -> None:
        """At goodUntil, and not before, the value says that it is stale."""
        element = _element(b"<a/>").withLifetime(Lifetime(0.0, 20.0, 30.0))
        self.assertNotIn(b"stale", writeValue(element, 19.999, 0.0))
        self.assertIn(b' gma:freshness="stale"', writeValue(element, 20.0, 0.0))

    @given(
        _TEXT,
        _TEXT,
        _TEXT,
        st.floats(0, 2e9),
        st.floats(0, 1e6),
        st.floats(0, 1e6),
        st.integers(0, 10**18 - 1),
    )
    def test_roundTrip(
        self,
        originator: str,
        key: str,
        text: str,
        start: float,
        good: float,
        grace: float,
        sequence: int,
    ) -> None:
        """What is written is read again: identity, content and, to the millisecond, lifetime."""
        tree = XMLGate().parse(f'<a b="{escapeAttribute(text)}">{escapeText(text)}</a>'.encode())
        lifetime = Lifetime.lasting(start, good, grace)
        made = valueFromTree(
            tree, ElementKey(QName("", "a"), originator, key), lifetime, sequence=sequence
        )
        root = XMLGate().parse(_AROUND + writeValue(made, start, 0.0) + b"</r>")
        read = readValue(root[0])
        self.assertEqual(
            (read.name, read.originator, read.key, read.sequence, read.path, read.created),
            (QName("", "a"), originator, key, sequence, (), None),
        )
        assert read.goodFrom is not None and read.goodUntil is not None
        assert read.availableUntil is not None
        self.assertTrue(read.goodFrom <= read.goodUntil <= read.availableUntil)
        for got, meant in (
            (read.goodFrom, lifetime.goodFrom),
            (read.goodUntil, lifetime.goodUntil),
            (read.availableUntil, lifetime.availableUntil),
        ):
            self.assertLessEqual(abs(got - meant), 0.0005 + 1e-6)
        again = XMLGate().parse(read.head + read.tail)
        self.assertEqual((again.get("b"), again.text or ""), (text, text))


class ReadingTests(SynchronousTestCase):
    """A value from elsewhere, with what it says of itself."""

    def test_bare(self) -> None:
        """A value that says nothing of itself has nothing."""
        read = readValue(XMLGate().parse(b'<a xmlns="urn:a">1</a>'))
        self.assertEqual(
            (read.name, read.goodFrom, read.goodUntil, read.availableUntil, read.originator),
            (QName("urn:a", "a"), None, None, None, ""),
        )
        self.assertEqual((read.key, read.created, read.path, read.sequence), ("", None, (), 0))

    def test_infinity(self) -> None:
        """A lifetime may be without end."""
        read = readValue(XMLGate().parse(f'<a xmlns:o="{OGSI}" o:goodUntil="infinity"/>'.encode()))
        self.assertEqual(read.goodUntil, math.inf)

    def test_unqualified(self) -> None:
        """Lifetimes without a namespace are read too, and stay: they may be the value's own."""
        read = readValue(XMLGate().parse(b'<a goodUntil="1970-01-01T00:00:01Z"/>'))
        self.assertEqual((read.goodUntil, read.head), (1.0, b'<a goodUntil="1970-01-01T00:00:01Z"'))

    def test_unqualifiedAndNoTime(self) -> None:
        """An attribute that has only the name of a lifetime is the value's own."""
        self.assertIsNone(readValue(XMLGate().parse(b'<a goodUntil="tomorrow"/>')).goodUntil)

    def test_qualifiedWins(self) -> None:
        """Where both are there, the qualified one is the lifetime."""
        read = readValue(
            XMLGate().parse(
                f'<a xmlns:o="{OGSI}" goodUntil="1970-01-01T00:00:01Z"'
                ' o:goodUntil="1970-01-01T00:00:02Z"/>'.encode()
            )
        )
        self.assertEqual(read.goodUntil, 2.0)

    def test_malformed(self) -> None:
        """A qualified time or a count that is none is refused."""
        for attribute in (
            'o:goodFrom="x"',
            'g:sequence="-1"',
            'g:sequence="1e3"',
            'g:sequence="١"',
            'g:created="x"',
        ):
            document = f'<a xmlns:o="{OGSI}" xmlns:g="{GMA}" {attribute}/>'.encode()
            self.assertRaises(ParameterError, readValue, XMLGate().parse(document))

    def test_path(self) -> None:
        """The path is the node ids in order."""
        read = readValue(XMLGate().parse(f'<a xmlns:g="{GMA}" g:path=" n1  n2 "/>'.encode()))
        self.assertEqual(read.path, ("n1", "n2"))


class ReadingManyTests(SynchronousTestCase):
    """The values of a message."""

    def test_none(self) -> None:
        """No values are no values, with a text and without."""
        for document in (b"<r/>", b"<r> </r>", b'<r a="1"/>'):
            self.assertEqual(readValues(XMLGate().parse(document)), [])

    def test_between(self) -> None:
        """What stands between values, or before, is in none of them; nor are comments, which stand nowhere."""
        document = b"<r>x<!-- c --> <a>1<!-- d -->2</a>y &lt;&amp; <!----><b/>\n<c>3</c>z</r>"
        read = readValues(XMLGate().parse(document))
        self.assertEqual(
            [one.head + one.tail for one in read], [b"<a>12</a>", b"<b/>", b"<c>3</c>"]
        )

    def test_sections(self) -> None:
        """Sections are text, empty ones too, and what only looks like one ends no value."""
        document = (
            b"<r><![CDATA[]]><a><![CDATA[]]>1<![CDATA[<]]></a><![CDATA[x]]>"
            b'<b c="&lt;![CDATA[]]>">&lt;![CDATA[]]&gt;</b></r>'
        )
        read = readValues(XMLGate().parse(document))
        self.assertEqual(
            [one.head + one.tail for one in read],
            [b"<a>1&lt;</a>", b'<b c="&lt;![CDATA[]]&gt;">&lt;![CDATA[]]&gt;</b>'],
        )

    def test_order(self) -> None:
        """Declarations have one order wherever they stood, the default namespace behind those with a prefix."""
        written = b'<a xmlns:p="urn:p" xmlns="urn:d" p:x="1"'
        for document in (
            b'<r><a xmlns="urn:d" xmlns:p="urn:p" p:x="1"/></r>',
            b'<r xmlns="urn:d"><a xmlns:p="urn:p" p:x="1"/></r>',
        ):
            (read,) = readValues(XMLGate().parse(document))
            self.assertEqual(read.head, written)

    def test_instants(self) -> None:
        """Values that say the same instant have it, others another, and what is none is nobody else's."""
        value = '<a o:goodFrom="1970-01-01T00:00:0{}Z" goodUntil="{}"/>'
        ends = "1970-01-01T00:00:07Z", "soon", "infinity", "soon", "1970-01-01T00:00:07Z"
        written = "".join(value.format(number // 2, end) for number, end in enumerate(ends))
        read = readValues(XMLGate().parse(f'<r xmlns:o="{OGSI}">{written}</r>'.encode()))
        self.assertEqual([one.goodFrom for one in read], [0.0, 0.0, 1.0, 1.0, 2.0])
        self.assertEqual([one.goodUntil for one in read], [7.0, None, math.inf, None, 7.0])

    def test_escapes(self) -> None:
        """What a value says of itself is read, references too; characters of any alphabet."""
        document = f"""<r xmlns:g="{GMA}" xmlns:o="{OGSI}"><a g:key='&lt;&amp;"&#10;é' g:originator="http://h/?a&amp;b"
            goodUntil="&#10;1970-01-01T00:00:01Z" o:goodFrom="1970-01-01T00:00:00Z&#9;" b="&#13;&quot;"/></r>"""
        (read,) = readValues(XMLGate().parse(document.encode()))
        self.assertEqual((read.key, read.originator), ('<&"\né', "http://h/?a&b"))
        self.assertEqual((read.goodFrom, read.goodUntil), (0.0, 1.0))
        again = XMLGate().parse(read.head + read.tail)
        self.assertEqual(dict(again.attrib), {"goodUntil": "\n1970-01-01T00:00:01Z", "b": '\r"'})

    def test_names(self) -> None:
        """A name has the namespace its prefix has there: from around it, its own, none, or one with an ampersand."""
        document = b"""<r xmlns="urn:d" xmlns:p="urn:p" xmlns:q="http://h/?a&amp;b"><a/><p:a/><q:a b="1"/>
            <p:a xmlns:p="urn:other"/><a xmlns=""/><p:a/></r>"""
        self.assertEqual(
            [one.name for one in readValues(XMLGate().parse(document))],
            [
                QName("urn:d", "a"),
                QName("urn:p", "a"),
                QName("http://h/?a&b", "a"),
                QName("urn:other", "a"),
                QName("", "a"),
                QName("urn:p", "a"),
            ],
        )

    def test_sameNameOtherMeaning(self) -> None:
        """The same written name is ours in one value of a message and another's in the next."""
        document = f"""<r xmlns:g="urn:g"><a g:key="1"/><a xmlns:g="{GMA}" g:key="2"/><a g:key="3"/>
            <a xmlns:g="{OGSI}" g:key="4" g:goodUntil="infinity"/><a xmlns:g="{GMA}" g:key="5" g:goodUntil="x"/></r>"""
        read = readValues(XMLGate().parse(document.encode()))
        self.assertEqual([one.key for one in read], ["", "2", "", "", "5"])
        self.assertEqual([b"key" in one.head for one in read], [True, False, True, True, False])
        self.assertEqual([one.goodUntil for one in read], [None, None, None, math.inf, None])

    def test_manyScopes(self) -> None:
        """However many scopes and names there are, each value is read in its own."""
        values = "".join(
            f'<a xmlns:n{each}="{GMA if each % 2 else "urn:n"}" n{each}:key="{each}" b{each}="1"/>'
            for each in range(200)
        )
        for _ in range(2):
            read = readValues(XMLGate().parse(f'<r xmlns:p="urn:p">{values}</r>'.encode()))
            self.assertEqual(
                [one.key for one in read], [str(each) if each % 2 else "" for each in range(200)]
            )
            self.assertEqual(read[1].head, b'<a b1="1"')
            self.assertEqual(read[198].head, b'<a xmlns:n198="urn:n" n198:key="198" b198="1"')

    def test_reservedPrefixes(self) -> None:
        """A message that binds our prefixes to something else has no values we could keep, unless they bind them."""
        for prefix, uri in (("ogsi", OGSI), ("gma", GMA)):
            error = self.assertRaises(
                ParameterError, readValues, _around({prefix: "urn:other?a&b"}, b"<a/>")
            )
            self.assertIn(f'binds the prefix {prefix} to "urn:other?a&b"', str(error))
            value = f'<a xmlns:{prefix}="{uri}"/>'.encode()
            self.assertEqual(len(readValues(_around({prefix: "urn:other"}, value))), 1)

    def test_writtenAlike(self) -> None:
        """Of two values that differ in the URIs they declare only, each is read by its own."""
        for prefix, refused, why in (
            ("gma", "urn:other", ParameterError),
            ("p", "n" * (MAX_QNAME + 1), TooLarge),
        ):
            written = f'<a xmlns:{prefix}="%s" b="1"/>'
            values = (written % _DECLARED.get(prefix, "urn:p") + written % refused).encode()
            for _ in range(2):
                self.assertRaises(why, readValues, _around({}, values))
        written = '<p:a xmlns:p="urn:%d" b="%d"/>'
        pairs = ((1, 1), (2, 2), (1, 3))
        values = "".join(written % pair for pair in pairs).encode()
        self.assertEqual(
            [one.head for one in readValues(_around({}, values))],
            [b'<p:a xmlns:p="urn:%d" b="%d"' % pair for pair in pairs],
        )

    def test_digits(self) -> None:
        """Of values that differ in their digits only, each keeps what it uses itself."""
        declared = {"p": "urn:p", "q": "urn:q"}
        values = b'<a b="1" c="p:x"/><a b="2" c="p:x"/><a b="3" c="p1:x"/><a b="4" c="p2:x"/>'
        heads = [one.head for one in readValues(_around(declared, values))]
        self.assertEqual([b"xmlns:p=" in head for head in heads], [True, True, False, False])
        numbered = {f"{prefix}{number}": f"urn:{number}" for prefix in "pq" for number in (1, 2)}
        heads = [one.head for one in readValues(_around(numbered, values))]
        kept = [[prefix in head for prefix in (b"xmlns:p1=", b"xmlns:p2=")] for head in heads]
        self.assertEqual(kept, [[False, False]] * 2 + [[True, False], [False, True]])

    def test_longNamespaces(self) -> None:
        """A namespace longer than a name may be, written once, would be written with each value: it is refused."""
        longest, longer = "n" * MAX_QNAME, "n" * (MAX_QNAME + 1)
        for prefix, what in (("p", 'prefix "p"'), ("", "the default namespace")):
            declared = f'xmlns:{prefix}="%s"' if prefix else 'xmlns="%s"'
            for message in (f"<r {declared}><a/></r>", f"<r><a {declared}/></r>"):
                read = readValues(XMLGate().parse((message % longest).encode()))
                self.assertEqual(len(read), 1)
                tree = XMLGate().parse((message % longer).encode())
                error = self.assertRaises(TooLarge, readValues, tree)
                self.assertIn(what, error.message)
                self.assertIn(f"longer than {MAX_QNAME}", error.message)

    def test_size(self) -> None:
        """What a message declares once counts for each value that needs it: together they have a bound."""
        prefixes = [f"p{each}" for each in range(60)]
        declared = {prefix: f"urn:{prefix}:{'x' * 1000}" for prefix in prefixes}
        value = f"<a>{' '.join(prefixes)}</a>".encode()
        (one,) = readValues(_around(declared, value))
        most = MAX_VALUES_SIZE // (len(one.head) + len(one.tail))
        self.assertEqual(len(readValues(_around(declared, value * most))), most)
        error = self.assertRaises(TooLarge, readValues, _around(declared, value * (most + 1)))
        self.assertIn(f"more than {MAX_VALUES_SIZE} bytes", error.message)

    @given(st.lists(_documents(), max_size=4), st.sampled_from(_ENVELOPES))
    def test_asEach(self, documents: list[str], namespaces: dict[str, str]) -> None:
        """Read together they are what each is by itself."""
        values = " ".join(documents).encode()
        together = readValues(_around(namespaces, values))
        self.assertEqual(together, [readValue(one) for one in _around(namespaces, values)])
        self.assertTrue(all(isinstance(one, ReceivedValue) for one in together))


class WrappingTests(SynchronousTestCase):
    """A configured name around documents of another."""

    def test_namespaceFree(self) -> None:
        """A document without a namespace keeps none inside a wrapper with one."""
        wrapped = wrapTree(QName("urn:x", "W"), [XMLGate().parse(b"<d><e/></d>")])
        again = XMLGate().parse(serialise(wrapped))
        self.assertEqual([node.tag for node in again.iter()], ["{urn:x}W", "d", "e"])

    def test_prefixesOfValues(self) -> None:
        """Prefixes that only values use survive, also those of the wrapper's own namespace."""
        inner = XMLGate().parse(b'<p:d xmlns:p="urn:x" xmlns:q="urn:y">p:a q:b</p:d>')
        again = XMLGate().parse(serialise(wrapTree(QName("urn:x", "W"), [inner])))
        self.assertEqual((again[0].nsmap["p"], again[0].nsmap["q"]), ("urn:x", "urn:y"))

    def test_several(self) -> None:
        """Several documents stand side by side, and the originals stay where they are."""
        first, second = XMLGate().parse(b"<a/>"), XMLGate().parse(b"<b/>")
        wrapped = wrapTree(QName("", "W"), [first, second])
        self.assertEqual(serialise(wrapped), b"<W><a/><b/></W>")
        self.assertIsNone(first.getparent())

    def test_splittable(self) -> None:
        """What was wrapped can be kept as a value."""
        head, tail = splitValue(wrapTree(QName("urn:x", "W"), [XMLGate().parse(b"<d/>")]))
        self.assertEqual((head, tail), (b'<sde:W xmlns:sde="urn:x"', b"><d/></sde:W>"))
