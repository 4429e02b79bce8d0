"""Values as trees: what a query by name would show, whatever way they came to it."""

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup import Element, XMLGate, serialise, valueFromTree, writeValue
from gma_twisted.markup.build import canonicalBytes
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.markup.trees import ValueTrees, stampTree, writeInner
from gma_twisted.model import FOREVER, ElementKey, Lifetime, QName, ServiceDataElement

_AROUND = f'<r xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}">'.encode()
_SHOWN = [
    b"<a/>",
    b"<a b='1'>t<c/></a>",
    b'<q:a xmlns:q="urn:q" q:b="q:c"><q:d xmlns="urn:n"><e/></q:d></q:a>',
    f'<a xmlns:gma="{GMA}" xmlns:ogsi="{OGSI}" b="&quot;&gt;"><gma:c/><ogsi:d/></a>'.encode(),
    f'<a c=" xmlns:gma=&quot;{GMA}&quot;"/>'.encode(),
]
_INSTANTS = st.sampled_from([0.0, 1.0, 5.5, 100.0, 1e9, math.inf])
_LIFETIMES = (
    st.lists(_INSTANTS, min_size=3, max_size=3)
    .map(sorted)
    .filter(lambda times: times[0] != math.inf)
    .map(lambda times: Lifetime(*times))
)


def made(document: bytes, lifetime: Lifetime = FOREVER, **more: float) -> ServiceDataElement:
    """A value with that content."""
    key = ElementKey(QName("urn:q", "a"), 'http://h/s?a=1&b="2"', "k")
    return valueFromTree(XMLGate().parse(document), key, lifetime, **more)  # type: ignore[arg-type]


def shown(element: ServiceDataElement, now: float, offset: float) -> bytes:
    """The value in an answer, alone, in canonical form."""
    (value,) = XMLGate().parse(_AROUND + writeValue(element, now, offset) + b"</r>")
    return canonicalBytes(XMLGate().parse(serialise(value)))


class TreeTests(SynchronousTestCase):
    """Trees of values."""

    @given(st.sampled_from(_SHOWN), _LIFETIMES, _INSTANTS, st.sampled_from([0.0, 1e9]))
    def test_shown(self, document: bytes, lifetime: Lifetime, now: float, offset: float) -> None:
        """A tree is a document of its own, with all that an answer shows of the value."""
        element = made(document, lifetime, created=12.0, sequence=3)
        root = ValueTrees().read(element, now, offset)
        self.assertIsNone(root.getparent())
        self.assertEqual(canonicalBytes(root), shown(element, now, offset))

    @given(st.sampled_from(_SHOWN), _LIFETIMES, _LIFETIMES, _INSTANTS, _INSTANTS)
    def test_stamped(
        self, document: bytes, before: Lifetime, after: Lifetime, then: float, now: float
    ) -> None:
        """A tree that is brought up to date is the tree that would be made, byte for byte."""
        trees = ValueTrees()
        element = made(document, before, created=1.0)
        root = trees.read(element, then, 0.0)
        extended = element.withLifetime(after)
        stampTree(root, extended, now, 1e9)
        self.assertEqual(serialise(root), serialise(trees.read(extended, now, 1e9)))

    def test_crowded(self) -> None:
        """A value with as many attributes and namespaces as the XML gate lets pass has a tree."""
        declared = "".join(f' xmlns:p{each}="urn:{each}"' for each in range(64))
        attributes = "".join(f' p{each}:a="1"' for each in range(64))
        element = made(f"<a{declared}{attributes}/>".encode())
        self.assertEqual(len(ValueTrees().read(element, 0.0, 0.0).attrib), 64 + 3)

    def test_noXML(self) -> None:
        """What is no XML is refused with the name of the value."""
        element = ServiceDataElement(
            ElementKey(QName("urn:q", "a"), "o"), b"<a", b"></b>", Lifetime(0.0)
        )
        error = self.assertRaises(ParameterError, ValueTrees().read, element, 0.0, 0.0)
        self.assertIn("{urn:q}a is not well-formed XML", error.message)


class InnerTests(SynchronousTestCase):
    """Elements inside values."""

    def inner(self, document: bytes) -> tuple[Element, bytes]:
        """The first child, and how it is written."""
        node = ValueTrees().read(made(document), 0.0, 0.0)[0]
        return node, writeInner(node)

    def test_declared(self) -> None:
        """All declarations in scope are there but those of every envelope."""
        node, written = self.inner(b'<q:a xmlns:q="urn:q" xmlns="urn:d"><b c="q:x"/>tail</q:a>')
        self.assertEqual(written, b'<b xmlns="urn:d" xmlns:q="urn:q" c="q:x"/>')
        (again,) = XMLGate().parse(_AROUND + written + b"</r>")
        self.assertEqual(again.nsmap, node.nsmap)

    def test_bound(self) -> None:
        """What binds the prefixes of every envelope to something else, inside a value, stays as it is."""
        core = GMA.encode()
        _, written = self.inner(b'<a><b xmlns:gma="urn:x"><gma:c xmlns:gma="%b"/></b></a>' % core)
        self.assertEqual(written, b'<b xmlns:gma="urn:x"><gma:c xmlns:gma="%b"/></b>' % core)
        _, written = self.inner(b'<a><b>&gt; xmlns:gma="%b"</b></a>' % core)
        self.assertEqual(written, b'<b>&gt; xmlns:gma="%b"</b>' % core)
