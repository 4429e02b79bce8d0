"""What is declared of producers, consumers and directories."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Access
from gma_twisted.soap.declaration import Operation
from gma_twisted.soap.porttypes.gma import DIRECTORY, PRODUCER


class AccessTests(SynchronousTestCase):
    """Who subscribes is told what others have to be let ask for."""

    def needed(self, operations: dict[str, Operation], name: str) -> Operation:
        """What a caller must be let do beside it."""
        needs = operations[name].alsoNeeds
        assert needs is not None
        return needs

    def test_subscribe(self) -> None:
        """Events come to who may query, news of entries to who may search."""
        for portType, name, also in (
            (PRODUCER, "subscribe", "query"),
            (DIRECTORY, "watch", "search"),
        ):
            operations = {one.name: one for one in portType.operations}
            needs = self.needed(operations, name)
            self.assertIs(needs, operations[also])
            self.assertIs(needs.access, Access.READ)
