"""Writing XML: what is escaped is read again as it was."""

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import (
    XMLGate,
    child,
    element,
    escapeAttribute,
    escapeText,
    nameOf,
    serialise,
)
from gma_twisted.markup.build import (
    canonicalBytes,
    canonicalElement,
    canonicalPieces,
    legalText,
)
from gma_twisted.markup.namespaces import OGSI, PREFIXES
from gma_twisted.model import QName

_LEGAL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda c: c >= " " or c in "\t\n\r"
    )
)


class EscapingTests(SynchronousTestCase):
    """Text and attribute values survive a round through the parser."""

    @given(_LEGAL)
    @example("\ta\nb\r\nc ")
    def test_roundTrip(self, text: str) -> None:
        """Every character XML can hold comes back, blanks and line ends included."""
        document = f'<a b="{escapeAttribute(text)}">{escapeText(text)}</a>'
        root = XMLGate().parse(document.encode())
        self.assertEqual((root.get("b"), root.text or ""), (text, text))

    @given(st.text())
    def test_alwaysWellFormed(self, text: str) -> None:
        """Whatever the text is, what is written can be read."""
        XMLGate().parse(f'<a b="{escapeAttribute(text)}">{escapeText(text)}</a>'.encode())

    def test_illegal(self) -> None:
        """What XML 1.0 cannot hold becomes the replacement character."""
        self.assertEqual(escapeText("a\0b\x1bc\ud800d\uffff"), "a\ufffdb\ufffdc\ufffdd\ufffd")

    def test_legalText(self) -> None:
        """For trees such characters are U+FFFD too, and nothing else is changed."""
        self.assertEqual(legalText("a\x00<\t\ud800\ufffe&"), "a\ufffd<\t\ufffd\ufffd&")

    def test_cdataEnd(self) -> None:
        """The end of a CDATA section is no trap in text."""
        self.assertEqual(escapeText("]]>"), "]]&gt;")


class BuildingTests(SynchronousTestCase):
    """Small trees for handlers."""

    def test_ourPrefix(self) -> None:
        """A root in one of our namespaces gets our prefix."""
        root = element(QName(OGSI, "entry"), {"a": "1"}, "x")
        self.assertEqual(
            serialise(root), f'<ogsi:entry xmlns:ogsi="{OGSI}" a="1">x</ogsi:entry>'.encode()
        )

    def test_child(self) -> None:
        """A child takes the prefix around it."""
        root = element(QName(OGSI, "entry"))
        child(root, QName(OGSI, "content"), {"b": "<"}, "y")
        self.assertIn(b'<ogsi:content b="&lt;">y</ogsi:content>', serialise(root))

    def test_canonical(self) -> None:
        """Two spellings of one document are the same bytes, comments or not."""
        gate = XMLGate()
        one = gate.parse(b'<a xmlns="urn:t" y="2" x="1"><b/></a>')
        other = gate.parse(b"<a x='1'  y='2' xmlns='urn:t'><b></b></a>\n")
        self.assertEqual(canonicalBytes(one), canonicalBytes(other))
        self.assertEqual(canonicalBytes(one), b'<a xmlns="urn:t" x="1" y="2"><b></b></a>')

    def test_notCanonical(self) -> None:
        """A relative namespace name allows no canonical form: the document is given as it is."""
        self.assertEqual(canonicalBytes(XMLGate().parse(b"<a  xmlns='rel'/>")), b'<a xmlns="rel"/>')

    def pieces(self, text: str) -> list[bytes]:
        """Of a document."""
        return list(canonicalPieces(XMLGate().parse(text.encode())))

    def test_pieces(self) -> None:
        """A document of many children comes in pieces that tell as much as the whole; a small one is one piece."""
        self.assertEqual(self.pieces("<a  b='1'><c/></a>"), [b'<a b="1"><c></c></a>'])
        inner = "<c x='1' y='2'/>t<d/>" * 600
        found = self.pieces(f"<a b='1' xmlns='urn:a'>s{inner}</a>")
        self.assertEqual(found[0], b'<a xmlns="urn:a" b="1">s</a>')
        one = [b'<c xmlns="urn:a" x="1" y="2"></c>', b"text t", b'<d xmlns="urn:a"></d>']
        self.assertEqual(found[1:], one * 600)
        spelt = inner.replace("x='1' y='2'/", 'y="2"  x="1"></c')
        self.assertEqual(self.pieces(f'<a xmlns="urn:a" b="1">s{spelt}</a>'), found)
        for other in (
            f"<a b='2' xmlns='urn:a'>s{inner}</a>",
            f"<a b='1' xmlns='urn:b'>s{inner}</a>",
            f"<a b='1' xmlns='urn:a'>{inner}</a>",
            f"<a b='1' xmlns='urn:a'>s{inner} </a>",
            f"<a b='1' xmlns='urn:a'>s{inner.replace('y', 'z')}</a>",
        ):
            self.assertNotEqual(self.pieces(other), found)

    def test_piecesOfMuch(self) -> None:
        """Where much is declared around the children the document is one piece: each child would have all of that."""
        text = f"<a xmlns='urn:{'x' * 9000}'>{'<c/>' * 600}</a>"
        self.assertEqual(len(self.pieces(text)), 1)
        # A relative name has no canonical form.
        self.assertEqual(self.pieces(f"<a xmlns='x'>{'<c/>' * 600}</a>")[1], b'<c xmlns="x"/>')

    def test_canonicalElement(self) -> None:
        """One element is the same in every surroundings, with the prefixes its values use and no others."""
        around = (
            "<a xmlns:v='urn:v' xmlns:t='urn:t' xmlns:no='urn:no'> {} tail</a>",
            "<no:b xmlns:no='urn:else' xmlns:t='urn:t' xmlns:v='urn:v' xmlns:w='urn:w'>{}</no:b>",
        )
        found = [
            canonicalElement(
                XMLGate().parse(text.format("<x  b='v:1' a=''><y>t:2</y>z</x>").encode())[0]
            )
            for text in around
        ]
        self.assertEqual(found[0], found[1])
        self.assertEqual(
            found[0], b'<x xmlns:t="urn:t" xmlns:v="urn:v" a="" b="v:1"><y>t:2</y>z</x>'
        )

    def test_namespaceMarkup(self) -> None:
        """A namespace whose name looks like markup stays what it is."""
        uri = "urn:a?b=1&amp;lt;c&amp;amp;"
        root = XMLGate().parse(f'<r><x xmlns:p="{uri}"><p:y/></x></r>'.encode())
        again = XMLGate().parse(b"<r>" + canonicalElement(root[0]) + b"</r>")
        self.assertEqual(nameOf(again[0][0]), QName("urn:a?b=1&lt;c&amp;", "y"))

    def test_nameOf(self) -> None:
        """The name of an element is its expanded name, with or without a namespace."""
        self.assertEqual(nameOf(element(QName("urn:x", "a"))), QName("urn:x", "a"))
        self.assertEqual(nameOf(element(QName("", "a"))), QName("", "a"))

    def test_prefixesAreDistinct(self) -> None:
        """No two of our prefixes mean one namespace."""
        self.assertEqual(len(set(PREFIXES.values())), len(PREFIXES))
