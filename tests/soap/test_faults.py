"""Faults: what is raised here is raised at the caller, in both versions."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import errors
from gma_twisted.errors import GMAError, PeerFault
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import WSSE, XSI
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import QName
from gma_twisted.soap import openEnvelope, readFault, statusOf, writeFault
from gma_twisted.soap.faults import COMMON_FAULTS, FAULTS, faultKind
from gma_twisted.soap.types import QNAMES
from tests.soap.messages import GMA, OGSI, SOAP11, SOAP12, opened

_BOTH = (False, True)
_HANDLE = "http://127.0.0.1:8480/services/index"
_SECURITY_ERRORS = (errors.FailedAuthentication, errors.InvalidSecurity)
_VERSION_ERRORS = (errors.VersionMismatch, errors.MustUnderstand)
_HEADER_ERRORS = (*_VERSION_ERRORS, *_SECURITY_ERRORS)


def _fault(error: GMAError, isSoap12: bool) -> Element:
    written = writeFault(error, isSoap12, _HANDLE, 12.5, "c0ffee")
    message = openEnvelope(XMLGate().parse(written))
    assert message.isSoap12 is isSoap12
    return message.content


def _through(error: GMAError, isSoap12: bool) -> GMAError:
    return readFault(_fault(error, isSoap12))


class RoundTripTests(SynchronousTestCase):
    """Every code, both ways."""

    def test_everyCode(self) -> None:
        """Every error of the table comes back as the class it was, with its words and facts."""
        for code, kind in FAULTS.items():
            for isSoap12 in _BOTH:
                got = _through(kind.error("what & <where>", id="7"), isSoap12)
                self.assertIs(type(got), kind.error, code)
                self.assertEqual((got.message, got.details), ("what & <where>", {"id": "7"}))

    def test_headerErrors(self) -> None:
        """So do the errors that have no detail, as SOAP wants it."""
        for error in _HEADER_ERRORS:
            for isSoap12 in _BOTH:
                fault = _fault(error("no such header"), isSoap12)
                self.assertEqual(list(fault.iter("{*}detail", "{*}Detail")), [])
                got = readFault(fault)
                self.assertIs(type(got), error)
                self.assertEqual(got.message, "no such header")

    def test_securityErrors(self) -> None:
        """Their codes are those of WS-Security, which a SOAP 1.2 fault has below the side that is at fault."""
        for error in _SECURITY_ERRORS:
            for isSoap12, tag in ((False, "faultcode"), (True, f"{{{SOAP12}}}Subcode")):
                (node,) = _fault(error("-"), isSoap12).iter(tag)
                node = next(iter(node), node)
                self.assertEqual(readQName(node.text or "", node.nsmap), QName(WSSE, error.code))
            self.assertEqual(statusOf(error("-"), True), 400)
            self.assertEqual(statusOf(error("-"), False), 500)

    def test_unlisted(self) -> None:
        """An error with a code of its own travels as one everybody knows, its code beside it."""
        for error, known in (
            (errors.ProviderFailed("exit status 3"), errors.ServiceError),
            (errors.PeerUnreachable("no answer"), errors.ServiceError),
            (errors.NotRepresentable("field x"), errors.ParameterError),
        ):
            self.assertIs(type(_through(error, False)), known)
            self.assertIn(
                error.code, [one.text for one in _fault(error, False).iter(f"{{{OGSI}}}faultcode")]
            )

    @given(
        st.text(max_size=60),
        st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
        st.booleans(),
    )
    def test_anyWords(self, text: str, details: dict[str, str], isSoap12: bool) -> None:
        """Whatever the words are, the fault is well-formed and of its class."""
        error = errors.Refused(text)
        error.details = details
        self.assertIs(type(_through(error, isSoap12)), errors.Refused)


class TypedTests(SynchronousTestCase):
    """Faults that carry more than words."""

    def test_partialFailure(self) -> None:
        """What failed comes back by name, every cause as the class it was, with its facts."""
        error = errors.PartialFailure(
            "2 of 4 names were updated",
            [
                ("{urn:a}load", errors.CardinalityViolation("too <many>", limit="3")),
                ("{urn:a}host", errors.Busy("full")),
                ("{urn:a}host", errors.NotRepresentable("odd")),
            ],
        )
        for isSoap12 in _BOTH:
            got = _through(error, isSoap12)
            assert isinstance(got, errors.PartialFailure)
            self.assertEqual(got.message, "2 of 4 names were updated")
            self.assertEqual(
                [(name, type(each), each.message, each.details) for name, each in got.failures],
                [
                    ("{urn:a}load", errors.CardinalityViolation, "too <many>", {"limit": "3"}),
                    ("{urn:a}host", errors.Busy, "full", {}),
                    # Errors without a type of their own travel as one everybody knows.
                    ("{urn:a}host", errors.ParameterError, "odd", {}),
                ],
            )

    def test_nested(self) -> None:
        """A cause may have causes."""
        inner = errors.PartialFailure("in", [("b", errors.Refused("no"))])
        got = _through(errors.PartialFailure("out", [("{urn:x}a", inner)]), False)
        assert isinstance(got, errors.PartialFailure)
        ((name, cause),) = got.failures
        assert isinstance(cause, errors.PartialFailure)
        self.assertEqual((name, cause.message), ("{urn:x}a", "in"))
        self.assertEqual(
            [(each, type(why)) for each, why in cause.failures], [("b", errors.Refused)]
        )

    def test_existing(self) -> None:
        """The handle of what exists comes back, or nothing."""
        for handle in ("http://h/services/x?a=1&b=2", ""):
            got = _through(errors.ServiceAlreadyExists("there", handle), True)
            assert isinstance(got, errors.ServiceAlreadyExists)
            self.assertEqual(got.existing, handle)

    def test_shape(self) -> None:
        """The names are a list of OGSI's, each cause an ogsi:faultcause of its fault's type, before the code."""
        error = errors.PartialFailure("x", [("{urn:a}load", errors.TypeViolation("no number"))])
        entry = _fault(error, False)[2][0]
        self.assertEqual(
            [nameOf(child).localName for child in entry],
            [
                "description",
                "originator",
                "timestamp",
                "faultcause",
                "faultcode",
                "extension",
                "failedServiceData",
            ],
        )
        cause, names = entry[3], entry[6]
        self.assertEqual(
            readQName(cause.get(f"{{{XSI}}}type", ""), cause.nsmap),
            QName(OGSI, "TypeViolationFaultType"),
        )
        self.assertEqual(cause[1][0].text, _HANDLE)
        self.assertEqual(QNAMES.read(names), (QName("urn:a", "load"),))

    @given(
        st.sampled_from(["", "{urn:a}", "{http://h/?a=1&b='2'}", "{}"]),
        st.text(max_size=40).filter(lambda text: "}" not in text),
        st.text(max_size=40),
        st.booleans(),
    )
    def test_anyNames(self, namespace: str, local: str, words: str, isSoap12: bool) -> None:
        """Whatever a failed name is, the fault is written, and its cause keeps its class."""
        error = errors.PartialFailure("x", [(namespace + local, errors.IncorrectValue(words))])
        got = _through(error, isSoap12)
        assert isinstance(got, errors.PartialFailure)
        self.assertEqual([type(cause) for _, cause in got.failures], [errors.IncorrectValue])


class WritingTests(SynchronousTestCase):
    """The shape of a fault."""

    def test_soap11(self) -> None:
        """SOAP 1.1 has unqualified children and names the side."""
        fault = _fault(errors.TargetInvalid("no x"), False)
        self.assertEqual([child.tag for child in fault], ["faultcode", "faultstring", "detail"])
        self.assertEqual((fault[0].text, fault[1].text), ("soapenv:Client", "no x"))
        self.assertEqual(_fault(errors.Busy("full"), False)[0].text, "soapenv:Server")
        self.assertEqual(fault.nsmap["soapenv"], SOAP11)

    def test_soap12(self) -> None:
        """SOAP 1.2 has qualified ones and a language."""
        fault = _fault(errors.TargetInvalid("no x"), True)
        self.assertEqual(
            [child.tag for child in fault],
            [f"{{{SOAP12}}}{name}" for name in ("Code", "Reason", "Detail")],
        )
        self.assertEqual((fault[0][0].text, fault[1][0].text), ("soapenv:Sender", "no x"))
        self.assertEqual(fault[1][0].get("{http://www.w3.org/XML/1998/namespace}lang"), "en")
        self.assertEqual(_fault(errors.Busy("full"), True)[0][0].text, "soapenv:Receiver")

    def test_detail(self) -> None:
        """The detail is OGSI's fault: description, originator, timestamp, code, and the id that the log has too."""
        entry = _fault(errors.UnknownId("no 7", id="7"), False)[2][0]
        self.assertEqual(entry.tag, f"{{{GMA}}}UnknownId")
        self.assertEqual(
            [nameOf(child).localName for child in entry],
            ["description", "originator", "timestamp", "faultcode", "extension"],
        )
        self.assertEqual(
            (entry[0].text, entry[1][0].text, entry[2].text),
            ("no 7", _HANDLE, "1970-01-01T00:00:12.500Z"),
        )
        self.assertEqual(entry[3].get(f"{{{OGSI}}}faultscheme"), GMA)
        self.assertEqual(entry[4][0].get("correlation"), "c0ffee")

    def test_status(self) -> None:
        """SOAP 1.1 faults are 500; a SOAP 1.2 sender's are 400, but for what is no envelope it knows."""
        for kind in FAULTS.values():
            error = kind.error("x")
            self.assertEqual(statusOf(error, False), 500)
            self.assertEqual(statusOf(error, True), 400 if kind.isCallers else 500)
        for header in _VERSION_ERRORS:
            self.assertEqual(statusOf(header("x"), True), 500)

    def test_kinds(self) -> None:
        """OGSI's faults are in OGSI's namespace, ours in ours; their types are named apart from their elements."""
        self.assertEqual(
            faultKind(errors.TargetInvalid("x")).element, QName(OGSI, "targetInvalidFault")
        )
        self.assertEqual(
            FAULTS["targetInvalidFault"].typeName, QName(OGSI, "TargetInvalidFaultType")
        )
        self.assertEqual(FAULTS["Busy"].typeName, QName(GMA, "BusyType"))
        for kind in FAULTS.values():
            self.assertNotEqual(kind.typeName.localName, kind.element.localName)

    def test_common(self) -> None:
        """What every operation may answer is in the table."""
        self.assertLessEqual(set(COMMON_FAULTS), set(FAULTS))


