"""What the service promises."""

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import ServicePlace
from gma_twisted.model import Handle
from gma_twisted.stores import MemoryStore
from gma_twisted.testing import Calls, CreatedServiceContract, MemoryGrid
from gma_twisted.transport import Service
from twisted.trial.unittest import SynchronousTestCase

from gridsite.service import BOARD, Board


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

    def test_secondLife(self) -> None:
        """What was announced before the node was started again can be withdrawn."""
        place = self.makePlace()
        before, after = Board(), Board()
        self.result(before.start(place))
        self.result(before.announce("down on Monday"))
        self.assertEqual(len(self.elements(place.store)), 1)
        self.result(after.start(place))
        self.result(after.withdraw())
        self.assertEqual(len(self.elements(place.store)), 0)


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
