"""Standard values are bytes of documents that stand for themselves."""

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import OGSI, XSI, ogsi
from gma_twisted.markup.typed import qualified, typedValue
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import FOREVER, ElementKey, QName

_KEY = ElementKey(ogsi("interface"), "http://a/x", "k")
_LOCAL = some.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.-]{0,9}\Z")
_URIS = some.one_of(some.just(""), some.from_regex(r"\Aurn:[a-z&'?/]{1,9}\Z"))


class TypedValueTests(SynchronousTestCase):
    """Of names and texts."""

    def test_empty(self) -> None:
        """Without content it is an empty element; the attributes given stand behind the type."""
        value = typedValue(_KEY, "xsd:QName", FOREVER, 7.0, attributes=' ogsi:after="x"')
        tree = XMLGate().parse(value.content)
        self.assertEqual((nameOf(tree), len(tree), tree.text), (ogsi("interface"), 0, None))
        self.assertEqual(tree.get(f"{{{XSI}}}type"), "xsd:QName")
        self.assertEqual(tree.get(f"{{{OGSI}}}after"), "x")
        self.assertEqual((value.key, value.lifetime, value.created), (_KEY, FOREVER, 7.0))
        self.assertTrue(value.tail.startswith(b"/>"))

    @given(some.text(some.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))))
    def test_content(self, text: str) -> None:
        """Whatever text it holds, it reads so; head and tail meet where the attributes end."""
        value = typedValue(_KEY, "xsd:string", FOREVER, 0.0, escapeText(text).encode())
        self.assertEqual(XMLGate().parse(value.content).text or "", text)
        self.assertNotIn(b">", value.head)

    @given(_URIS, _LOCAL)
    def test_qualified(self, namespace: str, local: str) -> None:
        """A name as text is read as the same name."""
        name = QName(namespace, local)
        declaration, text = qualified(name)
        value = typedValue(_KEY, "xsd:QName", FOREVER, 0.0, text.encode(), declaration)
        tree = XMLGate().parse(value.content)
        self.assertEqual(readQName(tree.text or "", tree.nsmap), name)
