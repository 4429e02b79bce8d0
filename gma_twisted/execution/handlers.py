"""The handler for documents that are one value: the root element, wrapped when it shall have another name."""

from collections.abc import Iterable

import attrs
from zope.interface import implementer

from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, valueOfRun
from gma_twisted.model import ProviderRun, ServiceDataElement

__all__ = ["DefaultHandler"]


@implementer(IResultHandler)
@attrs.frozen(slots=True)
class DefaultHandler:
    """GT3's default callback: good for one period, readable for the grace after it (WIRE 4)."""

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """One value, under the run's name or the root's."""
        return (valueOfRun(document, run),)
