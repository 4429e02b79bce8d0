"""SortHandler."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.handlers import SortHandler
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import XMLGate
from gma_twisted.testing import HandlerContract
from tests.handlers.stand import contents, values


class SortHandlerTests(HandlerContract, SynchronousTestCase):
    """Children in the order of a text or a number."""

    def makeHandler(self) -> IResultHandler:
        """By a number."""
        return SortHandler("p", "@n", numeric=True)

    def makeDocument(self) -> bytes:
        """Three, in no order."""
        return b'<a><p n="10"/><p n="9"/><p n="1e2"/></a>'

    def only(self, handler: IResultHandler, document: bytes) -> bytes:
        """The one value it makes."""
        (content,) = contents(handler, document)
        return content

    def test_numeric(self) -> None:
        """Numbers are sorted as such, texts as texts."""
        document = self.makeDocument()
        self.assertEqual(
            self.only(self.makeHandler(), document), b'<a><p n="9"/><p n="10"/><p n="1e2"/></a>'
        )
        self.assertEqual(
            self.only(SortHandler("p", "@n"), document), b'<a><p n="10"/><p n="1e2"/><p n="9"/></a>'
        )

    def test_descending(self) -> None:
        """The greatest first; what has nothing to sort by comes last all the same."""
        self.assertEqual(
            self.only(
                SortHandler("p", "n", numeric=True, descending=True),
                b"<a><p/><p><n>1</n></p><p><n>2</n></p></a>",
            ),
            b"<a><p><n>2</n></p><p><n>1</n></p><p/></a>",
        )

    def test_othersStay(self) -> None:
        """Other children stay where they are, and each stays in its parent."""
        self.assertEqual(
            self.only(
                SortHandler("g/p", "@n"),
                b'<a><g><x/><p n="2"/><y/><p n="1"/></g><g><p n="0"/></g></a>',
            ),
            b'<a><g><x/><p n="1"/><y/><p n="2"/></g><g><p n="0"/></g></a>',
        )

    def test_stable(self) -> None:
        """Of equal ones the first stays the first."""
        document = b'<a><p n="1" i="1"/><p n="0" i="2"/><p n="1.0" i="3"/></a>'
        self.assertEqual(
            self.only(self.makeHandler(), document),
            b'<a><p n="0" i="2"/><p n="1" i="1"/><p n="1.0" i="3"/></a>',
        )

    def test_noNumber(self) -> None:
        """What is no number cannot be sorted by numbers."""
        for text in ("x", "nan"):
            with self.assertRaises(ProviderFailed) as caught:
                contents(self.makeHandler(), f'<a><p n="{text}"/></a>'.encode())
            self.assertEqual(
                caught.exception.message,
                f'output of provider tool: "{text}" is no number to sort by',
            )

    @given(st.lists(st.integers(-99, 99), max_size=20))
    def test_all(self, numbers: list[int]) -> None:
        """Nothing is lost, and all of it is in order."""
        written = "".join(f'<p n="{one}"/>' for one in numbers)
        (one,) = values(self.makeHandler(), f"<a>{written}</a>".encode())
        root = XMLGate().parse(one.content)
        self.assertEqual([int(each.get("n", "")) for each in root], sorted(numbers))
