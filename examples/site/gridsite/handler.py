"""A handler: it makes a value of each queue in the document of the provider."""

from collections.abc import Iterator

from gma_twisted.errors import ProviderFailed
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, nameOf, valueFromTree
from gma_twisted.model import ElementKey, Lifetime, ProviderRun, ServiceDataElement
from zope.interface import implementer

from gridsite.provider import QUEUE, QUEUES

__all__ = ["QueueHandler"]


@implementer(IResultHandler)
class QueueHandler:
    """A value for each queue, under a key of its own: who wants one queue only, asks for one only."""

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """@raise ProviderFailed: the document is not one of queues"""
        if nameOf(document) != QUEUES:
            raise ProviderFailed(f"{nameOf(document)} is not {QUEUES}")
        lifetime = Lifetime.lasting(run.now, run.period, run.grace)
        for queue in document:
            key = ElementKey(QUEUE, run.originator, queue.get("name", ""))
            yield valueFromTree(queue, key, lifetime, run.wallTime)
