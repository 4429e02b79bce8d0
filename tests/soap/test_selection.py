"""From message to call, from result to envelope."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotImplementedException, ParameterError
from gma_twisted.markup import XMLGate
from gma_twisted.model import ProviderDescription, QName, TerminationTime
from gma_twisted.soap import Call, ResponseWriter, Selection, openEnvelope
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION
from tests.soap.messages import OGSI, PX, SOAP11, SOAP12, opened
from tests.soap.sample import SAMPLE, operation

_FIND = (
    "<ogsi:findServiceData><ogsi:queryExpression><q/></ogsi:queryExpression></ogsi:findServiceData>"
)
_WSA = "http://www.w3.org/2005/08/addressing"


def _select(body: str, action: str | None = None, header: str | None = None) -> Call:
    selection = Selection([GRID_SERVICE, PROVIDER_EXECUTION])
    return selection.select(opened(body, header), action)


class SelectionTests(SynchronousTestCase):
    """The first child of Body decides, nothing else."""

    def test_operation(self) -> None:
        """The operation is found by its request element, with its arguments."""
        call = _select(_FIND)
        self.assertEqual(call.operation.name, "findServiceData")
        self.assertEqual(call.arguments["queryExpression"].name, QName("", "q"))

    def test_unknown(self) -> None:
        """An operation the service does not have is NotImplemented, by name; so is one of another namespace."""
        for body in ("<ogsi:subscribe/>", "<px:findServiceData/>", "<findServiceData/>"):
            error = self.assertRaises(NotImplementedException, _select, body)
            self.assertIn(body.strip("</>").rpartition(":")[2], str(error))
            self.assertIn("operation", error.details)

    def test_everyOperation(self) -> None:
        """Every declared operation can be asked for."""
        selection = Selection([GRID_SERVICE, PROVIDER_EXECUTION, SAMPLE])
        self.assertEqual(len(selection.operations), 5 + 2 + 4)

    def test_missingPart(self) -> None:
        """A missing argument is named, with its operation."""
        error = self.assertRaises(ParameterError, _select, "<ogsi:findServiceData/>")
        self.assertIn("queryExpression is missing in findServiceData", str(error))

    def test_strangePart(self) -> None:
        """Arguments the operation does not have are refused, also where the right one is there."""
        for body in (
            "<ogsi:destroy><ogsi:now/></ogsi:destroy>",
            _FIND.replace("</ogsi:find", "<ogsi:limit/></ogsi:find"),
            _FIND.replace("ogsi:queryExpression", "px:queryExpression"),
        ):
            self.assertRaises(ParameterError, _select, body)

    def test_twice(self) -> None:
        """An argument given twice is refused."""
        part = "<ogsi:queryExpression><q/></ogsi:queryExpression>"
        error = self.assertRaises(ParameterError, _select, _FIND.replace(part, part * 2))
        self.assertIn("twice", str(error))

    def test_unqualifiedPart(self) -> None:
        """An argument without the namespace is read."""
        call = _select(_FIND.replace("ogsi:queryExpression", "queryExpression"))
        self.assertEqual(call.arguments["queryExpression"].name, QName("", "q"))

    def test_bareValue(self) -> None:
        """GT3 puts the one simple value straight into the request element."""
        self.assertEqual(
            _select("<px:enumProviders>true</px:enumProviders>").arguments, {"rescanConfig": True}
        )
        wrapped = "<px:enumProviders> <px:rescanConfig>0</px:rescanConfig> </px:enumProviders>"
        self.assertEqual(_select(wrapped).arguments, {"rescanConfig": False})

    def test_structure(self) -> None:
        """A structure becomes the model's value."""
        call = _select(
            "<px:executeProvider><px:ServiceDataProviderExecution>"
            "<px:serviceDataProviderName> disk </px:serviceDataProviderName>"
            "<px:serviceDataName>ogsi:entry</px:serviceDataName><px:async>1</px:async>"
            "</px:ServiceDataProviderExecution></px:executeProvider>"
        )
        request = call.arguments["ServiceDataProviderExecution"]
        self.assertEqual(
            (request.provider, request.serviceDataName, request.isAsync, request.refreshFrequency),
            ("disk", QName(OGSI, "entry"), True, 0.0),
        )


