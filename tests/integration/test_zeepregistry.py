"""zeep and a registry: every operation of it, of its groups, and of its entries; SOAP 1.1 and SOAP 1.2."""

import signal
import time
from pathlib import Path
from typing import Any

from lxml import etree
from zeep.exceptions import Fault

from gma_twisted.markup.namespaces import GMA, OGSI
from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.registering import CONTENT, newMember, readEntry, registrationOf
from tests.integration.foreign.registries import SharedRegistry
from tests.integration.foreign.shared import SharedNode, poll
from tests.integration.foreign.zeepcase import DAY, ZeepCase, fromNow
from tests.integration.foreign.zeepclient import ZeepClient
from tests.integration.twistd import Node

_GONE = "serviceHasTerminatedFault"
_FACTORY = etree.QName(OGSI, "Factory")


def locator(member: str, *interfaces: etree.QName) -> dict[str, Any]:
    """A member, as zeep takes it."""
    return {"handle": [member], "interface": list(interfaces)}


def matching(client: ZeepClient, *locators: dict[str, Any]) -> Any:
    """The expression C{remove} takes."""
    return client.wrapped(client.made("matchByLocatorEquivalence", locator=list(locators)))


def state(client: ZeepClient) -> str:
    """Whether the service of a client is there: C{alive}, or the kind of the fault that says why not."""
    try:
        client.service.requestTerminationAfter(fromNow(-1))
    except Fault as fault:
        kind: str = client.detail(fault).faultcode._value_1
        return kind
    return "alive"


class RegistryCase(ZeepCase):
    """The registry that all share."""

    def setUp(self) -> None:
        """Start it when it is the first."""
        self.url = SharedRegistry.get().url
        self.client = self.shared(self.url)
        self.service = self.client.service


class Registration11Tests(RegistryCase):
    """Registration by handle; what L{tests.integration.foreign.registering} does not prove of every client."""

    def test_lifetimes(self) -> None:
        """Granted are the seconds asked, at least 5, at most a day, and 5 minutes to who does not ask."""
        handle = newMember()
        for asked, granted in ((7.5, 7.5), (1, 5), (0, 5), (365 * DAY, DAY), (None, 300)):
            kept = self.service.registerService(handle=handle, lifetime=asked)
            self.assertEqual(float(kept.lifetime), granted)
            (row,) = self.service.renewServices(entry=[kept.entry], lifetime=asked)
            self.assertEqual((row.state, float(row.lifetime)), ("renewed", granted))
            (end,) = self.open(kept.entry).findNative(f"{{{OGSI}}}terminationTime")
            end.timestamp = fromNow(0)
            self.assertEnds(end, granted)

    def test_others(self) -> None:
        """What one address registered no other one renews or takes out by the member's handle."""
        member = newMember()
        entry = self.client.register(registrationOf(member))["entry"]
        other = makeZeep(self.url, self.isSoap12, "127.0.0.2")
        (row,) = other.renew([entry], 60)
        self.assertEqual((row["state"], row["lifetime"]), ("unknown", None))
        detail = self.refused(other, "UnknownId", other.service.unregisterService, member)
        self.assertIn("127.0.0.2", detail.description[0])
        added = other.add(member)
        self.assertNotEqual(added, entry)
        self.client.unregister(member)
        self.assertIsNotNone(readEntry(added))

    def test_malformed(self) -> None:
        """What the types of the WSDL cannot say is said by the fault ParameterError."""
        for parts in (
            {"handle": "nonsense"},
            {"handle": newMember(), "lifetime": -1},
            {"handle": newMember(), "interface": [{"namespace": "urn:a", "localName": "a b"}]},
        ):
            self.refused(self.client, "ParameterError", self.service.registerService, **parts)
        self.refused(self.client, "ParameterError", self.service.renewServices, entry=["nonsense"])


