"""Service data as JSON, and as paths and texts."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.asjson import leaves, treeOf, valueAsJSON
from gma_twisted.markup import ReceivedValue, XMLGate, readValue

_SPACES = 'xmlns:ogsi="http://www.gridforum.org/namespaces/2003/03/OGSI" xmlns:gma="urn:gma-twisted:2026:core"'


def valueOf(text: str) -> ReceivedValue:
    """A value as it comes from a node."""
    return readValue(XMLGate().parse(text.encode()))


def contentOf(text: str) -> object:
    """What becomes of its content."""
    return valueAsJSON(valueOf(text), False)["value"]


class JSONTests(SynchronousTestCase):
    """L{valueAsJSON}."""

    def test_known(self) -> None:
        """What is known of a value is beside it; what is not is null."""
        value = valueOf(
            f'<a:b xmlns:a="urn:a" {_SPACES} gma:originator="http://o/x" gma:key="k" gma:path="p q"'
            ' ogsi:goodFrom="2026-01-01T00:00:00Z" ogsi:goodUntil="infinity">text</a:b>'
        )
        self.assertEqual(
            valueAsJSON(value, True),
            {
                "name": "{urn:a}b",
                "originator": "http://o/x",
                "key": "k",
                "path": ["p", "q"],
                "created": None,
                "goodFrom": "2026-01-01T00:00:00Z",
                "goodUntil": "infinity",
                "availableUntil": None,
                "isStale": True,
                "value": "text",
            },
        )

    def test_content(self) -> None:
        """Texts, attributes, one child, several of one name, and text between them."""
        self.assertEqual(contentOf("<a/>"), "")
        self.assertEqual(contentOf("<a> b </a>"), "b")
        self.assertEqual(contentOf('<a b="1">c</a>'), {"@b": "1", "#text": "c"})
        self.assertEqual(contentOf("<a><b>1</b></a>"), {"b": "1"})
        self.assertEqual(contentOf("<a><b>1</b><c/><b>2</b></a>"), {"b": ["1", "2"], "c": ""})
        self.assertEqual(contentOf("<a>x<b/>y</a>"), {"#text": "x y", "b": ""})

    def test_comment(self) -> None:
        """A comment does not cut a text in two."""
        self.assertEqual(contentOf("<a>b<!-- c -->d</a>"), "bd")


class LeavesTests(SynchronousTestCase):
    """L{leaves}."""

    def found(self, text: str) -> list[tuple[str, str]]:
        """Of a document."""
        return list(leaves(treeOf(valueOf(text))))

    def test_paths(self) -> None:
        """Texts and attributes in document order; elements of one name are counted."""
        self.assertEqual(
            self.found('<h n="x"><l>1</l><l u="s">2</l><m><l>3</l></m></h>'),
            [("h/@n", "x"), ("h/l[1]", "1"), ("h/l[2]/@u", "s"), ("h/l[2]", "2"), ("h/m/l", "3")],
        )

    def test_empty(self) -> None:
        """An element with nothing in it is there; text between elements is not lost."""
        self.assertEqual(self.found("<a/>"), [("a", "")])
        self.assertEqual(self.found("<a>x<b/>y</a>"), [("a", "x y"), ("a/b", "")])
