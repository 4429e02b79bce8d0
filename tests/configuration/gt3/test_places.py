"""Where elements and attributes stand."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration.gt3.places import Spot, XMLSource, findElements
from gma_twisted.configuration.places import Path
from gma_twisted.markup import XMLGate

TEXT = """<?xml version="1.0"?>
<!-- <a> é -->
<a>
 <b x:c = 'd="1"'
    d="é>" >
   text</b>
 <e/> é <f> <g/></f><h d='2'></h>
</a>"""

PIECES = st.recursive(
    st.sampled_from(["<a/>", "<é x='>'/>", "é", "<!-- <x> -->", "<![CDATA[<y>]]>", " \n", "&lt;"]),
    lambda inner: st.builds(
        lambda all: f"<b é='/>'>{''.join(all)}</b>", st.lists(inner, max_size=4)
    ),
)


class FindTests(SynchronousTestCase):
    """findElements."""

    @given(PIECES)
    def test_order(self, inside: str) -> None:
        """There is one place for each element of the tree, in its order, where the tag begins."""
        text = f"<root>{inside}</root>"
        tags = [str(one.tag) for one in XMLGate().parse(text.encode()).iter()]
        found = findElements(text)
        self.assertEqual(len(found), len(tags))
        for offset, tag in zip(found, tags, strict=True):
            self.assertTrue(text.startswith(f"<{tag}", offset))


class SourceTests(SynchronousTestCase):
    """XMLSource."""

    def test_where(self) -> None:
        """Keys stand at their text or value, sections at their tag; columns count characters."""
        spots: dict[Path, Spot] = {
            ("s", "b"): Spot(1),
            ("s", "c"): Spot(1, "c"),
            ("s", "d"): Spot(1, "d"),
            ("s", "none"): Spot(1, "none"),
            ("s", "e"): Spot(2),
            ("s", "f"): Spot(3),
            ("s", "g"): Spot(4),
            ("s", "h"): Spot(5, "d"),
        }
        source = XMLSource("a.xml", TEXT.replace("x:c", "xml:c"), spots=spots)
        found = {str(path[1]): source.where(path).split(": ")[0] for path in spots}
        self.assertEqual(
            found,
            {
                "b": "a.xml:6:4",
                "c": "a.xml:4:14",
                "d": "a.xml:5:8",
                "none": "a.xml:4:2",
                "e": "a.xml:7:2",
                "f": "a.xml:7:9",
                "g": "a.xml:7:13",
                "h": "a.xml:7:27",
            },
        )
        self.assertEqual(source.where(("s", "c"), atKey=True), "a.xml:4:5: s.c")
        self.assertEqual(source.where(("s", "b"), atKey=True), "a.xml:4:2: s.b")
        self.assertEqual(source.where(("s", "b", "deeper")), "a.xml:4:2: s.b.deeper")
        self.assertEqual(source.where(("other",)), "a.xml: other")