class ActionTests(SynchronousTestCase):
    """SOAPAction and wsa:Action may be missing, but not disagree."""

    def test_agreeing(self) -> None:
        """Every spelling the clients of this protocol made up agrees."""
        for action in (
            None,
            "",
            f"{OGSI}#findServiceData",
            "findServiceData",
            f"{OGSI}/GridService/findServiceData",
            "urn:anything:findServiceDataRequest",
        ):
            _select(_FIND, action)

    def test_disagreeing(self) -> None:
        """Another operation's action is refused; both are named."""
        for action in (
            f"{OGSI}#destroy",
            "destroy",
            "urn:x/findServiceDataResponse",
            "urn:x#",
            "x",
        ):
            error = self.assertRaises(ParameterError, _select, _FIND, action)
            self.assertIn("findServiceData", str(error))
            self.assertIn(action, str(error))

    def test_addressing(self) -> None:
        """wsa:Action is held to the same, also when SOAPAction agrees."""
        header = f'<w:Action xmlns:w="{_WSA}">{OGSI}#%s</w:Action>'
        _select(_FIND, None, header % "findServiceData")
        self.assertRaises(ParameterError, _select, _FIND, "findServiceData", header % "destroy")


class WriterTests(SynchronousTestCase):
    """Results become envelopes of the version that was asked in."""

    def _written(self, name: str, result: object, isSoap12: bool = False) -> bytes:
        portTypes = (GRID_SERVICE, PROVIDER_EXECUTION, SAMPLE)
        found = next(
            one for portType in portTypes for one in portType.operations if one.name == name
        )
        return ResponseWriter(found, isSoap12).write(result)

    def test_versions(self) -> None:
        """The envelope has the namespace of its version."""
        for isSoap12, uri in ((False, SOAP11), (True, SOAP12)):
            root = XMLGate().parse(self._written("destroy", None, isSoap12))
            self.assertEqual(root.tag, f"{{{uri}}}Envelope")

    def test_spliced(self) -> None:
        """Ready bytes are spliced in as they are, and may use the envelope's prefixes."""
        written = self._written("findServiceData", b"<sd:serviceDataValues gma:sent='x'/>")
        self.assertIn(b"<ogsi:result><sd:serviceDataValues gma:sent='x'/></ogsi:result>", written)
        content = openEnvelope(XMLGate().parse(written)).content
        self.assertEqual(content.tag, f"{{{OGSI}}}findServiceDataResponse")

    def test_hostileSplice(self) -> None:
        """Nothing in the spliced bytes is taken for a place to splice."""
        self.assertIn(b"<a>%s {0} \\0</a>", self._written("findServiceData", b"<a>%s {0} \\0</a>"))

    def test_empty(self) -> None:
        """An operation without results answers its empty element."""
        content = openEnvelope(XMLGate().parse(self._written("destroy", None))).content
        self.assertEqual((content.tag, len(content)), (f"{{{OGSI}}}destroyResponse", 0))

    def test_one(self) -> None:
        """One result is written as its part."""
        written = self._written("requestTerminationAfter", TerminationTime(1.0))
        self.assertIn(b'<ogsi:currentTerminationTime ogsi:after="1970-01-01T00:00:01Z"/>', written)

    def test_list(self) -> None:
        """A result that repeats is written so often; none is nothing."""
        one = ProviderDescription("a", "b", "c", (), True, "x=1")
        written = self._written("enumProviders", [one, one])
        self.assertEqual(written.count(b"<px:ServiceDataProviders>"), 2)
        content = openEnvelope(XMLGate().parse(self._written("enumProviders", []))).content
        self.assertEqual((content.tag, len(content)), (f"{{{PX}}}enumProvidersResponse", 0))

    def test_several(self) -> None:
        """Several results are a tuple in declared order; one too few is an error, not a guess."""
        content = openEnvelope(XMLGate().parse(self._written("swap", ("a", 5)))).content
        self.assertEqual([child.text for child in content], ["a", "5"])
        self.assertEqual(content.tag, operation("swap").responseName.clark)
        self.assertRaises(ValueError, self._written, "swap", ("a",))