class Group11Tests(RegistryCase):
    """The service group."""

    def entry(self, entry: str) -> Any:
        """The value of one entry, as zeep types it."""
        key = {f"{{{GMA}}}key": entry.rpartition("/")[2]}
        (found,) = self.client.findNative({"_value_1": f"{{{OGSI}}}entry", "_attr_1": key})
        return found

    def test_add(self) -> None:
        """A member is added with its content, and is a typed value among all entries and by its key."""
        member = newMember()
        content = self.client.wrapped(etree.fromstring(CONTENT))
        added = self.service.add(
            serviceLocator=locator(member, _FACTORY),
            content=content,
            terminationTime={"before": fromNow(60)},
        )
        self.assertEnds(added.currentTerminationTime, 60)
        (handle,) = added.serviceLocator.handle
        found = self.entry(handle)
        self.assertEqual(type(found).__name__, "EntryType")
        self.assertEqual(found.serviceGroupEntryLocator.handle, [handle])
        self.assertEqual(found.memberServiceLocator.handle, [member])
        self.assertEqual(found.memberServiceLocator.interface, ["q:Factory"])
        (jobs,) = found.content._value_1
        self.assertEqual((jobs.tag, jobs[0].text), ("{urn:example:jobs}jobs", "1 < 2"))
        entries = self.client.findNative(f"{{{OGSI}}}entry")
        self.assertIn([handle], [one.serviceGroupEntryLocator.handle for one in entries])

    def test_known(self) -> None:
        """A known member keeps its entry, whichever way it comes; what it says now counts."""
        member = newMember()
        entry = self.client.add(member)
        registered = self.client.register(registrationOf(member))
        self.assertEqual(registered["entry"], entry)
        self.assertEqual(len(self.entry(entry).content._value_1), 2)
        self.assertEqual(self.client.add(member), entry)
        self.assertIsNone(self.entry(entry).content)

    def test_lifetimes(self) -> None:
        """The latest end counts, without one the earliest; the bounds are those of registerService."""
        member = newMember()
        for asked, granted in (
            ({"after": fromNow(100), "before": fromNow(200)}, 200),
            ({"after": fromNow(100)}, 100),
            ({"before": fromNow(1)}, 5),
            ({"before": fromNow(-DAY)}, 5),
            ({"before": fromNow(365 * DAY)}, DAY),
            ({"before": "infinity"}, DAY),
            ({}, 300),
            (None, 300),
        ):
            added = self.service.add(serviceLocator=locator(member), terminationTime=asked)
            self.assertEnds(added.currentTerminationTime, granted)

    def test_remove(self) -> None:
        """Entries whose locator is one of those given go, and no others."""
        members = [newMember() for _ in range(3)]
        entries = [self.client.add(member) for member in members]
        self.service.remove(matchExpression=matching(self.client, *map(locator, members[:2])))
        self.assertEqual([readEntry(one) is None for one in entries], [True, True, False])
        remove = self.service.remove
        for match in (
            matching(self.client, locator(members[0])),
            matching(self.client, locator(members[2], _FACTORY)),
        ):
            self.refused(self.client, "matchFailedFault", remove, matchExpression=match)

    def test_removeFailed(self) -> None:
        """Others' entries are not removed."""
        member = newMember()
        self.client.add(member)
        other = makeZeep(self.url, self.isSoap12, "127.0.0.2")
        match = matching(other, locator(member))
        self.refused(other, "removeFailedFault", other.service.remove, matchExpression=match)

    def test_refused(self) -> None:
        """What a group cannot take is told by a fault of its own type."""
        add, remove, wrapped = self.service.add, self.service.remove, self.client.wrapped
        self.refused(self.client, "addRefusedFault", add, serviceLocator={})
        wrong = {"after": fromNow(9), "before": fromNow(8)}
        self.refused(
            self.client,
            "ParameterError",
            add,
            serviceLocator=locator(newMember()),
            terminationTime=wrong,
        )
        deep = etree.fromstring("<a>" * 40 + "</a>" * 40)
        self.refused(
            self.client,
            "extensibilityTypeFault",
            add,
            serviceLocator=locator(newMember()),
            content=wrapped(deep),
        )
        strange = wrapped(etree.Element("strange"))
        self.refused(self.client, "extensibilityNotSupportedFault", remove, matchExpression=strange)
        malformed = etree.fromstring(
            f'<m:matchByLocatorEquivalence xmlns:m="{OGSI}"><m:handle/>'
            "</m:matchByLocatorEquivalence>"
        )
        for match in (wrapped(malformed), matching(self.client)):
            self.refused(self.client, "extensibilityTypeFault", remove, matchExpression=match)

    def test_standard(self) -> None:
        """A group says who may be in it, and what remove takes."""
        (rule,) = self.client.findNative(f"{{{OGSI}}}membershipContentRule")
        self.assertEqual(rule.memberInterface.rpartition(":")[2], "GridService")
        (match,) = self.client.findNative(f"{{{OGSI}}}removeExtensibility")
        self.assertEqual(match.inputElement.rpartition(":")[2], "matchByLocatorEquivalence")
        self.assertEqual(self.client.findNative(f"{{{OGSI}}}addExtensibility"), [])


