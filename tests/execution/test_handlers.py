"""The default handler."""

import math

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.execution import DefaultHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import Lifetime, ProviderRun, QName, ServiceDataElement
from gma_twisted.testing import HandlerContract
from tests.execution.stand import ORIGINATOR

RUN = ProviderRun("disk", None, ORIGINATOR, 1000.0, 1.8e9, 30.0, 60.0)
DOCUMENT = b'<Disk xmlns="urn:d" free="1"/>'


class DefaultHandlerTests(HandlerContract, SynchronousTestCase):
    """DefaultHandler."""

    def makeHandler(self) -> IResultHandler:
        """The default one."""
        return DefaultHandler()

    def makeDocument(self) -> bytes:
        """Any document will do."""
        return DOCUMENT

    def element(self, run: ProviderRun) -> ServiceDataElement:
        """The one value it makes."""
        (one,) = DefaultHandler().handle(XMLGate().parse(DOCUMENT), run)
        return one

    def test_root(self) -> None:
        """Without a configured name the root element is the value, under its own name and the run's originator."""
        one = self.element(RUN)
        self.assertEqual(one.key.name, QName("urn:d", "Disk"))
        self.assertEqual((one.key.originator, one.key.key), (ORIGINATOR, ""))
        self.assertEqual(one.content, DOCUMENT)
        self.assertEqual(one.created, 1.8e9)

    def test_lifetime(self) -> None:
        """Good for one period, available for the grace after it."""
        self.assertEqual(self.element(RUN).lifetime, Lifetime(1000.0, 1030.0, 1090.0))

    def test_once(self) -> None:
        """The value of a provider that runs once has no end."""
        lifetime = self.element(attrs.evolve(RUN, period=math.inf)).lifetime
        self.assertEqual(lifetime, Lifetime(1000.0, math.inf, math.inf))

    def test_sameName(self) -> None:
        """A configured name like the root's changes nothing."""
        one = self.element(attrs.evolve(RUN, serviceDataName=QName("urn:d", "Disk")))
        self.assertEqual(one.content, DOCUMENT)

    def test_wraps(self) -> None:
        """A configured name unlike the root's becomes an element around it."""
        one = self.element(attrs.evolve(RUN, serviceDataName=QName("urn:o", "Other")))
        self.assertEqual(one.key.name, QName("urn:o", "Other"))
        root = XMLGate().parse(one.content)
        self.assertEqual(nameOf(root), QName("urn:o", "Other"))
        (inner,) = root
        self.assertEqual(nameOf(inner), QName("urn:d", "Disk"))
        self.assertEqual(dict(inner.attrib), {"free": "1"})
