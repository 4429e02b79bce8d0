"""zeep and the rest of a node: service data clients set, the resolver, the factory and what it makes, the container."""

from typing import Any

from lxml import etree
from zeep.exceptions import Fault

from gma_twisted.markup.namespaces import GMA, OGSI
from tests.integration.foreign.client import Value
from tests.integration.foreign.registering import newMember
from tests.integration.foreign.shared import SharedNode
from tests.integration.foreign.zeepcase import DAY, ZeepCase, fromNow
from tests.integration.foreign.zeepclient import ZeepClient

_SITE = "urn:example:site"
_GONE = "serviceHasTerminatedFault"


def site(name: str, text: str = "") -> Any:
    """A value."""
    # Prefixes of its own: with those lxml makes up, libxml2 confuses them with zeep's when it moves the element.
    value = etree.Element(f"{{{_SITE}}}{name}", nsmap={"site": _SITE, "ogsi": OGSI})
    value.text = text
    return value


def siteName(name: str) -> str:
    """A name of the site in Clark notation."""
    return f"{{{_SITE}}}{name}"


class IndexCase(ZeepCase):
    """The index that all share, and its container."""

    def setUp(self) -> None:
        """Start it when it is the first."""
        node = SharedNode.get()
        self.base = node.base
        self.client = self.shared(node.url)
        self.container = self.shared(f"{node.base}/services/container")

    def texts(self, client: ZeepClient, name: str) -> list[str]:
        """What the values of a name say."""
        return [value.text for value in client.find(name)]


