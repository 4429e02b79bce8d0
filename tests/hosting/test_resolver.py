"""The HandleResolver: handles of its node become references, those of others are refused."""

from collections.abc import Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    GMAError,
    InvalidHandle,
    NoAdditionalReferencesAvailable,
    NoSuchService,
    ServiceHasTerminated,
    UnknownId,
)
from gma_twisted.hosting.resolver import HandleResolver, wsdlReference
from gma_twisted.interfaces import IHandleResolver
from gma_twisted.markup import XMLGate
from gma_twisted.markup.build import canonicalElement
from gma_twisted.markup.namespaces import GMA, OGSI, ogsi
from gma_twisted.model import Handle, Locator, QName
from gma_twisted.soap.types import LOCATOR
from gma_twisted.timing import NodeClock, toDeferred

_BASE = "http://gate:8480"
_INDEX = Handle(f"{_BASE}/services/index")
_PORT_TYPES = (ogsi("GridService"), QName("urn:own", "Port"))


def _locate(path: str) -> Sequence[QName]:
    if path in ("/services/index", "/services/a b"):
        return _PORT_TYPES
    if path == "/services/old":
        raise ServiceHasTerminated("over")
    raise UnknownId("never")


class HandleResolverTests(SynchronousTestCase):
    """Of a node with an index, and something that has ended."""

    def setUp(self) -> None:
        """The resolver."""
        self.resolver = HandleResolver((_BASE, "https://Public.example:443"), _locate)

    def _find(self, *urls: str, excluded: Sequence[bytes] = ()) -> Locator:
        exclusion = Locator((), (), tuple(excluded)) if excluded else None
        asked = Locator(tuple(map(Handle, urls)))
        return self.successResultOf(toDeferred(self.resolver.findByHandle(asked, exclusion)))

    def _refused(self, kind: type[GMAError], *urls: str, excluded: Sequence[bytes] = ()) -> str:
        return str(self.assertRaises(kind, self._find, *urls, excluded=excluded))

    def test_interface(self) -> None:
        """It is a HandleResolver."""
        self.assertTrue(verifyObject(IHandleResolver, self.resolver))

    def test_found(self) -> None:
        """Handle, port types, and where the WSDL is, in canonical bytes."""
        locator = self._find(_INDEX.url)
        self.assertEqual(locator.handles, (_INDEX,))
        self.assertEqual(locator.interfaces, _PORT_TYPES)
        (reference,) = locator.references
        tree = XMLGate().parse(reference)
        self.assertEqual(tree.tag, f"{{{OGSI}}}reference")
        self.assertEqual(tree.findtext(f"{{{GMA}}}wsdl"), f"{_INDEX}?wsdl")
        self.assertEqual(canonicalElement(tree), reference)

    def test_sameNode(self) -> None:
        """The node is known under each of its base URLs, in any case, with the usual port or without."""
        for url in (
            "HTTP://GATE:8480/services/index",
            "https://public.example/services/index",
            "https://public.example:443/services/index",
        ):
            self.assertEqual(self._find(url).handles, (_INDEX,))

    def test_escaped(self) -> None:
        """Paths are found as they read."""
        self.assertEqual(
            self._find(f"{_BASE}/services/a%20b").handles, (Handle(f"{_BASE}/services/a%20b"),)
        )

    def test_otherNode(self) -> None:
        """Handles of others: another host, port or scheme."""
        for url in (
            "http://other:8480/services/index",
            "http://gate:8481/services/index",
            "https://gate:8480/services/index",
            "http://gate/services/index",
        ):
            self._refused(InvalidHandle, url)
        self._refused(InvalidHandle)

    def test_unknown(self) -> None:
        """What never was here, and what was."""
        why = self._refused(NoSuchService, f"{_BASE}/services/other")
        self.assertEqual(why, "there is no service at /services/other")
        self._refused(NoSuchService, f"{_BASE}/services/index?a=1")
        self._refused(ServiceHasTerminated, f"{_BASE}/services/old")

    def test_several(self) -> None:
        """The first handle that resolves is answered; when none does, what tells most."""
        other, old, new = "http://other:1/x", f"{_BASE}/services/old", f"{_BASE}/services/new"
        self.assertEqual(self._find(other, new, _INDEX.url, old).handles, (_INDEX,))
        self._refused(ServiceHasTerminated, other, new, old)
        self._refused(NoSuchService, other, new)

    def test_excluded(self) -> None:
        """There is one reference: who excludes it, in whatever spelling, is told that there is no other."""
        foreign = f'<x:reference xmlns:x="{OGSI}"><y:wsdl xmlns:y="{GMA}"> {_INDEX}?wsdl </y:wsdl></x:reference>'
        for reference in (wsdlReference(_INDEX), foreign.encode()):
            self._refused(NoAdditionalReferencesAvailable, _INDEX.url, excluded=[reference])
        other = wsdlReference(Handle(f"{_BASE}/services/other"))
        self.assertEqual(self._find(_INDEX.url, excluded=[other]).handles, (_INDEX,))

    def test_schemes(self) -> None:
        """A value for each scheme of handles."""
        clock = NodeClock(Clock())
        elements = self.resolver.serviceData(_INDEX, clock)
        texts = [XMLGate().parse(element.content).text for element in elements]
        self.assertEqual(texts, ["http", "https"])
        self.assertEqual({element.key.name for element in elements}, {ogsi("handleResolverScheme")})
        self.assertEqual(len({element.key for element in elements}), 2)

    def test_onTheWire(self) -> None:
        """The reference comes through a message as it was."""
        locator = self._find(_INDEX.url)
        written = LOCATOR.write("ogsi:locator", locator)
        tree = XMLGate().parse(f'<e xmlns:ogsi="{OGSI}">'.encode() + written + b"</e>")[0]
        self.assertEqual(LOCATOR.read(tree), locator)
