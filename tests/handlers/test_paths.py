"""Paths in the arguments of handlers."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.handlers.paths import ElementPath, TextPath
from gma_twisted.markup import Element, XMLGate

DOCUMENT = (
    b'<a xmlns="urn:a" xmlns:b="urn:b"><b:x at=" 1 " b:at="2">one</b:x><x at="3">'
    b"<y> two </y><y>three</y></x><x/></a>"
)


class PathTests(SynchronousTestCase):
    """Where they lead to."""

    def setUp(self) -> None:
        """A document of two namespaces."""
        self.root: Element = XMLGate().parse(DOCUMENT)

    def found(self, path: str) -> list[str | None]:
        """Texts of what it leads to."""
        return [one.text for one in ElementPath.parse(path).find(self.root, "it")]

    def text(self, path: str) -> str:
        """What it reads from the root."""
        return TextPath.parse(path).reader(self.root)(self.root)

    def test_elements(self) -> None:
        """A name without a namespace is in that of the root; others say theirs."""
        self.assertEqual(self.found("{urn:b}x"), ["one"])
        self.assertEqual(self.found("x/y"), [" two ", "three"])
        self.assertEqual(self.found("{urn:a}x/y"), [" two ", "three"])
        self.assertEqual(self.found("z"), [])

    def test_noNamespace(self) -> None:
        """In a document without namespaces names have none."""
        self.root = XMLGate().parse(b"<a><x>1</x></a>")
        self.assertEqual(self.found("x"), ["1"])

    def test_texts(self) -> None:
        """Of the first place it leads to, without blanks around it; empty where there is none."""
        self.assertEqual(self.text("x/y"), "two")
        self.assertEqual(self.text("{urn:b}x/@at"), "1")
        self.assertEqual(self.text("{urn:b}x/@{urn:b}at"), "2")
        self.assertEqual(self.text("x/@at"), "3")
        self.assertEqual([self.text(path) for path in ("z", "z/@at", "@at", "x/@z")], [""] * 4)

    def test_slashInNamespace(self) -> None:
        """A slash in a namespace ends no step."""
        self.root = XMLGate().parse(b'<a xmlns="http://a/b/c"><x><y>1</y></x></a>')
        self.assertEqual(self.found("{http://a/b/c}x/{http://a/b/c}y"), ["1"])

    def test_wrong(self) -> None:
        """What is no path is refused, and the message quotes it."""
        for path in ("", "a//b", "/a", "a/", "a[1]", "*", "..", "{urn:a", "@a/b", "a@b"):
            with self.assertRaises(ParameterError, msg=path) as caught:
                ElementPath.parse(path)
            self.assertIn(f'"{path}" is no path to elements', caught.exception.message)
        for path in ("", "@", "a/@", "@a/@b"):
            with self.assertRaises(ParameterError, msg=path):
                TextPath.parse(path)
        with self.assertRaises(ParameterError):
            ElementPath.parse("a/" * 600 + "a")

    @given(st.text(max_size=30))
    def test_any(self, text: str) -> None:
        """Whatever is written, a path is refused or can be walked."""
        root = XMLGate().parse(DOCUMENT)
        try:
            path, reader = ElementPath.parse(text), TextPath.parse(text).reader(root)
        except ParameterError:
            return
        list(path.find(root, "it"))
        reader(root)

    def test_scope(self) -> None:
        """Children among very long declarations are refused: each would be written with all of them."""
        uri = "urn:" + "x" * 9000
        self.root = XMLGate().parse(f'<a><b xmlns:u="{uri}"><c/></b></a>'.encode())
        with self.assertRaises(TooLarge) as caught:
            self.found("b/c")
        self.assertIn("more than 8192 characters around b", caught.exception.message)
