"""A real node and the SOAP clients other people wrote, with the WSDL as the node serves it."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import getloadavg
from pathlib import Path

from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zeep.exceptions import Fault

from gma_twisted.markup.namespaces import OGSI, SD, SOAP12
from tests.integration.foreign.client import ForeignClient, Value
from tests.integration.foreign.contract import HOST, STANDARD, ForeignContract
from tests.integration.foreign.makers import makeNode, makePerl, makePHP, makeSuds, makeZeep
from tests.integration.foreign.shared import SharedNode, poll, watchMemory
from tests.readme import readBlocks

WSDL = "http://schemas.xmlsoap.org/wsdl/"


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

    def test_standard(self) -> None:
        """It reads every standard service data; of several values with an xsi:type PHP shows some only."""
        for name in STANDARD:
            self.assertNotEqual(self.client.find(f"{{{OGSI}}}{name}"), [])

    def test_names(self) -> None:
        """It reads names of service data; of several values with an xsi:type PHP shows some only."""
        self.assertNotEqual(self.client.find(f"{{{OGSI}}}serviceDataName"), [])


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
        queries = self.client.findNative(f"{{{OGSI}}}findServiceDataExtensibility")
        self.assertIn("q:queryByServiceDataNames", [one.inputElement for one in queries])
        (reference,) = self.client.findNative(f"{{{OGSI}}}gridServiceReference")
        self.assertEqual(reference._value_1[0].text, f"{self.node.url}?wsdl")

    def test_faultType(self) -> None:
        """The detail of a fault is an object of the fault's own type."""
        fault = self.assertRaises(Fault, self.client.service.destroy)
        detail = self.client.detail(fault)
        self.assertEqual(type(detail).__name__, "ServiceNotDestroyedFaultType")
        self.assertIsInstance(detail.timestamp, datetime)
        self.assertEqual(detail.originator.handle, [self.node.url])
        self.assertEqual(detail.faultcode.faultscheme, "urn:gma-twisted:2026:core")

    def test_faultDetails(self) -> None:
        """The names and values a fault of ours carries are readable as well."""
        execution = {"serviceDataProviderName": "nobody"}
        fault = self.assertRaises(Fault, self.client.service.executeProvider, execution)
        context = self.client.detail(fault).extension._value_1
        self.assertEqual([(one.name, one._value_1) for one in context.detail], [("id", "nobody")])
        self.assertRegex(context.correlation, "^[0-9a-f]{12}$")

    def test_bothPorts(self) -> None:
        """C{?wsdl=soap12} still has the SOAP 1.1 port; C{?wsdl} has no other."""
        for suffix, ports in (
            ("?wsdl", ["IndexPort"]),
            ("?wsdl=soap12", ["IndexPort", "IndexPortSoap12"]),
        ):
            wsdl = type(self.client)(self.node.url + suffix).native.wsdl
            (service,) = wsdl.services.values()
            self.assertEqual(list(service.ports), ports)


class CommandTests(SynchronousTestCase):
    """The commands of README.md, word by word but for the port."""

    timeout = 60

    def setUp(self) -> None:
        """Find the node and the commands."""
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")
        self.node = SharedNode.get()
        self.blocks = [block.text for block in readBlocks("README.md", "")]

    def shell(self, command: str) -> str:
        """Run a command that must succeed, at our node."""
        text = command.replace("http://127.0.0.1:8480", self.node.base)
        ended = subprocess.run(
            ["/bin/sh", "-c", text],
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def host(self) -> Value:
        """What the long command of README.md reads."""
        (command,) = (block for block in self.blocks if "--data-binary" in block)
        (values,) = etree.fromstring(self.shell(command).encode()).iter(
            f"{{{SD}}}serviceDataValues"
        )
        (host,) = values
        return Value.fromTree(host)

    def test_pages(self) -> None:
        """curl shows the status page and the WSDL."""
        (block,) = (block for block in self.blocks if "?wsdl" in block and "curl" in block)
        page, wsdl = (self.shell(command) for command in block.splitlines())
        self.assertIn("<h1>index-0</h1>", page)
        self.assertEqual(etree.fromstring(wsdl.encode()).tag, f"{{{WSDL}}}definitions")

    def test_soap12(self) -> None:
        """curl shows the WSDL with both bindings; the default has the one of SOAP 1.1."""
        plain, both = (
            self.shell(f"curl -s 'http://127.0.0.1:8480/services/index?{query}'")
            for query in ("wsdl", "wsdl=soap12")
        )
        self.assertEqual((plain.count("<wsdl:binding "), both.count("<wsdl:binding ")), (1, 2))
        self.assertIn("http://schemas.xmlsoap.org/wsdl/soap12/", both)

    def test_host(self) -> None:
        """curl reads this host by findServiceData."""
        host = self.host()
        self.assertEqual(host.name, "Host")
        self.assertLessEqual({"goodFrom", "goodUntil", "availableUntil"}, set(host.attributes))

    def test_memory(self) -> None:
        """curl sees the available memory change."""
        watchMemory(lambda: int(self.host().child("MainMemory").attributes["RAMAvailable"]))

    def test_zeep(self) -> None:
        """zeep lists the operations."""
        (command,) = (block for block in self.blocks if "python -m zeep" in block)
        told = self.shell(command)
        self.assertIn("findServiceData(queryExpression: ns0:ExtensibilityType)", told)


class LoadTests(SynchronousTestCase):
    """The load of this host, changed by the test, seen by every client that is here."""

    timeout = 60

    def clients(self, url: str) -> Mapping[str, ForeignClient]:
        """Those of the documentation."""
        found: dict[str, ForeignClient] = {
            "zeep 1.1": makeZeep(url),
            "zeep 1.2": makeZeep(url, isSoap12=True),
        }
        for name, isSoap12 in (("node 1.1", False), ("node 1.2", True)):
            try:
                found[name] = makeNode(url, self.addCleanup, isSoap12)
            except SkipTest:
                continue
        return found

    def test_load(self) -> None:
        """Each reads the kernel's load, and another one after the machine was kept busy."""
        clients = self.clients(SharedNode.get().url)

        def loads() -> Mapping[str, str]:
            return {name: _load(client.find(HOST)) for name, client in clients.items()}

        before = poll(loads, _isKernels)
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            # The kernel counts every five seconds.
            after = poll(loads, lambda now: _isKernels(now) and now != before, 25)
        finally:
            busy.kill()
            busy.wait()
        for name in clients:
            self.assertNotEqual(before[name], after[name])


def _load(values: Sequence[Value]) -> str:
    (host,) = values
    return host.child("ProcessorLoad").attributes["Last1Min"]


def _isKernels(loads: Mapping[str, str]) -> bool:
    return set(loads.values()) == {str(round(getloadavg()[0] * 100))}
