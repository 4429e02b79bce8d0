"""Reading queries by names: what is tolerated, and that everything else is refused by name."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, XSI
from gma_twisted.model import Freshness, NameQuery, NameSelector, QName
from gma_twisted.queries.expression import readNameQuery

A = QName("urn:a", "x")


def expression(content: str = "", attributes: str = "") -> bytes:
    """A query with these children and root attributes."""
    return (
        f'<ogsi:queryByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:xsi="{XSI}"'
        f' xmlns:a="urn:a" {attributes}>{content}</ogsi:queryByServiceDataNames>'
    ).encode()


def read(content: str = "", attributes: str = "") -> NameQuery:
    """Read such a query."""
    return readNameQuery(XMLGate().parse(expression(content, attributes)), 5)


class ReadTests(SynchronousTestCase):
    """What is read."""

    def names(self, content: str = "", attributes: str = "") -> list[QName]:
        """The names selected."""
        return [selector.name for selector in read(content, attributes).selectors]

    def test_spellings(self) -> None:
        """A name is a prefixed QName, one in the default namespace, or Clark notation; blanks do not count."""
        for text in ("a:x", "\n  a:x\t", "{urn:a}x", " {urn:a}x "):
            self.assertEqual(self.names(f"<ogsi:name>{text}</ogsi:name>"), [A])
        self.assertEqual(self.names('<ogsi:name xmlns="urn:a">x</ogsi:name>'), [A])
        self.assertEqual(self.names("<ogsi:name>x</ogsi:name>"), [QName("", "x")])

    def test_prefixOfTheName(self) -> None:
        """A prefix is resolved where the name stands."""
        content = '<ogsi:name xmlns:a="urn:b">a:x</ogsi:name><ogsi:name>a:x</ogsi:name>'
        self.assertEqual(self.names(content), [QName("urn:b", "x"), A])

    def test_wildcards(self) -> None:
        """A whole namespace is asked for by URI or by prefix."""
        for text in ("{urn:a}*", " a:* "):
            (selector,) = read(f"<ogsi:name>{text}</ogsi:name>").selectors
            self.assertEqual(selector, NameSelector(QName("urn:a", "*")))
            self.assertTrue(selector.isWildcard)

    def test_attributeList(self) -> None:
        """Names come as an attribute too, qualified or not, before those of children."""
        for attribute in ('names=" a:x  {urn:b}y "', 'ogsi:names="a:x {urn:b}y"'):
            names = self.names("<ogsi:name>a:z</ogsi:name>", attribute)
            self.assertEqual(names, [A, QName("urn:b", "y"), QName("urn:a", "z")])

    def test_selectors(self) -> None:
        """gma:key and gma:originator select; an empty key is a key."""
        content = '<ogsi:name gma:key="" gma:originator="http://h/" xsi:type="a:t">a:x</ogsi:name>'
        self.assertEqual(read(content).selectors, (NameSelector(A, "http://h/", ""),))

    def test_once(self) -> None:
        """The same selector twice counts once, in its first place."""
        name = "<ogsi:name>a:x</ogsi:name>"
        names = self.names(name + "<ogsi:name>a:y</ogsi:name>" + name)
        self.assertEqual(names, [A, QName("urn:a", "y")])

    def test_options(self) -> None:
        """Freshness, limit and cursor are attributes of the root; without them any value, all, from the start."""
        name = "<ogsi:name>a:x</ogsi:name>"
        plain = read(name)
        self.assertEqual((plain.freshness, plain.limit, plain.cursor), (Freshness.ANY, None, None))
        query = read(name, 'gma:freshness="stale" gma:limit=" 10 " gma:cursor="c1"')
        self.assertEqual((query.freshness, query.limit, query.cursor), (Freshness.STALE, 10, "c1"))

    def test_bound(self) -> None:
        """More names than the bound are TooLarge, the bound in the message; as many as it are read."""
        five = "".join(f"<ogsi:name>a:x{index}</ogsi:name>" for index in range(5))
        self.assertEqual(len(read(five).selectors), 5)
        error = self.assertRaises(TooLarge, read, five + "<ogsi:name>a:y</ogsi:name>")
        self.assertIn("5", error.message)


NAME = "<ogsi:name>a:x</ogsi:name>"
BAD = [
    ("", "", "names nothing"),
    ("", 'names="  "', "names nothing"),
    ("<ogsi:name/>", "", "not an XML name"),
    ("<ogsi:name>b:x</ogsi:name>", "", 'prefix "b"'),
    ("<ogsi:name>b:*</ogsi:name>", "", 'prefix "b"'),
    ("<ogsi:name>*</ogsi:name>", "", "*"),
    ("<ogsi:name>a:x a:y</ogsi:name>", "", "x a:y"),
    ("<ogsi:name>{urn:a</ogsi:name>", "", "brace"),
    ("<ogsi:name>{urn:a}x*</ogsi:name>", "", "x*"),
    ("<ogsi:name>a:x:y</ogsi:name>", "", "x:y"),
    ("<ogsi:name>" + "x" * 2000 + "</ogsi:name>", "", "longer"),
    ("<ogsi:name>{" + "u" * 2000 + "}*</ogsi:name>", "", "too long"),
    ("<ogsi:name>a:x<a:b/></ogsi:name>", "", "no elements"),
    ("<ogsi:name key='1'>a:x</ogsi:name>", "", '"key"'),
    ("<ogsi:name gma:freshness='any'>a:x</ogsi:name>", "", "freshness"),
    ("<name>a:x</name>", "", '"name"'),
    ("<gma:name>a:x</gma:name>", "", "name"),
    (NAME + "a:y", "", '"a:y"'),
    ("a:y" + NAME, "", '"a:y"'),
    (NAME, 'limit="1"', '"limit"'),
    (NAME, 'gma:key="1"', "key"),
    (NAME, 'gma:freshness="old"', '"old"'),
    (NAME, 'gma:limit="0"', '"0"'),
    (NAME, 'gma:limit="-1"', '"-1"'),
    (NAME, 'gma:limit="1.5"', '"1.5"'),
    (NAME, 'gma:limit=""', '""'),
    (NAME, 'gma:limit="1000000000000"', '"1000000000000"'),
    (NAME, 'gma:limit="\u0661"', "u0661"),
]


class RefuseTests(SynchronousTestCase):
    """What is not."""

    def test_malformed(self) -> None:
        """Everything else is an ExtensibilityTypeError that says what is wrong."""
        for content, attributes, expected in BAD:
            error = self.assertRaises(ExtensibilityTypeError, read, content, attributes)
            self.assertIn(expected, error.message)
            self.assertLess(len(error.message), 400)

    def test_otherRoot(self) -> None:
        """An expression of another language is refused."""
        plain = b'<x><n:name xmlns:n="%b">{urn:a}one</n:name></x>' % OGSI.encode()
        for document in (b"<x/>", plain):
            root = XMLGate().parse(document)
            self.assertRaises(ExtensibilityTypeError, readNameQuery, root, 5)

    @settings(max_examples=60)
    @given(st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=30))
    def test_anyText(self, text: str) -> None:
        """Whatever stands in a name, it is a name or an ExtensibilityTypeError."""
        root = XMLGate().parse(expression(NAME))
        root[0].text = "".join(c if c.isprintable() else " " for c in text)
        try:
            query = readNameQuery(root, 5)
        except ExtensibilityTypeError:
            return
        self.assertEqual(len(query.selectors), 1)
