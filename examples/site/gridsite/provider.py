"""Batch queues: a provider of one document about all of them."""

from pathlib import Path

from gma_twisted.errors import ProviderFailed
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import Element
from gma_twisted.markup.build import element, serialise
from gma_twisted.model import QName
from zope.interface import implementer

__all__ = ["QUEUE", "QUEUES", "QueueProvider"]

_URI = "urn:example:gridsite"

QUEUE = QName(_URI, "Queue")
"""Name of one queue."""

QUEUES = QName(_URI, "Queues")
"""Name of the document. Without a handler it is the service data name too."""


@implementer(ISimpleDataProvider)
class QueueProvider:
    """Reads a file that the batch system writes: a line a queue, with its name, running and waiting jobs."""

    name = "queues"
    description = "running and waiting jobs of the batch queues"
    # A client that runs it by executeProvider cannot name another file.
    operatorOnly = frozenset({"path"})

    def __init__(self, path: str = "queues.txt") -> None:
        """@param path: of the file; a relative one begins where the node was started"""
        self.path = Path(path)

    async def provide(self) -> bytes:
        """
        Give C{{urn:example:gridsite}Queues}, with a C{Queue} for each.

        @raise ProviderFailed: a line is none of its kind; it is named
        @raise OSError: the file cannot be read
        """
        root = element(QUEUES)
        for number, line in enumerate(self.path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                root.append(self._queue(number, line))
        return serialise(root)

    def _queue(self, number: int, line: str) -> Element:
        match line.split():
            case [name, running, waiting] if (running + waiting).isdecimal():
                return element(QUEUE, {"name": name, "running": running, "waiting": waiting})
        raise ProviderFailed(f"{self.path}:{number} is not a name and two numbers")
