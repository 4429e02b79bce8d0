"""XPath expressions: compiled, evaluated as libxml2 does, and refused where they are wrong."""

import math
from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI, XML
from gma_twisted.markup.xpath import XPathFailure, compileTexts, compileXPath, refusedXPath

_ROOT = XMLGate().parse(
    f'<glue:Host xmlns:glue="{GLUE}" xmlns:gma="{GMA}" Name="n1" gma:key="k">'
    '<glue:Load v="0.5"/><b xmlns="urn:b">text</b></glue:Host>'.encode()
)
_BITS = st.sampled_from(
    (
        *("glue:", "q:", "Load", "@", "/", "//", "*", "[", "]", "(", ")", '"', "'", "$v", "count("),
        *("and", "div", "1", "é", "::", "self::", ".", "..", "-", ":", "node()", "|", " ", "\n"),
        "\x00",
    )
)


class CompilingTests(SynchronousTestCase):
    """What is wrong with an expression, and where."""

    def refusal(self, text: str, *namespaces: tuple[str, str]) -> str:
        """Why it is."""
        error = self.assertRaises(ExtensibilityTypeError, compileXPath, text, namespaces)
        return str(error.message)

    def test_positions(self) -> None:
        """A mistake is told with language, line and column, counted in characters from one."""
        for text, where in (
            ("//[", "line 1, column 3: Invalid expression"),
            ("count(x", "line 1, column 8: Invalid expression"),
            ("//x[@b=]\n and", "line 1, column 8: Invalid expression"),
            ("//x\n | //y[", "line 2, column 8: Invalid expression"),
            ("é[", "line 1, column 3: Invalid expression"),
            ("x = 'abc", "line 1, column 9: Unfinished literal"),
            ("", "line 1, column 1: Invalid expression"),
        ):
            self.assertEqual(self.refusal(text), f"XPath, {where}", text)

    def test_prefixes(self) -> None:
        """A prefix nobody declared is refused where it stands, also where nothing would come to it."""
        why = 'the prefix "foo" is not declared; give its namespace with the expression'
        self.assertEqual(self.refusal("foo:bar"), f"XPath, line 1, column 1: {why}")
        self.assertEqual(
            self.refusal("false() and\n  self::foo:bar"), f"XPath, line 2, column 9: {why}"
        )
        self.assertIn('"re" is not declared', self.refusal("re:test('a', 'b')"))

    def test_functions(self) -> None:
        """There are the functions of XPath 1.0 and no others: none of EXSLT, of XSLT or of libxml2."""
        self.assertEqual(
            self.refusal("x[y and nofunc()]"),
            "XPath, line 1, column 9: XPath 1.0 has no function nofunc()",
        )
        for text in (
            "document('/etc/passwd')",
            "current()",
            "key('a', 'b')",
            "system-property('x')",
        ):
            self.assertIn("XPath 1.0 has no function", self.refusal(text))
        regexp = ("re", "http://exslt.org/regular-expressions")
        self.assertIn(
            "no function re:test()", self.refusal("false() and re:test('a', 'b')", regexp)
        )

    def test_variables(self) -> None:
        """Variables are refused where they stand."""
        self.assertEqual(
            self.refusal("1 + $v"), "XPath, line 1, column 5: there are no variables here"
        )

    def test_types(self) -> None:
        """What libxml2 finds only as it evaluates is found without a value."""
        self.assertEqual(self.refusal("count(1)"), "XPath: Invalid type")
        self.assertEqual(self.refusal("concat('a')"), "XPath: Invalid number of arguments")

    def test_deep(self) -> None:
        """A nesting that could use up the stack is refused."""
        self.assertIn("Recursion limit exceeded", self.refusal("(" * 4000))

    def test_longName(self) -> None:
        """To look for names takes as long as the expression is, not its square, which would be minutes here."""
        began = process_time()
        compileXPath("a" * 2**15, ())
        self.assertLess(process_time() - began, 5)

    def test_noText(self) -> None:
        """Characters no document has, and a prefix of no namespace, are refused."""
        self.assertIn("XPath: ", self.refusal("'\x00'"))
        self.assertIn("XPath: ", self.refusal("q:a", ("q", "")))

    @given(st.lists(_BITS, max_size=8).map("".join))
    def test_anything(self, text: str) -> None:
        """Any text is refused in one way, or evaluated as libxml2 evaluates it."""
        namespaces = {"glue": GLUE, "q": "urn:q"}
        try:
            compiled = compileXPath(text, [("q", "urn:q")])
        except ExtensibilityTypeError as error:
            self.assertRegex(error.message, r"\AXPath(, line \d+, column \d+)?: .")
            return
        try:
            expected = etree.XPath(text, namespaces=namespaces, regexp=False)(_ROOT)
        except etree.XPathError:
            self.assertRaises(XPathFailure, compiled, _ROOT)
            return
        found = compiled(_ROOT)
        if expected == expected:
            self.assertEqual(found, expected)