class Entry11Tests(RegistryCase):
    """An entry as a service, by its own handle."""

    def setUp(self) -> None:
        """One whose end is in a minute."""
        super().setUp()
        self.member = newMember()
        self.handle = self.client.register(registrationOf(self.member))["entry"]
        self.entry = self.open(self.handle)

    def find(self, name: str) -> list[Any]:
        """The values of a name of OGSI."""
        return list(self.entry.findNative(f"{{{OGSI}}}{name}"))

    def test_standard(self) -> None:
        """It has the service data every service has, and that of a ServiceGroupEntry, typed."""
        names = {text.rpartition(":")[2] for text in self.find("serviceDataName")}
        self.assertEqual(names, _ENTRY_NAMES)
        interfaces = {text.rpartition(":")[2] for text in self.find("interface")}
        self.assertEqual(interfaces, {"GridService", "ServiceGroupEntry"})
        self.assertEqual(self.find("gridServiceHandle"), [self.handle])
        (reference,) = self.find("gridServiceReference")
        self.assertEqual(reference._value_1[0].text, f"{self.handle}?wsdl")
        (factory,) = self.find("factoryLocator")
        self.assertEqual(factory.handle, [])
        (member,) = self.find("memberServiceLocator")
        self.assertEqual(member.handle, [self.member])
        (content,) = self.find("content")
        self.assertEqual(
            [one.tag for one in content._value_1],
            ["{urn:example:jobs}jobs", f"{{{GMA}}}registration"],
        )
        (query,) = self.find("findServiceDataExtensibility")
        self.assertEqual(query.inputElement.rpartition(":")[2], "queryByServiceDataNames")
        self.assertEqual(len(self.find("setServiceDataExtensibility")), 2)
        (end,) = self.find("terminationTime")
        end.timestamp = fromNow(0)
        self.assertEnds(end, 60)

    def test_end(self) -> None:
        """The end moves as OGSI says: a bound that it keeps already changes nothing, infinity is a day here."""
        after = self.entry.service.requestTerminationAfter
        before = self.entry.service.requestTerminationBefore
        for ask, asked, granted in (
            (after, fromNow(100), 100),
            (after, fromNow(20), 100),
            (after, fromNow(-20), 100),
            (before, fromNow(200), 100),
            (before, "infinity", 100),
            (before, fromNow(20), 20),
            (after, "infinity", DAY),
            (before, fromNow(100), 100),
            (after, fromNow(365 * DAY), DAY),
        ):
            self.assertEnds(ask(asked), granted)
        (end,) = self.find("terminationTime")
        end.timestamp = fromNow(0)
        self.assertEnds(end, DAY)

    def test_before(self) -> None:
        """A latest end in the past is now."""
        ended = self.entry.service.requestTerminationBefore(fromNow(-20))
        self.assertEnds(ended, 0)
        self.assertGone("it was destroyed")

    def test_destroy(self) -> None:
        """Destroyed it is gone for both faces of the registry."""
        self.assertIsNone(self.entry.service.destroy())
        self.assertGone("it was destroyed")
        (row,) = self.client.renew([self.handle], 60)
        self.assertEqual(row["state"], "unknown")
        self.refused(self.client, "UnknownId", self.service.unregisterService, self.member)
        again = self.client.register(registrationOf(self.member))["entry"]
        self.assertNotEqual(again, self.handle)

    def test_unregistered(self) -> None:
        """Taken out by its owner it is gone, and why is told."""
        self.client.unregister(self.member)
        self.assertGone("its owner took it out")

    def test_soon(self) -> None:
        """An end sooner than any lifetime granted is taken as it is."""
        self.assertEnds(self.entry.service.requestTerminationBefore(fromNow(0.5)), 0.5)
        poll(lambda: state(self.entry), lambda now: now == _GONE, 5)
        self.assertGone("its time passed")

    def assertGone(self, why: str) -> None:
        """Every operation, the resolver and the group say that it was there and is no more."""
        service = self.entry.service
        query = self.entry.wrapped(self.entry.made("queryByServiceDataNames"))
        for call, words in (
            (service.destroy, ()),
            (service.requestTerminationAfter, ("infinity",)),
            (service.requestTerminationBefore, ("infinity",)),
            (service.findServiceData, (query,)),
            (self.entry.setServiceData, (etree.Element("a"),)),
        ):
            detail = self.refused(self.entry, _GONE, call, *words)
            self.assertIn(why, detail.description[0])
        container = self.shared(f"{SharedRegistry.get().base}/services/container")
        handles = {"handle": [self.handle]}
        self.refused(container, _GONE, container.service.findByHandle, handles)
        self.assertIsNone(readEntry(self.handle))

    def test_never(self) -> None:
        """An entry that never was is told apart from one that has ended."""
        never = f"{self.url}/entries/never"
        binding = next(iter(self.entry.native.wsdl.bindings))
        service = self.entry.native.create_service(str(binding), never)
        fault = self.assertRaises(Fault, service.destroy)
        detail = self.entry.detail(fault)
        self.assertEqual(type(detail).__name__, "UnknownIdType")
        self.assertEqual(detail.originator.handle, [never])

    def test_refused(self) -> None:
        """Its service data is not for clients to change; what it does not know it says."""
        service, wrapped = self.entry.service, self.entry.wrapped
        change = self.entry.setServiceData
        self.refused(self.entry, "modifiabilityViolationFault", change, etree.Element("a"))
        strange = wrapped(etree.Element("strange"))
        for call in (service.findServiceData, service.setServiceData):
            self.refused(self.entry, "extensibilityNotSupportedFault", call, strange)
        unknown = wrapped(self.entry.made("queryByServiceDataNames", name=["{urn:a}b"]))
        self.refused(self.entry, "targetInvalidFault", service.findServiceData, unknown)


