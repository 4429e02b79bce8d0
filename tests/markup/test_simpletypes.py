"""XML Schema's own simple types: what is a value of each, and what is not."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import XMLGate
from gma_twisted.markup.simpletypes import SIMPLE_TYPES, isOfType

_VALUES = {
    "boolean": ("true|false|1|0| 1 ", "yes||2|TRUE"),
    "int": ("5|-5|+5| 5 |2147483647", "5.0||x|2147483648|0x5"),
    "nonNegativeInteger": ("0|5|123456789012345678901234567890", "-1|"),
    "decimal": ("1.5|.5|5.", "1e5||1,5"),
    "double": ("1e5|INF|NaN|-0", "|inf|e5"),
    "dateTime": (
        "2026-11-21T20:00:00Z|2026-11-21T20:00:00.5+01:00",
        "2026-11-21|2026-13-21T20:00:00Z",
    ),
    "duration": ("PT5S|P1Y2M|-P1D", "5s|P|"),
    "anyURI": ("http://h/|urn:x|", "http://%zz"),
    "QName": ("p:a|{urn:p}a| p:a |a", "q:a|p:|1|"),
    "NMTOKENS": ("a b|1", "a,b"),
    "hexBinary": ("0aF0|", "0"),
    "string": ("| x |5", ""),
    "anySimpleType": ("| x |5", ""),
}


def _is(local: str, content: str) -> bool:
    return isOfType(XMLGate().parse(f'<v xmlns:p="urn:p">{content}</v>'.encode()), local)


class SimpleTypeTests(SynchronousTestCase):
    """The text of an element."""

    def test_values(self) -> None:
        """Values of a type are told from what is none."""
        for local, (good, bad) in _VALUES.items():
            self.assertEqual([one for one in good.split("|") if not _is(local, one)], [], local)
            if bad:
                self.assertEqual([one for one in bad.split("|") if _is(local, one)], [], local)

    def test_every(self) -> None:
        """Every type can be asked for, and none of them holds elements."""
        for local in SIMPLE_TYPES:
            self.assertIn(_is(local, "1"), (True, False))
            self.assertFalse(_is(local, "1<b/>"), local)

    def test_attributes(self) -> None:
        """Attributes are somebody else's business."""
        self.assertTrue(isOfType(XMLGate().parse(b'<v a="x">5</v>'), "int"))

    def test_long(self) -> None:
        """A number is no longer than 4096 characters; a text may be."""
        self.assertFalse(_is("integer", "1" * 4097))
        self.assertTrue(_is("string", "1" * 4097))
