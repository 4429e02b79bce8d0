"""A service: its operations bound to a role's methods, its WSDL."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError, NotImplementedException
from gma_twisted.markup.namespaces import XSD
from gma_twisted.model import Access, Handle, QName
from gma_twisted.soap.declaration import ONE, InitialServiceData, ServiceDataDeclaration
from gma_twisted.soap.porttypes import GRID_SERVICE, HANDLE_RESOLVER
from gma_twisted.transport import Service
from tests.transport.probe import PROBE, Role, service


class ServiceTests(SynchronousTestCase):
    """Around a role that lacks one operation."""

    def test_bound(self) -> None:
        """Every declared operation is bound; one the role lacks raises, naming path and operation."""
        made = service(Role())
        self.assertEqual(sorted(made.bound), ["ask", "change", "missing", "tell"])
        self.assertEqual(made.bound["ask"].name, "{urn:example:probe}ask")
        self.assertEqual([name for name, each in made.bound.items() if each.isOneWay], ["tell"])
        error = self.assertRaises(NotImplementedException, made.bound["missing"].method)
        self.assertEqual(str(error), "/services/probe does not implement missing")

    def test_wsdl(self) -> None:
        """The WSDL is made once a version and speaks of the handle."""
        made = service(Role())
        self.assertIs(made.wsdl(True), made.wsdl(True))
        self.assertNotEqual(made.wsdl(True), made.wsdl(False))
        self.assertIn(b"http://gate/services/probe", made.wsdl(False))

    def test_gwsdl(self) -> None:
        """The GWSDL names the port types as they were given, and service data of the service's own."""
        declaration = ServiceDataDeclaration(QName("urn:a", "load"), QName(XSD, "int"), ONE)
        handle = Handle("http://gate/services/x")
        own = [InitialServiceData(declaration)]
        made = Service("/services/x", handle, Role(), [HANDLE_RESOLVER], own)
        self.assertIn(b' name="XPortType" extends="ogsi:HandleResolver"', made.gwsdl())
        self.assertIn(b' name="load" gma:namespace="urn:a" type="xsd:int" ', made.gwsdl())

    def test_twoOfOneName(self) -> None:
        """Two operations of one local name are refused when the service is made."""
        other = type(PROBE)(PROBE.name, PROBE.interface, [GRID_SERVICE.operations[0]])
        handle = Handle("http://gate/services/x")
        clash = type(PROBE)(
            PROBE.name,
            PROBE.interface,
            [type(PROBE.operations[0])("urn:b", "findServiceData", (), (), access=Access.READ)],
        )
        self.assertRaises(ConfigError, Service, "/services/x", handle, Role(), [other, clash])
