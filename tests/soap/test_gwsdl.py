"""GWSDL: the port types a service extends, and every declaration of its service data."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, SD, XSD, ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import QName
from gma_twisted.soap.declaration import (
    Cardinality,
    InitialServiceData,
    Mutability,
    PortType,
    ServiceDataDeclaration,
)
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    PROVIDER_EXECUTION,
    SERVICE_GROUP,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.soap.wsdl import writeGWSDL
from tests.soap.sample import OTHERS, SAMPLE

_G = "{http://www.gridforum.org/namespaces/2003/03/gridWSDLExtensions}"
_W = "{http://schemas.xmlsoap.org/wsdl/}"
_PORT_TYPES = [SERVICE_GROUP_REGISTRATION, PROVIDER_EXECUTION]
_LOAD = InitialServiceData(
    ServiceDataDeclaration(
        QName("urn:a?b=1&c=2", "load"),
        QName(XSD, "int"),
        Cardinality(0, 3),
        Mutability.MUTABLE,
        isNillable=True,
        isModifiable=True,
    ),
    [b'<load xmlns="urn:a?b=1&amp;c=2">5</load>'],
)
_SITE = InitialServiceData(
    ServiceDataDeclaration(
        QName("", "site"), QName(XSD, "string"), Cardinality(1, None), Mutability.STATIC
    ),
    [b"<site>north</site>", b"<site>south</site>"],
)


def _portType(portTypes: list[PortType] = _PORT_TYPES) -> Element:
    root = XMLGate().parse(writeGWSDL("Index", portTypes, [_LOAD, _SITE]))
    assert root.tag == f"{_W}definitions"
    (found,) = root.findall(f"{_G}portType")
    return found


def _names(node: Element, attribute: str) -> list[QName]:
    return [readQName(text, node.nsmap) for text in (node.get(attribute) or "").split()]


class GWSDLTests(SynchronousTestCase):
    """Of a service with port types that extend others, and service data of its own."""

    def test_extends(self) -> None:
        """The port type extends those of the service, by qualified name, somebody else's too."""
        node = _portType([*_PORT_TYPES, SAMPLE])
        self.assertEqual(node.get("name"), "IndexPortType")
        self.assertEqual(
            _names(node, "extends"),
            [SERVICE_GROUP_REGISTRATION.name, PROVIDER_EXECUTION.name, SAMPLE.name],
        )

    def test_declarations(self) -> None:
        """Every declaration is there once, inherited ones first, with all that can be said of it."""
        declarations = [
            one
            for portType in (GRID_SERVICE, SERVICE_GROUP, SERVICE_GROUP_REGISTRATION)
            for one in portType.serviceData
        ]
        declarations += [_LOAD.declaration, _SITE.declaration]
        found = _portType().findall(f"{{{SD}}}serviceData")
        for one, node in zip(declarations, found, strict=True):
            most = one.cardinality.most
            self.assertEqual(
                QName(node.get(f"{{{GMA}}}namespace", ""), node.get("name", "")), one.name
            )
            self.assertEqual(_names(node, "type"), [one.type])
            self.assertEqual(
                [
                    node.get(name)
                    for name in ("minOccurs", "maxOccurs", "mutability", "modifiable", "nillable")
                ],
                [
                    str(one.cardinality.least),
                    "unbounded" if most is None else str(most),
                    one.mutability.value,
                    str(one.isModifiable).lower(),
                    str(one.isNillable).lower(),
                ],
            )

    def test_staticValues(self) -> None:
        """Static values are there: expressions of the port types, and values of the service's own static data."""
        node = _portType().find(f"{{{SD}}}staticServiceDataValues")
        assert node is not None
        expressions = [
            (value.tag, *_names(value, f"{{{OGSI}}}inputElement")) for value in node if value.attrib
        ]
        self.assertEqual(
            expressions,
            [
                (name.clark, expression)
                for portType in (GRID_SERVICE, SERVICE_GROUP_REGISTRATION)
                for name, expression in portType.staticValues
            ],
        )
        self.assertIn(
            (ogsi("removeExtensibility").clark, ogsi("matchByLocatorEquivalence")), expressions
        )
        self.assertEqual([value.text for value in node if not value.attrib], ["north", "south"])

    def test_types(self) -> None:
        """The types of the declarations are in the document."""
        root = XMLGate().parse(writeGWSDL("Index", _PORT_TYPES))
        types = {str(node.get("name")) for node in root.iter(f"{{{XSD}}}complexType")}
        self.assertLessEqual({"LocatorType", "EntryType", "TerminationTimeType"}, types)

    def test_foreignNamespaces(self) -> None:
        """Port types of several namespaces that are not ours are told apart, and so are their messages."""
        portTypes = [GRID_SERVICE, SAMPLE, *OTHERS]
        node = _portType(portTypes)
        self.assertEqual(_names(node, "extends"), [one.name for one in portTypes])
        (types,) = node.getroottree().getroot().findall(f"{_W}types")
        for portType in OTHERS:
            uri = portType.name.namespace
            (schema,) = (one for one in types if one.get("targetNamespace") == uri)
            parts = {
                name
                for part in schema.iter(f"{{{XSD}}}element")
                for name in _names(part, "type")
                if name.localName == "PairType"
            }
            self.assertEqual(parts, {QName(uri, "PairType")})

    def test_refused(self) -> None:
        """A name that is none is refused."""
        self.assertRaises(ConfigError, writeGWSDL, "a b", _PORT_TYPES)
