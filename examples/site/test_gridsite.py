"""What provider, handler and service of this package promise."""

from pathlib import Path

from gridsite.board import BOARD, Board
from gridsite.queues import QueueHandler, QueueProvider
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.errors import ParameterError, ProviderFailed
from gma_twisted.interfaces import ServicePlace
from gma_twisted.model import Handle
from gma_twisted.stores import MemoryStore
from gma_twisted.testing import (
    Calls,
    CreatedServiceContract,
    HandlerContract,
    MemoryGrid,
    ProviderContract,
)
from gma_twisted.transport import Service

_FILE = str(Path(__file__).with_name("queues.txt"))


class QueueProviderTests(ProviderContract, TestCase):
    """The provider, on the file of this directory."""

    def makeProvider(self) -> QueueProvider:
        return QueueProvider(_FILE)

    async def test_badLine(self) -> None:
        """A line of another kind is named."""
        path = self.mktemp()
        Path(path).write_text("long 12 3\nshort many 0\n")
        with self.assertRaises(ProviderFailed) as caught:
            await QueueProvider(path).provide()
        self.assertEqual(str(caught.exception), f"{path}:2 is not a name and two numbers")


class QueueHandlerTests(HandlerContract, SynchronousTestCase):
    """The handler, on a document of two queues."""

    def makeHandler(self) -> QueueHandler:
        return QueueHandler()

    def makeDocument(self) -> bytes:
        return (
            b'<Queues xmlns="urn:example:gridsite">'
            b'<Queue name="long" running="12" waiting="3"/>'
            b'<Queue name="short" running="4" waiting="0"/></Queues>'
        )


class BoardTests(CreatedServiceContract, SynchronousTestCase):
    """The service: translate has no call here, so it must say that nobody filled it in."""

    def makeService(self) -> Board:
        return Board(longest=20)

    def goodCalls(self) -> Calls:
        return (
            ("announce", {"text": "down on Monday"}),
            ("withdraw", {}),
            ("announce", {"text": "up again"}),
        )

    def badCalls(self) -> Calls:
        return (("announce", {"text": ""}), ("announce", {"text": "x" * 21}), ("withdraw", {}))


class GridTests(SynchronousTestCase):
    """Two nodes in this process, without a socket: one has a board, the other one writes on it."""

    def test_announce(self) -> None:
        """The answer is the board's, and so is the fault."""
        grid = MemoryGrid(seconds=0.05)
        site, user = grid.addNode("site"), grid.addNode("user")
        handle = Handle("http://site:8480/services/board")
        board = Board()
        grid.result(board.start(ServicePlace(handle, "board", MemoryStore(grid.clock))))
        site.publish(Service(handle.path, handle, board, [BOARD]))
        proxy = user.proxy(handle, [BOARD])
        self.assertEqual(grid.result(proxy.announce("down on Monday")), 1)
        self.assertRaises(ParameterError, grid.result, proxy.announce(""))
        self.assertEqual(grid.calls["user", "site"], 2)
        grid.close()
