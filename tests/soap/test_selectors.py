"""Lists of names: what is written is read again, and refusals say whose list it is."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import NameSelector, QName
from gma_twisted.soap.selectors import NAME_LISTS, readSelectors, writeSelectors
from tests.soap.named import SELECTORS

_EXTRA = f"{{{GMA}}}extra"


def _read(content: str, attributes: str = "", maxNames: int = 8) -> tuple[NameSelector, ...]:
    document = (
        f'<ogsi:list xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:a="urn:a" {attributes}>'
        f"{content}</ogsi:list>"
    )
    known = frozenset((*NAME_LISTS, _EXTRA))
    return readSelectors(XMLGate().parse(document.encode()), known, maxNames, "list")


class SelectorTests(SynchronousTestCase):
    """Selectors of any expression that has them; the tolerances are seen in tests.queries.test_expression."""

    @given(st.lists(SELECTORS, min_size=1, max_size=8, unique=True))
    def test_roundTrip(self, selectors: list[NameSelector]) -> None:
        """What is written is read again, in its order: names, wildcards, originators and keys of any text."""
        self.assertEqual(_read(writeSelectors(selectors)), tuple(selectors))

    def test_written(self) -> None:
        """A name is written with a prefix declared where it stands, a whole namespace in Clark notation."""
        selectors = (
            NameSelector(QName("urn:a?1&2", "x"), "http://h/", ""),
            NameSelector(QName("urn:b", "*")),
            NameSelector(QName("", "y"), None, '"\n'),
            NameSelector(QName("", "*")),
        )
        self.assertEqual(
            writeSelectors(selectors),
            '<ogsi:name xmlns:q="urn:a?1&amp;2" gma:originator="http://h/" gma:key="">q:x</ogsi:name>'
            "<ogsi:name>{urn:b}*</ogsi:name>"
            '<ogsi:name gma:key="&quot;&#10;">y</ogsi:name>'
            "<ogsi:name>{}*</ogsi:name>",
        )

    def test_whose(self) -> None:
        """Refusals name the expression, the bound its kind."""
        name = "<ogsi:name>a:x</ogsi:name>"
        for content, attributes, expected in (
            ("", "", "list names nothing"),
            (name, 'gma:other="1"', 'list has no attribute "{urn:gma-twisted:2026:core}other"'),
            ("<a:b/>", "", 'list has no child "{urn:a}b"'),
            ('<ogsi:name names="a:x">a:x</ogsi:name>', "", 'ogsi:name has no attribute "names"'),
        ):
            error = self.assertRaises(ExtensibilityTypeError, _read, content, attributes)
            self.assertIn(expected, error.message)
        error = self.assertRaises(TooLarge, _read, name, 'names="a:y a:z"', 2)
        self.assertEqual(error.message, "one list may have 2 names")
        error = self.assertRaises(TooLarge, _read, "", 'names="a:u a:v a:y"', 2)
        self.assertEqual(error.message, "one list may have 2 names")

    def test_known(self) -> None:
        """An attribute the expression may have is left to whoever reads it."""
        self.assertEqual(
            _read("", 'names="a:x" gma:extra="1"'), (NameSelector(QName("urn:a", "x")),)
        )
