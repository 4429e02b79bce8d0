"""Batch queues: a provider of one document about all of them, and a handler that makes a value of each."""

from collections.abc import Iterator
from pathlib import Path

from zope.interface import implementer

from gma_twisted.errors import ProviderFailed
from gma_twisted.interfaces import IResultHandler, ISimpleDataProvider
from gma_twisted.markup import Element, nameOf, valueFromTree
from gma_twisted.markup.build import element, serialise
from gma_twisted.model import ElementKey, Lifetime, ProviderRun, QName, ServiceDataElement

__all__ = ["QUEUE", "QueueHandler", "QueueProvider"]

_URI = "urn:example:gridsite"
_QUEUES = QName(_URI, "Queues")

QUEUE = QName(_URI, "Queue")
"""Service data name of one queue."""


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
        root = element(_QUEUES)
        for number, line in enumerate(self.path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                root.append(self._queue(number, line))
        return serialise(root)

    def _queue(self, number: int, line: str) -> Element:
        match line.split():
            case [name, running, waiting] if (running + waiting).isdecimal():
                return element(QUEUE, {"name": name, "running": running, "waiting": waiting})
        raise ProviderFailed(f"{self.path}:{number} is not a name and two numbers")


@implementer(IResultHandler)
class QueueHandler:
    """A value for each queue, under a key of its own: who wants one queue only, asks for one only."""

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """@raise ProviderFailed: the document is not one of queues"""
        if nameOf(document) != _QUEUES:
            raise ProviderFailed(f"{nameOf(document)} is not {_QUEUES}")
        lifetime = Lifetime.lasting(run.now, run.period, run.grace)
        for queue in document:
            key = ElementKey(QUEUE, run.originator, queue.get("name", ""))
            yield valueFromTree(queue, key, lifetime, run.wallTime)