class SetServiceData11Tests(IndexCase):
    """setServiceData on the service data of C{[sde.NAME]}."""

    STATE, MARK, NOTE, CONTACT = map(siteName, ("State", "Mark", "Note", "Contact"))

    def test_mutable(self) -> None:
        """What is mutable is replaced, and deleted where there may be none."""
        answer = self.client.setServiceData(site("State", "a"), site("State", "b"), site("Mark"))
        self.assertIsNone(answer._value_1)
        self.assertEqual(self.texts(self.client, self.STATE), ["a", "b"])
        self.client.setServiceData(site("State", "open"))
        self.assertEqual(self.texts(self.client, self.STATE), ["open"])
        self.assertIsNone(self.client.deleteServiceData(self.MARK)._value_1)
        self.assertEqual(self.client.findNative(self.MARK), [])

    def test_extendable(self) -> None:
        """What is extendable grows."""
        before = len(self.client.findNative(self.NOTE))
        for text in ("first", "second"):
            self.client.setServiceData(site("Note", text))
        found = self.texts(self.client, self.NOTE)
        self.assertEqual((len(found), found[-2:]), (before + 2, ["first", "second"]))

    def test_lifetime(self) -> None:
        """A value comes with its lifetime, and leaves with it."""
        value = site("Note", "soon over")
        # Written as nodes do: none of a second is left out.
        ends = fromNow(60).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        value.set(f"{{{OGSI}}}availableUntil", ends)
        self.client.setServiceData(value)
        found = [one for one in self.client.find(self.NOTE) if one.text == "soon over"][-1]
        self.assertEqual(found.attributes["availableUntil"], ends)
        self.assertEqual(found.attributes["originator"], self.client.handle)

    def test_refused(self) -> None:
        """One name that cannot be set or deleted is the fault of its cause."""
        put, delete = self.client.setServiceData, self.client.deleteServiceData
        element = etree.fromstring(f'<s:State xmlns:s="{_SITE}"><a/></s:State>')
        past = site("Note")
        past.set(f"{{{OGSI}}}availableUntil", "2001-01-01T00:00:00Z")
        for kind, call, words in (
            ("cardinalityViolationFault", put, [site("State", text) for text in "abc"]),
            ("cardinalityViolationFault", delete, [self.STATE]),
            ("mutabilityViolationFault", delete, [self.NOTE]),
            ("modifiabilityViolationFault", put, [site("Contact")]),
            ("modifiabilityViolationFault", delete, [f"{{{OGSI}}}interface"]),
            ("typeViolationFault", put, [element]),
            ("incorrectValueFault", put, [past]),
            ("incorrectValueFault", put, [site("Nothing")]),
            ("incorrectValueFault", delete, [siteName("Nothing")]),
            ("extensibilityTypeFault", put, []),
            ("extensibilityTypeFault", delete, []),
        ):
            self.refused(self.client, kind, call, *words)
        self.assertEqual(self.texts(self.client, self.CONTACT), ["ann"])

    def test_unknownExpression(self) -> None:
        """An update of a kind nobody knows is told so."""
        strange = self.client.wrapped(etree.Element("strange"))
        call = self.client.service.setServiceData
        self.refused(self.client, "extensibilityNotSupportedFault", call, strange)

    def test_partly(self) -> None:
        """What can be done is done; the names of the rest and a typed cause of each come with the fault."""
        values = [site("Contact"), site("Mark", "done"), site("Nothing"), site("State", "open")]
        fault = self.assertRaises(Fault, self.client.setServiceData, *values)
        detail = self.client.detail(fault)
        self.assertEqual(type(detail).__name__, "PartialFailureFaultType")
        (entry,) = fault.detail
        listed = entry.findall(f"{{{OGSI}}}failedServiceData/{{{OGSI}}}name")
        # zeep has the text only; where its prefix is declared says the tree.
        self.assertEqual(
            [one._value_1 for one in detail.failedServiceData.name], [one.text for one in listed]
        )
        names = [f"{{{one.nsmap['q']}}}{one.text.removeprefix('q:')}" for one in listed]
        self.assertEqual(names, [self.CONTACT, siteName("Nothing")])
        causes = detail.faultcause
        self.assertEqual(
            [type(cause).__name__ for cause in causes],
            ["ModifiabilityViolationFaultType", "IncorrectValueFaultType"],
        )
        for cause, name in zip(causes, names, strict=True):
            self.assertIn(name, cause.description[0])
            (named,) = cause.extension._value_1.detail
            self.assertEqual((named.name, named._value_1), ("serviceDataName", name))
        self.assertEqual(self.texts(self.client, self.MARK), ["done"])

    def test_different(self) -> None:
        """Nothing done for several reasons is a partial failure too, for one reason that reason's fault."""
        delete = self.client.deleteServiceData
        detail = self.refused(
            self.client, "partialFailureFault", delete, self.STATE, self.NOTE, self.CONTACT
        )
        self.assertEqual(
            [cause.faultcode._value_1 for cause in detail.faultcause],
            [
                "cardinalityViolationFault",
                "mutabilityViolationFault",
                "modifiabilityViolationFault",
            ],
        )
        put = self.client.setServiceData
        self.refused(self.client, "incorrectValueFault", put, site("Nothing"), site("Never"))


class Resolver11Tests(IndexCase):
    """findByHandle."""

    def find(self, *handles: str, excluded: Any = None) -> Any:
        """Ask."""
        return self.container.service.findByHandle({"handle": list(handles)}, excluded)

    def test_known(self) -> None:
        """Services, entries of both groups and the container itself are found, with what they offer."""
        entry = self.client.add(newMember())
        for handle, interface in (
            (self.client.handle, "RegistrationPortType"),
            (self.container.handle, "Factory"),
            (entry, "ServiceGroupEntry"),
            (f"{self.container.handle}/entries/index", "ServiceGroupEntry"),
        ):
            found = self.find("http://elsewhere.example.org/services/x", handle)
            self.assertEqual(found.handle, [handle])
            self.assertIn(interface, [text.rpartition(":")[2] for text in found.interface])
            (reference,) = found.reference
            (wsdl,) = reference._value_1
            self.assertEqual((wsdl.tag, wsdl.text), (f"{{{GMA}}}wsdl", f"{handle}?wsdl"))

    def test_excluded(self) -> None:
        """There is one reference; who has it and wants another is told that there is none."""
        found = self.find(self.client.handle)
        kind = "noAdditionalReferencesAvailableFault"
        excluded = {"reference": found.reference}
        self.refused(self.container, kind, self.find, self.client.handle, excluded=excluded)
        other = {"reference": self.find(self.container.handle).reference}
        self.assertEqual(self.find(self.client.handle, excluded=other).handle, found.handle)

    def test_refused(self) -> None:
        """Why there is no reference is told by the type of the fault."""
        for kind, handles in (
            ("invalidHandleFault", ["http://elsewhere.example.org/services/index"]),
            ("invalidHandleFault", []),
            ("noSuchServiceFault", [f"{self.base}/services/never"]),
            ("noSuchServiceFault", [f"{self.client.handle}/entries/never"]),
            ("ParameterError", ["nonsense"]),
        ):
            self.refused(self.container, kind, self.find, *handles)

    def test_ended(self) -> None:
        """What has ended is told apart from what never was, and tells more than a handle of another node."""
        entry = self.client.add(newMember())
        self.open(entry).destroy()
        self.refused(self.container, _GONE, self.find, entry)
        other = "http://elsewhere.example.org/services/x"
        self.refused(self.container, _GONE, self.find, other, f"{self.base}/never", entry)

    def test_standard(self) -> None:
        """It says of which schemes handles are."""
        self.assertEqual(self.container.findNative(f"{{{OGSI}}}handleResolverScheme"), ["http"])


