"""What may begin with C{<!} or C{<?}: comments and CDATA sections, and neither a DOCTYPE nor an instruction."""

import re
import time
from xml.parsers import expat

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import XMLGate
from gma_twisted.markup.declarations import refuseDeclarations

_LOOKS = [
    "<!DOCTYPE a>",
    "<?x y?>",
    "<!--",
    "<![CDATA[",
    "<a>",
    "<!",
    "<?",
    "]]",
    "'",
    ">",
    "- ",
    "é\n",
]
_HELD = st.lists(st.sampled_from(_LOOKS), max_size=4).map("".join)
_COMMENT = _HELD.filter(lambda text: "--" not in text and text[-1:] != "-").map("<!--{}-->".format)
_CDATA = _HELD.filter(lambda text: "]]>" not in text).map("<![CDATA[{}]]>".format)
_INSTRUCTION = st.sampled_from(["<?x?>", "<?x <!-- ?>", "<?é-1 <!DOCTYPE a> --> ?>", "<?x\n]]>?>"])
_DOCTYPE = st.sampled_from(
    [
        "<!DOCTYPE a>",
        "<!DOCTYPE\n a >",
        "<!DOCTYPE a [<!ENTITY e 'x'>]>",
        "<!DOCTYPE a [<!-- ]> --><?x?>]>",
        "<!DOCTYPE a SYSTEM '<!-- '>",
    ]
)
_BLANK = st.sampled_from(["", " ", "\n\t"])
_MISC = st.lists(_COMMENT | _BLANK | _COMMENT | _INSTRUCTION | _BLANK, max_size=4).map("".join)
_QUIET = st.lists(_COMMENT | _BLANK, max_size=4).map("".join)
_CONTENT = st.lists(
    _COMMENT
    | _CDATA
    | _INSTRUCTION
    | st.sampled_from(["x", "<b c='-->]]>'/>", "&lt;!", "<b>-- ></b>"]),
    max_size=5,
).map("".join)
_CALM = st.lists(
    _COMMENT | _CDATA | st.sampled_from(["x!", "<b c='-->]]>?'/>", "&lt;!"]), max_size=5
).map("".join)
_GOOD = st.one_of(
    st.tuples(
        _MISC, st.just("") | _DOCTYPE, _MISC, st.just("<a>"), _CONTENT, st.just("</a>"), _MISC
    ),
    st.tuples(
        _QUIET, st.just("") | _DOCTYPE, _QUIET, st.just("<a>"), _CALM, st.just("</a>"), _QUIET
    ),
).map("".join)
_PIECES = [
    *_LOOKS,
    "</a>",
    "<a b='",
    "'/>",
    "-->",
    "]]>",
    "?>",
    "-",
    "]",
    "<",
    "x",
    " ",
    "<!ENTITY e 'x'>",
]
_ANY = st.lists(st.sampled_from(_PIECES), max_size=10).map("".join)


@st.composite
def _cut(draw: st.DrawFn) -> str:
    """A good document with something put in, or a piece of it taken away."""
    document = draw(_GOOD)
    at = draw(st.integers(0, len(document)))
    rest = document[at + draw(st.integers(0, 3)) :]
    return document[:at] + draw(st.sampled_from(["", *_PIECES])) + rest


_DOCUMENTS = _GOOD | _cut() | _ANY


def _refused(document: str) -> str:
    """What the gate finds in a document: C{DOCTYPE}, C{<?NAME?>}, something malformed, or nothing."""
    try:
        refuseDeclarations(document.encode(), 0, "it")
    except ParameterError as error:
        found = re.search(r"DOCTYPE|<\?.*\?>|not well-formed", str(error))
        assert found is not None
        return found[0]
    return ""


def _heard(document: str) -> list[str] | None:
    """What expat tells of a document, in its order; C{None} when it is no XML to it."""
    heard: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = lambda *_: heard.append("DOCTYPE")
    parser.ProcessingInstructionHandler = lambda target, _: heard.append(f"<?{cut(target, 40)}?>")
    try:
        parser.Parse(document.encode(), True)
    except expat.ExpatError:
        return None
    return heard


def _has(document: str) -> bool | None:
    """Whether libxml2 finds a DOCTYPE or an instruction; C{None} when it is no XML to it."""
    parser = etree.XMLParser(encoding="utf-8", no_network=True, resolve_entities=False)
    try:
        root = etree.fromstring(document.encode(), parser)
    except etree.XMLSyntaxError:
        return None
    tree = root.getroottree()
    return tree.docinfo.internalDTD is not None or bool(tree.xpath("//processing-instruction()"))


def _lets(document: str) -> bool:
    """Whether the whole gate lets it pass."""
    try:
        XMLGate().parse(document.encode())
    except ParameterError:
        return False
    return True