class ForeignFaultTests(SynchronousTestCase):
    """Faults of other people's services."""

    def _read(self, content: str, soap: str = SOAP11) -> GMAError:
        return readFault(opened(f"<s:Fault>{content}</s:Fault>", soap=soap).content)

    def _peer(self, error: GMAError) -> tuple[str, str]:
        assert isinstance(error, PeerFault)
        return error.message, error.fault

    def test_plain(self) -> None:
        """A fault without detail keeps its code and words."""
        error = self._read(
            "<faultcode>s:Server</faultcode><faultstring> out of order </faultstring>"
        )
        self.assertEqual(self._peer(error), ("out of order", "Server"))

    def test_plain12(self) -> None:
        """So does one of SOAP 1.2, whatever subcodes and languages it has."""
        error = self._read(
            "<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>gma:x</s:Value></s:Subcode></s:Code>"
            "<s:Reason><s:Text xml:lang='en'>broken</s:Text><s:Text xml:lang='de'>kaputt</s:Text></s:Reason>",
            SOAP12,
        )
        self.assertEqual(self._peer(error), ("broken", "Receiver"))

    def test_typed(self) -> None:
        """A fault nobody here knows keeps the name of its element."""
        error = self._read(
            "<faultcode>s:Server</faultcode><faultstring>it is there</faultstring>"
            "<detail><ogsi:redirectionFault/></detail>"
        )
        self.assertEqual(self._peer(error), ("it is there", f"{{{OGSI}}}redirectionFault"))

    def test_afterOthers(self) -> None:
        """A known fault is found behind what Axis adds to every detail."""
        error = self._read(
            "<faultstring>no x</faultstring><detail><ns:hostname xmlns:ns='http://xml.apache.org/axis/'>h</ns:hostname>"
            "<ogsi:targetInvalidFault/></detail>"
        )
        self.assertIs(type(error), errors.TargetInvalid)

    def test_wordsInDetail(self) -> None:
        """Elements of the detail are never taken for the fault's own."""
        error = self._read(
            "<faultcode>s:Server</faultcode><faultstring/>"
            "<detail><x><Text>secret</Text><faultstring>secret</faultstring></x></detail>"
        )
        self.assertEqual(self._peer(error), ("x", "x"))

    def test_empty(self) -> None:
        """Even an empty fault is an error with words."""
        self.assertEqual(
            self._peer(self._read("")), ("the peer answered a fault without a reason", "")
        )

    def test_sameLocalName(self) -> None:
        """A fault of another namespace is not ours because of its local name."""
        error = self._read("<detail><Busy xmlns='urn:other'/></detail>")
        self.assertEqual(self._peer(error), ("Busy", "{urn:other}Busy"))

    def _failures(self, content: str) -> list[tuple[str, str]]:
        error = self._read(
            f"<detail><ogsi:partialFailureFault xmlns:x='{XSI}'>{content}</ogsi:partialFailureFault></detail>"
        )
        assert isinstance(error, errors.PartialFailure)
        return [(name, type(cause).__name__) for name, cause in error.failures]

    def test_foreignCauses(self) -> None:
        """Another service's names belong to its causes in order; what does not fit together is kept all the same."""
        names = (
            "<ogsi:failedServiceData><ogsi:name xmlns:q='urn:a'>q:one</ogsi:name>"
            "<ogsi:name>{urn:a}two</ogsi:name></ogsi:failedServiceData>"
        )
        causes = (
            "<ogsi:faultcause x:type='ogsi:TypeViolationFaultType'/>"
            "<ogsi:faultcause x:type='ogsi:RedirectionFaultType'/><ogsi:faultcause/>"
        )
        self.assertEqual(
            self._failures(causes + names),
            [("{urn:a}one", "TypeViolation"), ("{urn:a}two", "PeerFault"), ("", "PeerFault")],
        )
        self.assertEqual(
            self._failures(names), [("{urn:a}one", "PeerFault"), ("{urn:a}two", "PeerFault")]
        )
        self.assertEqual(
            self._failures(causes + "<ogsi:failedServiceData>odd</ogsi:failedServiceData>"),
            [("", "TypeViolation"), ("", "PeerFault"), ("", "PeerFault")],
        )
        self.assertEqual(self._failures(""), [])

    def test_hostileDetails(self) -> None:
        """Names of facts are the peer's and stay data."""
        error = self._read(
            "<detail><gma:Busy><ogsi:extension><gma:context><gma:detail name='message'>m</gma:detail>"
            "<gma:detail name='fault'>f</gma:detail><gma:detail>n</gma:detail>"
            "</gma:context></ogsi:extension></gma:Busy></detail>"
        )
        self.assertIs(type(error), errors.Busy)
        self.assertEqual(error.details, {"message": "m", "fault": "f", "": "n"})