class EvaluatingTests(SynchronousTestCase):
    """What an expression gives."""

    def found(self, text: str, *namespaces: tuple[str, str]) -> object:
        """For the one value there is."""
        return compileXPath(text, namespaces)(_ROOT)

    def test_kinds(self) -> None:
        """Nodes, texts, numbers and truth values come as Python's."""
        found = self.found("glue:Load")
        self.assertEqual([one.get("v") for one in found], ["0.5"])  # type: ignore[attr-defined]
        self.assertEqual(self.found("string(@Name)"), "n1")
        self.assertEqual(self.found("1 div 0"), math.inf)
        self.assertEqual(self.found("glue:Load/@v > 0.4"), True)
        self.assertEqual(self.found("glue:None"), [])

    def test_attributes(self) -> None:
        """An attribute knows its name, a text has none."""
        found = self.found("@* | //text()")
        self.assertEqual(
            [(str(one), one.attrname) for one in found],  # type: ignore[attr-defined]
            [("n1", "Name"), ("k", f"{{{GMA}}}key"), ("text", None)],
        )

    def test_known(self) -> None:
        """Our prefixes are known, and can be declared to be something else."""
        self.assertEqual(self.found("string(@gma:key)"), "k")
        self.assertEqual(self.found("count(gma:b)", ("gma", "urn:b")), 1.0)
        self.assertEqual(self.found("boolean(@ogsi:goodUntil)"), False)
        self.assertEqual(self.found(f"name(namespace::*[. = '{OGSI}'])"), "")
        self.assertEqual(self.found("boolean(@xml:lang)"), False)

    def test_literals(self) -> None:
        """What stands in a literal is neither prefix nor function nor variable."""
        self.assertEqual(self.found("string('foo:bar(1) $v \"')"), 'foo:bar(1) $v "')
        self.assertEqual(self.found("\"it's(\" = 'x'"), False)

    def test_names(self) -> None:
        """Axes, node types, operators and names with a hyphen are told from prefixes and functions."""
        self.assertEqual(self.found("count(child::glue:Load[self::node() and (1)])"), 1.0)
        self.assertEqual(self.found("count(descendant-or-self::node()/text())"), 1.0)
        self.assertEqual(self.found("6 div (3)"), 2.0)
        self.assertEqual(self.found("count ( glue:Load )"), 1.0)

    def test_failing(self) -> None:
        """What fails only with a value is told by the same error."""
        expression = compileXPath("glue:Load[last() = 1 and concat('a', @v)]/@v", ())
        self.assertEqual(expression(_ROOT), ["0.5"])
        expression = compileXPath("glue:Load[count(string(.)) > 0]", ())
        error = self.assertRaises(XPathFailure, expression, _ROOT)
        self.assertEqual(refusedXPath(error, "glue:Load").message, "XPath: Invalid type")


class TextTests(SynchronousTestCase):
    """The texts of all nodes of a name."""

    def test_names(self) -> None:
        """They are those of that name and no other, wherever in the tree, of elements with all that is inside."""
        root = XMLGate().parse(
            f'<glue:a xmlns:glue="{GLUE}" xmlns:h="{GLUE}" v="1" h:v="2" xml:lang="en">'
            f'<b v="3">x<a xmlns="{GLUE}" glue:v="4"><v>y</v></a>z</b><a/></glue:a>'.encode()
        )
        for isAttribute, namespace, localName, texts in (
            (True, "", "v", ["1", "3"]),
            (True, GLUE, "v", ["2", "4"]),
            (True, XML, "lang", ["en"]),
            (True, "", "a", []),
            (False, "", "b", ["xyz"]),
            (False, GLUE, "a", ["xyz", "y"]),
            (False, "", "a", [""]),
            (False, GLUE, "v", ["y"]),
            (False, "urn:x", "v", []),
        ):
            find = compileTexts(isAttribute, namespace, localName, 9, 99)
            self.assertEqual(find(root), texts)

    def test_bounds(self) -> None:
        """Only some of them, and only what they begin with."""
        root = XMLGate().parse(b"<a v='123'>1<a v='45'>2<a v='6'>34</a></a></a>")
        self.assertEqual(compileTexts(True, "", "v", 2, 2)(root), ["12", "45"])
        self.assertEqual(compileTexts(False, "", "a", 2, 2)(root), ["12", "23"])
