"""Service data values: cut, kept, written and read again without loss."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup import (
    XMLGate,
    escapeAttribute,
    escapeText,
    readValue,
    serialise,
    splitValue,
    valueFromTree,
    wrapTree,
    writeValue,
)
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement

_AROUND = f'<r xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'.encode()
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)


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
