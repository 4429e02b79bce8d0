"""The WSDL: complete, clean by the Basic Profile, and understood by zeep without a hint."""

import io
import re
from pathlib import Path
from typing import Any

import zeep
from lxml import etree
from requests import Response
from twisted.trial.unittest import SynchronousTestCase
from zeep.exceptions import Fault
from zeep.transports import Transport
from zeep.xsd import AnyObject

from gma_twisted.errors import (
    Busy,
    CardinalityViolation,
    ConfigError,
    GMAError,
    NoSuchService,
    PartialFailure,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    TargetInvalid,
)
from gma_twisted.markup import Element, XMLGate, escapeAttribute
from gma_twisted.markup.namespaces import GMA, OGSI, PX, REG, SD
from gma_twisted.model import (
    Access,
    Handle,
    Locator,
    ProviderDescription,
    QName,
    RenewalResult,
    TerminationTime,
)
from gma_twisted.soap import (
    Operation,
    PortType,
    ResponseWriter,
    Selection,
    openEnvelope,
    writeFault,
)
from gma_twisted.soap.creation import CREATION, CreationRequest, readCreation
from gma_twisted.soap.faults import COMMON_FAULTS, FAULTS
from gma_twisted.soap.porttypes import (
    FACTORY,
    GRID_SERVICE,
    HANDLE_RESOLVER,
    PROVIDER_EXECUTION,
    REGISTRATION,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types import QNAMES, Part, Scalar
from gma_twisted.soap.wsdl import writeGWSDL, writeWSDL
from gma_twisted.soap.wsdl.document import TARGET_NAMESPACE
from gma_twisted.soap.wsdl.prefixes import Prefixes
from tests.soap.sample import NAMESPACE, OTHERS, SAMPLE

_PORT_TYPES = [
    *flattened(
        [
            SERVICE_GROUP_REGISTRATION,
            REGISTRATION,
            HANDLE_RESOLVER,
            FACTORY,
            GRID_SERVICE,
            PROVIDER_EXECUTION,
        ]
    ),
    SAMPLE,
    *OTHERS,
]
_ADDRESS = "http://127.0.0.1:8480/services/index"
_W = "{http://schemas.xmlsoap.org/wsdl/}"
_S11 = "{http://schemas.xmlsoap.org/wsdl/soap/}"
_S12 = "{http://schemas.xmlsoap.org/wsdl/soap12/}"
_X = "{http://www.w3.org/2001/XMLSchema}"


_TYPED: list[GMAError] = [
    PartialFailure(
        "1 of 3 names were updated",
        [
            ("{urn:a}load", CardinalityViolation("too many", limit="3")),
            ("plain", ServiceAlreadyExists("there is one", "http://h/services/x")),
        ],
    ),
    PartialFailure("of another", [("{urn:b}c", PartialFailure("inside", [("d", Busy("full"))]))]),
    ServiceAlreadyExists("it is there", _ADDRESS),
]


def _wsdl(withSoap12: bool = False) -> Element:
    return XMLGate().parse(writeWSDL("index", _PORT_TYPES, _ADDRESS, withSoap12))


def _operations() -> list[Operation]:
    return [one for portType in _PORT_TYPES for one in portType.operations]


def _resolved(node: Element, attribute: str) -> QName:
    prefix, _, local = (node.get(attribute) or "").partition(":")
    return QName(node.nsmap[prefix], local)


class DocumentTests(SynchronousTestCase):
    """What the document says."""

    def test_everyOperation(self) -> None:
        """Every declared operation is in the one port type, in order."""
        portTypes = _wsdl().findall(f"{_W}portType")
        self.assertEqual(len(portTypes), 1)
        names = [one.get("name") for one in portTypes[0].findall(f"{_W}operation")]
        self.assertEqual(names, [operation.name for operation in _operations()])

    def test_faults(self) -> None:
        """Every operation has OGSI's plain fault, its own and the common ones; a one-way one has none."""
        found = _wsdl().find(f"{_W}portType")
        assert found is not None
        for operation, node in zip(_operations(), found.findall(f"{_W}operation"), strict=True):
            names = [fault.get("name") for fault in node.findall(f"{_W}fault")]
            expected = ["fault", *operation.faults, *COMMON_FAULTS]
            self.assertEqual(names, [] if operation.response is None else expected)

    def test_oneWay(self) -> None:
        """A one-way operation has no output, every other one has."""
        root = _wsdl()
        for operation in _operations():
            nodes = root.findall(f".//{_W}operation[@name='{operation.name}']")
            self.assertEqual(len(nodes), 2)
            for node in nodes:
                self.assertEqual(
                    node.find(f"{_W}output") is None, operation.response is None, operation.name
                )

    def test_messages(self) -> None:
        """A message has one part, of an element; messages are not called like their elements."""
        for message in _wsdl().findall(f"{_W}message"):
            (part,) = message
            element = _resolved(part, "element")
            isFault = element.localName in FAULTS or element == QName(OGSI, "fault")
            self.assertEqual(part.get("name"), "fault" if isFault else "parameters")
            self.assertIsNone(part.get("type"))
            self.assertNotEqual(message.get("name"), element.localName)

    def test_wrapped(self) -> None:
        """The request's element is called like the operation, the response's has Response behind."""
        root = _wsdl()
        elements = {
            str(message.get("name")): _resolved(message[0], "element")
            for message in root.findall(f"{_W}message")
        }
        for operation in _operations():
            node = root.find(f"{_W}portType/{_W}operation[@name='{operation.name}']")
            assert node is not None
            ends = [(f"{_W}input", operation.requestName)]
            if operation.response is not None:
                ends.append((f"{_W}output", operation.responseName))
            for tag, name in ends:
                end = node.find(tag)
                assert end is not None
                self.assertEqual(elements[_resolved(end, "message").localName], name)

    def test_addresses(self) -> None:
        """Every address is the one given, escaped; there is no other URL of a place in it."""
        document = writeWSDL("index", _PORT_TYPES, "http://h:1/s?a=1&b=2", True)
        root = XMLGate().parse(document)
        for soap in (_S11, _S12):
            locations = [node.get("location") for node in root.iter(f"{soap}address")]
            self.assertEqual(locations, ["http://h:1/s?a=1&b=2"])

    def test_documentation(self) -> None:
        """An operation's sentence is in the document, escaped."""
        texts = [node.text for node in _wsdl().iter(f"{_W}documentation")]
        self.assertIn("Swaps <two> & more.", texts)

    def test_noneOfSoap12(self) -> None:
        """The plain document knows nothing of SOAP 1.2 (Axis 1.4 fails on it)."""
        self.assertNotIn(b"soap12", writeWSDL("index", _PORT_TYPES, _ADDRESS, False))

    def test_soap12(self) -> None:
        """Asked for, there is a binding and a port of SOAP 1.2 beside those of SOAP 1.1."""
        root = _wsdl(True)
        self.assertEqual(len(root.findall(f"{_W}binding")), 2)
        self.assertEqual(
            [port.get("name") for port in root.iter(f"{_W}port")], ["indexPort", "indexPortSoap12"]
        )
        self.assertEqual(len(root.findall(f"{_W}binding/{_S12}binding")), 1)

    def test_refused(self) -> None:
        """A name that is none and two operations of one local name are refused."""
        for name in ("", "a b", "1a", "{urn:x}a", " a", "a:b"):
            self.assertRaises(ConfigError, writeWSDL, name, [GRID_SERVICE], _ADDRESS, False)
        destroy = Operation(NAMESPACE, "destroy", (), (), access=Access.CREATE)
        twice = [GRID_SERVICE, PortType(QName(NAMESPACE, "P"), SAMPLE.interface, (destroy,))]
        self.assertRaises(ConfigError, writeWSDL, "index", twice, _ADDRESS, False)


class PrefixTests(SynchronousTestCase):
    """The prefixes of a document."""

    def test_all(self) -> None:
        """Each namespace has one of its own, however many are foreign; none has no prefix."""
        foreign = [f"urn:example:{number}" for number in range(5)]
        prefixes = Prefixes.of([foreign[0], OGSI, "", *foreign, OGSI])
        self.assertEqual(
            prefixes.byNamespace,
            dict(
                zip([*foreign, OGSI], ["svc", "svc2", "svc3", "svc4", "svc5", "ogsi"], strict=True)
            ),
        )
        self.assertEqual(prefixes.written(QName(foreign[4], "a")), "svc5:a")
        self.assertEqual(prefixes.written(QName("", "a")), "a")

    def test_otherTypes(self) -> None:
        """A type of a foreign namespace that no schema declares still has a prefix that is declared."""
        odd = Scalar(QName("urn:example:odd", "OddType"), str, str)
        asking = Operation(
            NAMESPACE, "ask", (Part("odd", odd),), (Part.optional("odd", odd),), access=Access.READ
        )
        portType = PortType(QName(NAMESPACE, "P"), SAMPLE.interface, (asking,))
        for document in (
            writeWSDL("index", [portType], _ADDRESS, False),
            writeGWSDL("index", [portType]),
        ):
            found = [
                _resolved(node, "type")
                for node in XMLGate().parse(document).iter(f"{_X}element")
                if node.get("name") == "odd"
            ]
            self.assertEqual(found, [odd.xsd] * 2)


class BasicProfileTests(SynchronousTestCase):
    """WS-I Basic Profile 1.1, requirement by requirement."""

    def setUp(self) -> None:
        """One document for all."""
        self.root = _wsdl()

    def test_targetNamespaces(self) -> None:
        """R2105: every schema has a target namespace; each comes once, and the WSDL's own is another."""
        found = [schema.get("targetNamespace") for schema in self.root.iter(f"{_X}schema")]
        others = [portType.name.namespace for portType in OTHERS]
        self.assertEqual(found, [OGSI, SD, GMA, REG, PX, NAMESPACE, *others])
        self.assertEqual(self.root.get("targetNamespace"), TARGET_NAMESPACE)
        self.assertNotIn(TARGET_NAMESPACE, found)

    def test_qualified(self) -> None:
        """Local elements are qualified everywhere."""
        for schema in self.root.iter(f"{_X}schema"):
            self.assertEqual(schema.get("elementFormDefault"), "qualified")

    def test_imports(self) -> None:
        """R2102: a schema imports every namespace it refers to, and no other, by namespace alone."""
        for schema in self.root.iter(f"{_X}schema"):
            own = schema.get("targetNamespace")
            used = set()
            for node in schema.iter():
                for attribute in ("type", "base", "ref"):
                    if node.get(attribute):
                        used.add(_resolved(node, attribute).namespace)
                for member in (node.get("memberTypes") or "").split():
                    used.add(node.nsmap[member.partition(":")[0]])
            imports = schema.findall(f"{_X}import")
            self.assertEqual(
                {node.get("namespace") for node in imports}, used - {own, _X.strip("{}")}
            )
            self.assertTrue(all(set(node.attrib) == {"namespace"} for node in imports))

    def test_binding(self) -> None:
        """R2701, R2702, R2705, R2706: document style, literal use, HTTP."""
        (binding,) = self.root.iter(f"{_S11}binding")
        self.assertEqual(binding.get("style"), "document")
        self.assertEqual(binding.get("transport"), "http://schemas.xmlsoap.org/soap/http")
        for tag in ("body", "fault"):
            for node in self.root.iter(f"{_S11}{tag}"):
                self.assertEqual(node.get("use"), "literal")
                # R2716, R2726: these say nothing in document style.
                self.assertLessEqual(set(node.attrib), {"use", "name"})

    def test_sameOperations(self) -> None:
        """R2718: binding and port type have the same operations, each with the same faults."""
        portType, binding = self.root.find(f"{_W}portType"), self.root.find(f"{_W}binding")
        assert portType is not None and binding is not None
        both = [
            [
                (one.get("name"), [fault.get("name") for fault in one.findall(f"{_W}fault")])
                for one in node.findall(f"{_W}operation")
            ]
            for node in (portType, binding)
        ]
        self.assertEqual(both[0], both[1])

    def test_faultNames(self) -> None:
        """R2721, R2754: a soap:fault is named like the fault around it."""
        faults = list(self.root.iter(f"{_S11}fault"))
        self.assertTrue(faults)
        for fault in faults:
            parent = fault.getparent()
            assert parent is not None
            self.assertEqual(fault.get("name"), parent.get("name"))

    def test_distinctSignatures(self) -> None:
        """R2710: no two operations are asked with the same element."""
        names = [operation.requestName for operation in _operations()]
        self.assertEqual(len(names), len(set(names)))

    def test_actions(self) -> None:
        """R2744: every operation has its SOAPAction, the one that selection takes."""
        actions = [node.get("soapAction") for node in self.root.iter(f"{_S11}operation")]
        self.assertEqual(actions, [operation.action for operation in _operations()])

    def test_order(self) -> None:
        """R2022, R2023: types come first, then messages, port type, binding, service."""
        tags = [re.sub(r".*}", "", str(node.tag)) for node in self.root]
        self.assertEqual(
            list(dict.fromkeys(tags)), ["types", "message", "portType", "binding", "service"]
        )

    def test_references(self) -> None:
        """R2101: every reference within the WSDL finds what it names."""
        names = {
            tag: {node.get("name") for node in self.root.iter(f"{_W}{tag}")}
            for tag in ("message", "portType", "binding")
        }
        for node in self.root.iter():
            for attribute, tag in (("message", "message"), ("binding", "binding")):
                if str(node.tag).startswith(_W) and node.get(attribute):
                    found = _resolved(node, attribute)
                    self.assertEqual(found.namespace, TARGET_NAMESPACE)
                    self.assertIn(found.localName, names[tag])


class SchemaTests(SynchronousTestCase):
    """The schemas by themselves, as a strict reader sees them."""

    def _schema(self) -> etree.XMLSchema:
        directory = Path(self.mktemp())
        directory.mkdir()
        schemas = list(_wsdl().iter(f"{_X}schema"))
        files = {schema.get("targetNamespace"): f"{i}.xsd" for i, schema in enumerate(schemas)}
        lines = []
        for schema in schemas:
            # libxml2 wants a place for every import; clients of a WSDL do not.
            for node in schema.findall(f"{_X}import"):
                node.set("schemaLocation", files[node.get("namespace")])
            name = files[schema.get("targetNamespace")]
            (directory / name).write_bytes(etree.tostring(schema))
            uri = escapeAttribute(str(schema.get("targetNamespace")))
            lines.append(f'<import namespace="{uri}" schemaLocation="{name}"/>')
        whole = directory / "all.xsd"
        whole.write_text(f'<schema xmlns="{_X.strip("{}")}">{"".join(lines)}</schema>')
        return etree.XMLSchema(etree.parse(str(whole)))

    def test_messages(self) -> None:
        """What we write is valid, service data values of anybody and faults included."""
        schema = self._schema()
        writer = ResponseWriter(GRID_SERVICE.operations[0], False)
        values = (
            b'<sd:serviceDataValues gma:sent="2026-01-01T00:00:00Z"><a xmlns="urn:a" gma:key="1"'
            b' ogsi:goodFrom="2026-01-01T00:00:00Z"/></sd:serviceDataValues>'
        )
        messages = [
            writer.write(values),
            ResponseWriter(GRID_SERVICE.operations[2], False).write(TerminationTime(1.0, 2.0, 3.0)),
            ResponseWriter(PROVIDER_EXECUTION.operations[0], False).write(
                [ProviderDescription("a", "b", "c", (), True)]
            ),
        ]
        for message in messages:
            schema.assertValid(etree.ElementTree(openEnvelope(XMLGate().parse(message)).content))
        for error in (*(kind.error("x", id="7") for kind in FAULTS.values()), *_TYPED):
            fault = writeFault(error, False, _ADDRESS, 1.5, "c")
            detail = openEnvelope(XMLGate().parse(fault)).content[2]
            schema.assertValid(etree.ElementTree(detail[0]))

    def test_kinds(self) -> None:
        """Kinds of one fault extend its type, as in OGSI; all others extend FaultType."""
        bases = {
            str(node.get("name")): _resolved(node[0][0], "base")
            for node in _wsdl().iter(f"{_X}complexType")
            if len(node) and node[0].tag == f"{_X}complexContent"
        }
        parent = QName(OGSI, "NoReferencesAvailableFaultType")
        for kind in FAULTS.values():
            isKind = kind.error in (NoSuchService, ServiceHasTerminated)
            expected = parent if isKind else QName(OGSI, "FaultType")
            self.assertEqual(bases[kind.typeName.localName], expected, kind.typeName)

    def test_standardTypes(self) -> None:
        """Every type that service data is declared to be of is one of XML Schema's, or in the document."""
        there = {
            QName(str(schema.get("targetNamespace")), str(node.get("name")))
            for schema in _wsdl().iter(f"{_X}schema")
            for node in schema
        }
        for portType in _PORT_TYPES:
            for one in portType.serviceData:
                if one.type.namespace == OGSI:
                    self.assertIn(one.type, there, one.name)

    def test_queries(self) -> None:
        """A query by name may use prefixes, Clark notation, wildcards and our attributes."""
        schema = self._schema()
        for content in (
            '<o:name xmlns:q="urn:x">q:y</o:name>',
            "<o:name>{urn:x}y</o:name>",
            "<o:name> {urn:x}* </o:name>",
            '<o:name g:key="1" g:originator="http://h/">{urn:x}y</o:name>',
        ):
            query = (
                f'<o:queryByServiceDataNames xmlns:o="{OGSI}" xmlns:g="{GMA}" g:limit="5" g:cursor="c"'
                f' g:freshness="stale">{content}</o:queryByServiceDataNames>'
            )
            schema.assertValid(etree.ElementTree(etree.fromstring(query)))

    def test_strictEnough(self) -> None:
        """What would be refused by the service is no valid request either."""
        schema = self._schema()
        for request in (
            f'<o:findServiceData xmlns:o="{OGSI}"/>',
            f'<o:requestTerminationAfter xmlns:o="{OGSI}"><o:terminationTime>soon</o:terminationTime>'
            "</o:requestTerminationAfter>",
            f'<p:enumProviders xmlns:p="{PX}"><p:rescanConfig>maybe</p:rescanConfig></p:enumProviders>',
        ):
            self.assertFalse(schema.validate(etree.fromstring(request)), request)


class MemoryTransport(Transport):
    """zeep without a network: the WSDL from here, each request to a function."""

    def __init__(self, withSoap12: bool) -> None:
        """@param withSoap12: which of the two documents is loaded"""
        super().__init__()
        self._withSoap12 = withSoap12
        self.answer = b""
        self.requests: list[tuple[bytes, dict[str, str]]] = []

    def load(self, url: str) -> bytes:
        """The one document there is; anything else would mean that zeep had to look elsewhere."""
        if url != f"{_ADDRESS}?wsdl":
            raise AssertionError(f"zeep asks for {url}")
        return writeWSDL("index", _PORT_TYPES, _ADDRESS, self._withSoap12)

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Response:
        """Keep the request, give the prepared answer."""
        self.requests.append((etree.tostring(envelope), headers))
        response = Response()
        response.status_code = 500 if b"Fault>" in self.answer else 200
        response.headers["Content-Type"] = "text/xml"
        response.raw = io.BytesIO(self.answer)
        return response


class ZeepTests(SynchronousTestCase):
    """A foreign client with the unmodified document."""

    withSoap12 = False

    def setUp(self) -> None:
        """A client that has loaded the document."""
        self.transport = MemoryTransport(self.withSoap12)
        self.client = zeep.Client(f"{_ADDRESS}?wsdl", transport=self.transport)
        port = "indexPortSoap12" if self.withSoap12 else "indexPort"
        self.service = self.client.bind("indexService", port)

    def _call(self, name: str, result: Any, *args: Any, **kwargs: Any) -> Any:
        operation = next(one for one in _operations() if one.name == name)
        if operation.response is None:
            self.transport.answer = b""
        else:
            self.transport.answer = ResponseWriter(operation, self.withSoap12).write(result)
        return getattr(self.service, name)(*args, **kwargs)

    def _asked(self) -> Any:
        """The arguments of the last request, as a service reads them."""
        body, headers = self.transport.requests[-1]
        message = openEnvelope(XMLGate().parse(body))
        self.assertEqual(message.isSoap12, self.withSoap12)
        action = headers.get("SOAPAction", "")
        if not self.withSoap12:
            self.assertTrue(action.startswith('"') and action.endswith('"'), action)
        call = Selection(_PORT_TYPES).select(message, action.strip('"'))
        return call.arguments

    def _query(self, names: list[Any], **attributes: str) -> dict[str, Any]:
        element = self.client.get_element(f"{{{OGSI}}}queryByServiceDataNames")
        wide = {f"{{{GMA}}}{name}": value for name, value in attributes.items()}
        return {"_value_1": AnyObject(element, element(name=names, _attr_1=wide))}

    def test_query(self) -> None:
        """zeep builds a query by name from the types alone, and reads the answer."""
        values = (
            b'<sd:serviceDataValues gma:sent="2026-01-01T00:00:00Z"><g:Host xmlns:g="urn:g" g:Load="7"'
            b' ogsi:goodFrom="2026-01-01T00:00:00Z"/><b xmlns="urn:b">2</b></sd:serviceDataValues>'
        )
        selected = {"_value_1": "{urn:x}*", "_attr_1": {f"{{{GMA}}}key": "k"}}
        query = self._query(["{urn:g}Host", selected], limit="5")
        result = self._call("findServiceData", values, queryExpression=query)
        expression = self._asked()["queryExpression"]
        self.assertEqual(expression.name, QName(OGSI, "queryByServiceDataNames"))
        tree = expression.read(lambda tree: tree)
        self.assertEqual(tree.get(f"{{{GMA}}}limit"), "5")
        self.assertEqual(
            [(name.text, name.get(f"{{{GMA}}}key")) for name in tree],
            [("{urn:g}Host", None), ("{urn:x}*", "k")],
        )
        self.assertEqual(result["_attr_1"], {f"{{{GMA}}}sent": "2026-01-01T00:00:00Z"})
        host, other = result["_value_1"]
        self.assertEqual(host.get("{urn:g}Load"), "7")
        self.assertEqual((other.tag, other.text), ("{urn:b}b", "2"))

    def test_scalars(self) -> None:
        """Simple arguments and structures arrive as meant, also QNames."""
        self._call("enumProviders", [], rescanConfig=True)
        self.assertEqual(self._asked(), {"rescanConfig": True})
        self._call(
            "executeProvider",
            None,
            ServiceDataProviderExecution={
                "serviceDataProviderName": "disk",
                "serviceDataName": etree.QName("urn:x", "y"),
                "refreshFrequency": "1.5",
                "async": True,
            },
        )
        request = self._asked()["ServiceDataProviderExecution"]
        self.assertEqual(
            (request.provider, request.serviceDataName, request.refreshFrequency, request.isAsync),
            ("disk", QName("urn:x", "y"), 1.5, True),
        )

    def test_times(self) -> None:
        """Instants and the end of time go out, three times come back."""
        result = self._call(
            "requestTerminationAfter", TerminationTime(1.0, float("inf"), 3.0), "infinity"
        )
        self.assertEqual(self._asked(), {"terminationTime": float("inf")})
        self.assertEqual((result.after, result.before), ("1970-01-01T00:00:01Z", "infinity"))
        self.assertEqual(result.timestamp.second, 3)

    def test_structures(self) -> None:
        """Answers with structures are typed."""
        described = [
            ProviderDescription("a", "b", "c", (), True, "x=1"),
            ProviderDescription("d", "e", "f", (), False),
        ]
        result = self._call("enumProviders", described, False)
        self.assertEqual(
            [(one.providerName, one["async"]) for one in result], [("a", True), ("d", False)]
        )
        self.assertEqual(result[0].providerArgs, "x=1")

    def test_foreignNamespace(self) -> None:
        """Operations of somebody's own namespace are typed as well."""
        result = self._call("swap", ("x", 2), pair={"word": "a", "number": 1})
        self.assertEqual(self._asked(), {"pair": ("a", 1), "times": None})
        self.assertEqual((result.first, result.second), ("x", 2))
        self.assertEqual(self._call("collect", ["c", "d"], ["a", "b"]), ["c", "d"])
        self.assertEqual(self._asked(), {"words": ["a", "b"]})

    def test_foreignNamespaces(self) -> None:
        """So do operations and structures of several such namespaces in one service."""
        for portType in OTHERS:
            (operation,) = portType.operations
            pair = {"word": "a", "number": 1}
            result = self._call(operation.name, ("x", 2), pair=pair, further=[pair, pair])
            self.assertEqual(self._asked(), {"pair": ("a", 1), "further": [("a", 1)] * 2})
            self.assertEqual((result.word, result.number), ("x", 2))
            body = etree.fromstring(self.transport.requests[-1][0])[-1]
            self.assertEqual(body[0].tag, operation.requestName.clark)

    def test_nothing(self) -> None:
        """Operations without arguments, without results and without an answer work."""
        self.assertIsNone(self._call("destroy", None))
        self.assertEqual(self._asked(), {})

    def test_faults(self) -> None:
        """A declared fault is raised, its detail found by name in the WSDL's types and read."""
        for kind in FAULTS.values():
            self.transport.answer = writeFault(
                kind.error("no such thing", id="7"), self.withSoap12, _ADDRESS, 1.0, "c0ffee"
            )
            fault = self.assertRaises(Fault, self.service.destroy)
            self.assertEqual(fault.message, "no such thing")
            (entry,) = fault.detail
            element = self.client.wsdl.types.get_element(entry.tag)
            self.assertEqual(element.type.qname.localname, kind.typeName.localName)
            parsed = element.parse(entry, self.client.wsdl.types)
            self.assertEqual(parsed.description, ["no such thing"])
            self.assertEqual(parsed.originator.handle, [_ADDRESS])
            self.assertEqual(parsed.faultcode["_value_1"], kind.error.code)
            context = parsed.extension["_value_1"]
            self.assertEqual((context.correlation, context.detail[0]["_value_1"]), ("c0ffee", "7"))

    def _typed(self, error: GMAError) -> Any:
        self.transport.answer = writeFault(error, self.withSoap12, _ADDRESS, 1.0, "c0ffee")
        fault = self.assertRaises(Fault, self.service.destroy)
        (entry,) = fault.detail
        return self.client.wsdl.types.deserialize(entry)

    def test_partialFailure(self) -> None:
        """What failed is a list of names, and every cause is of the type of its fault."""
        read = self._typed(_TYPED[0])
        # zeep keeps a QName's text and loses what its prefix means: the causes say it once more.
        self.assertEqual(
            [name["_value_1"] for name in read.failedServiceData.name], ["q:load", "plain"]
        )
        first, second = read.faultcause
        self.assertEqual(
            [type(one).__name__ for one in (first, second)],
            ["CardinalityViolationFaultType", "ServiceAlreadyExistsFaultType"],
        )
        self.assertEqual((first.description, first.originator.handle), (["too many"], [_ADDRESS]))
        self.assertEqual(second.existingService.handle, ["http://h/services/x"])
        facts = {one.name: one._value_1 for one in first.extension._value_1.detail}
        self.assertEqual(facts, {"limit": "3", "serviceDataName": "{urn:a}load"})

    def test_existingService(self) -> None:
        """The service that is there already is a locator."""
        self.assertEqual(self._typed(_TYPED[2]).existingService.handle, [_ADDRESS])

    def test_group(self) -> None:
        """A member is added with content, and removed by its locator."""
        locator = {"handle": ["http://h/services/x"], "interface": [etree.QName(OGSI, "Factory")]}
        content = {"_value_1": etree.fromstring('<note xmlns="urn:a">7</note>')}
        granted = (Locator((Handle("http://h/e/1"),)), TerminationTime(1.0, 2.0, 3.0))
        entry = self._call(
            "add",
            granted,
            serviceLocator=locator,
            content=content,
            terminationTime={"before": "2026-01-01T00:00:00Z"},
        )
        asked = self._asked()
        self.assertEqual(
            asked["serviceLocator"],
            Locator((Handle("http://h/services/x"),), (QName(OGSI, "Factory"),)),
        )
        self.assertEqual(asked["content"].name, QName("urn:a", "note"))
        self.assertEqual(asked["terminationTime"], TerminationTime(None, 1767225600.0))
        self.assertEqual(entry.serviceLocator.handle, ["http://h/e/1"])
        self.assertEqual(entry.currentTerminationTime.before, "1970-01-01T00:00:02Z")
        match = self.client.get_element(f"{{{OGSI}}}matchByLocatorEquivalence")
        self._call(
            "remove", None, matchExpression={"_value_1": AnyObject(match, match(locator=[locator]))}
        )
        expression = self._asked()["matchExpression"]
        self.assertEqual(expression.name, QName(OGSI, "matchByLocatorEquivalence"))
        self.assertEqual(expression.read(lambda tree: tree[0][0].text), "http://h/services/x")

    def test_registration(self) -> None:
        """Services are registered and renewed; what may be missing is missing."""
        entry = Handle("http://h/e/1")
        result = self._call(
            "registerService",
            (entry, 30.0),
            handle="http://h/services/x",
            interface=[{"namespace": OGSI, "localName": "Factory"}],
            attribute=[{"name": "a", "value": "1"}, {"name": "a", "value": "2"}],
        )
        asked = self._asked()
        self.assertEqual(asked["interface"], [QName(OGSI, "Factory")])
        self.assertEqual(asked["attribute"], [("a", "1"), ("a", "2")])
        self.assertEqual([asked[name] for name in ("name", "content", "lifetime")], [None] * 3)
        self.assertEqual((result.entry, float(result.lifetime)), (entry.url, 30.0))
        results = self._call(
            "renewServices",
            [RenewalResult(entry, 5.0), RenewalResult(entry, None)],
            entry=[entry.url],
            lifetime=7.5,
        )
        self.assertEqual(self._asked(), {"entry": [entry], "lifetime": 7.5})
        self.assertEqual(
            [(one.state, one.lifetime and float(one.lifetime)) for one in results],
            [("renewed", 5.0), ("unknown", None)],
        )

    def test_findByHandle(self) -> None:
        """A reference of any kind is found by a handle."""
        reference = f'<ogsi:reference xmlns:ogsi="{OGSI}"><b xmlns="urn:b">1</b></ogsi:reference>'
        handle = Handle("http://h/services/x")
        found = self._call(
            "findByHandle",
            Locator((handle,), (), (reference.encode(),)),
            handleSet={"handle": [handle.url]},
        )
        self.assertEqual(self._asked(), {"handleSet": Locator((handle,)), "gsrExclusionSet": None})
        self.assertEqual(found.handle, [handle.url])
        self.assertEqual(found.reference[0]._value_1[0].text, "1")

    def test_factory(self) -> None:
        """A service is made without a word, and its locator comes back."""
        made = (Locator((Handle("http://h/services/x"),)), TerminationTime(None, 2.0), None)
        result = self._call("createService", made)
        self.assertEqual(self._asked(), {"terminationTime": None, "creationParameters": None})
        self.assertEqual(result.locator.handle, ["http://h/services/x"])
        self.assertIsNone(result.extensibilityOutput)

    def test_creation(self) -> None:
        """What a service is made of is typed."""
        element = self.client.get_element(CREATION.clark)
        argument = {"name": "word", "value": " a b "}
        asked = {"_value_1": AnyObject(element, element(kind="box", name="n", argument=[argument]))}
        self._call(
            "createService", (Locator(()), TerminationTime(), None), creationParameters=asked
        )
        self.assertEqual(
            self._asked()["creationParameters"].read(readCreation),
            CreationRequest("box", "n", (("word", " a b "),)),
        )

    def test_setServiceData(self) -> None:
        """zeep sets several values of any kind, and deletes by name."""
        values = [etree.fromstring(f'<load xmlns="urn:a">{one}</load>') for one in (1, 2)]
        element = self.client.get_element(f"{{{OGSI}}}setByServiceDataNames")
        update = {"_value_1": AnyObject(element, element(_value_1=values))}
        self._call("setServiceData", b"<sd:serviceDataValues/>", updateExpression=update)
        expression = self._asked()["updateExpression"]
        self.assertEqual(expression.read(lambda tree: [one.text for one in tree]), ["1", "2"])
        element = self.client.get_element(f"{{{OGSI}}}deleteByServiceDataNames")
        update = {"_value_1": AnyObject(element, element(name=["{urn:a}load"]))}
        self._call("setServiceData", b"<sd:serviceDataValues/>", updateExpression=update)
        expression = self._asked()["updateExpression"]
        self.assertEqual(expression.read(QNAMES.read), (QName("urn:a", "load"),))

    def test_faultName(self) -> None:
        """The typed fault is one of those the operation declares."""
        operation = self.service._binding.get("findServiceData")
        self.assertIn(TargetInvalid.code, operation.faults)


class Zeep12Tests(ZeepTests):
    """The same with SOAP 1.2."""

    withSoap12 = True