class Factory11Tests(IndexCase):
    """createService, and the service it makes."""

    NAME = "{urn:example:notes}note"

    def create(self, time: Any = None, **parts: Any) -> Any:
        """Ask for a service."""
        asked = self.container.wrapped(self.container.made("service", GMA, **parts))
        return self.container.service.createService(time, asked)

    def created(self, name: str = "") -> ZeepClient:
        """A holder of notes, destroyed after the test."""
        argument = {"name": "serviceDataName", "value": self.NAME}
        made = self.create(kind="holder", name=name or None, argument=[argument])
        client = self.open(made.locator.handle[0])
        self.addCleanup(_end, client)
        return client

    def test_used(self) -> None:
        """A created service is used by its own WSDL, is found, is in the container, and ends when it is destroyed."""
        client = self.created("notes")
        note = etree.fromstring('<n:note xmlns:n="urn:example:notes">hello</n:note>')
        client.setServiceData(note)
        self.assertEqual(self.texts(client, self.NAME), ["hello"])
        client.deleteServiceData(self.NAME)
        self.assertEqual(client.findNative(self.NAME), [])
        self.refused(
            client, "incorrectValueFault", client.setServiceData, site("State", "not here")
        )
        (factory,) = client.findNative(f"{{{OGSI}}}factoryLocator")
        self.assertEqual(factory.handle, [self.container.handle])
        self.assertEqual(self.texts(client, f"{{{OGSI}}}gridServiceHandle"), [client.handle])
        (row,) = self.rows(client.handle)
        self.assertEqual(
            [(part.name, part.text) for part in Value.fromTree(row[0]).children],
            [("name", "notes"), ("kind", "holder")],
        )
        client.service.destroy()
        self.assertEqual(self.rows(client.handle), [])
        for call, words in (
            (client.service.destroy, ()),
            (client.service.requestTerminationAfter, ("infinity",)),
            (client.setServiceData, (note,)),
        ):
            self.refused(client, _GONE, call, *words)
        find = self.container.service.findByHandle
        self.refused(self.container, _GONE, find, {"handle": [client.handle]})

    def rows(self, member: str) -> list[Any]:
        """The contents of the container's entries of a member."""
        entries = self.container.findNative(f"{{{OGSI}}}entry")
        return [
            one.content._value_1 for one in entries if one.memberServiceLocator.handle == [member]
        ]

    def test_name(self) -> None:
        """Of two services that live, no two have one name; the fault has the handle of the first."""
        client = self.created("mine")
        detail = self.refused(
            self.container, "serviceAlreadyExistsFault", self.create, kind="holder", name="mine"
        )
        self.assertEqual(detail.existingService.handle, [client.handle])
        client.destroy()
        self.assertNotEqual(self.created("mine").handle, client.handle)

    def test_end(self) -> None:
        """Lifetimes are at least 5 seconds, at most a day, and an hour for who does not ask; the end moves."""
        for asked, granted in (
            (None, 3600),
            ({"before": fromNow(60)}, 60),
            ({"after": fromNow(7200)}, 7200),
            ({"before": fromNow(1)}, 5),
            ({"before": fromNow(365 * DAY)}, DAY),
            ({"before": "infinity"}, DAY),
        ):
            made = self.create(asked, kind="holder")
            self.assertEnds(made.currentTerminationTime, granted)
            self.assertIsNone(made.extensibilityOutput)
            self.open(made.locator.handle[0]).destroy()
        client = self.created()
        service = client.service
        after, before = service.requestTerminationAfter, service.requestTerminationBefore
        for ask, end, granted in (
            (after, fromNow(7200), 7200),
            (after, fromNow(-20), 7200),
            (before, fromNow(60), 60),
            (after, "infinity", DAY),
            (before, fromNow(-1), 0),
        ):
            self.assertEnds(ask(end), granted)
        self.refused(client, _GONE, service.destroy)

    def test_refused(self) -> None:
        """What is no kind, no request or no argument of the kind is told by a fault of its own type."""
        create, wrapped = self.container.service.createService, self.container.wrapped
        kind = "extensibilityNotSupportedFault"
        self.refused(self.container, kind, create)
        self.refused(self.container, kind, create, None, wrapped(etree.Element("strange")))
        malformed = etree.fromstring(f'<g:service xmlns:g="{GMA}"><g:size>1</g:size></g:service>')
        kind = "extensibilityTypeFault"
        self.refused(self.container, kind, create, None, wrapped(malformed))
        for parts in (
            {"kind": "nothing"},
            {"kind": "holder", "name": "a b"},
            {"kind": "holder", "argument": [{"name": "size", "value": "1"}]},
            {"kind": "holder", "argument": [{"name": "serviceDataName", "value": "a b"}]},
        ):
            self.refused(self.container, kind, self.create, **parts)

    def test_standard(self) -> None:
        """The container tells the kinds there are."""
        (kind,) = self.container.findNative(f"{{{OGSI}}}createServiceExtensibility")
        self.assertEqual(type(kind).__name__, "CreateServiceExtensibilityType")
        self.assertEqual(kind.inputElement, "gma:service")
        self.assertEqual(
            [text.rpartition(":")[2] for text in kind.createsInterface], ["GridService"]
        )


