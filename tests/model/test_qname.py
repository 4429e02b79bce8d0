"""Qualified names in Clark notation."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model import QName
from gma_twisted.model.qname import MAX_QNAME


class QNameTests(SynchronousTestCase):
    """Names are read strictly and written back as they were."""

    def test_clark(self) -> None:
        """Clark notation is read, blanks around it dropped."""
        self.assertEqual(QName.parse(" {urn:x}a \n"), QName("urn:x", "a"))

    def test_noNamespace(self) -> None:
        """A bare name and empty braces mean no namespace."""
        self.assertEqual(QName.parse("a"), QName("", "a"))
        self.assertEqual(QName.parse("{}a"), QName("", "a"))

    def test_localNames(self) -> None:
        """Letters of any script, digits, dots, hyphens and underscores make a local name."""
        for name in ("a1", "_a", "a-b.c", "é", "名前"):
            self.assertEqual(QName.parse("{urn:x}" + name).localName, name)

    def test_malformed(self) -> None:
        """What is no XML name is refused, and said so."""
        for text in ("", "{urn:x}", "{urn:x", "1a", "-a", "a b", "a:b", "{u}{v}a", "{u}a\nb", "*"):
            error = self.assertRaises(ParameterError, QName.parse, text)
            self.assertIn("{uri}local", str(error))

    def test_again(self) -> None:
        """A text that comes again is the same name, or is refused again."""
        self.assertIs(QName.parse(" {urn:x}again"), QName.parse("{urn:x}again "))
        for _ in range(2):
            self.assertRaises(ParameterError, QName.parse, "{urn:x}a b")

    def test_bound(self) -> None:
        """A name has at most its stated length."""
        QName.parse("a" * MAX_QNAME)
        error = self.assertRaises(ParameterError, QName.parse, "a" * (MAX_QNAME + 1))
        self.assertIn(str(MAX_QNAME), str(error))
        self.assertLess(len(str(error)), 200)

    @given(
        st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=40),
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-]{0,20}", fullmatch=True),
    )
    def test_roundTrip(self, namespace: str, local: str) -> None:
        """Every name is read back from its Clark notation."""
        name = QName(namespace, local)
        self.assertEqual(QName.parse(name.clark), name)
        self.assertEqual(str(name), name.clark)

    def test_asKey(self) -> None:
        """Equal names are one key, and names sort by namespace first."""
        self.assertEqual({QName("u", "a"): 1}[QName("u", "a")], 1)
        names = [QName("v", "a"), QName("u", "b"), QName("u", "a")]
        self.assertEqual(sorted(names), names[::-1])
