"""What bytes say of a name: no text of a value is overlooked, whatever it looks like."""

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.columns import MOST_TEXTS
from gma_twisted.evaluation.fieldtexts import textsOf
from gma_twisted.evaluation.needs import Field
from gma_twisted.evaluation.replica import Copy
from gma_twisted.model import FOREVER, ElementKey, ServiceDataElement
from tests.evaluation.values import HOST, made

_FIELDS = [
    Field(isAttribute, namespace, name)
    for isAttribute in (True, False)
    for namespace in ("", "urn:q")
    for name in ("v", "v.w", "w")
]
# Texts that look like tags and attributes, and tags that look like others.
_TEXTS = st.sampled_from(
    (
        *("5", "", " v=", "v='", " v='5'", "q:v=", "<v>", "<q:v>6</q:v>", "/>", "'", '"', "&", "<"),
        *(">", 'v="7"', "vw", "é", "\n5", "\t", "x:v", "[<", "a=b", "--", "]]>", "<v"),
    )
)
_NAMES = st.sampled_from(["v", "q:v", "vw", "v.w", "q:w", "w", "av", "x"])


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> etree._Element:
    """Small ones."""
    tag, names = draw(_NAMES), draw(st.sets(_NAMES, max_size=3))
    root = etree.Element(_clark(tag), nsmap={"q": "urn:q"})
    for name in sorted(names):
        root.set(_clark(name), draw(_TEXTS))
    root.text = draw(_TEXTS)
    for child in draw(st.lists(trees(depth - 1), max_size=2)) if depth else ():
        root.append(child)
        child.tail = draw(_TEXTS)
    return root


def _clark(name: str) -> str:
    return name.replace("q:", "{urn:q}")


def texts(document: bytes, field: Field) -> list[str]:
    """What is found in a value."""
    start = document.index(b">")
    element = ServiceDataElement(
        ElementKey(HOST, "http://a/s"), document[:start], document[start:], FOREVER
    )
    (found,) = textsOf(field, [Copy(element)])
    return list(found)


class FoundTests(SynchronousTestCase):
    """What is found."""

    @settings(max_examples=400)
    @given(trees())
    def test_all(self, root: etree._Element) -> None:
        """It has all texts that a tree has, or says that it may be any."""
        document = etree.tostring(root, encoding="utf-8")
        copy = Copy(made(document))
        for field in _FIELDS:
            name = f"{{{field.namespace}}}{field.localName}" if field.namespace else field.localName
            there = [
                str(node.get(name)) if field.isAttribute else "".join(map(str, node.itertext()))
                for node in root.iter()
                if (node.get(name) is not None if field.isAttribute else node.tag == name)
            ]
            (found,) = textsOf(field, [copy])
            if len(found) <= MOST_TEXTS:
                self.assertLessEqual(set(there), set(found), (field, document))

    def test_usual(self) -> None:
        """Of what is usual it has nothing else."""
        document = b'<q:v xmlns:q="urn:q" q:w="1" w="2" vw="3"><w>4</w><q:w a="b"/><w/>w="5"<vw>6</vw></q:v>'
        for field, found in (
            (Field(True, "urn:q", "w"), ["1"]),
            (Field(True, "", "w"), ["2"]),
            (Field(True, "", "v"), []),
            (Field(False, "", "w"), ["4", "", ""]),
            (Field(False, "", "vw"), ["6"]),
        ):
            self.assertEqual(texts(document, field), found)

    def test_written(self) -> None:
        """However attributes are written, as long as it is XML."""
        field = Field(True, "", "w")
        self.assertEqual(texts(b"<a\tw = '1>\"'><b v=' w=' w=\"2\"\n/></a>", field)[0], '1>"')
        self.assertIn("2", texts(b"<a\tw = '1>\"'><b v=' w=' w=\"2\"\n/></a>", field))
        self.assertIn("3", texts(b"<a> w=\"<b w='3'/></a>", field))
        self.assertEqual(texts(b"<a><w b='>'>5</w></a>", Field(False, "", "w")), ["5"])

    def test_noXML(self) -> None:
        """What no parser takes may be anything."""
        for field in (Field(True, "", "w"), Field(False, "", "w")):
            self.assertGreater(len(texts(b"<a w='\x80'><w>\x80</w></a>", field)), MOST_TEXTS)

    def test_once(self) -> None:
        """An element is looked at once, whatever its prefix, and neither where it ends nor in texts."""
        field = Field(False, "urn:q", "v")
        self.assertEqual(texts(b"<q:v>1</q:v>:v>2<a>:v>3</a>", field), ["1"])
        text = b":v>" * 5_000
        self.assertEqual(texts(b"<v>" + text + b"</v>", field), [text.decode()])
        self.assertEqual(texts(b"<a>" + b":v " * 100_000 + b"</a>", field), [])

    def test_unknown(self) -> None:
        """What a parser gives otherwise may be anything."""
        for document in (b'<a w="&#53;"/>', b'<a w="5\n"/>', b'<a w="1" b="2"><b w="a\tb"/></a>'):
            self.assertGreater(len(texts(document, Field(True, "", "w"))), MOST_TEXTS)
        for document in (b"<a><w><b/>5</w></a>", b"<a><w>&lt;</w></a>", b"<w><![CDATA[5]]></w>"):
            self.assertGreater(len(texts(document, Field(False, "", "w"))), MOST_TEXTS)
