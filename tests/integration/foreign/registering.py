"""What every foreign client must be able to do with a registry and its entries, as tests to mix into a TestCase."""

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from lxml import etree

from gma_twisted.markup.namespaces import GMA, OGSI, REG, SOAP11
from tests.integration.foreign.client import ForeignClient, ForeignFault
from tests.integration.foreign.registries import SharedRegistry
from tests.integration.twistd import fetch

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase as _Base
else:
    # A mixin: as a TestCase of its own it would be run without a client.
    _Base = object

__all__ = ["CONTENT", "RegisteringContract", "newMember", "readEntry", "registrationOf"]

CONTENT = '<x:jobs xmlns:x="urn:example:jobs" site="here"><x:job>1 &lt; 2</x:job></x:jobs>'
"""What a member says of itself in a namespace nobody else knows."""

_NAMES = count(1)
_QUERY = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<o:findServiceData xmlns:o="{OGSI}"><o:queryExpression><o:queryByServiceDataNames>'
    '<o:name xmlns:g="{GMA}" g:key="{key}">o:entry</o:name>'
    "</o:queryByServiceDataNames></o:queryExpression></o:findServiceData></e:Body></e:Envelope>"
)


def newMember() -> str:
    """The handle of a service no test has had."""
    return f"http://site{next(_NAMES)}.example.org:8480/services/index"


def registrationOf(member: str) -> dict[str, Any]:
    """Everything C{registerService} takes."""
    return {
        "handle": member,
        "interface": [
            {"namespace": OGSI, "localName": "GridService"},
            {"namespace": REG, "localName": "RegistrationPortType"},
        ],
        "name": "Zürich & more",
        "attribute": [{"name": "tier", "value": "2"}, {"name": "site", "value": " a  b "}],
        "content": CONTENT,
        "lifetime": 60,
    }


def readEntry(entry: str) -> etree._Element | None:
    """The value of an entry in the service data of its group, read without any toolkit; C{None} when it has none."""
    url, _, key = entry.rpartition("/")
    group = url.removesuffix("/entries")
    answer = fetch(group, _QUERY.replace("{GMA}", GMA).replace("{key}", key).encode())
    values = etree.fromstring(answer).findall(f".//{{{OGSI}}}entry")
    return values[0] if values else None


class RegisteringContract(_Base):
    """
    C{class XTests(RegisteringContract, SynchronousTestCase)} with a C{makeClient} proves a client.

    @cvar soap: as of L{ForeignContract <tests.integration.foreign.contract.ForeignContract>}
    @cvar sides: as well
    """

    soap: ClassVar[str] = SOAP11
    sides: ClassVar[tuple[str, str]] = ("Client", "Server")
    timeout = 60

    def setUp(self) -> None:
        """Start the client, and the registry when it is the first."""
        self.url = SharedRegistry.get().url
        self.client = self.makeClient(self.url)

    def makeClient(self, url: str) -> ForeignClient:
        """Let a client read the WSDL. @param url: of the service"""
        raise NotImplementedError("write makeClient: it returns a client")

    def refused(self, kind: str, client: ForeignClient, call: str, *words: Any) -> ForeignFault:
        """Call what is refused, and check what the detail tells."""
        fault: ForeignFault = self.assertRaises(ForeignFault, getattr(client, call), *words)
        self.assertEqual((fault.kind, fault.code), (kind, kind))
        self.assertEqual(fault.side, self.sides[0])
        self.assertEqual(fault.description, fault.message)
        return fault

    def test_registration(self) -> None:
        """It registers a service with all there is to say of it, renews, registers again, and takes it out."""
        member = newMember()
        granted = self.client.register(registrationOf(member))
        entry = granted["entry"]
        self.assertEqual(entry.rpartition("/")[0], f"{self.url}/entries")
        self.assertEqual(float(granted["lifetime"]), 60.0)
        self.assertEqual(self.client.envelope(), self.soap)
        self.assertEqual(_told(entry), _TOLD)

        unknown = f"{self.url}/entries/never"
        first, second = self.client.renew([entry, unknown], 1)
        self.assertEqual((first["entry"], first["state"]), (entry, "renewed"))
        # The least there is.
        self.assertEqual(float(first["lifetime"]), 5.0)
        self.assertEqual((second["entry"], second["state"]), (unknown, "unknown"))
        self.assertIsNone(second.get("lifetime"))

        again = self.client.register({**registrationOf(member), "lifetime": 1e9})
        self.assertEqual((again["entry"], float(again["lifetime"])), (entry, 86400.0))

        self.client.unregister(member)
        self.assertIsNone(readEntry(entry))
        fault = self.refused("UnknownId", self.client, "unregister", member)
        self.assertIn(member, fault.description)
        self.assertEqual(fault.handle, self.url)

    def test_entry(self) -> None:
        """It adds a member, reads the entry by its own handle, and ends it, once."""
        member = newMember()
        entry = self.client.add(member)
        self.assertEqual(self.client.add(member), entry)
        service = self.makeClient(entry)
        (handle,) = service.find(f"{{{OGSI}}}gridServiceHandle")
        self.assertEqual(handle.text, entry)
        service.destroy()
        self.assertIsNone(readEntry(entry))
        fault = self.refused("serviceHasTerminatedFault", service, "destroy")
        self.assertEqual(fault.handle, entry)
        self.assertRegex(fault.description, "ended at .*Z: it was destroyed$")

    def test_refused(self) -> None:
        """A member that is no URL is a ParameterError."""
        self.refused("ParameterError", self.client, "add", "nonsense")


_TOLD = {
    "interfaces": [f"{{{OGSI}}}GridService", f"{{{REG}}}RegistrationPortType"],
    "jobs": ("here", "1 < 2"),
    "name": "Zürich & more",
    "attributes": {"tier": "2", "site": " a  b "},
}


def _told(entry: str) -> dict[str, Any]:
    found = readEntry(entry)
    assert found is not None
    jobs = found.find(f"{{{OGSI}}}content/{{urn:example:jobs}}jobs")
    own = found.find(f"{{{OGSI}}}content/{{{GMA}}}registration")
    assert jobs is not None and own is not None
    return {
        "interfaces": [
            _name(one)
            for one in found.iterfind(f"{{{OGSI}}}memberServiceLocator/{{{OGSI}}}interface")
        ],
        "jobs": (jobs.get("site"), jobs.findtext("{urn:example:jobs}job")),
        "name": own.findtext(f"{{{GMA}}}name"),
        "attributes": {one.get("name"): one.text for one in own.iterfind(f"{{{GMA}}}attribute")},
    }


def _name(node: etree._Element) -> str:
    prefix, _, local = (node.text or "").rpartition(":")
    return f"{{{node.nsmap[prefix]}}}{local}"