class Container11Tests(IndexCase):
    """The container and its entries."""

    def test_permanent(self) -> None:
        """The container and the entries of what came with the node are there as long as it runs."""
        for handle in (self.container.handle, f"{self.container.handle}/entries/index"):
            client = self.open(handle)
            service = client.service
            self.refused(client, "serviceNotDestroyedFault", service.destroy)
            unchanged = "terminationTimeUnchangedFault"
            self.refused(client, unchanged, service.requestTerminationBefore, fromNow(60))
            (end,) = client.findNative(f"{{{OGSI}}}terminationTime")
            self.assertEqual((end.after, end.before), ("infinity", "infinity"))

    def test_members(self) -> None:
        """It tells the services of the node; each entry says the same of itself."""
        entries = {
            one.memberServiceLocator.handle[0]: one.serviceGroupEntryLocator.handle[0]
            for one in self.container.findNative(f"{{{OGSI}}}entry")
        }
        self.assertLessEqual({self.client.handle, self.container.handle}, set(entries))
        entry = self.open(entries[self.client.handle])
        (member,) = entry.findNative(f"{{{OGSI}}}memberServiceLocator")
        self.assertEqual(member.handle, [self.client.handle])
        (content,) = entry.findNative(f"{{{OGSI}}}content")
        self.assertEqual(content._value_1[0].findtext(f"{{{GMA}}}name"), "index")


class SetServiceData12Tests(SetServiceData11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Resolver12Tests(Resolver11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Factory12Tests(Factory11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Container12Tests(Container11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


def _end(client: ZeepClient) -> None:
    try:
        client.service.destroy()
    except Fault:
        pass  # it has ended


del ZeepCase, IndexCase
