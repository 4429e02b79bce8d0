"""What every foreign client must be able to do with the WSDL as it is, as tests to mix into a trial TestCase."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from os import getloadavg
from typing import TYPE_CHECKING, ClassVar

import psutil

from gma_twisted.markup.namespaces import GLUE, OGSI, SOAP11
from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from tests.integration.foreign.client import ForeignClient, ForeignFault, Value
from tests.integration.foreign.shared import SharedNode, poll, watchMemory

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase as _Base
else:
    # A mixin: as a TestCase of its own it would be run without a client.
    _Base = object

__all__ = ["HOST", "READING", "STANDARD", "WANTED", "ForeignContract"]

HOST = f"{{{GLUE}}}Host"
READING = "{urn:example:foreign}reading"
WANTED = "{urn:example:foreign}wanted"

_MEGABYTE = 1 << 20
STANDARD = {
    "interface": 8,
    "factoryLocator": 1,
    "gridServiceHandle": 1,
    "gridServiceReference": 1,
    # By names, XPath and, where it is installed, XQuery.
    "findServiceDataExtensibility": 3 if not whyMissing(Language.XQUERY) else 2,
    "setServiceDataExtensibility": 2,
    "terminationTime": 1,
}
"""How many values each standard service data of an index has."""

_INTERFACES = {
    "GridService",
    "NotificationSource",
    "ServiceGroup",
    "ServiceGroupRegistration",
    "RegistrationPortType",
    "ServiceDataProviderExecutionPortType",
    "AggregatorPortType",
    "DataAggregationPortType",
}


class ForeignContract(_Base):
    """
    C{class XTests(ForeignContract, SynchronousTestCase)} with a C{makeClient} proves a client.

    @cvar soap: namespace of the envelopes it must speak; empty when it does not tell
    @cvar sides: how its SOAP version calls caller and service
    """

    soap: ClassVar[str] = SOAP11
    sides: ClassVar[tuple[str, str]] = ("Client", "Server")
    timeout = 60

    def setUp(self) -> None:
        """Start the client, and the node when it is the first."""
        self.node = SharedNode.get()
        self.client = self.makeClient(self.node.url)

    def makeClient(self, url: str) -> ForeignClient:
        """Let a client read the WSDL. @param url: of the service"""
        raise NotImplementedError("write makeClient: it returns a client")

    def find(self, name: str) -> Value:
        """The only value of a name."""
        (found,) = self.client.find(name)
        return found

    def host(self, name: str, attribute: str) -> int:
        """A figure of this host."""
        return int(self.find(HOST).child(name).attributes[attribute])

    def number(self, name: str) -> str:
        """What the provider of a value of ours says now."""
        return self.find(name).attributes["number"]

    def test_host(self) -> None:
        """It reads this host: the size of its memory, and the load the kernel tells."""
        total = psutil.virtual_memory().total // _MEGABYTE
        self.assertEqual(self.host("MainMemory", "RAMSize"), total)
        poll(
            lambda: (self.host("ProcessorLoad", "Last1Min"), round(getloadavg()[0] * 100)),
            lambda loads: loads[0] == loads[1],
        )
        self.assertEqual(self.client.envelope(), self.soap)

    def test_memory(self) -> None:
        """It sees the available memory shrink when a program takes it, and grow when it is given back."""
        watchMemory(lambda: self.host("MainMemory", "RAMAvailable"))

    def test_change(self) -> None:
        """It reads each new value of a provider, with a lifetime that has moved on."""
        first = self.find(READING)
        written = self.node.write("reading")
        second = poll(
            lambda: self.find(READING), lambda value: value.attributes["number"] == written
        )
        self.assertNotEqual(first.attributes["number"], written)
        (began, _), (begins, ends) = (_lifetime(value) for value in (first, second))
        self.assertLess(began, begins)
        # Whoever reads it late finds it extended, since it is given again.
        self.assertGreaterEqual(ends - begins, timedelta(seconds=SharedNode.INTERVAL))

    def test_severalNames(self) -> None:
        """One query of two names answers the values of both."""
        found = self.client.find(HOST, READING)
        self.assertEqual(sorted(value.name for value in found), ["Host", "reading"])

    def test_enumProviders(self) -> None:
        """It lists the providers as the WSDL types them."""
        found = {row["providerName"]: row for row in self.client.enumProviders()}
        self.assertEqual(list(found), ["system", "reading", "wanted"])
        system = found["system"]
        self.assertEqual(
            set(system), {"providerName", "providerDesc", "providerImpl", "providerArgs", "async"}
        )
        self.assertIs(system["async"], False)
        self.assertIn("SimpleSystemInformationProvider", system["providerImpl"])

    def test_executeProvider(self) -> None:
        """It lets a provider run that has no schedule, and reads the new value."""
        written = self.node.write("wanted")
        self.client.executeProvider("wanted")
        poll(self._wanted, lambda numbers: numbers == [written])

    def _wanted(self) -> Sequence[str]:
        try:
            return [value.attributes["number"] for value in self.client.find(WANTED)]
        except ForeignFault as fault:
            return [fault.kind]

    def test_standard(self) -> None:
        """It reads every standard service data of the service."""
        found = {name: self.client.find(f"{{{OGSI}}}{name}") for name in STANDARD}
        self.assertEqual({name: len(values) for name, values in found.items()}, STANDARD)
        self.assertEqual(found["gridServiceHandle"][0].text, self.node.url)
        interfaces = {value.text.rpartition(":")[2] for value in found["interface"]}
        self.assertEqual(interfaces, _INTERFACES)

    def test_names(self) -> None:
        """It reads the names of all service data."""
        found = {
            value.text.rpartition(":")[2]
            for value in self.client.find(f"{{{OGSI}}}serviceDataName")
        }
        self.assertLessEqual({"reading", "Host", "interface", "serviceDataName"}, found)

    # -- faults

    def refused(self, kind: str, call: str, *words: str) -> ForeignFault:
        """Call what is refused, and check what every detail holds."""
        fault: ForeignFault = self.assertRaises(ForeignFault, getattr(self.client, call), *words)
        self.assertEqual((fault.kind, fault.code), (kind, kind))
        self.assertEqual(fault.description, fault.message)
        self.assertEqual(fault.handle, self.node.url)
        self.assertEqual(fault.side, self.sides[0])
        self.assertLess(abs(datetime.now(UTC) - fault.timestamp), timedelta(seconds=60))
        return fault

    def test_targetInvalid(self) -> None:
        """An unknown name is a targetInvalidFault that names it."""
        fault = self.refused("targetInvalidFault", "find", "{urn:example:foreign}nothing")
        self.assertIn("{urn:example:foreign}nothing", fault.description)

    def test_extensibilityNotSupported(self) -> None:
        """An unknown query language is an extensibilityNotSupportedFault."""
        self.refused("extensibilityNotSupportedFault", "ask", '<x:ask xmlns:x="urn:x"/>')

    def test_extensibilityType(self) -> None:
        """A query whose content is wrong is an extensibilityTypeFault."""
        query = f'<q:queryByServiceDataNames xmlns:q="{OGSI}"><q:nom/></q:queryByServiceDataNames>'
        self.refused("extensibilityTypeFault", "ask", query)

    def test_unknownId(self) -> None:
        """A provider that is not installed is the fault UnknownId."""
        fault = self.refused("UnknownId", "executeProvider", "nobody")
        self.assertIn('"nobody"', fault.description)

    def test_parameterError(self) -> None:
        """An argument the provider does not declare is the fault ParameterError."""
        fault = self.refused("ParameterError", "executeProvider", "reading", "colour=red")
        self.assertIn("colour", fault.description)


def _lifetime(value: Value) -> tuple[datetime, datetime]:
    begins, ends = (
        datetime.fromisoformat(value.attributes[name]) for name in ("goodFrom", "goodUntil")
    )
    return begins, ends