_ENTRY_NAMES = {
    "interface",
    "serviceDataName",
    "factoryLocator",
    "gridServiceHandle",
    "gridServiceReference",
    "findServiceDataExtensibility",
    "setServiceDataExtensibility",
    "terminationTime",
    "memberServiceLocator",
    "content",
}


class Refusing11Tests(ZeepCase):
    """A registry that refuses known members and takes little."""

    def setUp(self) -> None:
        """An empty one."""
        self.url = SharedRegistry.get(SharedRegistry.REFUSING).url
        self.client = self.shared(self.url)
        self.service = self.client.service
        for entry in self.client.findNative(f"{{{OGSI}}}entry"):
            self.client.unregister(entry.memberServiceLocator.handle[0])

    def test_known(self) -> None:
        """A known member is refused, and the fault has the handle of its entry, for either face."""
        member = newMember()
        entry = self.client.add(member)
        for call, parts in (
            (self.service.registerService, {"handle": member}),
            (self.service.add, {"serviceLocator": locator(member)}),
        ):
            detail = self.refused(self.client, "serviceAlreadyExistsFault", call, **parts)
            self.assertEqual(detail.existingService.handle, [entry])
        other = makeZeep(self.url, self.isSoap12, "127.0.0.2")
        self.assertNotEqual(other.add(member), entry)
        other.unregister(member)

    def test_quota(self) -> None:
        """An owner has no more entries than it may have; each face has its own fault for that."""
        for _ in range(3):
            self.client.add(newMember())
        detail = self.refused(
            self.client, "TooLarge", self.service.registerService, handle=newMember()
        )
        self.assertIn("registry_per_owner", detail.description[0])
        refused = locator(newMember())
        detail = self.refused(
            self.client, "addRefusedFault", self.service.add, serviceLocator=refused
        )
        self.assertIn("registry_per_owner", detail.description[0])
        other = makeZeep(self.url, self.isSoap12, "127.0.0.2")
        member = newMember()
        other.add(member)
        other.unregister(member)

    def test_content(self) -> None:
        """Content larger than the bound is refused."""
        big = etree.Element("big")
        big.text = "x" * 2000
        content = self.client.wrapped(big)
        register, add = self.service.registerService, self.service.add
        self.refused(self.client, "TooLarge", register, handle=newMember(), content=content)
        member = locator(newMember())
        self.refused(self.client, "addRefusedFault", add, serviceLocator=member, content=content)


