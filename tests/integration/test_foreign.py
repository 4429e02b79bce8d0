"""A real node and the SOAP clients other people wrote, with the WSDL as the node serves it."""

import multiprocessing
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import getloadavg

from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zeep.exceptions import Fault

from gma_twisted.markup.namespaces import OGSI, SOAP12
from tests.integration.foreign.client import ForeignClient, Value
from tests.integration.foreign.contract import HOST, ForeignContract
from tests.integration.foreign.makers import makeNode, makePerl, makePHP, makeSuds, makeZeep
from tests.integration.foreign.shared import SharedNode, poll


class Zeep11Tests(ForeignContract, SynchronousTestCase):
    """zeep, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeZeep(url)


class Zeep12Tests(ForeignContract, SynchronousTestCase):
    """zeep, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By the SOAP 1.2 port of C{?wsdl=soap12}."""
        return makeZeep(url, isSoap12=True)


class Node11Tests(ForeignContract, SynchronousTestCase):
    """The package soap of node.js, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeNode(url, self.addCleanup)


class Node12Tests(ForeignContract, SynchronousTestCase):
    """The package soap of node.js, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl=soap12}."""
        return makeNode(url, self.addCleanup, isSoap12=True)


class SudsTests(ForeignContract, SynchronousTestCase):
    """suds-community."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makeSuds(url)


class PHP11Tests(ForeignContract, SynchronousTestCase):
    """PHP's SoapClient, SOAP 1.1."""

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl}."""
        return makePHP(url, self.addCleanup)

    def test_names(self) -> None:
        """It reads the names of service data; of more than two values of a type it shows the last three."""
        self.assertEqual(len(self.client.find(f"{{{OGSI}}}serviceDataName")), 3)


class PHP12Tests(PHP11Tests):
    """PHP's SoapClient, SOAP 1.2."""

    soap = SOAP12
    sides = ("Sender", "Receiver")

    def makeClient(self, url: str) -> ForeignClient:
        """By C{?wsdl=soap12}."""
        return makePHP(url, self.addCleanup, isSoap12=True)


class PerlTests(ForeignContract, SynchronousTestCase):
    """Perl's SOAP::Lite, told the namespaces instead of reading the WSDL."""

    soap = ""

    def makeClient(self, url: str) -> ForeignClient:
        """By the service's address."""
        return makePerl(url, self.addCleanup)


del ForeignContract


class TypedTests(SynchronousTestCase):
    """What zeep makes of the WSDL's types."""

    def setUp(self) -> None:
        """Read the WSDL."""
        self.node = SharedNode.get()
        self.client = makeZeep(self.node.url)

    def test_standardTypes(self) -> None:
        """Values of standard service data are objects of the types their xsi:type names."""
        (end,) = self.client.findNative(f"{{{OGSI}}}terminationTime")
        self.assertEqual((end.after, end.before), ("infinity", "infinity"))
        (query,) = self.client.findNative(f"{{{OGSI}}}findServiceDataExtensibility")
        self.assertEqual(query.inputElement, "q:queryByServiceDataNames")
        (reference,) = self.client.findNative(f"{{{OGSI}}}gridServiceReference")
        self.assertEqual(reference._value_1[0].text, f"{self.node.url}?wsdl")

    def test_faultType(self) -> None:
        """The detail of a fault is an object of the fault's own type."""
        fault = self.assertRaises(Fault, self.client.native.service.destroy)
        detail = self.client.detail(fault)
        self.assertEqual(type(detail).__name__, "ServiceNotDestroyedFaultType")
        self.assertIsInstance(detail.timestamp, datetime)
        self.assertEqual(detail.originator.handle, [self.node.url])
        self.assertEqual(detail.faultcode.faultscheme, "urn:gma-twisted:2026:core")

    def test_faultDetails(self) -> None:
        """The names and values a fault of ours carries are readable as well."""
        execution = {"serviceDataProviderName": "nobody"}
        fault = self.assertRaises(Fault, self.client.native.service.executeProvider, execution)
        context = self.client.detail(fault).extension._value_1
        self.assertEqual([(one.name, one._value_1) for one in context.detail], [("id", "nobody")])
        self.assertRegex(context.correlation, "^[0-9a-f]{12}$")

    def test_bothPorts(self) -> None:
        """C{?wsdl=soap12} still has the SOAP 1.1 port; C{?wsdl} has no other."""
        for suffix, ports in (("?wsdl", ["IndexPort"]), ("?wsdl=soap12", ["IndexPort", "IndexPortSoap12"])):
            wsdl = type(self.client)(self.node.url + suffix).native.wsdl
            (service,) = wsdl.services.values()
            self.assertEqual(list(service.ports), ports)


class LoadTests(SynchronousTestCase):
    """The load of this host, changed by the test, seen by every client that is here."""

    timeout = 60

    def clients(self, url: str) -> Mapping[str, ForeignClient]:
        """Those of the documentation, and of the others what is installed."""
        found = {"zeep 1.1": makeZeep(url), "zeep 1.2": makeZeep(url, isSoap12=True)}
        more: Mapping[str, ForeignClient] = dict(found)
        for name, isSoap12 in (("node 1.1", False), ("node 1.2", True)):
            try:
                more = {**more, name: makeNode(url, self.addCleanup, isSoap12)}
            except SkipTest:
                pass
        return more

    def test_load(self) -> None:
        """Each reads one load, and another after the machine was kept busy."""
        clients = self.clients(SharedNode.get().url)

        def loads() -> Mapping[str, str]:
            return {name: _load(client.find(HOST)) for name, client in clients.items()}

        before = poll(loads, _isKernels)
        busy = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
        busy.start()
        try:
            # The kernel counts every five seconds.
            after = poll(loads, lambda now: _isKernels(now) and now != before, 25)
        finally:
            busy.kill()
            busy.join()
        for name in clients:
            self.assertNotEqual(before[name], after[name])


def _load(values: Sequence[Value]) -> str:
    (host,) = values
    return host.child("ProcessorLoad").attributes["Last1Min"]


def _isKernels(loads: Mapping[str, str]) -> bool:
    return set(loads.values()) == {str(round(getloadavg()[0] * 100))}


def _spin() -> None:
    while True:
        pass
