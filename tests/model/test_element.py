"""Service data elements and the changes made of them."""

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import (
    Added,
    ElementKey,
    Extended,
    Lifetime,
    NameSelector,
    QName,
    Removed,
    Replaced,
    ServiceDataElement,
)

_KEY = ElementKey(QName("urn:x", "a"), "http://h/s")
_ELEMENT = ServiceDataElement(_KEY, b"<a", b"/>", Lifetime(0.0, 1.0, 2.0))


class ElementTests(SynchronousTestCase):
    """A value and its identity."""

    def test_identity(self) -> None:
        """Name, originator and key together make the identity."""
        others = {
            ElementKey(QName("urn:x", "b"), "http://h/s"),
            ElementKey(QName("urn:x", "a"), "http://h/t"),
            ElementKey(QName("urn:x", "a"), "http://h/s", "1"),
        }
        self.assertEqual(len(others | {_KEY, ElementKey(QName("urn:x", "a"), "http://h/s", "")}), 4)

    def test_sameContent(self) -> None:
        """A value with another lifetime says the same, one with other bytes does not."""
        longer = _ELEMENT.withLifetime(Lifetime(0.0, 5.0, 9.0))
        self.assertTrue(_ELEMENT.sameContent(longer))
        self.assertNotEqual(_ELEMENT, longer)
        other = ServiceDataElement(_KEY, b"<a", b">1</a>", _ELEMENT.lifetime)
        self.assertFalse(_ELEMENT.sameContent(other))

    def test_isContent(self) -> None:
        """The whole value and nothing else is its content."""
        element = ServiceDataElement(_KEY, b"<a", b">a<b/>a</a>", _ELEMENT.lifetime)
        self.assertTrue(element.isContent(element.content))
        for other in (
            b"<a>a<b/></a>",
            b"<a>a<b/>a</a> ",
            b"<a>a<c/>a</a>",
            b"<a a<b/>a</a>",
            b"",
            b"<a x='1'>a<b/>a</a>",
        ):
            self.assertFalse(element.isContent(other))

    def test_sameContentAnotherWay(self) -> None:
        """A value that came through other nodes does not say the same: who tells it onward tells the way."""
        elsewhere = attrs.evolve(_ELEMENT, path=("n1", "n2"))
        self.assertFalse(_ELEMENT.sameContent(elsewhere))

    def test_changesHaveTheKey(self) -> None:
        """Every kind of change tells whose it is."""
        for change in (
            Added(_ELEMENT),
            Replaced(_ELEMENT, _ELEMENT),
            Extended(_ELEMENT, Lifetime(0.0)),
            Removed(_ELEMENT),
        ):
            self.assertEqual(change.key, _KEY)

    def test_wildcard(self) -> None:
        """The local name * selects a namespace."""
        self.assertTrue(NameSelector(QName("urn:x", "*")).isWildcard)
        self.assertFalse(NameSelector(QName("urn:x", "a")).isWildcard)
