"""SplitHandler."""

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge
from gma_twisted.handlers import SplitHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate
from gma_twisted.model import QName, Quiet
from gma_twisted.testing import HandlerContract
from tests.handlers.stand import LIFETIME, ORIGINATOR, RUN, contents, given, values

DOCUMENT = (
    b'<Disks xmlns="urn:d"><Total>2</Total><Disk device="sda"><free>1</free></Disk>'
    b'<Disk device="sdb"><free>2</free></Disk></Disks>'
)


class SplitHandlerTests(HandlerContract, SynchronousTestCase):
    """A value for each child of a name."""

    def makeHandler(self) -> IResultHandler:
        """Disks, by their devices."""
        return SplitHandler("Disk", "@device")

    def makeDocument(self) -> bytes:
        """Two disks."""
        return DOCUMENT

    def test_values(self) -> None:
        """Each is under its name and its key, with all that it needs, and nothing else is told."""
        found = values(self.makeHandler(), DOCUMENT)
        self.assertEqual([one.key.key for one in found], ["sda", "sdb"])
        self.assertEqual(
            {(one.key.name, one.key.originator) for one in found},
            {(QName("urn:d", "Disk"), ORIGINATOR)},
        )
        self.assertEqual(
            found[1].content, b'<Disk xmlns="urn:d" device="sdb"><free>2</free></Disk>'
        )
        self.assertEqual({one.lifetime for one in found}, {LIFETIME})
        self.assertEqual({one.created for one in found}, {1.8e9})

    def test_keyOfChild(self) -> None:
        """A key may be the text of a child, and the elements may be deeper."""
        found = values(
            SplitHandler("b/c", "id"), b"<a><b><c><id> 1 </id></c></b><b><c><id>2</id></c></b></a>"
        )
        self.assertEqual([one.key.key for one in found], ["1", "2"])

    def test_otherName(self) -> None:
        """A configured name is that of each value."""
        run = attrs.evolve(RUN, serviceDataName=QName("urn:o", "Other"))
        found = values(self.makeHandler(), DOCUMENT, run)
        self.assertEqual([one.key.key for one in found], ["sda", "sdb"])
        (inner,) = XMLGate().parse(found[0].content)
        self.assertEqual((inner.tag, inner.get("device")), ("{urn:d}Disk", "sda"))

    def test_news(self) -> None:
        """With news each is quiet, with the texts that are worth telling."""
        found = given(SplitHandler("Disk", "@device", ["free", "@state"]), DOCUMENT)
        self.assertEqual(
            [(type(one), getattr(one, "news", None)) for one in found],
            [(Quiet, ("1", "")), (Quiet, ("2", ""))],
        )

    def test_none(self) -> None:
        """A document without any makes nothing."""
        self.assertEqual(contents(self.makeHandler(), b'<Disks xmlns="urn:d"/>'), [])

    def test_refused(self) -> None:
        """A child without a key, a key that comes twice, and one that is too long are named."""
        for document, wanted in (
            (b"<a><Disk/></a>", "output of provider tool: a Disk has no @device"),
            (
                b"<a><Disk device='1'/><Disk device='1'/></a>",
                "output of provider tool: two Disk have the @device 1",
            ),
        ):
            with self.assertRaises(ProviderFailed) as caught:
                contents(self.makeHandler(), document)
            self.assertEqual(caught.exception.message, wanted)
        with self.assertRaises(TooLarge):
            contents(self.makeHandler(), b"<a><Disk device='%b'/></a>" % (b"x" * 257))

    def test_arguments(self) -> None:
        """What is no path is refused when the handler is made."""
        for arguments in (("", "@a"), ("a", "@"), ("a", "b", ["c["])):
            with self.assertRaises(ParameterError):
                SplitHandler(*arguments)
