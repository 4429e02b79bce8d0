"""Roles a component author fills in: providers of service data, and the handlers of their documents.

GT3's SimpleDataProvider, DOMDataProvider, AsyncDataProvider and result callback. Arguments are constructor
keywords: the signature is the declaration that C{enumProviders} and configuration errors read.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable

from zope.interface import Attribute, Interface

from gma_twisted.markup.parse import Element
from gma_twisted.model import ProviderRun, ProviderState, Quiet, ServiceDataElement

__all__ = [
    "IAsyncDataProvider",
    "IDOMDataProvider",
    "IRenewingHandler",
    "IResultHandler",
    "ISimpleDataProvider",
]


class ISimpleDataProvider(Interface):
    """
    Gives one XML document each time it is asked.

    The manager never asks twice at once, ends the wait at the configured timeout by cancelling the awaitable,
    and keeps the old value when a run fails. What is raised is shown to the operator: say what went wrong and
    where.
    """

    name: str = Attribute("name shown to clients; the manager's configured name when empty")
    description: str = Attribute("one sentence for people, shown by enumProviders")

    def provide() -> Awaitable[bytes]:
        """
        @return: one XML document, UTF-8 or UTF-16, without DTD or processing instructions
        """


class IDOMDataProvider(ISimpleDataProvider):
    """A provider that has its document as a tree already; the manager then asks for that instead."""

    def provideDocument() -> Awaitable[Element]:
        """
        @return: the root of a tree the provider does not touch again
        """


class IAsyncDataProvider(ISimpleDataProvider):
    """
    A provider that decides itself when there is news.

    Its C{provide} gives the latest document. C{start} and C{stop} may be called again after one another.
    """

    state: ProviderState = Attribute("idle, running, error or terminated")

    def start(deliver: Callable[[bytes], None]) -> None:
        """
        Begin to watch the source.

        @param deliver: takes one XML document, on the reactor's thread, until L{stop} is called
        """

    def stop() -> Awaitable[None]:
        """Stop watching; nothing is delivered afterwards."""


class IResultHandler(Interface):
    """Makes service data elements of a provider's document: sort, merge, split into many (GT3 callback)."""

    def handle(document: Element, run: ProviderRun) -> Iterable[ServiceDataElement | Quiet]:
        """
        Called once per changed document. A failure keeps the old values and is shown in C{gma:providerStatus}.

        What it gives is taken a few milliseconds at a time, so one that makes thousands of values is a generator: then
        the node serves others meanwhile. It remembers nothing of documents before.

        @param document: root of the parsed document; the handler may keep or change it
        @param run: facts of the run, among them the instants lifetimes are made of
        @return: elements whose originator is C{run.originator}, those that change all the time as L{Quiet
            <gma_twisted.model.provider.Quiet>}; what an earlier run of this provider gave and this one does not keeps
            its value until its lifetime ends
        """


class IRenewingHandler(IResultHandler):
    """
    A handler that tells by itself which values a document leaves as they were: for documents of thousands of values, of
    which a few change. It is called for changed and unchanged documents alike, for nobody else compares them.
    """

    def renew(
        document: Element, run: ProviderRun, given: Collection[ServiceDataElement | Quiet]
    ) -> Iterable[ServiceDataElement | Quiet]:
        """
        As L{handle}, in place of it.

        @param given: what it gave for the document before. One of these given again, the same object, says that its
            content stays: it only lasts longer, from C{run.now} on as long as it did then, which costs far less than a
            value made anew. Empty where all must be made anew
        """
