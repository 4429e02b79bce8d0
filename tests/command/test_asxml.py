"""Objects as XML."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.asxml import asXML
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


class XMLTests(SynchronousTestCase):
    """L{asXML}."""

    def test_shapes(self) -> None:
        """Objects hold elements, arrays are so many, names that are none become entries."""
        told = asXML(
            "a", {"b": 1, "c": {"d": None, "e": True}, "f": [], "g": ["x", "<"], "no way": "y"}
        )
        self.assertEqual(
            told.decode(),
            f'<gma:a xmlns:gma="{GMA}">\n'
            "<gma:b>1</gma:b>\n"
            "<gma:c><gma:d></gma:d><gma:e>true</gma:e></gma:c>\n"
            "<gma:g>x</gma:g>\n<gma:g>&lt;</gma:g>\n"
            '<gma:entry name="no way">y</gma:entry>\n'
            "</gma:a>",
        )

    @given(st.dictionaries(st.text(), _VALUES, max_size=4))
    def test_wellFormed(self, value: dict[str, object]) -> None:
        """Whatever a node says becomes a document."""
        self.assertEqual(XMLGate().parse(asXML("a", value)).tag, f"{{{GMA}}}a")
