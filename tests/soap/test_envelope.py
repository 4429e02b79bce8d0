"""Envelopes: the rules of SOAP 1.1 and 1.2 that hold before anything is done."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import MustUnderstand, ParameterError, VersionMismatch
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMAP
from gma_twisted.model import QName
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.envelope import envelopeClose, envelopeOpen
from tests.soap.messages import GMA, OGSI, SOAP11, SOAP12, envelope, opened

_BOTH = (SOAP11, SOAP12)
_WSA = "http://www.w3.org/2005/08/addressing"
_WSA2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"


class ShapeTests(SynchronousTestCase):
    """One optional Header, one Body, one child."""

    def _refused(self, document: bytes, word: str) -> None:
        error = self.assertRaises(ParameterError, openEnvelope, XMLGate().parse(document))
        self.assertIn(word, str(error))

    def test_versions(self) -> None:
        """Both versions are opened, and told apart."""
        self.assertEqual([opened("<a/>", soap=soap).isSoap12 for soap in _BOTH], [False, True])

    def test_parts(self) -> None:
        """Header and content are handed over; without a Header there is none."""
        message = opened("<a/>", "<h xmlns='urn:h'/>")
        assert message.header is not None
        self.assertEqual((message.content.tag, len(message.header)), ("a", 1))
        self.assertIsNone(opened("<a/>").header)

    def test_pretty(self) -> None:
        """Blanks between the parts mean nothing."""
        self.assertEqual(opened("\n  <a/>\n").content.tag, "a")

    def test_noEnvelope(self) -> None:
        """Another root is a version nobody speaks; both we speak are named."""
        for document in (b"<a/>", b'<Envelope xmlns="urn:other"><Body/></Envelope>'):
            error = self.assertRaises(VersionMismatch, openEnvelope, XMLGate().parse(document))
            self.assertIn(SOAP11, str(error))
            self.assertIn(SOAP12, str(error))

    def test_emptyBody(self) -> None:
        """An empty Body is a fault, not an error."""
        self._refused(envelope(""), "exactly one child")

    def test_twoChildren(self) -> None:
        """Only one thing is asked at a time."""
        self._refused(envelope("<a/><b/>"), "it has 2")

    def test_textInBody(self) -> None:
        """Text beside the child of Body is refused, before it and behind it."""
        self._refused(envelope("x<a/>"), "text")
        self._refused(envelope("<a/>x"), "text")

    def test_afterBody(self) -> None:
        """Nothing comes after the Body."""
        self._refused(envelope("<a/>", after="<b/>"), "2 children")
        self._refused(envelope("<a/>", "", after="<b/>"), "3 children")

    def test_bodyOfOtherVersion(self) -> None:
        """Envelope and Body are of one version."""
        document = (
            f'<e:Envelope xmlns:e="{SOAP11}"><b:Body xmlns:b="{SOAP12}"><a/></b:Body></e:Envelope>'
        )
        self._refused(document.encode(), "needs its Body")

    def test_headerAfterBody(self) -> None:
        """A Header behind the Body is none."""
        self._refused(
            f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><a/></e:Body><e:Header/></e:Envelope>'.encode(),
            "2 children",
        )

    def test_nothing(self) -> None:
        """An envelope without a Body is none."""
        self._refused(f'<e:Envelope xmlns:e="{SOAP11}"/>'.encode(), "0 children")


class HeaderTests(SynchronousTestCase):
    """What must be understood is understood or refused."""

    def _block(self, attributes: str) -> str:
        return f'<h:note xmlns:h="urn:h" {attributes}/>'

    def test_optional(self) -> None:
        """A block nobody has to understand is passed over."""
        for attributes in ("", 's:mustUnderstand="0"', 's:mustUnderstand="false"'):
            opened("<a/>", self._block(attributes))

    def test_mustUnderstand(self) -> None:
        """A block that must be understood is refused by name, in both versions."""
        for soap in _BOTH:
            for value in ("1", "true", " 1 "):
                error = self.assertRaises(
                    MustUnderstand,
                    opened,
                    "<a/>",
                    self._block(f's:mustUnderstand="{value}"'),
                    soap,
                )
                self.assertIn("{urn:h}note", str(error))

    def test_forOthers(self) -> None:
        """A block for another node need not be understood here."""
        opened("<a/>", self._block('s:mustUnderstand="1" s:actor="urn:someone"'))
        opened("<a/>", self._block('s:mustUnderstand="1" s:role="urn:someone"'), SOAP12)
        opened("<a/>", self._block(f's:mustUnderstand="1" s:role="{SOAP12}/role/none"'), SOAP12)

    def test_forUs(self) -> None:
        """A block for the next or the last node is for us."""
        for soap, attribute in (
            (SOAP11, 's:actor="http://schemas.xmlsoap.org/soap/actor/next"'),
            (SOAP11, 's:actor=""'),
            (SOAP12, f's:role="{SOAP12}/role/next"'),
            (SOAP12, f's:role="{SOAP12}/role/ultimateReceiver"'),
        ):
            block = self._block(f's:mustUnderstand="1" {attribute}')
            self.assertRaises(MustUnderstand, opened, "<a/>", block, soap)

    def test_relay(self) -> None:
        """SOAP 1.2's relay changes nothing for the last node."""
        opened("<a/>", self._block('s:relay="true"'), SOAP12)
        block = self._block('s:relay="true" s:mustUnderstand="1"')
        self.assertRaises(MustUnderstand, opened, "<a/>", block, SOAP12)

    def test_noBoolean(self) -> None:
        """mustUnderstand is a boolean."""
        self.assertRaises(ParameterError, opened, "<a/>", self._block('s:mustUnderstand="yes"'))

    def test_delivery(self) -> None:
        """Our delivery header is understood."""
        opened("<a/>", '<gma:delivery s:mustUnderstand="1"/>')

    def test_action(self) -> None:
        """wsa:Action is handed over, of either addressing."""
        for uri in (_WSA, _WSA2004):
            message = opened(
                "<a/>", f'<w:Action xmlns:w="{uri}" s:mustUnderstand="1"> urn:a#b </w:Action>'
            )
            self.assertEqual(message.action, "urn:a#b")
        self.assertIsNone(opened("<a/>", "").action)

    def test_replyHere(self) -> None:
        """An answer may be wanted on the same connection, or not at all."""
        for uri, address in (
            (_WSA, f"{_WSA}/anonymous"),
            (_WSA, f" {_WSA}/none\n"),
            (_WSA2004, f"{_WSA2004}/role/anonymous"),
        ):
            for name in ("ReplyTo", "FaultTo"):
                block = f'<w:{name} xmlns:w="{uri}"><w:Address>{address}</w:Address></w:{name}>'
                opened("<a/>", block)

    def test_replyElsewhere(self) -> None:
        """An answer is sent nowhere else, whatever the address ends in; an endpoint without one is refused."""
        for content in (
            "<w:Address>http://evil/</w:Address>",
            "<w:Address>http://evil/anonymous</w:Address>",
            "<w:Address/>",
            "",
            f"<w:Address>{_WSA}/anonymous</w:Address><w:Address>http://evil/</w:Address>",
        ):
            for name in ("ReplyTo", "FaultTo"):
                block = f'<w:{name} xmlns:w="{_WSA}">{content}</w:{name}>'
                self.assertRaises(ParameterError, opened, "<a/>", block)