class Registration12Tests(Registration11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Group12Tests(Group11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Entry12Tests(Entry11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class Refusing12Tests(Refusing11Tests):
    """With SOAP 1.2."""

    isSoap12 = True


class ExpiryTests(RegistryCase):
    """Time that passes."""

    def test_expires(self) -> None:
        """Who asks for less than five seconds gets five, and after them it is over, for everything there is."""
        began = time.monotonic()
        registered = self.client.register({**registrationOf(newMember()), "lifetime": 1})
        past = {"before": fromNow(-60)}
        added = self.service.add(serviceLocator=locator(newMember()), terminationTime=past)
        container = self.open(f"{SharedNode.get().base}/services/container")
        asked = container.wrapped(container.made("service", GMA, kind="holder"))
        created = container.service.createService(past, asked)
        clients = [
            self.open(handle)
            for handle in (
                registered["entry"],
                added.serviceLocator.handle[0],
                created.locator.handle[0],
            )
        ]
        poll(lambda: {state(client) for client in clients}, lambda states: states != {"alive"})
        self.assertGreater(time.monotonic() - began, 4.99)
        poll(lambda: {state(client) for client in clients}, lambda states: states == {_GONE}, 3)
        self.assertIsNone(readEntry(registered["entry"]))


class KilledTests(ZeepCase):
    """A registry that is killed between two calls."""

    def registry(self, listen: str) -> Node:
        """Start one."""
        options = ("--listen", f"tcp:{listen}:interface=127.0.0.1", "--state-dir", "state")
        return Node(self.home, self.addCleanup, *options, kind="gma-registry")

    def setUp(self) -> None:
        """A home directory."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()

    def test_killed(self) -> None:
        """The handle of an entry is good for ever: renewed, read and ended by it after kill -9 and a new start."""
        node = self.registry("0")
        base = node.url()
        client = self.open(f"{base}/services/registry")
        kept, gone = (client.register(registrationOf(newMember()))["entry"] for _ in range(2))
        added = client.add(newMember())
        entry = self.open(kept)
        self.open(gone).destroy()
        self.assertEqual(node.signal(signal.SIGKILL), -signal.SIGKILL)
        node = self.registry(base.rpartition(":")[2])
        self.assertEqual(node.url(), base)
        poll(lambda: state(entry), lambda now: now == "alive")
        rows = client.renew([kept, gone, added], 90)
        self.assertEqual([row["state"] for row in rows], ["renewed", "unknown", "renewed"])
        (end,) = entry.findNative(f"{{{OGSI}}}terminationTime")
        end.timestamp = fromNow(0)
        self.assertEnds(end, 90)
        entries = client.findNative(f"{{{OGSI}}}entry")
        handles = [one.serviceGroupEntryLocator.handle[0] for one in entries]
        self.assertEqual(sorted(handles), sorted([kept, added]))
        entry.destroy()
        self.assertEqual(state(entry), _GONE)


del ZeepCase, RegistryCase
