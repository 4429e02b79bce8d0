"""MergeHandler."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.handlers import MergeHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.testing import HandlerContract
from tests.handlers.stand import contents

DOCUMENT = (
    b'<s xmlns:g="urn:g"><h n="1" os="linux"><m/></h><h n="2"/>'
    b'<h n="1" os="other" cpu="4"><m/><g:d free="1"/></h><note/></s>'
)


class MergeHandlerTests(HandlerContract, SynchronousTestCase):
    """Elements of one key made one."""

    def makeHandler(self) -> IResultHandler:
        """Hosts of one name."""
        return MergeHandler("h", "@n")

    def makeDocument(self) -> bytes:
        """Two of three are the same host."""
        return DOCUMENT

    def merged(self, handler: IResultHandler, document: bytes) -> bytes:
        """The one value it makes."""
        (content,) = contents(handler, document)
        return content

    def test_merged(self) -> None:
        """The first has all children, each once, and the attributes it had not; everything else stays."""
        self.assertEqual(
            self.merged(self.makeHandler(), DOCUMENT),
            b'<s xmlns:g="urn:g"><h n="1" os="linux" cpu="4"><m/><g:d free="1"/></h><h n="2"/><note/></s>',
        )

    def test_containers(self) -> None:
        """Without a key all of a path are merged, each parent's by themselves."""
        self.assertEqual(
            self.merged(
                MergeHandler("g/l"),
                b"<a><g><l><x/></l><l><y/></l></g><g><l><z/></l></g></a>",
            ),
            b"<a><g><l><x/><y/></l></g><g><l><z/></l></g></a>",
        )

    def test_withoutKey(self) -> None:
        """What has no key is left alone."""
        document = b"<a><h><x/></h><h><y/></h></a>"
        self.assertEqual(self.merged(self.makeHandler(), document), document)

    def test_equalChildren(self) -> None:
        """Children are the same in whatever spelling they come; what the first has twice it keeps."""
        self.assertEqual(
            self.merged(
                MergeHandler("l"),
                b'<a><l><x p="1" q="2"/><y/><y/></l>\n<l>\n<x  q="2" p="1" ></x>\n</l></a>',
            ).replace(b"\n", b""),
            b'<a><l><x p="1" q="2"/><y/><y/></l></a>',
        )
