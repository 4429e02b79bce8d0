"""What the provider promises."""

from pathlib import Path

from gma_twisted.errors import ProviderFailed
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.testing import ProviderContract
from twisted.trial.unittest import TestCase

from gridsite.provider import QUEUES, QueueProvider


class QueueProviderTests(ProviderContract, TestCase):
    """The contract of every provider, and what is this one's own."""

    def makeProvider(self) -> QueueProvider:
        return QueueProvider(self.write("# queue running waiting\nlong 12 3\n\nshort 4 0\n"))

    def write(self, text: str) -> str:
        """A file as the batch system writes it. @return: its path"""
        path: str = self.mktemp()
        Path(path).write_text(text, "utf-8")
        return path

    async def test_document(self) -> None:
        """Each queue of the file is in the document."""
        document = XMLGate().parse(await self.makeProvider().provide())
        self.assertEqual(nameOf(document), QUEUES)
        self.assertEqual(
            [dict(one.attrib) for one in document],
            [
                {"name": "long", "running": "12", "waiting": "3"},
                {"name": "short", "running": "4", "waiting": "0"},
            ],
        )

    async def test_badLine(self) -> None:
        """A line of another kind is named."""
        path = self.write("long 12 3\nshort many 0\n")
        with self.assertRaises(ProviderFailed) as caught:
            await QueueProvider(path).provide()
        self.assertEqual(str(caught.exception), f"{path}:2 is not a name and two numbers")
