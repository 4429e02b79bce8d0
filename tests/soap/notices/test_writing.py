"""Notices as bytes: what is on the wire, to the byte."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import writeValue
from gma_twisted.markup.namespaces import GMA, OGSI, SD, SOAP11, XSD, XSI
from gma_twisted.model import FOREVER, Delivery, ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.soap.calling import writeRequest
from gma_twisted.soap.notices import (
    noticeEnvelope,
    writeChanges,
    writeExtension,
    writeRemoval,
    writeWholeValues,
)
from gma_twisted.soap.porttypes import NOTIFICATION_SINK

_KEY = ElementKey(QName("urn:a?1&2", "x"), "http://h/s", "<7>")
_IDENTITY = (
    "<gma:namespace>urn:a?1&amp;2</gma:namespace><gma:localName>x</gma:localName>"
    "<gma:originator>http://h/s</gma:originator><gma:key>&lt;7&gt;</gma:key>"
)
_VALUE = writeValue(
    ServiceDataElement(ElementKey(QName("", "a"), "http://h/s"), b"<a", b">1</a>", Lifetime(5.0)),
    6.0,
    0.0,
)


class PieceTests(SynchronousTestCase):
    """What a notice says of one value."""

    def test_extension(self) -> None:
        """An extension names the value and says both ends in wall time."""
        written = writeExtension(_KEY, Lifetime(0.0, 10.0, 20.5), 1000.0)
        self.assertEqual(
            written.decode(),
            f"<gma:extend>{_IDENTITY}<gma:goodUntil>1970-01-01T00:16:50Z</gma:goodUntil>"
            "<gma:availableUntil>1970-01-01T00:17:00.500Z</gma:availableUntil></gma:extend>",
        )

    def test_withoutEnd(self) -> None:
        """An end that never comes is left out."""
        self.assertEqual(
            writeExtension(_KEY, Lifetime(0.0, 10.0), 0.0).decode(),
            f"<gma:extend>{_IDENTITY}<gma:goodUntil>1970-01-01T00:00:10Z</gma:goodUntil></gma:extend>",
        )
        self.assertEqual(
            writeExtension(_KEY, FOREVER, 0.0).decode(), f"<gma:extend>{_IDENTITY}</gma:extend>"
        )

    def test_removal(self) -> None:
        """A removal names the value; empty parts are there and empty."""
        self.assertEqual(writeRemoval(_KEY).decode(), f"<gma:remove>{_IDENTITY}</gma:remove>")
        self.assertEqual(
            writeRemoval(ElementKey(QName("", "x"), "")).decode(),
            "<gma:remove><gma:namespace></gma:namespace><gma:localName>x</gma:localName>"
            "<gma:originator></gma:originator><gma:key></gma:key></gma:remove>",
        )


class MessageTests(SynchronousTestCase):
    """What C{ogsi:message} holds."""

    def test_changes(self) -> None:
        """All values stand in one gma:put, then extensions, then removals."""
        removal = writeRemoval(_KEY)
        self.assertEqual(
            writeChanges([_VALUE, _VALUE], [b"<gma:extend/>"], [removal, removal], False),
            b"<gma:changes><gma:put>"
            + _VALUE * 2
            + b"</gma:put><gma:extend/>"
            + removal * 2
            + b"</gma:changes>",
        )

    def test_nothing(self) -> None:
        """Without values there is no gma:put; the end of an empty snapshot is a notice too."""
        self.assertEqual(writeChanges([], [], [], False), b"<gma:changes></gma:changes>")
        self.assertEqual(
            writeChanges([], [], [], True),
            b'<gma:changes gma:snapshotEnd="true"></gma:changes>',
        )

    def test_whole(self) -> None:
        """Whole values are what a name query would answer, with the time."""
        self.assertEqual(
            writeWholeValues([_VALUE, b"<b/>"], 1.5),
            b'<sd:serviceDataValues gma:sent="1970-01-01T00:00:01.500Z">'
            + _VALUE
            + b"<b/></sd:serviceDataValues>",
        )
        self.assertEqual(
            writeWholeValues([], 0.0),
            b'<sd:serviceDataValues gma:sent="1970-01-01T00:00:00Z"></sd:serviceDataValues>',
        )


class EnvelopeTests(SynchronousTestCase):
    """The whole request."""

    def test_plain(self) -> None:
        """Without a header it is what any caller of deliverNotification writes."""
        (operation,) = NOTIFICATION_SINK.operations
        self.assertEqual(
            noticeEnvelope(b"<gma:changes/>", None),
            writeRequest(operation, {"message": b"<gma:changes/>"}),
        )

    def test_header(self) -> None:
        """The header says whose notice it is and which; what is not so is not said; nobody must understand it."""
        self.assertEqual(
            noticeEnvelope(b"<gma:changes/>", Delivery("http://h/s?a&b", 3, 4, 1.5)).decode(),
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<soapenv:Envelope xmlns:soapenv="{SOAP11}" xmlns:ogsi="{OGSI}" xmlns:sd="{SD}"'
            f' xmlns:gma="{GMA}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}">'
            "<soapenv:Header><gma:delivery>"
            "<gma:subscription>http://h/s?a&amp;b</gma:subscription>"
            "<gma:epoch>3</gma:epoch><gma:sequence>4</gma:sequence>"
            "<gma:sent>1970-01-01T00:00:01.500Z</gma:sent></gma:delivery></soapenv:Header>"
            "<soapenv:Body><ogsi:deliverNotification><ogsi:message><gma:changes/></ogsi:message>"
            "</ogsi:deliverNotification></soapenv:Body></soapenv:Envelope>",
        )

    def test_everything(self) -> None:
        """A part of a snapshot says so, and how much was left out before it."""
        written = noticeEnvelope(b"<gma:changes/>", Delivery("s", 3, 4, 1.5, True, 12))
        self.assertIn(
            b"</gma:sent><gma:snapshot>true</gma:snapshot><gma:dropped>12</gma:dropped></gma:delivery>",
            written,
        )