class DeclarationsTests(SynchronousTestCase):
    """Nothing that declares or instructs gets in, and nothing that only looks like it is kept out."""

    @given(_DOCUMENTS)
    def test_asExpat(self, document: str) -> None:
        """Whatever expat can read: the first DOCTYPE or instruction it tells of is refused by name, or none is."""
        heard = _heard(document)
        if heard is not None:
            self.assertEqual(_refused(document), heard[0] if heard else "")

    @given(_DOCUMENTS)
    def test_asParser(self, document: str) -> None:
        """Of what libxml2 can read just that gets in which has neither; of the rest nothing does."""
        self.assertEqual(_lets(document), _has(document) is False)

    def test_names(self) -> None:
        """Names of the fifth edition of XML, which expat does not know, get in beside a comment as without one."""
        for name in ("a", "a\u0220", "\u0220", "\U00010000"):
            for beside in ("", "<!-- x -->", "<![CDATA[x]]>"):
                self.assertTrue(_lets(f"<b>{beside}<{name}/></b>"), (name, beside))
                self.assertFalse(_lets(f"<!DOCTYPE b><b>{beside}<{name}/></b>"))
        self.assertFalse(_lets("<b><!-- x --><\u00d7/></b>"))

    def test_within(self) -> None:
        """What only looks like one, within a comment or a section, gets in, however short its beginning is cut."""
        for look in ("<!DOCTYPE a>", "<?x?>", "<!x>"):
            for within in (f"<!--{look}-->", f"<!-->{look}-->", f"<!-- - ->{look}-->"):
                self.assertTrue(_lets(f"{within}<a>{within}</a>{within}"), within)
            for within in (
                f"<![CDATA[{look}]]>",
                f"<![CDATA[]>]]{look}]]]>",
                f"<![CDATA[-->{look}]]>",
            ):
                self.assertTrue(_lets(f"<a>{within}</a>"), within)

    def test_hidden(self) -> None:
        """What stands before it hides no DOCTYPE."""
        for before in (
            "<!-- <!-- -->",
            "<!--<![CDATA[-->",
            "<!-- - - ->-->",
            "<!---->",
            "<!--->-->",
            "<!-- <?x?> -->\n<!--\n-->\t",
            "<![CDATA[ <!-- ]]>",
            "<!-- a -- <!-- b -->",
            "<a b='<!--'/>",
            "<!>",
            "<!-- --->",
        ):
            for doctype in ("<!DOCTYPE b>", "<!DOCTYPE\nb [", "<!DOCTYPEb>"):
                for behind in ("<b/>", "--><b/>", "<!-- --><b/>", "]]><b/>"):
                    self.assertFalse(_lets(before + doctype + behind), before)
        self.assertEqual(_refused("<!--<![CDATA[--><!DOCTYPE b>]]><b/>"), "DOCTYPE")
        self.assertEqual(_refused("<a><![CDATA[<!--]]><?x?>--></a>"), "<?x?>")

    def test_first(self) -> None:
        """The first of several is named."""
        self.assertEqual(_refused("<?x?><!DOCTYPE a [<?y?>]><a/>"), "<?x?>")
        self.assertEqual(_refused("<!DOCTYPE a [<?y?>]><?x?><a/>"), "DOCTYPE")

    def test_joined(self) -> None:
        """What stands around a comment does not become one word, which nobody wrote."""
        self.assertFalse(_lets("<<!-- -->!DOCTYPE a><a/>"))
        self.assertEqual(_refused("<<!-- -->!DOCTYPE a><a/>"), "")

    def test_place(self) -> None:
        """Where C{<!} begins nothing that XML knows, line and column of it are told."""
        for rest in (
            *("<!ELEMENT a ANY>", "<!doctype a>", "<!-- a --", "<![cdata[x]]>", "<![CDATA[]]"),
            *("<!>", "<!", "<? x?>", "<?XML?>", "<?"),
        ):
            document = f"<!-- x\n --><a>é\n<![CDATA[]] >]]>{rest}</a>".encode()
            error = self.assertRaises(ParameterError, refuseDeclarations, document, 0, "it")
            self.assertEqual(str(error), "it is not well-formed XML: line 3, column 17", rest)

    def test_linear(self) -> None:
        """A mebibyte of beginnings, of ends, or of both is looked at once: hundredths of a second, not minutes."""
        for begin, piece, end in (
            ("<a>", "<!--", "</a>"),
            ("<a>", "<![CDATA[", "</a>"),
            ("<a>", "<!-- x ", "</a>"),
            ("<a>", "<!-- - ", "-->!</a>"),
            ("<a><!--", "- ", "</a>"),
            ("<a><!--", "-", "--></a>"),
            ("<a><![CDATA[", "]", "</a>"),
            ("<a><![CDATA[", "]] ", "]]></a>"),
            ("<a>", "<!---->", "<!></a>"),
            ("<a>", "<![CDATA[]]>", "<!-- - -- --></a>"),
            ("<a>", "<", "<!"),
            ("<a>", "<!", "</a>"),
        ):
            whole = begin + piece * (1024 * 1024 // len(piece)) + end
            began = time.thread_time()
            _refused(whole)
            self.assertLess(time.thread_time() - began, 5, piece)