class WritingTests(SynchronousTestCase):
    """Ready bytes go between two pieces."""

    def _written(self, isSoap12: bool, name: QName | None, content: bytes) -> bytes:
        return envelopeOpen(isSoap12, name) + content + envelopeClose(name)

    def test_versions(self) -> None:
        """What is written is opened again as the same version."""
        for isSoap12 in (False, True):
            document = self._written(isSoap12, QName(OGSI, "x"), b"<gma:y/>")
            message = openEnvelope(XMLGate().parse(document))
            self.assertEqual(
                (message.isSoap12, message.content.tag, message.content[0].tag),
                (isSoap12, f"{{{OGSI}}}x", f"{{{GMA}}}y"),
            )

    def test_declared(self) -> None:
        """The prefixes that spliced values rely on are declared around them."""
        document = self._written(
            False, QName(GMAP, "x"), b"<sd:a ogsi:b='' gma:c='' xsi:d='xsd:e'/>"
        )
        namespaces = XMLGate().parse(document)[0][0][0].nsmap
        self.assertLessEqual({"ogsi", "sd", "gma", "xsd", "xsi", "gmap"}, set(namespaces))

    def test_foreignNamespace(self) -> None:
        """An operation of somebody else's namespace gets a prefix of its own."""
        document = self._written(False, QName("urn:mine?a&b", "x"), b"<svc:y/>")
        content = openEnvelope(XMLGate().parse(document)).content
        self.assertEqual(content[0].tag, "{urn:mine?a&b}y")

    def test_emptyBody(self) -> None:
        """Without a name the Body is empty."""
        root = XMLGate().parse(self._written(True, None, b""))
        self.assertEqual(len(root[0]), 0)
