"""Lists of names, in every shape the standard and its users gave them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import OGSI, XSI
from gma_twisted.model import QName
from gma_twisted.soap.types import QNAMES

_LOAD, _HOST = QName("urn:a", "load"), QName("urn:a", "host")


def _read(content: str, attributes: str = "") -> tuple[QName, ...]:
    text = f'<o:names xmlns:o="{OGSI}" xmlns:a="urn:a" xmlns:x="{XSI}" {attributes}>{content}</o:names>'
    return tuple(QNAMES.read(XMLGate().parse(text.encode())))


class QNamesTests(SynchronousTestCase):
    """C{ogsi:QNamesType}."""

    def test_children(self) -> None:
        """Names are children, with a prefix or in Clark notation, whatever blanks are around them."""
        for content in (
            "<o:name>a:load</o:name><o:name>{urn:a}host</o:name>",
            "\n <o:name>\n a:load </o:name>\n <o:name> {urn:a}host\t</o:name> ",
            '<o:name xmlns="urn:a">load</o:name><name>a:host</name>',
            '<o:name x:type="xsd:QName">a:load</o:name><o:name xml:lang="en">a:host</o:name>',
        ):
            self.assertEqual(_read(content), (_LOAD, _HOST), content)

    def test_attribute(self) -> None:
        """An older draft had them in an attribute, qualified or not; both ways together count too."""
        for attributes in ('names=" a:load  a:host "', 'o:names="a:load {urn:a}host"'):
            self.assertEqual(_read("", attributes), (_LOAD, _HOST))
        self.assertEqual(_read("<o:name>a:host</o:name>", 'names="a:load"'), (_LOAD, _HOST))

    def test_refused(self) -> None:
        """What is no name is refused, and so is what a name cannot have: it would be ignored silently."""
        for content, attributes, why in (
            ("<o:other>a:load</o:other>", "", "is no ogsi:name"),
            ("<o:name><b/></o:name>", "", "is no ogsi:name"),
            ("<o:name>b:load</o:name>", "", 'prefix "b"'),
            ("<o:name/>", "", "is not an XML name"),
            ("a:load", "", '"a:load" stands between the names'),
            ("<o:name>a:load</o:name>,", "", '"," stands between the names'),
            ('<o:name key="1">a:load</o:name>', "", 'name has no attribute "key"'),
            ("", 'limit="1"', 'names has no attribute "limit"'),
        ):
            error = self.assertRaises(ParameterError, _read, content, attributes)
            self.assertIn(why, error.message)

    @given(
        st.lists(
            st.builds(QName, st.sampled_from(["", "urn:a", "urn:b?x=1&y=2"]), st.just("load")),
            max_size=5,
        )
    )
    def test_roundTrip(self, names: list[QName]) -> None:
        """What is written is read."""
        written = QNAMES.write("ogsi:names", names)
        tree = XMLGate().parse(b'<r xmlns:ogsi="%b">%b</r>' % (OGSI.encode(), written))
        self.assertEqual(QNAMES.read(tree[0]), tuple(names))
