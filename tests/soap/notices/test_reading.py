"""Notices read: ours come back as they were, those of other OGSI sources as far as they say something."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityNotSupported, ExtensibilityTypeError, TooLarge
from gma_twisted.markup import Element, XMLGate, escapeText, valueFromTree, writeValue
from gma_twisted.markup.namespaces import GMA, OGSI, SD
from gma_twisted.model import Delivery, ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.soap import Selection, openEnvelope
from gma_twisted.soap.notices import (
    MOST_VALUES,
    ReceivedExtension,
    ReceivedNotice,
    noticeEnvelope,
    readNotice,
    writeChanges,
    writeExtension,
    writeRemoval,
    writeWholeValues,
)
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from tests.soap.named import KEYS, TEXTS


def _parse(document: str) -> Element:
    declared = f' xmlns:sd="{SD}" xmlns:gma="{GMA}" xmlns:ogsi="{OGSI}" xmlns:a="urn:a"'
    return XMLGate().parse(f"<message{declared}>{document}</message>".encode())[0]


def _read(document: str) -> ReceivedNotice:
    return readNotice(_parse(document))


def _received(message: bytes) -> ReceivedNotice:
    """What a sink makes of the whole request."""
    envelope = noticeEnvelope(message, Delivery("http://h/s", 1, 1, 0.0))
    call = Selection([NOTIFICATION_SINK]).select(openEnvelope(XMLGate().parse(envelope)), None)
    notice: ReceivedNotice = call.arguments["message"].read(readNotice)
    return notice


_PARTS = (
    "<gma:namespace>urn:a</gma:namespace><gma:localName>x</gma:localName>"
    "<gma:originator>http://h/</gma:originator><gma:key>7</gma:key>"
)
_KEY = ElementKey(QName("urn:a", "x"), "http://h/", "7")
_SECONDS = st.integers(0, 2 * 10**9)
_LIFETIMES = st.builds(
    lambda start, good, grace: Lifetime(start, start + good, start + good + grace),
    _SECONDS,
    _SECONDS | st.just(math.inf),
    _SECONDS | st.just(math.inf),
)


def _element(key: ElementKey, text: str, lifetime: Lifetime, sequence: int) -> ServiceDataElement:
    name = key.name
    tag = f"p:{name.localName}" if name.namespace else name.localName
    uri = escapeText(name.namespace)
    declared = f' xmlns:p="{uri}"' if name.namespace else ""
    root = XMLGate().parse(f"<{tag}{declared}>{escapeText(text)}</{tag}>".encode())
    return valueFromTree(root, key, lifetime, 1.5, sequence)


_ELEMENTS = st.builds(_element, KEYS, TEXTS, _LIFETIMES, st.integers(0, 10**18 - 1))


def _end(instant: float) -> float | None:
    return None if instant == math.inf else instant


class RoundTripTests(SynchronousTestCase):
    """What our nodes write is read again."""

    def _checkValues(
        self, notice: ReceivedNotice, elements: Sequence[ServiceDataElement], offset: float
    ) -> None:
        self.assertEqual(len(notice.put), len(elements))
        for read, element in zip(notice.put, elements, strict=True):
            key = ElementKey(read.name, read.originator, read.key)
            self.assertEqual((key, read.sequence), (element.key, element.sequence))
            lifetime = element.lifetime
            self.assertEqual(
                (read.goodUntil, read.availableUntil),
                (_end(lifetime.goodUntil + offset), _end(lifetime.availableUntil + offset)),
            )
            self.assertEqual(
                XMLGate().parse(read.head + read.tail).text,
                XMLGate().parse(element.content).text,
            )

    @given(
        st.lists(_ELEMENTS, max_size=3),
        st.lists(st.tuples(KEYS, _LIFETIMES), max_size=3),
        st.lists(KEYS, max_size=3),
        st.booleans(),
    )
    def test_changes(
        self,
        put: list[ServiceDataElement],
        extend: list[tuple[ElementKey, Lifetime]],
        remove: list[ElementKey],
        isSnapshotEnd: bool,
    ) -> None:
        """Changes come back: values with identity, content and lifetime, extensions, removals, all in order."""
        message = writeChanges(
            [writeValue(element, 0.0, 1000.0) for element in put],
            [writeExtension(key, lifetime, 1000.0) for key, lifetime in extend],
            [writeRemoval(key) for key in remove],
            isSnapshotEnd,
        )
        notice = _received(message)
        self._checkValues(notice, put, 1000.0)
        self.assertEqual(
            notice.extend,
            [
                ReceivedExtension(
                    key, _end(lifetime.goodUntil + 1000), _end(lifetime.availableUntil + 1000)
                )
                for key, lifetime in extend
            ],
        )
        self.assertEqual(notice.remove, remove)
        self.assertEqual(
            (notice.isWhole, notice.isSnapshotEnd, notice.sent), (False, isSnapshotEnd, None)
        )

    @given(st.lists(_ELEMENTS, max_size=3), _SECONDS)
    def test_whole(self, elements: list[ServiceDataElement], sent: int) -> None:
        """Whole values come back, and when they were sent."""
        values = [writeValue(element, 0.0, 0.0) for element in elements]
        notice = _received(writeWholeValues(values, sent))
        self._checkValues(notice, elements, 0.0)
        self.assertEqual(
            (list(notice.extend), list(notice.remove), notice.isWhole, notice.isSnapshotEnd),
            ([], [], True, False),
        )
        self.assertEqual(notice.sent, sent)


class ReadTests(SynchronousTestCase):
    """What else is read."""

    def test_foreign(self) -> None:
        """A foreign source says neither when nor whose; what its values say of themselves is read."""
        notice = _read(
            '<sd:serviceDataValues><a:x goodFrom="1970-01-01T00:00:01Z"'
            ' ogsi:availableUntil="1970-01-01T00:00:09Z">1</a:x><a:x/></sd:serviceDataValues>'
        )
        first, second = notice.put
        self.assertEqual(
            (first.name, first.originator, first.goodFrom, first.goodUntil, first.availableUntil),
            (QName("urn:a", "x"), "", 1.0, None, 9.0),
        )
        self.assertEqual((second.originator, second.availableUntil), ("", None))
        self.assertEqual((notice.isWhole, notice.sent), (True, None))

    def test_otherOrder(self) -> None:
        """Parts of a change notice come in any order and number, an end may be infinity."""
        notice = _read(
            f"<gma:changes gma:snapshotEnd=' 1 '><gma:remove>{_PARTS}</gma:remove><gma:put><a:x/></gma:put>"
            f"<gma:extend>{_PARTS}<gma:goodUntil>infinity</gma:goodUntil></gma:extend>"
            f"<gma:put/><gma:put><a:y/></gma:put><gma:remove>{_PARTS}</gma:remove></gma:changes>"
        )
        self.assertEqual([value.name.localName for value in notice.put], ["x", "y"])
        self.assertEqual(notice.extend, [ReceivedExtension(_KEY, math.inf, None)])
        self.assertEqual(notice.remove, [_KEY, _KEY])
        self.assertTrue(notice.isSnapshotEnd)

    def test_blanks(self) -> None:
        """Blanks around a name do not count; an originator and a key are what they are."""
        parts = _PARTS.replace("urn:a", "\n urn:a ").replace(">x<", "> x\t<").replace("7", " 7 ")
        self.assertEqual(
            _read(f"<gma:changes><gma:remove>{parts}</gma:remove></gma:changes>").remove,
            [ElementKey(QName("urn:a", "x"), "http://h/", " 7 ")],
        )


_MALFORMED = [
    ('<gma:changes gma:snapshotEnd="yes"/>', 'gma:snapshotEnd: "yes" is not true or false'),
    ("<gma:changes><gma:other/></gma:changes>", '}other" does not belong into gma:changes'),
    ("<gma:changes><put/></gma:changes>", '"put" does not belong into gma:changes'),
    ("<gma:changes><a:x/></gma:changes>", '"{urn:a}x" does not belong into gma:changes'),
    ("<gma:changes><gma:remove/></gma:changes>", "namespace is missing in remove"),
    (f"<gma:changes><gma:extend>{_PARTS}<a:x/></gma:extend></gma:changes>", "belong into extend"),
    (
        f"<gma:changes><gma:extend>{_PARTS}<gma:goodUntil>x</gma:goodUntil></gma:extend></gma:changes>",
        'goodUntil: "x" is not a dateTime',
    ),
    (
        f"<gma:changes><gma:remove>{_PARTS}<gma:goodUntil/></gma:remove></gma:changes>",
        "belong into remove",
    ),
    (f"<gma:changes><gma:remove>{_PARTS * 2}</gma:remove></gma:changes>", "there twice in remove"),
    (
        f"<gma:changes><gma:remove>{_PARTS.replace('>x<', '>1x<')}</gma:remove></gma:changes>",
        '"1x" is not an XML name',
    ),
    (
        f"<gma:changes><gma:remove>{_PARTS.replace('urn:a', 'u' * 2000)}</gma:remove></gma:changes>",
        "longer than 1024",
    ),
    ('<gma:changes><gma:put><a:x gma:sequence="-1"/></gma:put></gma:changes>', "gma:sequence"),
    ('<gma:changes><gma:put><a:x ogsi:goodUntil="x"/></gma:put></gma:changes>', "dateTime"),
    ('<sd:serviceDataValues gma:sent="x"/>', 'gma:sent: "x" is not a dateTime'),
    ('<sd:serviceDataValues gma:sent="10000-01-01T00:00:00Z"/>', "in no year from 1 to 9999"),
    ('<sd:serviceDataValues><a:x gma:sequence="x"/></sd:serviceDataValues>', "gma:sequence"),
]


class RefuseTests(SynchronousTestCase):
    """What is not."""

    def test_malformed(self) -> None:
        """What is malformed is refused by name, the whole notice with it."""
        for document, expected in _MALFORMED:
            error = self.assertRaises(ExtensibilityTypeError, _read, document)
            self.assertIn(expected, error.message)

    def test_other(self) -> None:
        """Another element is no notice, neither with a known name in another namespace."""
        for document in ("<changes/>", "<serviceDataValues/>", "<a:changes/>", "<gma:put/>"):
            error = self.assertRaises(ExtensibilityNotSupported, _read, document)
            self.assertIn("is no notice; send sd:serviceDataValues", error.message)

    def test_most(self) -> None:
        """A notice speaks of a bounded number of values, however it does; more are refused before they are read."""
        value, extend = "<a:x/>", f"<gma:extend>{_PARTS}</gma:extend>"
        whole = "<sd:serviceDataValues>%s</sd:serviceDataValues>"
        puts = "<gma:changes><gma:put>%s</gma:put></gma:changes>"
        self.assertEqual(len(_read(whole % (value * MOST_VALUES)).put), MOST_VALUES)
        self.assertEqual(len(_read(puts % (value * MOST_VALUES)).put), MOST_VALUES)
        half, put = MOST_VALUES // 2, f"<gma:put>{value}</gma:put>"
        for document in (
            whole % (value * (MOST_VALUES + 1)),
            puts % (value * (MOST_VALUES + 1)),
            f"<gma:changes>{extend * (MOST_VALUES + 1)}</gma:changes>",
            f"<gma:changes>{put * (MOST_VALUES + 1)}</gma:changes>",
            f"<gma:changes>{extend * half}<gma:put>{value * (half + 1)}</gma:put></gma:changes>",
            f"<gma:changes>{f'<gma:put>{value * half}</gma:put>' * 3}</gma:changes>",
        ):
            error = self.assertRaises(TooLarge, _read, document)
            self.assertIn(f"may speak of {MOST_VALUES} values, this one speaks of", error.message)
